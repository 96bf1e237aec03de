//! The API server's refusals to create the extension's pods and workloads, and whether they still stand.
//!
//! Several checks tell apart why: a quota, limits, a policy, a webhook. A refusal of a Job's or ReplicaSet's pods is
//! told in events and in the ReplicaSet's condition `ReplicaFailure` only; of a Deployment, in helm's error too, which
//! the ExtensionConfig keeps after everything was taken back. An event stays for an hour whatever has happened since,
//! so what the object came to decides: an old refusal of something that runs now is no trouble.

use jiff::Timestamp;

use super::waiting::deployment_of;
use crate::catalogue::{Match, Sign, classify, innermost};
use crate::facts::objects::{Condition, Event, Meta, Workload};
use crate::facts::{Facts, Need, Requirement, Stop, required};
use crate::finding::{Evidence, Subject};

/// What every check of refusals needs; each may add its own.
pub const EVENTS: Requirement = required(Need::Events);
/// The ReplicaSets' conditions, and whether they have their pods by now.
pub const REPLICA_SETS: Requirement = required(Need::ReplicaSets);
/// The Deployments' conditions, and whether they run by now.
pub const DEPLOYMENTS: Requirement = required(Need::Deployments);
/// Whether the Jobs have run by now.
pub const JOBS: Requirement = required(Need::Jobs);
/// What helm was told, which alone is left after a roll-back.
pub const CONFIGS: Requirement = required(Need::ExtensionConfigs);

/// One refusal that still stands.
pub struct Refusal<'f> {
    /// The Deployment or Job whose pods are refused, or the ExtensionConfig that tells of it.
    pub workload: Subject,
    /// The ReplicaSet, where the refusal is about one.
    pub replica_set: Option<Subject>,
    /// How many pods are missing, where it is known.
    pub missing: Option<u32>,
    /// Whether the object is gone by now, as after helm's roll-back.
    pub is_gone: bool,
    /// Whether pods of an older make run on.
    pub older_runs: bool,
    /// Where it is said.
    pub evidence: Evidence,
    /// What is said.
    pub words: &'f str,
    /// When it was last said.
    pub when: Option<Timestamp>,
    /// What the words mean.
    pub told: Match,
}

/// What became of an object that was refused something.
struct Fate {
    workload: Subject,
    replica_set: Option<Subject>,
    missing: Option<u32>,
    is_gone: bool,
    older_runs: bool,
}

/// Returns the refusals of these kinds that still stand, as far as they are known.
///
/// # Errors
/// Inconclusive where nothing that would tell of them could be read. What is found in one place stands although
/// another could not be read; that nothing is found does not, and the runner says so.
pub fn refusals<'f>(facts: &'f Facts, signs: &[Sign]) -> Result<Vec<Refusal<'f>>, Stop> {
    let is_told = facts.replica_sets.known().is_some()
        || facts.deployments.known().is_some()
        || facts.extension_configs.known().is_some();
    if !is_told {
        facts.events.rows(Need::Events.what())?;
    }
    let mut found: Vec<Refusal<'f>> = Vec::new();
    let mut add = |fate: Fate, evidence: Evidence, words: &'f str, when: Option<Timestamp>| {
        for told in classify(words).into_iter().filter(|told| signs.contains(&told.sign)) {
            found.push(Refusal {
                workload: fate.workload.clone(),
                replica_set: fate.replica_set.clone(),
                missing: fate.missing,
                is_gone: fate.is_gone,
                older_runs: fate.older_runs,
                evidence: evidence.clone(),
                words,
                when,
                told,
            });
        }
    };
    for set in facts.replica_sets.known_rows() {
        for (condition, message) in failures(set) {
            if let Some(fate) = fate_of("ReplicaSet", &set.metadata.name, facts) {
                add(fate, condition_at("replicaset", set, condition), message, condition.last_transition_time);
            }
        }
    }
    for event in facts.events.known_rows().iter().filter(|event| event.kind.as_deref() != Some("Normal")) {
        let Some(message) = event.message.as_deref() else { continue };
        if let Some(fate) = fate_of(&event.involved_object.kind, &event.involved_object.name, facts) {
            add(fate, Evidence::quoted(event.at(), message), message, event.when());
        }
    }
    for deployment in facts.deployments.known_rows() {
        for (condition, message) in failures(deployment) {
            if let Some(fate) = fate_of("Deployment", &deployment.metadata.name, facts) {
                add(fate, condition_at("deployment", deployment, condition), message, condition.last_transition_time);
            }
        }
    }
    for config in facts.extension_configs.known_rows().iter().filter(|config| config.is_backup()) {
        if config.status.status.as_deref() == Some("Installed") {
            continue;
        }
        let texts = [
            (".status.message", &config.status.message),
            (".status.reconciliationError", &config.status.reconciliation_error),
        ];
        if let Some((place, text)) =
            texts.into_iter().find_map(|(place, text)| Some((place, text.as_deref().filter(|t| !t.is_empty())?)))
        {
            let fate = Fate {
                workload: config.subject(),
                replica_set: None,
                missing: None,
                is_gone: facts
                    .deployments
                    .known()
                    .is_some_and(|all| all.iter().all(|known| !facts.is_own(&known.metadata))),
                older_runs: false,
            };
            add(fate, Evidence::quoted(format!("{} {place}", config.at()), text), innermost(text), None);
        }
    }
    found.retain(|refusal| !is_past(refusal, signs, &newest_of(&refusal.workload, facts)));
    Ok(found)
}

