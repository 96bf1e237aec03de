//! A storage location says that it is available, and nobody has looked for a long time.
//!
//! Knowledge: Velero's agent checks every location once in `spec.validationFrequency` and reads its
//! backups once in `spec.backupSyncPeriod`; while the agent does not run, the last status stands and
//! looks well. founding page, ExtensionTimedOutWaitingForBackupItemSync.

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::extension_parts::{agent, agent_logs, agent_subject};
use super::reading::location_rhythm::{Rhythm, overdue};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB405",
    name: "bsl-stale",
    hop: Hop::Storage,
    title: "the backup storage location is looked after",
    needs: &[required(Need::StorageLocations), helpful(Need::Pods)],
    explains: &["ExtensionTimedOutWaitingForBackupItemSync", "KubernetesBackupCustomResourcesTrackingTimeOutError"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a location that says Available was last checked longer ago than twice the time in which that is
  due, and longer than ten minutes; longer than an hour where the location does not say how often it is
  due.

Why it matters
  The status is then a memory, not an observation: whoever writes it does not run or is stuck, and does
  no backups either.

How it is found
  status.lastValidationTime against the time of this reading; status.lastSyncedTime is told with it where
  that is late, too (alone it is AKSB608). A location whose checks are switched off (validationFrequency 0)
  is left out.

What to do
  See whether the agent's pod runs and what its log says. A pod that runs and writes nothing is started
  again.

Sources
  Azure Backup's troubleshooting page for AKS, ExtensionTimedOutWaitingForBackupItemSync; Velero's
  controllers of storage locations and of the backup sync.
";

fn run(facts: &Facts) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let available: Vec<&StorageLocation> =
        facts.locations().filter(|location| location.status.phase.as_deref() == Some("Available")).collect();
    let findings: Vec<Finding> = available.iter().filter_map(|location| stale(facts, location)).collect();
    if findings.is_empty() {
        let is_due = |location: &&StorageLocation| Rhythm::of(location.spec.validation_frequency.as_deref());
        if let Some(odd) = available.iter().find(|location| is_due(location) == Rhythm::Unreadable) {
            return Err(Stop::inconclusive(format!(
                "how often the location {} is due to be checked cannot be read: validationFrequency is no duration",
                odd.metadata.name
            )));
        }
        if !available.is_empty() && available.iter().all(|location| is_due(location) == Rhythm::Off) {
            return Err(Stop::not_applicable(
                "the checks of the storage location are switched off (validationFrequency 0)",
            ));
        }
    }
    Ok(findings)
}

fn stale(facts: &Facts, location: &StorageLocation) -> Option<Finding> {
    let now = facts.observed_at;
    let spec = &location.spec;
    let status = &location.status;
    let checked = overdue(status.last_validation_time, spec.validation_frequency.as_deref(), now)?;
    let synced = overdue(status.last_synced_time, spec.backup_sync_period.as_deref(), now);
    let name = &location.metadata.name;
    let mut message = format!(
        "The storage location {name} says Available, but was last checked {} ago, at {}: nobody knows how it is now.",
        words(since(checked, now)),
        minute(checked)
    );
    if let Some(synced) = synced {
        message.push_str(&format!(" Its backups were last read {} ago.", words(since(synced, now))));
    }
    let mut finding = Finding::new(Severity::Warning, location.subject(), String::new());
    finding =
        finding.seen(Evidence::quoted(format!("{} .status.lastValidationTime", location.at()), checked.to_string()));
    if let Some(synced) = synced {
        finding =
            finding.seen(Evidence::quoted(format!("{} .status.lastSyncedTime", location.at()), synced.to_string()));
    }
    let namespace = location.metadata.namespace();
    let text = match (facts.pods.known(), agent(facts)) {
        (None, _) => "See whether the agent's pod runs, and what its log says.",
        (Some(_), None) => {
            message.push_str("\nThe agent, which does this, has no pod.");
            "Find out why the agent has no pod; with it the checks begin again."
        }
        (Some(_), Some(pod)) if !pod.is_ready() => {
            message.push_str(&format!("\nThe agent's pod, {}, which does this, is not ready.", pod.metadata.name));
            "Mend the agent's pod first; with it the checks begin again."
        }
        (Some(_), Some(pod)) => {
            message.push_str(&format!(
                "\nThe agent's pod, {}, which does this, says that it is ready.",
                pod.metadata.name
            ));
            "See what the agent's log says. If it has written nothing since then, start the agent again while no backup or restore runs."
        }
    };
    let mut remedy = Remedy::guided(text)
        .documented(format!("kubectl --namespace {namespace} get pods"))
        .documented(agent_logs(facts, namespace, "--tail 200"));
    if agent(facts).is_some_and(crate::facts::objects::Pod::is_ready) {
        remedy = remedy.documented(format!(
            "kubectl --namespace {namespace} rollout restart deployment/dataprotection-microsoft-kubernetes-agent"
        ));
    }
    finding.message = message;
    finding.concerns.extend(agent_subject(facts));
    Some(
        finding
            .without(facts.unread(Need::Pods).map(|unread| format!("whether the agent's pod is ready: {}", unread.why)))
            .mended_by(remedy),
    )
}
