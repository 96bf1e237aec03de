//! A storage location was never checked.
//!
//! Knowledge: Velero's agent checks a new location within a minute; a status without
//! lastValidationTime after ten minutes means that it does not run, or never got so far.

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::extension_parts::{agent, agent_logs, agent_subject};
use super::reading::location_rhythm::{PATIENCE, Rhythm};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB406",
    name: "bsl-never-validated",
    hop: Hop::Storage,
    title: "the backup storage location has been checked",
    needs: &[required(Need::StorageLocations), helpful(Need::Pods)],
    explains: &["UserErrorBackupStorageLocationNotReady", "KubernetesBackupCustomResourcesTrackingTimeOutError"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a location that is older than ten minutes has ever been checked by Velero.

Why it matters
  Nobody knows whether it can be used, and whoever should know does not run: it does no backups either.

How it is found
  status.lastValidationTime is empty. A location whose checks are switched off (validationFrequency 0)
  is left out, and one that is younger than ten minutes, or than twice the time in which a check is due,
  is given time.

What to do
  See why the agent does not run, or what its log says.

Sources
  Velero's backup_storage_location_controller.go.
";

fn run(facts: &Facts) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let mut findings = Vec::new();
    for location in facts.locations().filter(|location| location.status.last_validation_time.is_none()) {
        match Rhythm::of(location.spec.validation_frequency.as_deref()) {
            Rhythm::Off => {}
            Rhythm::Unreadable => {
                return Err(Stop::inconclusive(format!(
                    "how often the location {} is due to be checked cannot be read: validationFrequency is no duration",
                    location.metadata.name
                )));
            }
            rhythm @ Rhythm::Every(_) => {
                let age = location.metadata.creation_timestamp.map(|made| since(made, facts.observed_at));
                if age.is_none_or(|age| age >= rhythm.limit().unwrap_or(PATIENCE)) {
                    findings.push(say(facts, location));
                }
            }
        }
    }
    Ok(findings)
}

fn say(facts: &Facts, location: &StorageLocation) -> Finding {
    let made = location.metadata.creation_timestamp;
    let age =
        made.map(|made| format!(", which was made {} ago", words(since(made, facts.observed_at)))).unwrap_or_default();
    let mut message = format!(
        "Velero has never checked the storage location {}{age}: nobody knows whether it can be used.",
        location.metadata.name
    );
    let pod = agent(facts);
    match (facts.pods.known(), pod) {
        (None, _) => {}
        (Some(_), None) => message.push_str("\nThe agent, which does this, has no pod."),
        (Some(_), Some(pod)) => message.push_str(&format!(
            "\nThe agent's pod, {}, which does this, is {}.",
            pod.metadata.name,
            if pod.is_ready() { "ready by its own word" } else { "not ready" }
        )),
    }
    let namespace = location.metadata.namespace();
    let remedy = Remedy::guided("See whether the agent's pod runs, and what its log says; the first check follows within a minute of its start.")
        .documented(format!("kubectl --namespace {namespace} get pods"))
        .documented(agent_logs(facts, namespace, "--tail 200"));
    let mut finding = Finding::new(Severity::Warning, location.subject(), message)
        .seen(Evidence::at(format!("{} .status.lastValidationTime: none", location.at())));
    finding.concerns.extend(agent_subject(facts));
    finding
        .without(facts.unread(Need::Pods).map(|unread| format!("whether the agent's pod is ready: {}", unread.why)))
        .mended_by(remedy)
}
