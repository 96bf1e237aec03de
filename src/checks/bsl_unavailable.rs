//! Velero says that it cannot use a backup storage location.
//!
//! Knowledge: founding page, UserErrorBackupStorageLocationNotReady; Velero writes the reason into the
//! location's status. About a dozen causes end here, each with a check of its own: this one is the
//! umbrella, and the root only where no check knows the words.

use super::check::{Check, Judgement};
use super::reading::extension_parts::agent_logs;
use super::reading::location_account::Account;
use super::reading::location_message::{Complaint, NEEDS, complaints};
use crate::catalogue::Sign;
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB401",
    name: "bsl-unavailable",
    hop: Hop::Storage,
    title: "Velero can use the backup storage location",
    needs: NEEDS,
    explains: &[
        "UserErrorBackupStorageLocationNotReady",
        "UserErrorKubernetesBackupExtensionUnhealthy",
        "ExtensionTimedOutWaitingForBackupItemSync",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a backup storage location of the extension is Unavailable.

Why it matters
  Nothing is backed up to such a location and nothing is deleted from it; the vault says that the
  location is not ready, or that the extension is unhealthy.

How it is found
  The location's status, which Velero writes at every check of the location. Its message names the
  cause, and a check of its own tells what to do about it. A message of a wording that this tool does
  not know is quoted as it stands.

What to do
  Mend the cause that is reported with it. Velero checks again by itself, by default every minute.
  Reinstalling the extension is seldom the cure: it gives the extension a new identity, which has no
  roles yet.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorBackupStorageLocationNotReady; Velero's
  backup_storage_location_controller.go.
";

fn run(facts: &Facts) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let complaints = complaints(facts);
    let unavailable = facts.locations().filter(|location| location.is_unavailable());
    Ok(unavailable
        .map(|location| {
            let complaint =
                complaints.iter().find(|complaint| complaint.location.metadata.name == location.metadata.name);
            say(facts, location, complaint)
        })
        .collect())
}

fn say(facts: &Facts, location: &StorageLocation, complaint: Option<&Complaint<'_>>) -> Finding {
    let account = Account::of(facts, location);
    let checked =
        location.status.last_validation_time.map(|when| format!(", when it last checked, at {}", minute(when)));
    let mut message = format!(
        "Velero could not use the storage location {}, {}{}: nothing is backed up to it.",
        location.metadata.name,
        account.container_words(),
        checked.unwrap_or_default()
    );
    let cause = complaint.and_then(|complaint| complaint.cause());
    let logs = facts.unread(Need::Logs);
    message.push_str(&match (cause, complaint) {
        (Some(cause), _) => format!("\nWhat its message means: {}.", cause.sign.about().meaning),
        (None, Some(_)) => {
            "\nIts message is not of a wording that this tool knows; it is quoted as it stands.".to_owned()
        }
        (None, None) if logs.is_some() => "\nIt gives no reason, and Velero's log could not be read.".to_owned(),
        (None, None) => "\nIt gives no reason, and the part of Velero's log that was read names none.".to_owned(),
    });
    let mut finding = Finding::new(Severity::Error, location.subject(), message);
    finding = match complaint {
        Some(complaint) => finding.seen(complaint.evidence()),
        None => finding.seen(Evidence::quoted(format!("{} .status.phase", location.at()), "Unavailable")),
    };
    if cause.is_none() {
        finding = finding.without(logs.map(|unread| format!("what Velero's log says of the location: {}", unread.why)));
    }
    let meta = &location.metadata;
    // It passes by itself, as its cause does.
    let passes = cause.is_some_and(|cause| cause.sign == Sign::Throttled);
    let text = if passes {
        "It passes by itself: look again in a few minutes."
    } else if cause.is_some() {
        "Mend what the message names; Velero checks again by itself. Reinstalling the extension would give it a new identity without roles, and is no cure for this."
    } else {
        "Read the message and what Velero's log says around it. Velero checks again by itself once it is mended; reinstalling the extension would give it a new identity without roles."
    };
    finding.mended_by(
        Remedy::guided(text)
            .documented(format!(
                "kubectl --namespace {} describe backupstoragelocations.velero.io {}",
                meta.namespace(),
                meta.name
            ))
            .documented(agent_logs(facts, meta.namespace(), "--tail 200")),
    )
}
