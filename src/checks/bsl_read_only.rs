//! A storage location may only be read.
//!
//! Knowledge: the page says that "the storage account is in read only state" and sends the reader to the
//! account. Accounts have no such state: Velero's words come from the location's own field
//! `spec.accessMode` (Velero issues 4203 and 7106). A lock on the account, or an immutability policy on
//! the container, fails with other words.

use super::check::{Check, Judgement};
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB402",
    name: "bsl-read-only",
    hop: Hop::Storage,
    title: "the backup storage location may be written to",
    needs: &[required(Need::StorageLocations)],
    explains: &[
        "UserErrorBackupFailedBackupStorageLocationReadOnly",
        "UserErrorDeleteBackupFailedBackupStorageLocationReadOnly",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether spec.accessMode of a backup storage location of the extension is ReadOnly.

Why it matters
  Velero refuses every backup to such a location and every deletion from it: expired recovery points
  pile up. Restores work.

How it is found
  The field itself. The page's \"storage account in read only state\" means this field: accounts have no
  such state. A ReadOnly lock on the account, or an immutability policy or legal hold on the container,
  is another trouble with other words.

What to do
  Find out who set it, and why: it is set by hand, for a migration or to protect the backups during a
  restore. When that is over, set it back to ReadWrite.

Sources
  Azure Backup's troubleshooting page for AKS, the two codes that end in ReadOnly; Velero issues 4203
  and 7106; Velero's documentation on read-only locations.
";

/// The name of the location that a backup goes to where none is marked.
const USUAL: &str = "default";

fn run(facts: &Facts) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let count = facts.locations().count();
    let has_marked = facts.locations().any(|location| location.spec.default);
    let read_only = facts.locations().filter(|location| location.spec.access_mode.as_deref() == Some("ReadOnly"));
    Ok(read_only
        .map(|location| {
            let meta = &location.metadata;
            // Another location can be kept for reading only without harm, as long as backups go elsewhere.
            let is_named = meta.name == USUAL;
            let is_used = location.spec.default || count == 1 || (is_named && !has_marked);
            let (severity, harm) = if is_used {
                (Severity::Error, "every backup to it is refused, and expired backups in it are not deleted")
            } else {
                let severity = if is_named { Severity::Warning } else { Severity::Info };
                let harm = if has_marked || facts.locations().any(|other| other.metadata.name == USUAL) {
                    "backups that name it are refused, and expired backups in it are not deleted; the default location is another one"
                } else {
                    "backups that name it are refused, and expired backups in it are not deleted"
                };
                (severity, harm)
            };
            let message = format!(
                "The storage location {} has the access mode ReadOnly: {harm}. Restores from it work.\nThis is a field of the location in the cluster, not a state of the storage account.",
                meta.name
            );
            let remedy = Remedy::guided(
                "Somebody set it by hand, perhaps for a migration or a restore: ask whether that is over, then allow writing again. Nothing on the storage account needs to be changed for it.",
            )
            .documented(format!(
                "kubectl --namespace {} patch backupstoragelocations.velero.io {} --type merge --patch '{{\"spec\":{{\"accessMode\":\"ReadWrite\"}}}}'",
                meta.namespace(),
                meta.name
            ));
            Finding::new(severity, location.subject(), message)
                .seen(Evidence::quoted(format!("{} .spec.accessMode", location.at()), "ReadOnly"))
                .mended_by(remedy)
        })
        .collect())
}
