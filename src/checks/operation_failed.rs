//! The newest backup, restore or validation that Azure asked of the extension failed.
//!
//! Knowledge: the custom resources of clusterbackup.dataprotection.microsoft.com are the vault's half of a job inside the
//! cluster; their schemas are published nowhere, their messages are read by the catalogue. Deletions are told by
//! delete-backup-failed.

use super::check::{Check, Judgement};
use super::reading::elapsed::words;
use super::reading::operation_state::{age, has_ended, has_failed, newest_first, words as asked};
use super::reading::recent::RECENT;
use super::reading::told::{quoted, told};
use crate::catalogue::innermost;
use crate::facts::objects::{Backup, Operation, Restore};
use crate::facts::{Facts, MICROSOFT_GROUP, Need, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB607",
    name: "operation-failed",
    hop: Hop::Runs,
    title: "what Azure asked of the extension came through",
    needs: &[required(Need::Operations), helpful(Need::Backups), helpful(Need::Restores)],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup, restore or validation that Azure asked of the extension, and that has ended,
  failed.

Why it matters
  A failed validation keeps the vault from protecting the cluster; a failed backup or restore is what the
  vault's job shows.

How it is found
  The newest ended custom resource of each kind of clusterbackup.dataprotection.microsoft.com says that it
  failed, within the last three days, and what its messages mean. A validation before a backup that a
  completed backup follows is history. Where Velero's own backup or restore of it failed, that explains it.

What to do
  Mend what the message names, then start the operation anew from the vault.

Sources
  Objects of real clusters; their schemas are published nowhere.
";

/// How many messages are quoted.
const MOST_SHOWN: usize = 4;

const KINDS: &[&str] = &["backups", "restores", "validateforbackups", "validateforrestores"];

fn run(facts: &Facts) -> Judgement {
    facts.operations.rows(Need::Operations.what())?;
    let newest = KINDS.iter().filter_map(|kind| newest_first(facts, kind).into_iter().find(|o| has_ended(o)));
    Ok(newest
        .filter(|operation| has_failed(operation) && age(facts, operation).is_none_or(|age| age <= RECENT))
        .filter(|operation| !is_past(facts, operation))
        .map(|operation| failed(facts, operation))
        .collect())
}

/// Returns whether what was validated has come through since.
fn is_past(facts: &Facts, operation: &Operation) -> bool {
    let follows = match operation.resource.as_str() {
        "validateforbackups" => "backups",
        "validateforrestores" => "restores",
        _ => return false,
    };
    newest_first(facts, follows).iter().any(|other| {
        has_ended(other)
            && !has_failed(other)
            && other.metadata.creation_timestamp > operation.metadata.creation_timestamp
    })
}

fn failed(facts: &Facts, operation: &Operation) -> Finding {
    let status = operation.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let is_run = matches!(operation.resource.as_str(), "backups" | "restores");
    let is_partial = phase.to_ascii_lowercase().contains("partial");
    let severity = if is_run && !is_partial { Severity::Error } else { Severity::Warning };
    let when = age(facts, operation).map(|age| format!(", asked for {} ago,", words(age))).unwrap_or_default();
    let mut message = format!(
        "The newest {} that Azure asked of the extension and that has ended, {}{when} says {phase}.",
        asked(&operation.resource),
        operation.metadata.name
    );
    let at = format!("{} .status", operation.at());
    let messages: Vec<&str> = status
        .iter()
        .flat_map(|status| status.messages.iter().map(Text::as_str))
        .filter(|t| !t.trim().is_empty())
        .collect();
    let mut finding = Finding::new(severity, operation.subject(), String::new());
    match told(messages.iter().map(|text| (at.clone(), *text))) {
        Some(told) => {
            message.push('\n');
            message.push_str(&told.sentence());
            if told.is_about_location() {
                finding.concerns.extend(default_location(facts, operation));
            }
        }
        None if messages.is_empty() => message.push_str("\nIt gives no reason."),
        None => message.push_str("\nIts words are not a wording that this tool knows."),
    }
    if messages.is_empty() {
        finding = finding.seen(Evidence::quoted(at.clone(), phase));
    }
    for text in messages.iter().take(MOST_SHOWN) {
        finding = finding.seen(quoted(at.clone(), innermost(text)));
    }
    // Velero's own object is named after the operation that it was made for.
    let name = operation.metadata.name.as_str();
    let is_of_it = |other: &str| other == name || other.ends_with(&format!("-{name}"));
    match operation.resource.as_str() {
        "backups" => {
            let all = facts.backups.known_rows().iter();
            finding.concerns.extend(all.filter(|b| is_of_it(&b.metadata.name)).map(Backup::subject));
        }
        "restores" => {
            let all = facts.restores.known_rows().iter();
            finding.concerns.extend(all.filter(|r| is_of_it(&r.metadata.name)).map(Restore::subject));
        }
        _ => {}
    }
    finding.message = message;
    finding.mended_by(
        Remedy::guided("Mend what the message names, then start the operation anew from the vault.").documented(
            format!(
                "kubectl --namespace {} get {}.{MICROSOFT_GROUP} {name} --output yaml",
                operation.metadata.namespace(),
                operation.resource
            ),
        ),
    )
}

/// Returns the location that backups go to; the vault writes to no other.
fn default_location(facts: &Facts, operation: &Operation) -> Option<Subject> {
    let namespace = &facts.extension.namespace;
    let is_run = operation.resource.ends_with("backups");
    is_run.then(|| Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, "default"))
}
