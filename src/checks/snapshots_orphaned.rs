//! Snapshots that nothing waits for any longer are still there: they are asked for again and again, or cost only.
//!
//! Knowledge: velero#6209: the VolumeSnapshotContents of failed backups are never cleaned up, and the driver asks Azure
//! for them for ever; diagnosis.md section 2, entry 12. A content whose VolumeSnapshot does not exist is what Velero
//! leaves of every good backup, as long as it is ready: no finding.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::snapshots::{
    LeftOver, NEEDS, Unready, contents, driver_subject, is_backup_gone, not_read, unready,
};
use crate::catalogue::classify;
use crate::facts::Facts;
use crate::facts::objects::SnapshotContent;
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB523",
    name: "snapshots-orphaned",
    hop: Hop::Volumes,
    title: "no snapshots are left of backups that are over",
    needs: NEEDS,
    explains: &["CSISnapshottingTimedOut", "UserErrorPVSnapshotLimitReached"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether there are VolumeSnapshotContents that are not ready and that nothing waits for (their
  VolumeSnapshot or their backup is gone; or they are a backup's, and the volume has a newer snapshot that
  is ready, or the backup is over and a later one of its series completed), that cannot be deleted, or that
  are kept (Retain) although their backup is gone. A snapshot that no backup asked for is left out as long
  as its VolumeSnapshot is there: whoever made it may wait for it.

Why it matters
  The driver asks Azure for a snapshot that is not ready for as long as its VolumeSnapshotContent is there.
  That uses up the limit of requests, and the next backups time out. Snapshots that are kept cost, and
  count towards the 500 that a disk may have.

How it is found
  Those that are not ready after ten minutes, and those whose deletion was asked for an hour ago, are
  warnings; those that are only kept are a remark. A content that is ready and whose VolumeSnapshot does not
  exist is no orphan: Velero leaves it so after every good backup, and restores need it.

What to do
  Look at each before it is deleted. One that never became ready and has no snapshot handle holds nothing. One
  with a handle may be the only copy of something: see in Azure what it is.

Sources
  Public reports about Velero on Azure (velero issue 6209); Velero's source, DeleteVolumeSnapshot.
";

/// A deletion that has gone on for longer than this is stuck.
const STUCK_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// What was made less than this ago may have a backup that is not there yet.
const SETTLED: SignedDuration = SignedDuration::from_hours(24);

/// What is left of one driver's snapshots.
#[derive(Default)]
struct Left<'u, 'f> {
    asked_for: Vec<&'u Unready<'f>>,
    undeletable: Vec<&'f SnapshotContent>,
    kept: Vec<&'f SnapshotContent>,
}

fn run(facts: &Facts) -> Judgement {
    let late = unready(facts)?;
    let mut drivers: BTreeMap<&str, Left<'_, '_>> = BTreeMap::new();
    for one in late.iter().filter(|one| one.left_over.is_some()) {
        drivers.entry(one.content.driver()).or_default().asked_for.push(one);
    }
    for content in contents(facts)? {
        let meta = &content.metadata;
        if let Some(asked) = meta.deletion_timestamp {
            if since(asked, facts.observed_at) > STUCK_AFTER {
                drivers.entry(content.driver()).or_default().undeletable.push(content);
            }
            continue;
        }
        let is_old = meta.creation_timestamp.is_some_and(|made| since(made, facts.observed_at) > SETTLED);
        let is_kept =
            content.status.ready_to_use == Some(true) && content.spec.deletion_policy.as_deref() == Some("Retain");
        if is_old && is_kept && is_backup_gone(facts, content, None) {
            drivers.entry(content.driver()).or_default().kept.push(content);
        }
    }
    Ok(drivers.into_iter().map(|(driver, left)| say(facts, driver, &left)).collect())
}

fn say(facts: &Facts, driver: &str, left: &Left<'_, '_>) -> Finding {
    let mut parts: Vec<String> = Vec::new();
    let mut evidence = Vec::new();
    if let Some(oldest) = left.asked_for.first() {
        let count = left.asked_for.len();
        parts.push(format!(
            "{} of {driver} {} never become ready, and nothing waits for {} any longer{}. The driver asks Azure for {} \
             again and again, {}since {} ({}).",
            counted(count, "snapshot", "snapshots"),
            if count == 1 { "has" } else { "have" },
            if count == 1 { "it" } else { "them" },
            why(&left.asked_for),
            if count == 1 { "it" } else { "them" },
            if count == 1 { "" } else { "the oldest " },
            minute(oldest.began),
            words(since(oldest.began, facts.observed_at)),
        ));
        evidence.extend(left.asked_for.iter().take(2).map(|one| one.evidence()));
    }
    if let Some(content) = left.undeletable.first() {
        let count = left.undeletable.len();
        let asked = content.metadata.deletion_timestamp.map(minute).unwrap_or_default();
        parts.push(format!(
            "The deletion of {} of {driver} was asked for and does not come to an end, the first at {asked}{}.",
            counted(count, "snapshot", "snapshots"),
            meaning(content).map(|meaning| format!(": {meaning}")).unwrap_or_default(),
        ));
        let message = content.status.error.as_ref().and_then(|error| error.message.as_deref());
        evidence.push(match message {
            Some(message) => Evidence::quoted(
                format!("{} .status.error.message", content.at()),
                super::reading::said::shortened(message.trim(), 300),
            ),
            None => Evidence::at(format!("{} .metadata.deletionTimestamp", content.at())),
        });
    }
    if let Some(content) = left.kept.first() {
        let count = left.kept.len();
        parts.push(format!(
            "{} of {driver} {} kept in Azure (Retain) although {} backup is no longer in the cluster: {} storage, and {} \
             towards the 500 of a disk.",
            counted(count, "snapshot", "snapshots"),
            if count == 1 { "is" } else { "are" },
            if count == 1 { "its" } else { "their" },
            if count == 1 { "it costs" } else { "they cost" },
            if count == 1 { "counts" } else { "count" },
        ));
        evidence.push(Evidence::quoted(format!("{} .spec.deletionPolicy", content.at()), "Retain"));
    }
    let is_harm = !left.asked_for.is_empty() || !left.undeletable.is_empty();
    let severity = if is_harm { Severity::Warning } else { Severity::Info };
    let mut finding = Finding::new(severity, driver_subject(driver), parts.join("\n"));
    finding.evidence = evidence;
    finding.not_read = not_read(facts);
    finding.mended_by(remedy(left))
}

fn why(all: &[&Unready<'_>]) -> String {
    let count = |wanted: LeftOver| all.iter().filter(|one| one.left_over == Some(wanted)).count();
    let parts: Vec<String> = [
        (LeftOver::SnapshotGone, "VolumeSnapshot is gone", "VolumeSnapshots are gone"),
        (LeftOver::BackupGone, "backup is gone", "backups are gone"),
        (
            LeftOver::Superseded,
            "volume has a newer snapshot that is ready",
            "volumes have newer snapshots that are ready",
        ),
        (
            LeftOver::BackupOver,
            "backup has ended, and a later one of its series completed",
            "backups have ended, and later ones of their series completed",
        ),
    ]
    .into_iter()
    .filter_map(|(kind, one, many)| match count(kind) {
        0 => None,
        1 if all.len() == 1 => Some(format!("its {one}")),
        some if some == all.len() => Some(format!("their {many}")),
        some => Some(format!("{some}: the {}", if some == 1 { one } else { many })),
    })
    .collect();
    format!(" ({})", parts.join("; "))
}

fn meaning(content: &SnapshotContent) -> Option<&'static str> {
    let message = content.status.error.as_ref()?.message.as_deref()?;
    classify(message).first().map(|found| found.sign.about().meaning)
}

fn remedy(left: &Left<'_, '_>) -> Remedy {
    let mut texts: Vec<&str> = Vec::new();
    if !left.asked_for.is_empty() {
        texts.push(
            "Look at each one. Where .status.snapshotHandle is empty, there is no snapshot behind it: delete its \
             VolumeSnapshot if that is there, else the VolumeSnapshotContent, while no backup runs.",
        );
    }
    if !left.undeletable.is_empty() {
        texts.push(
            "See what its error names (a lock, a right, a lease); once that is gone, the deletion goes on by itself. Do not \
             take the finalizer off: the snapshot would stay in Azure, and nothing would know of it.",
        );
    }
    if !left.kept.is_empty() {
        texts.push(
            "Before a kept snapshot is deleted, see in the vault that no recovery point needs it: the backups of a storage \
             location that is no longer connected are not in the cluster either.",
        );
    }
    let mut remedy = Remedy::guided(texts.join(" ")).documented(
        "kubectl get volumesnapshotcontents --output custom-columns=NAME:.metadata.name,READY:.status.readyToUse,\
         HANDLE:.status.snapshotHandle,POLICY:.spec.deletionPolicy,CREATED:.metadata.creationTimestamp",
    );
    let first = left.asked_for.first().map(|one| one.content).or_else(|| left.undeletable.first().copied());
    if let Some(content) = first {
        remedy = remedy.documented(format!("kubectl describe volumesnapshotcontent {}", content.metadata.name));
    }
    remedy
}