/// Returns the newest event that says that a pod of this workload could not be made, with its time.
fn newest_of<'f>(workload: &Subject, facts: &'f Facts) -> Option<(Timestamp, &'f str)> {
    let name = workload.name.as_deref()?;
    let is_its = |event: &&Event| match event.involved_object.kind.as_str() {
        "Job" => workload.kind.as_deref() == Some("Job") && event.involved_object.name == name,
        "ReplicaSet" => {
            workload.kind.as_deref() == Some("Deployment") && deployment_of(&event.involved_object.name) == Some(name)
        }
        _ => false,
    };
    let events = facts.events.known_rows().iter().filter(|event| event.reason.as_deref() == Some("FailedCreate"));
    events
        .filter(is_its)
        .filter_map(|event| Some((event.when()?, event.message.as_deref()?)))
        .max_by_key(|(when, _)| *when)
}

/// Tells whether a refusal was followed by one of another kind: then its own cause is away.
///
/// One attempt is refused once. A ReplicaSet's condition keeps the words of the first refusal, so the events decide.
fn is_past(refusal: &Refusal<'_>, signs: &[Sign], newest: &Option<(Timestamp, &str)>) -> bool {
    let (Some(when), Some((last, words))) = (refusal.when, newest) else { return false };
    when < *last && !classify(words).iter().any(|told| signs.contains(&told.sign))
}

/// Returns the conditions that say that something could not be created.
fn failures(workload: &Workload) -> impl Iterator<Item = (&Condition, &str)> {
    workload.status.conditions.iter().filter_map(|condition| {
        let fails = condition.kind == "ReplicaFailure" && condition.status == "True"
            || condition.kind == "Progressing" && condition.status == "False";
        Some((condition, condition.message.as_deref().filter(|_| fails)?))
    })
}

fn condition_at(kind: &str, workload: &Workload, condition: &Condition) -> Evidence {
    let Meta { name, .. } = &workload.metadata;
    let at = format!("{kind}/{}/{name} .status.conditions[{}].message", workload.metadata.namespace(), condition.kind);
    Evidence::quoted(at, condition.message.as_deref().unwrap_or_default())
}

/// Returns what became of an object of the extension; `None` where it is well by now, not the extension's, or unknown.
fn fate_of(kind: &str, name: &str, facts: &Facts) -> Option<Fate> {
    let namespace = facts.extension.namespace.as_str();
    match kind {
        "Job" => {
            let subject = Subject::namespaced("batch/v1", "Job", namespace, name);
            let job = facts.jobs.known()?.iter().find(|job| job.metadata.name == name);
            let own = job.map_or_else(|| facts.is_own(&named(name)), |job| facts.is_own(&job.metadata));
            let is_well = job.map_or_else(
                || came_through(facts),
                |job| job.status.succeeded > 0 || job.condition("Complete").is_some_and(|done| done.status == "True"),
            );
            // A pod that could be made since is the newer outcome, whatever comes of it.
            let was_made = job.is_some_and(|job| job.status.active > 0 || job.status.failed > 0);
            (own && !is_well && !was_made).then(|| Fate {
                workload: subject,
                replica_set: None,
                missing: job.map(|_| 1),
                is_gone: job.is_none(),
                older_runs: false,
            })
        }
        "ReplicaSet" => {
            let set = facts.replica_sets.known()?.iter().find(|set| set.metadata.name == name);
            let deployment = set
                .and_then(|set| Some(set.metadata.owner("Deployment")?.name.as_str()))
                .or_else(|| deployment_of(name))
                .unwrap_or(name);
            let owner = facts.deployments.known()?.iter().find(|known| known.metadata.name == deployment);
            if !facts.is_own(&owner.map_or_else(|| named(name), |owner| owner.metadata.clone())) {
                return None;
            }
            let missing = match set {
                Some(set) => Some(set.wanted().saturating_sub(set.status.replicas)),
                // Another ReplicaSet has taken its place, and has events of its own if it is refused too.
                None if owner.is_some() || came_through(facts) => Some(0),
                None => None,
            };
            (missing != Some(0)).then(|| Fate {
                workload: Subject::namespaced("apps/v1", "Deployment", namespace, deployment),
                replica_set: Some(Subject::namespaced("apps/v1", "ReplicaSet", namespace, name)),
                missing,
                is_gone: set.is_none(),
                older_runs: owner
                    .is_some_and(|owner| owner.wanted() > 0 && owner.status.ready_replicas >= owner.wanted()),
            })
        }
        "Deployment" => {
            let deployment = facts.deployments.known()?.iter().find(|known| known.metadata.name == name)?;
            let missing = deployment.wanted().saturating_sub(deployment.status.replicas);
            (facts.is_own(&deployment.metadata) && missing > 0).then(|| Fate {
                workload: Subject::namespaced("apps/v1", "Deployment", namespace, name),
                replica_set: None,
                missing: Some(missing),
                is_gone: false,
                older_runs: false,
            })
        }
        _ => None,
    }
}

fn named(name: &str) -> Meta {
    Meta { name: name.to_owned(), ..Meta::default() }
}

/// Tells whether the installation that a vanished object belonged to came through after all.
fn came_through(facts: &Facts) -> bool {
    let installed = |status: Option<&str>| status == Some("Installed");
    let mut configs = facts.extension_configs.known_rows().iter().filter(|config| config.is_backup()).peekable();
    // Where the configs could not be read it is not known; the check then says so rather than that all is well.
    facts.extension_configs.known().is_none()
        || configs.peek().is_some() && configs.any(|config| installed(config.status.status.as_deref()))
}
