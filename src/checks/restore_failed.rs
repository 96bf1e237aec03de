//! A restore failed, was refused, or is incomplete.
//!
//! Knowledge: Velero's phases of a restore. Of all that restore the same only the newest counts. Why stands in the
//! restore's status or, as long as it lasts, in Velero's log; the full list is a file in the storage account.

use super::check::{Check, Judgement};
use super::reading::agent_restart::{memory_limit, restart_after};
use super::reading::elapsed::{since, words};
use super::reading::ended::{Ended, newest_restores};
use super::reading::extension_parts::{agent_logs, agent_subject};
use super::reading::memory::raise_limit;
use super::reading::recent::{RECENT, REMEMBERED};
use super::reading::told::{Told, failures, quoted, told};
use crate::catalogue::Sign;
use crate::facts::objects::Restore;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB611",
    name: "restore-failed",
    hop: Hop::Runs,
    title: "the newest restore completed",
    needs: &[
        required(Need::Restores),
        helpful(Need::Logs),
        helpful(Need::Pods),
        helpful(Need::Events),
        helpful(Need::Backups),
    ],
    explains: &["UserErrorBackupPluginPodRestartedDuringRestore"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest restore into the same namespaces failed, was refused, or is incomplete, and why.

Why it matters
  What was to be brought back is not there, or not whole.

How it is found
  The phase of Velero's restores: Failed, FailedValidation and PartiallyFailed. The reason is read from
  failureReason and validationErrors, and from the lines of Velero's log that name the restore. A restore
  that was tried again and completed is history; one that is older than three days is a remark, one that
  is older than 30 days is left out.

What to do
  Mend what the reason names, then ask for the restore anew from the vault: it leaves objects that are
  there as they are, unless it was asked to patch them.

Sources
  Velero's documentation on restores; restore_controller.go; Azure Backup's page on restoring AKS.
";

/// How many lines of the log are quoted.
const MOST_LINES: usize = 3;

fn run(facts: &Facts) -> Judgement {
    facts.restores.rows(Need::Restores.what())?;
    Ok(newest_restores(facts)
        .into_iter()
        .filter(|(_, how)| *how != Ended::Well)
        .filter_map(|(restore, how)| failed(facts, restore, how))
        .collect())
}

fn failed(facts: &Facts, restore: &Restore, how: Ended) -> Option<Finding> {
    let age = restore.began().map(|began| since(began, facts.observed_at));
    if age.is_some_and(|age| age > REMEMBERED) {
        return None;
    }
    let is_recent = age.is_none_or(|age| age <= RECENT);
    let severity = match how {
        _ if !is_recent => Severity::Info,
        Ended::Partly => Severity::Warning,
        _ => Severity::Error,
    };
    let name = &restore.metadata.name;
    let verb = match (restore.status.phase.as_deref(), how) {
        (Some("FailedValidation"), _) => "was refused",
        (_, Ended::Partly) => "is incomplete",
        _ => "failed",
    };
    let when = restore.began().map(|began| format!(", which began at {},", minute(began))).unwrap_or_default();
    let from = restore.spec.backup_name.as_deref().filter(|name| !name.is_empty());
    let from = from.map(|backup| format!(" from the backup {backup}")).unwrap_or_default();
    let mut message = format!("The restore {name}{from}{when} {verb}.");
    let mut finding = Finding::new(severity, restore.subject(), String::new());
    let mut remedy = Remedy::guided(
        "Mend what the reason names, then ask for the restore anew from the vault. It leaves objects that are there already as they are, \
         unless it is asked to patch them.",
    );

    let status = &restore.status;
    let reasons: Vec<(String, &str)> = restore.reasons().collect();
    let lines = failures(facts, "restore", restore.metadata.namespace(), name);
    let own = told(reasons.iter().cloned());
    let said = match own {
        Some(own) => Some(own),
        None => told(lines.iter().map(|line| (line.log.at(), line.text))),
    };
    if reasons.is_empty() {
        let phase = status.phase.as_deref().unwrap_or_default();
        finding = finding.seen(Evidence::quoted(format!("{} .status.phase", restore.at()), phase));
    }
    for (at, text) in &reasons {
        finding = finding.seen(quoted(at.clone(), text));
    }
    if let Some(errors) = status.errors.filter(|errors| *errors > 0) {
        let errors = usize::try_from(errors).unwrap_or(usize::MAX);
        message.push_str(&format!(" Velero counted {}.", counted(errors, "error", "errors")));
    }
    match &said {
        Some(said) if said.sign == Sign::RestartedDuringRun => {
            message.push_str(" Velero started again while it ran, and marked it as failed.");
            if let Some(restart) = restore.began().and_then(|began| restart_after(facts, began)) {
                message.push('\n');
                message.push_str(&restart.words);
                if restart.was_out_of_memory {
                    let what = "A restore needs more memory the more resources the backup has.";
                    remedy = raise_limit(facts, memory_limit(facts), what);
                }
                finding.evidence.extend(restart.evidence);
            }
            finding.concerns.extend(agent_subject(facts));
        }
        Some(said) => {
            message.push('\n');
            message.push_str(&said.sentence());
            if reasons.is_empty() {
                finding = finding.seen(said.evidence.clone());
            }
            if matches!(said.sign, Sign::PluginKilled | Sign::OutOfMemory) {
                finding.concerns.extend(agent_subject(facts));
            }
        }
        None if !lines.is_empty() && reasons.is_empty() => {
            message.push_str("\nThe log has lines about it, in words that this tool does not know.");
            for line in lines.iter().take(MOST_LINES) {
                finding = finding.seen(quoted(line.log.at(), line.text));
            }
        }
        None if reasons.is_empty() => {
            message.push_str(
                "\nWhy stands in the restore's own log and results, which Velero keeps in the storage account.",
            );
        }
        None => {}
    }
    if let Some(age) = age.filter(|_| !is_recent) {
        message.push_str(&format!(
            "\nThat was {} ago, and no other one into the same namespaces has ended since.",
            words(age)
        ));
    }
    let lacks_backup = restore.status.phase.as_deref() == Some("FailedValidation") && is_unknown(facts, restore);
    if lacks_backup {
        message.push_str(
            "\nThe backup that it names is not known in the cluster: it was deleted, or has not been read from its storage location.",
        );
    }
    // Where no reason is known, the location may be one.
    if lacks_backup || said.as_ref().map_or(reasons.is_empty(), Told::is_about_location) {
        finding.concerns.extend(location_of(facts, restore));
    }
    finding.message = message;
    let namespace = &facts.extension.namespace;
    Some(
        finding
            .without(facts.unread(Need::Logs).map(|unread| format!("what the log says of it: {}", unread.why)))
            .mended_by(
                remedy
                    .documented(format!("kubectl --namespace {namespace} describe restores.velero.io {name}"))
                    .documented(agent_logs(facts, namespace, &format!("--tail 2000 | grep {name}"))),
            ),
    )
}

/// Returns whether the backup that a restore names is certainly not known in the cluster.
fn is_unknown(facts: &Facts, restore: &Restore) -> bool {
    let wanted = restore.spec.backup_name.as_deref().unwrap_or_default();
    !wanted.is_empty()
        && facts.unread(Need::Backups).is_none()
        && facts.backups.known_rows().iter().all(|backup| backup.metadata.name != wanted)
}

/// Returns the location that the restored backup lies in.
fn location_of(facts: &Facts, restore: &Restore) -> Option<Subject> {
    let wanted = restore.spec.backup_name.as_deref()?;
    let backup = facts.backups.known_rows().iter().find(|backup| backup.metadata.name == wanted);
    // A backup that nobody knows was to come from the one that the vault writes to.
    let location = backup.map_or(Some("default"), |backup| backup.spec.storage_location.as_deref())?;
    let namespace = restore.metadata.namespace();
    Some(Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, location))
}
