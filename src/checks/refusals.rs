//! The API server's refusals to create the extension's pods and workloads, and whether they still stand.
//!
//! Several checks tell apart why: a quota, limits, a policy, a webhook. A refusal of a Job's or ReplicaSet's pods is
//! told in events and in the ReplicaSet's condition `ReplicaFailure` only; of a Deployment, in helm's error too, which
//! the ExtensionConfig keeps after everything was taken back. An event stays for an hour whatever has happened since,
//! so what the object came to decides: an old refusal of something that runs now is no trouble.

use jiff::Timestamp;

use super::waiting::deployment_of;
use crate::catalogue::{Captured, Match, Sign, classify};
use crate::facts::objects::{Condition, Meta, Workload};
use crate::facts::{Facts, Need, Requirement, Stop, required};
use crate::finding::{Evidence, Finding, Severity, Subject, counted, listing, minute};

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
        let texts = [(".status.message", &config.status.message), (".status.reconciliationError", &config.status.reconciliation_error)];
        if let Some((place, text)) = texts.into_iter().find_map(|(place, text)| Some((place, text.as_deref().filter(|t| !t.is_empty())?))) {
            let fate = Fate {
                workload: config.subject(),
                replica_set: None,
                missing: None,
                is_gone: facts.deployments.known().is_some_and(|all| all.iter().all(|known| !facts.is_own(&known.metadata))),
                older_runs: false,
            };
            add(fate, Evidence::quoted(format!("{} {place}", config.at()), text), text, None);
        }
    }
    Ok(found)
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
                older_runs: owner.is_some_and(|owner| owner.wanted() > 0 && owner.status.ready_replicas >= owner.wanted()),
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

/// Refusals of one kind by one object: what one finding is about.
pub struct Refused<'f> {
    /// The object that refuses, or whatever else tells these refusals from others.
    pub by: Option<String>,
    /// The refusals, newest first.
    pub all: Vec<Refusal<'f>>,
}

/// Puts together the refusals by the same object.
pub fn grouped<'f>(refusals: Vec<Refusal<'f>>, by: impl Fn(&Captured) -> Option<String>) -> Vec<Refused<'f>> {
    let mut groups: Vec<Refused<'f>> = Vec::new();
    for refusal in refusals {
        let key = by(&refusal.told.captured);
        match groups.iter_mut().find(|group| group.by == key) {
            Some(group) => group.all.push(refusal),
            None => groups.push(Refused { by: key, all: vec![refusal] }),
        }
    }
    for group in &mut groups {
        group.all.sort_by(|a, b| b.when.cmp(&a.when).then_with(|| a.workload.cmp(&b.workload)));
    }
    groups.sort_by(|a, b| a.by.cmp(&b.by));
    groups
}

/// Returns the policy, constraint or webhook that denies.
pub fn denier(captured: &Captured) -> Option<String> {
    match captured {
        Captured::Denial { by, .. } => by.clone(),
        _ => None,
    }
}

/// Returns `: said`, or nothing where nothing was said.
pub fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

/// How many places are shown where the same is said.
const MOST_EVIDENCE: usize = 4;

