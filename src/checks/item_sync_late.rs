//! A storage location is checked, but what is in it is not read into the cluster.
//!
//! Knowledge: Azure Backup's troubleshooting page, ExtensionTimedOutWaitingForBackupItemSync; Velero's
//! backup_sync_controller.go (controller=backup-sync in the log), which reads every location once in
//! spec.backupSyncPeriod. Where the checks are late too, bsl-stale tells.

use jiff::Timestamp;

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::extension_parts::{agent, agent_logs, agent_subject};
use super::reading::location_rhythm::{Rhythm, overdue};
use super::reading::log_line::{LogLine, log_lines};
use super::reading::told::{quoted, told};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB608",
    name: "item-sync-late",
    hop: Hop::Runs,
    title: "the backups of the storage location are read",
    needs: &[required(Need::StorageLocations), helpful(Need::Logs), helpful(Need::Pods)],
    explains: &["ExtensionTimedOutWaitingForBackupItemSync"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the backups in a location that says Available and is checked in time are read into the cluster
  in time, too.

Why it matters
  A restore, and a deletion, needs the backup's object in the cluster. Azure Backup waits for it, and gives
  up after a while.

How it is found
  status.lastSyncedTime is older than twice backupSyncPeriod and than ten minutes; than an hour where the
  location names no period. The newest line of the log in which the reading fails says why. A location
  that was never read is left out: the server itself can have the reading switched off.

What to do
  Mend what the log says. Where it says nothing of it, start the agent again while no backup or restore
  runs, then start the operation anew.

Sources
  Azure Backup's troubleshooting page for AKS, ExtensionTimedOutWaitingForBackupItemSync; source of Velero
  (backup_sync_controller.go).
";

fn run(facts: &Facts) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let available: Vec<&StorageLocation> =
        facts.locations().filter(|location| location.status.phase.as_deref() == Some("Available")).collect();
    let findings: Vec<Finding> = available.iter().filter_map(|location| late(facts, location)).collect();
    let is_odd =
        |location: &&&StorageLocation| Rhythm::of(location.spec.backup_sync_period.as_deref()) == Rhythm::Unreadable;
    match available.iter().find(is_odd).filter(|_| findings.is_empty()) {
        Some(odd) => Err(Stop::inconclusive(format!(
            "how often the backups of the location {} are due to be read cannot be read: backupSyncPeriod is no duration",
            odd.metadata.name
        ))),
        None => Ok(findings),
    }
}

fn late(facts: &Facts, location: &StorageLocation) -> Option<Finding> {
    let now = facts.observed_at;
    let (spec, status) = (&location.spec, &location.status);
    let synced: Timestamp = overdue(status.last_synced_time, spec.backup_sync_period.as_deref(), now)?;
    if overdue(status.last_validation_time, spec.validation_frequency.as_deref(), now).is_some() {
        return None;
    }
    let name = &location.metadata.name;
    let mut message = format!(
        "The storage location {name} says Available, but what is in it was last read into the cluster {} ago, at {}. A backup that is \
         not known in the cluster can be neither restored nor deleted.",
        words(since(synced, now)),
        minute(synced)
    );
    let mut finding = Finding::new(Severity::Warning, location.subject(), String::new())
        .seen(Evidence::quoted(format!("{} .status.lastSyncedTime", location.at()), synced.to_string()));
    if let Some(checked) = status.last_validation_time {
        finding = finding
            .seen(Evidence::quoted(format!("{} .status.lastValidationTime", location.at()), checked.to_string()));
    }
    let line =
        log_lines(facts).filter(|line| is_of_sync(line, name) && line.when.is_none_or(|when| when >= synced)).last();
    if let Some(line) = &line {
        let sentence = told([(line.log.at(), line.text)]).map(|told| told.sentence());
        message.push('\n');
        message.push_str(
            sentence
                .as_deref()
                .unwrap_or("The log says that the reading fails, in words that this tool does not know."),
        );
        finding = finding.seen(quoted(line.log.at(), line.text));
    }
    let is_ready = agent(facts).is_some_and(crate::facts::objects::Pod::is_ready);
    if facts.pods.known().is_some() && !is_ready {
        message.push_str("\nThe agent, which does this, has no ready pod.");
    }
    finding.message = message;
    finding.concerns.extend(agent_subject(facts));
    let namespace = location.metadata.namespace();
    let text = if line.is_some() {
        "Mend what the log says; the reading then goes on by itself."
    } else {
        "See what the agent's log says about backup-sync. If it says nothing since then, start the agent again while no backup or \
         restore runs, then start the operation anew."
    };
    let mut remedy = Remedy::guided(text).documented(agent_logs(facts, namespace, "--tail 2000 | grep backup-sync"));
    if line.is_none() && is_ready {
        remedy = remedy.documented(format!(
            "kubectl --namespace {namespace} rollout restart deployment/dataprotection-microsoft-kubernetes-agent"
        ));
    }
    Some(
        finding
            .without(facts.unread(Need::Logs).map(|unread| format!("why the reading fails: {}", unread.why)))
            .without(facts.unread(Need::Pods).map(|unread| format!("whether the agent runs: {}", unread.why)))
            .mended_by(remedy),
    )
}

/// Tells whether a line is of the reading of this location's backups, and tells of a failure.
fn is_of_sync(line: &LogLine<'_>, location: &str) -> bool {
    let names = |text: &str| text == location || text.rsplit('/').next() == Some(location);
    line.field("controller") == Some("backup-sync")
        && line.is_failure()
        && line.field("backupLocation").or_else(|| line.field("backupstoragelocation")).is_none_or(names)
}
