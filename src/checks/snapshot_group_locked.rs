//! A lock stands on the snapshot resource group, or above it.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorSnapshotResourceGroupHasLocks; the support matrix forbids delete
//! and read-only locks there. A lock on the subscription holds for every group in it.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use crate::facts::arm::{ArmId, Lock};
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB809",
    name: "snapshot-group-locked",
    hop: Hop::Vault,
    title: "no lock stands on the snapshot resource group",
    needs: &[required(Need::Locks), required(Need::BackupInstances), helpful(Need::NodeGroup)],
    explains: &["UserErrorSnapshotResourceGroupHasLocks"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the snapshot resource group of a backup instance, or its subscription, has a lock.

Why it matters
  Under a read-only lock no snapshot is made. Under a delete lock expired snapshots are not deleted: they cost
  storage and count towards the 500 of a disk. Azure Backup forbids both.

How it is found
  The locks of the subscription; a lock holds for its scope and everything below. Locks on something else in
  the group are not judged.

What to do
  Have the lock removed, or moved to what it is to guard. The snapshot group of an instance cannot be changed;
  a new instance can have another.

Sources
  Azure Backup's troubleshooting page and support matrix for AKS.
";

/// How many locks are shown.
const MOST_SHOWN: usize = 4;

fn run(facts: &Facts) -> Judgement {
    facts.instances()?;
    let locks = facts.locks.rows(Need::Locks.what())?;
    let groups = facts.snapshot_groups();
    Ok(groups.iter().filter_map(|group| locked(group, locks)).collect())
}

fn locked(group: &ArmId, locks: &[Lock]) -> Option<Finding> {
    // A lock whose id says nothing of a scope would hold for everything.
    let holds = |lock: &&Lock| lock.scope().subscription().is_some() && lock.holds(group);
    let held: Vec<&Lock> = locks.iter().filter(holds).collect();
    let first = held.first()?;
    let mut message = format!("The snapshot resource group {} is locked.", group.name());
    for lock in held.iter().take(MOST_SHOWN) {
        let on = if lock.scope() == *group { "it".to_owned() } else { lock.scope().words() };
        message.push_str(&format!("\nLock {} ({}) is on {on}.", lock.name, lock.properties.level));
    }
    message.push_str(if held.iter().any(|lock| lock.is_read_only()) {
        "\nNo snapshot can be made or deleted there: backups of volumes fail."
    } else {
        "\nExpired snapshots there are not deleted, and Azure Backup refuses such a group."
    });
    let mut finding = Finding::new(Severity::Error, azure_subject(group), message);
    for lock in held.iter().take(MOST_SHOWN) {
        finding =
            finding.seen(Evidence::quoted(format!("{} properties.level", lock.id), lock.properties.level.clone()));
        if let Some(notes) = lock.properties.notes.as_ref().filter(|notes| !notes.trim().is_empty()) {
            finding = finding.seen(Evidence::quoted(format!("{} properties.notes", lock.id), notes.trim()));
        }
    }
    Some(finding.mended_by(
        Remedy::guided(
            "Ask whoever set the lock to remove it, or to lock what it is to guard instead. The group of an instance cannot be \
             changed later; only a new instance can use another group.",
        )
        .documented(format!("az lock show --ids {}", shell_word(first.id.as_str())))
        .documented(format!("az lock delete --ids {}", shell_word(first.id.as_str()))),
    ))
}
