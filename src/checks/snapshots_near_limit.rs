//! A disk has nearly as many snapshots as Azure allows, or as many.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorPVSnapshotLimitReached: 500 snapshots of one disk. Everybody's
//! count, not only the vault's.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::protection_state::{Protection, protection};
use crate::facts::arm::{BackupJob, Disk};
use crate::facts::objects::Volume;
use crate::facts::{Facts, Need, Right, Stop, Unread, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB540",
    name: "snapshots-near-limit",
    hop: Hop::Volumes,
    title: "every disk has room for more snapshots",
    needs: &[
        required(Need::Disks),
        helpful(Need::DiskVolumes),
        helpful(Need::BackupJobs),
        helpful(Need::BackupInstances),
    ],
    explains: &["UserErrorPVSnapshotLimitReached"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  How many snapshots each disk has, against the 500 that Azure allows.

Why it matters
  A disk that has 500 gets no further snapshot: its volume is not in the next backup.

How it is found
  Azure's index counts the snapshots by the disk that they are of, whoever made them, in the subscriptions that
  you may read. From 450 on it is a warning, at 500 an error. The index can be some minutes behind.

What to do
  Shorten the retention, and see whether other tools leave snapshots behind. Snapshots that a recovery point
  needs must not be deleted by hand.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorPVSnapshotLimitReached.
";

/// What Azure allows, and from when on it is told.
const LIMIT: u64 = 500;
const NEAR: u64 = 450;

fn run(facts: &Facts) -> Judgement {
    let disks = facts.disks.rows(Need::Disks.what())?;
    // The index leaves out what its caller may not read, and does not say so.
    let shows_any = disks.iter().any(|disk| disk.kind.eq_ignore_ascii_case("snapshots"));
    let is_protected = facts.backup_instances.known_rows().iter().any(|one| protection(one) == Protection::Configured);
    let has_come_through =
        |job: &BackupJob| job.is_backup() && (job.is("Completed") || job.is("CompletedWithWarnings"));
    // Where the jobs were not read, one that came through may be among them.
    let has_backups = facts.backup_jobs.known_rows().iter().any(has_come_through)
        || (is_protected && facts.unread(Need::BackupJobs).is_some());
    if !shows_any && has_backups && facts.disk_volumes.known().is_none_or(|all| !all.is_empty()) {
        let right = Right::arm(
            "Microsoft.Compute/snapshots/read",
            &facts.snapshot_groups().first().map(ToString::to_string).unwrap_or_default(),
        );
        return Err(Stop::Inconclusive(Unread {
            why: "Azure's index shows no snapshot of any disk, though backups are made: it leaves out what you may not read".to_owned(),
            missing: vec![right],
        }));
    }
    let counted = disks.iter().filter(|disk| disk.kind.eq_ignore_ascii_case("snapshots"));
    Ok(counted
        .filter_map(|disk| Some((disk, disk.count.filter(|count| *count >= NEAR)?)))
        .map(|(disk, count)| say(facts, disk, count))
        .collect())
}

fn say(facts: &Facts, disk: &Disk, count: u64) -> Finding {
    let volume = facts.disk_volumes.known_rows().iter().find(|volume| volume.disk() == Some(&disk.id));
    let claim = volume.and_then(|volume| volume.spec.claim_ref.as_ref());
    let of =
        claim.map(|claim| format!(", the volume of claim {}/{},", claim.namespace, claim.name)).unwrap_or_default();
    let message = if count >= LIMIT {
        format!(
            "Disk {}{of} has {count} snapshots. Azure allows {LIMIT} of one disk: no further one is made, and the volume is not in \
             the next backup.",
            disk.id.name()
        )
    } else {
        format!(
            "Disk {}{of} has {count} snapshots. Azure allows {LIMIT} of one disk; at {LIMIT}, its volume is in no further backup.",
            disk.id.name()
        )
    };
    let severity = if count >= LIMIT { Severity::Error } else { Severity::Warning };
    let mut finding = Finding::new(severity, azure_subject(&disk.id), message)
        .seen(Evidence::quoted(format!("snapshots of {} in Azure's index", disk.id), count.to_string()));
    finding
        .concerns
        .extend(volume.map(|volume: &Volume| Subject::cluster_wide("v1", "PersistentVolume", &volume.metadata.name)));
    if volume.is_none() {
        finding = finding
            .without(facts.unread(Need::DiskVolumes).map(|unread| format!("which volume it is: {}", unread.why)));
    }
    finding.mended_by(
        Remedy::guided(
            "Shorten the retention of the policy and wait until the vault has deleted old recovery points; see that nothing keeps it \
             from that, such as a lock. Snapshots that other tools left can be deleted once nobody needs them. Do not delete by hand \
             what a recovery point needs.",
        )
        .documented(format!(
            "az snapshot list --subscription {} --query \"[?ends_with(creationData.sourceResourceId, '/disks/{}')].{{name:name, group:resourceGroup, made:timeCreated}}\" --output table",
            disk.id.subscription().unwrap_or("SUBSCRIPTION"),
            disk.id.name_in_query().unwrap_or("DISK")
        )),
    )
}
