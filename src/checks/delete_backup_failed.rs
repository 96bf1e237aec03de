//! Backups whose time is over, or that somebody wants to be rid of, are not deleted.
//!
//! Knowledge: Velero's DeleteBackupRequests (New, InProgress, Processed with errors; those that came through go away with
//! their backup); Azure Backup's troubleshooting page, BackupPluginDeleteBackupOperationFailed and the two
//! UserErrorDeleteBackupFailed… codes: cluster and extension must run for a deletion.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::extension_parts::{agent_logs, agent_subject};
use super::reading::operation_state::{age, has_failed, newest_first};
use super::reading::told::{quoted, told};
use crate::facts::objects::{DeleteRequest, Operation};
use crate::facts::{Facts, Need, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB605",
    name: "delete-backup-failed",
    hop: Hop::Runs,
    title: "backups whose time is over are deleted",
    needs: &[required(Need::DeleteRequests), required(Need::Operations), helpful(Need::Backups), helpful(Need::Pods)],
    explains: &[
        "BackupPluginDeleteBackupOperationFailed",
        "UserErrorDeleteBackupFailedBackupStorageLocationReadOnly",
        "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether deletions of backups ended with errors, or wait for hours.

Why it matters
  Snapshots and files outlive their retention: they cost, and the snapshots of a disk are limited to 500,
  after which its backups fail.

How it is found
  Velero's DeleteBackupRequests: Processed with errors, while the backup is still there; New or InProgress
  for more than two hours. The extension's own deletebackups: the newest one says that it failed, within
  the last week.

What to do
  Mend what the error names; the vault asks again at its next turn.

Sources
  Azure Backup's troubleshooting page for AKS, BackupPluginDeleteBackupOperationFailed; source of Velero
  (backup_deletion_controller.go).
";

/// A deletion takes minutes.
const PATIENCE: SignedDuration = SignedDuration::from_hours(2);
/// An operation that failed longer ago is history. Deletions are asked for once a day or more seldom.
const DELETIONS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many errors are quoted.
const MOST_SHOWN: usize = 4;

fn run(facts: &Facts) -> Judgement {
    let requests = facts.delete_requests.rows(Need::DeleteRequests.what())?;
    facts.operations.rows(Need::Operations.what())?;
    let failed: Vec<&DeleteRequest> = requests.iter().filter(|request| has_errors(facts, request)).collect();
    let waiting: Vec<(&DeleteRequest, SignedDuration)> =
        requests.iter().filter_map(|request| Some((request, waits(facts, request)?))).collect();
    let operation = newest_first(facts, "deletebackups").into_iter().next();
    let operation =
        operation.filter(|operation| has_failed(operation) && age(facts, operation).is_none_or(|age| age <= DELETIONS));
    if failed.is_empty() && waiting.is_empty() && operation.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![finding(facts, &failed, &waiting, operation)])
}

/// Returns whether a request came to its end with errors, and the backup is still there.
fn has_errors(facts: &Facts, request: &DeleteRequest) -> bool {
    request.status.phase.as_deref() == Some("Processed")
        && request.status.errors.iter().any(|error| !error.trim().is_empty())
        && !is_gone(facts, request)
}

/// Returns whether the backup that a request is about is certainly no longer there: then nothing is left to be done.
fn is_gone(facts: &Facts, request: &DeleteRequest) -> bool {
    facts.unread(Need::Backups).is_none()
        && facts.backups.known_rows().iter().all(|backup| backup.metadata.name != request.spec.backup_name)
}

/// Returns how long a request has waited, where that is too long.
fn waits(facts: &Facts, request: &DeleteRequest) -> Option<SignedDuration> {
    let is_open = matches!(request.status.phase.as_deref(), None | Some("" | "New" | "InProgress"));
    let waited = since(request.metadata.creation_timestamp?, facts.observed_at);
    (is_open && waited > PATIENCE && !is_gone(facts, request)).then_some(waited)
}

fn finding(
    facts: &Facts,
    failed: &[&DeleteRequest],
    waiting: &[(&DeleteRequest, SignedDuration)],
    operation: Option<&Operation>,
) -> Finding {
    let namespace = &facts.extension.namespace;
    let mut parts: Vec<String> = Vec::new();
    let mut finding =
        Finding::new(Severity::Warning, Subject::cluster_wide("v1", "Namespace", namespace), String::new());
    if !failed.is_empty() {
        let backups = listing(failed.iter().map(|request| request.spec.backup_name.as_str()), 3);
        let still = match (facts.unread(Need::Backups).is_none(), failed.len()) {
            (false, _) => "",
            (true, 1) => " The backup is still there.",
            (true, _) => " These backups are still there.",
        };
        parts.push(format!(
            "{} ended with errors, of {backups}.{still}",
            counted(failed.len(), "deletion of a backup", "deletions of backups")
        ));
        let errors = failed.iter().flat_map(|request| request.status.errors.iter().map(move |error| (request, error)));
        for (request, error) in errors.filter(|(_, error)| !error.trim().is_empty()).take(MOST_SHOWN) {
            finding = finding.seen(quoted(format!("{} .status.errors", request.at()), error));
        }
    }
    if let Some((oldest, waited)) = waiting.iter().max_by_key(|(_, waited)| *waited) {
        parts.push(format!(
            "{} {} for more than two hours; the oldest, of {}, for {}.",
            counted(waiting.len(), "deletion of a backup", "deletions of backups"),
            if waiting.len() == 1 { "has waited" } else { "have waited" },
            oldest.spec.backup_name,
            words(*waited)
        ));
        let phase = oldest.status.phase.as_deref().filter(|phase| !phase.is_empty()).unwrap_or("(none)");
        finding = finding.seen(Evidence::quoted(format!("{} .status.phase", oldest.at()), phase));
        finding.concerns.extend(agent_subject(facts));
    }
    if let Some(operation) = operation {
        parts.push(format!(
            "The newest deletion that Azure asked for, {}, says that it failed.",
            operation.metadata.name
        ));
        let status = operation.status.as_ref();
        let messages: Vec<&str> = status.iter().flat_map(|status| status.messages.iter().map(Text::as_str)).collect();
        if messages.is_empty() {
            let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or_default();
            finding = finding.seen(Evidence::quoted(format!("{} .status", operation.at()), phase));
        }
        for text in messages.iter().take(MOST_SHOWN) {
            finding = finding.seen(quoted(format!("{} .status", operation.at()), text));
        }
    }
    let of_operation = operation.iter().flat_map(|o| o.status.iter().flat_map(|status| &status.messages));
    let errors = failed.iter().flat_map(|request| &request.status.errors).chain(of_operation);
    let told = told(errors.map(|text| (String::new(), text.as_str())));
    if let Some(told) = &told {
        parts.push(told.sentence());
    }
    for request in failed.iter().chain(waiting.iter().map(|(request, _)| request)) {
        finding = finding.concerning(request.subject());
        // What the words say about the location explains nothing about a deletion that failed for another reason.
        if told.as_ref().is_none_or(super::reading::told::Told::is_about_location) {
            finding.concerns.extend(location_of(facts, request));
        }
    }
    finding.concerns.sort();
    finding.concerns.dedup();
    parts.push("Snapshots and files stay where they are until the deletion comes through.".to_owned());
    finding.message = parts.join("\n");
    finding
        .without(facts.unread(Need::Backups).map(|unread| format!("whether these backups are still there: {}", unread.why)))
        .without(
            facts
                .unread(Need::Pods)
                .filter(|_| !waiting.is_empty())
                .map(|unread| format!("whether Velero runs: {}", unread.why)),
        )
        .mended_by(
            Remedy::guided(
                "Cluster and extension must run for a deletion. Mend what the errors name; the vault asks again at its next turn. Do not \
                 delete the Backup objects by hand: Velero reads them in again from the storage account, and the snapshots stay.",
            )
            .documented(format!("kubectl --namespace {namespace} get deletebackuprequests.velero.io --output yaml"))
            .documented(agent_logs(facts, namespace, "--tail 2000 | grep -i delet")),
        )
}

/// Returns the location of the backup that a request is to delete.
fn location_of(facts: &Facts, request: &DeleteRequest) -> Option<Subject> {
    let backup = facts.backups.known_rows().iter().find(|backup| backup.metadata.name == request.spec.backup_name)?;
    let location = backup.spec.storage_location.as_deref()?;
    Some(Subject::namespaced("velero.io/v1", "BackupStorageLocation", request.metadata.namespace(), location))
}