impl<'f> Refused<'f> {
    /// Returns one refusal of each workload, newest first.
    pub fn workloads(&self) -> Vec<&Refusal<'f>> {
        let mut found: Vec<&Refusal<'f>> = Vec::new();
        for refusal in &self.all {
            let is_known = found.iter().any(|known| known.workload == refusal.workload);
            // What helm was told adds nothing where the objects themselves tell.
            let is_told = refusal.workload.kind.as_deref() == Some(CONFIG) && !found.is_empty();
            if !is_known && !is_told {
                found.push(refusal);
            }
        }
        if found.len() > 1 {
            found.retain(|refusal| refusal.workload.kind.as_deref() != Some(CONFIG));
        }
        found
    }

    /// Returns whose pods are refused, in words: `the pods of Deployment a and Job b`.
    pub fn whose(&self) -> String {
        let workloads = self.workloads();
        let mut names: Vec<String> = workloads
            .iter()
            .filter(|refusal| refusal.workload.kind.as_deref() != Some(CONFIG))
            .map(|refusal| {
                let Subject { kind, name, .. } = &refusal.workload;
                format!("{} {}", kind.as_deref().unwrap_or_default(), name.as_deref().unwrap_or_default())
            })
            .collect();
        names.sort();
        if names.is_empty() {
            return "what the extension's installation creates".to_owned();
        }
        format!("the pods of {}", listing(names.iter().map(String::as_str), 4))
    }

    /// Returns what is left to say of the workloads: how many pods are missing, when it was last said, what is gone.
    pub fn state(&self) -> String {
        let workloads = self.workloads();
        let mut sentences: Vec<String> = Vec::new();
        let missing: u32 = workloads.iter().filter_map(|refusal| refusal.missing).fold(0, u32::saturating_add);
        if missing > 0 {
            let is = if missing == 1 { "is" } else { "are" };
            sentences.push(format!("{} {is} missing.", counted(missing as usize, "pod", "pods")));
        }
        if let Some(when) = self.all.iter().filter_map(|refusal| refusal.when).max() {
            sentences.push(format!("This was last said at {}.", minute(when)));
        }
        if !workloads.is_empty() && workloads.iter().all(|refusal| refusal.is_gone) {
            sentences.push("What was refused is gone by now, as after helm takes an installation back.".to_owned());
        }
        if self.older_runs() {
            sentences.push("The pods of the version before run on; the change does not come through.".to_owned());
        }
        sentences.join(" ")
    }

    /// Returns the last sentences of a message: the state, and that nodes are not what is lacking.
    pub fn ending(&self) -> String {
        let state = self.state();
        format!("\n{state}{}More nodes would not help.", if state.is_empty() { "" } else { " " })
    }

    /// Returns what was said with the refusals, each sentence once.
    pub fn said(&self) -> String {
        let mut sentences: Vec<&str> = Vec::new();
        for refusal in &self.all {
            if let Captured::Denial { said: Some(said), .. } = &refusal.told.captured {
                let said = said.trim_end_matches('.');
                if !said.is_empty() && !sentences.contains(&said) {
                    sentences.push(said);
                }
            }
        }
        listing(sentences, 3)
    }

    /// Returns whether everything that is refused still has pods of an older make.
    fn older_runs(&self) -> bool {
        let workloads = self.workloads();
        !workloads.is_empty() && workloads.iter().all(|refusal| refusal.older_runs)
    }

    /// Returns what is to be done once the cause is away, as a sentence with a space in front.
    pub fn afterwards(&self) -> &'static str {
        let workloads = self.workloads();
        if workloads.iter().all(|refusal| refusal.is_gone) {
            " Then install the extension again."
        } else {
            " The pods then follow by themselves within some minutes; if helm has given up by then, install the extension again."
        }
    }

    /// Makes the finding: about `subject`, concerning every workload.
    pub fn finding(&self, facts: &Facts, subject: Subject, message: String) -> Finding {
        let has_failed = facts
            .extension_configs
            .known_rows()
            .iter()
            .any(|config| config.is_backup() && config.status.status.as_deref() == Some("Failed"));
        let severity = if self.older_runs() && !has_failed { Severity::Warning } else { Severity::Error };
        let mut finding = Finding::new(severity, subject, message);
        let mut quotes: Vec<&str> = Vec::new();
        for refusal in &self.all {
            let quote = refusal.evidence.quote.as_deref().unwrap_or_default();
            if quotes.len() < MOST_EVIDENCE && !quotes.contains(&quote) {
                quotes.push(quote);
                finding = finding.seen(refusal.evidence.clone());
            }
            for subject in std::iter::once(&refusal.workload).chain(&refusal.replica_set) {
                if !finding.concerns.contains(subject) {
                    finding.concerns.push(subject.clone());
                }
            }
        }
        for requirement in [EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS] {
            finding = finding.without(facts.unread(requirement.need).map(|unread| {
                format!("whether more is refused: {}", unread.why)
            }));
        }
        finding
    }
}

/// The kind of the object that keeps what helm was told.
const CONFIG: &str = "ExtensionConfig";
