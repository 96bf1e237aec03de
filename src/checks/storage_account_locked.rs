//! A lock lies on the storage account, or on what it is in.
//!
//! Knowledge: Azure Resource Manager's page on locks: a read-only lock refuses every POST, and asking for the account's keys is
//! one; it says nothing of the blobs in it. azure-backup.md section 2: such a lock is not supported.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, named, without_locations, words, working, works_all_the_same};
use crate::facts::arm::{ArmExtension, ArmId, Lock};
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB425",
    name: "storage-account-locked",
    hop: Hop::Storage,
    title: "no lock keeps the storage account from being used",
    needs: &[
        required(Need::Locks),
        helpful(Need::ArmExtensions),
        helpful(Need::StorageAccount),
        helpful(Need::StorageLocations),
    ],
    explains: &[
        "UserErrorBackupFailedBackupStorageLocationReadOnly",
        "UserErrorDeleteBackupFailedBackupStorageLocationReadOnly",
        "EXT_SCOPE_LOCKED",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a lock lies on the storage account of the backups, or on its resource group or subscription.

Why it matters
  A read-only lock refuses the request for the account's keys, so an extension that works with keys cannot sign in.
  Azure Backup does not support such a lock in either way of signing in. The blobs themselves are not locked by it.

How it is found
  The locks of the account's subscription that hold at the account. With a read-only lock and an extension that signs
  in with its identity, a location that Velero has found to work within the last hour makes it a warning. A lock
  against deletion only protects the account, and is told as a remark where it lies on the account itself.

What to do
  Have whoever set the read-only lock take it away, or move it where it does not hold at this account. A lock against
  deletion does what a read-only one was wanted for.

Sources
  Azure Resource Manager's page on locks; Azure Backup's support matrix and troubleshooting page for AKS.
";

fn run(facts: &Facts) -> Judgement {
    let locks = facts.locks.rows(Need::Locks.what())?;
    let account = named(facts)?;
    let holding = locks.iter().filter(|lock| lock.holds(&account));
    let is_told = |lock: &&Lock| lock.is_read_only() || lock.scope() == account;
    Ok(holding.filter(is_told).map(|lock| say(facts, &account, lock)).collect())
}

fn say(facts: &Facts, account: &ArmId, lock: &Lock) -> Finding {
    let scope = lock.scope();
    let level = &lock.properties.level;
    let mut message = format!("The lock {} ({level}) lies on {}", lock.name, scope.words());
    message.push_str(&if scope == *account { ".".to_owned() } else { format!(", and so on {}.", words(account)) });
    let works = working(facts, account);
    let uses_aad = facts.backup_extension().ok().map(ArmExtension::uses_aad);
    let severity = if lock.is_read_only() {
        message.push_str(match uses_aad {
            Some(false) => {
                " The extension works with the account's keys, and a read-only lock refuses the request for them."
            }
            Some(true) => {
                " The extension signs in with its own identity and asks for no keys, and the lock says nothing of blobs; but Azure Backup does not support a read-only lock here."
            }
            None => " A read-only lock refuses the request for the account's keys.",
        });
        if let Some(location) = works {
            message.push_str(&works_all_the_same(location));
        }
        if works.is_some() { Severity::Warning } else { Severity::Error }
    } else {
        message.push_str(" It keeps the account from being deleted; blobs in it can be written and deleted.");
        Severity::Info
    };
    let mut finding = Finding::new(severity, azure_subject(&lock.id), message)
        .seen(Evidence::quoted(format!("{} properties.level", lock.id), level));
    if let Some(notes) = lock.properties.notes.as_ref().filter(|notes| !notes.trim().is_empty()) {
        finding = finding.seen(Evidence::quoted(format!("{} properties.notes", lock.id), notes.as_str()));
    }
    finding = finding.concerning(azure_subject(account));
    // A lock keeps nobody from the blobs: only who asks for the keys meets it.
    if lock.is_read_only() && uses_aad != Some(true) {
        finding.concerns.extend(concerned(facts, account));
    }
    if !lock.is_read_only() {
        return finding;
    }
    let id = shell_word(lock.id.as_str());
    finding.without(without_locations(facts)).mended_by(
        Remedy::guided(
            "Ask whoever set the lock, then take it away or set one against deletion (CanNotDelete) in its place. That takes the \
             right to change locks, which Owner and User Access Administrator have.",
        )
        .documented(format!("az lock show --ids {id}"))
        .documented(format!("az lock delete --ids {id}")),
    )
}
