//! Snapshots that are not ready, and whether a backup still waits for them.
//!
//! Knowledge: Velero waits for a snapshot as long as the backup's csiSnapshotTimeout, which Azure's backups set to ten
//! minutes. When a snapshot is ready, Velero makes its VolumeSnapshotContent anew, for a VolumeSnapshot that does not
//! exist: a content without its VolumeSnapshot is no orphan as long as it is ready. Those of a backup that gave up are
//! not cleaned up, and the driver asks Azure for them for ever (velero#6209).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::elapsed::since;
use super::ended::ended;
use crate::catalogue::{Match, Sign, Weight, classify};
use crate::facts::objects::{Backup, Snapshot, SnapshotContent};
use crate::facts::{Facts, Need, Requirement, Stop, helpful, required};
use crate::finding::{Evidence, Subject};

/// What this reading needs.
pub const NEEDS: &[Requirement] = &[required(Need::SnapshotContents), helpful(Need::Snapshots), helpful(Need::Backups)];

/// How long a backup of Azure waits for a snapshot.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// A snapshot that has not become ready in the time that a backup waits for it.
pub struct Unready<'f> {
    /// The snapshot, as the driver knows it.
    pub content: &'f SnapshotContent,
    /// The snapshot, as its user knows it, where that is there.
    snapshot: Option<&'f Snapshot>,
    /// When it was asked for.
    pub began: Timestamp,
    /// Whether nothing waits for it any longer.
    pub left_over: Option<LeftOver>,
    /// What its error means, where that is known.
    pub found: Option<Match>,
}

/// Why nothing waits for a snapshot any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOver {
    /// Its VolumeSnapshot is gone.
    SnapshotGone,
    /// Its backup is gone.
    BackupGone,
    /// A newer snapshot of the same volume is ready.
    Superseded,
    /// Its backup has ended, and a later one of the same series completed.
    BackupOver,
}

/// Stops a check that is about snapshots where the cluster does not know them.
///
/// # Errors
/// Not applicable without the kind, inconclusive where it could not be read.
pub fn contents(facts: &Facts) -> Result<&[SnapshotContent], Stop> {
    if facts.snapshot_contents.is_absent() {
        return Err(Stop::not_applicable("the cluster does not know VolumeSnapshotContents"));
    }
    facts.snapshot_contents.rows(Need::SnapshotContents.what())
}

/// Returns the snapshots that have not become ready in time, the oldest first.
///
/// # Errors
/// As [`contents`].
pub fn unready(facts: &Facts) -> Result<Vec<Unready<'_>>, Stop> {
    let contents = contents(facts)?;
    let mut late: Vec<Unready<'_>> = contents
        .iter()
        .filter(|content| content.status.ready_to_use != Some(true) && content.metadata.deletion_timestamp.is_none())
        .filter_map(|content| {
            let began = content.metadata.creation_timestamp?;
            (since(began, facts.observed_at) > PATIENCE).then(|| {
                let snapshot = snapshot_of(facts, content);
                Unready {
                    content,
                    snapshot,
                    began,
                    left_over: left_over(facts, contents, content, snapshot, began),
                    found: meaning(content),
                }
            })
        })
        .collect();
    late.sort_by(|a, b| (a.began, &a.content.metadata.name).cmp(&(b.began, &b.content.metadata.name)));
    Ok(late)
}

/// Returns what a content's error means; words that only announce an inner error mean nothing yet.
pub fn meaning(content: &SnapshotContent) -> Option<Match> {
    let message = content.status.error.as_ref()?.message.as_deref()?;
    classify(message).into_iter().find(|found| found.sign.about().weight == Weight::Cause)
}

fn snapshot_of<'f>(facts: &'f Facts, content: &SnapshotContent) -> Option<&'f Snapshot> {
    let named = &content.spec.volume_snapshot_ref;
    facts
        .snapshots
        .known_rows()
        .iter()
        .find(|row| row.metadata.name == named.name && row.metadata.namespace() == named.namespace)
}

fn left_over(
    facts: &Facts,
    contents: &[SnapshotContent],
    content: &SnapshotContent,
    snapshot: Option<&Snapshot>,
    began: Timestamp,
) -> Option<LeftOver> {
    if snapshot.is_none() && facts.unread(Need::Snapshots).is_none() {
        return Some(LeftOver::SnapshotGone);
    }
    if is_backup_gone(facts, content, snapshot) {
        return Some(LeftOver::BackupGone);
    }
    // What a person asked for, that person may wait for: only of a backup's own snapshots is it known what they are for.
    if !is_of_backup(content, snapshot) {
        return None;
    }
    let source = &content.spec.source.volume_handle;
    let is_newer = |other: &SnapshotContent| {
        other.status.ready_to_use == Some(true)
            && source.is_some()
            && other.spec.source.volume_handle == *source
            && other.metadata.creation_timestamp.is_some_and(|made| made > began)
    };
    if contents.iter().any(is_newer) {
        return Some(LeftOver::Superseded);
    }
    is_backup_over(facts, content, snapshot).then_some(LeftOver::BackupOver)
}

/// Returns whether a snapshot was made for a backup, by Velero's label or by a class that Azure's backups make.
fn is_of_backup(content: &SnapshotContent, snapshot: Option<&Snapshot>) -> bool {
    let class = content.spec.volume_snapshot_class_name.as_deref();
    backup_label(content, snapshot).is_some() || class.is_some_and(|class| class.starts_with(OWN_CLASSES))
}

/// Returns whether the backup that a snapshot was made for has ended, and a later one of its series completed.
///
/// Velero makes the content of a good snapshot anew, without the volume's handle, so the handle alone finds few of these.
fn is_backup_over(facts: &Facts, content: &SnapshotContent, snapshot: Option<&Snapshot>) -> bool {
    let Some(label) = backup_label(content, snapshot) else { return false };
    let all = facts.backups.known_rows();
    let Some(own) = all.iter().find(|backup| is_label_of(label, &backup.metadata.name)) else { return false };
    let is_later =
        |backup: &&Backup| backup.series() == own.series() && own.began().is_some() && backup.began() > own.began();
    ended(own.status.phase.as_deref()).is_some()
        && all.iter().filter(is_later).any(|backup| backup.status.phase.as_deref() == Some("Completed"))
}

/// Returns whether a content belongs to a backup of Azure that is no longer in the cluster.
pub fn is_backup_gone(facts: &Facts, content: &SnapshotContent, snapshot: Option<&Snapshot>) -> bool {
    let Some(label) = backup_label(content, snapshot) else { return false };
    // The backups of another Velero are not among those that were read.
    label.starts_with(OWN_BACKUPS)
        && facts.unread(Need::Backups).is_none()
        && !facts.backups.known_rows().iter().any(|backup| is_label_of(label, &backup.metadata.name))
}

/// What the names of Azure's backups begin with.
const OWN_BACKUPS: &str = "clusterbackup-dataprotection-microsoft-";
/// What the names of the classes begin with that Azure's backups make for themselves.
pub const OWN_CLASSES: &str = "azbackup-";

/// Velero's label for the backup that something was made for.
const BACKUP_LABEL: &str = "velero.io/backup-name";

fn backup_label<'f>(content: &'f SnapshotContent, snapshot: Option<&'f Snapshot>) -> Option<&'f str> {
    let of_snapshot = || snapshot.and_then(|snapshot| snapshot.metadata.label(BACKUP_LABEL));
    content.metadata.label(BACKUP_LABEL).or_else(of_snapshot).filter(|label| !label.is_empty())
}

/// Returns whether a label stands for a name: Velero puts the end of a hash where a name is too long for a label.
fn is_label_of(label: &str, name: &str) -> bool {
    const LONGEST: usize = 63;
    const KEPT: usize = LONGEST - 6;
    let start = label.get(..KEPT);
    label == name || (name.len() > LONGEST && label.len() == LONGEST && start.is_some() && start == name.get(..KEPT))
}

impl<'f> Unready<'f> {
    /// Returns whether Azure limits the rate at which it may be asked for.
    pub fn is_throttled(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.sign == Sign::Throttled)
    }

    /// Returns whether a backup of Azure asked for it.
    pub fn is_own(&self) -> bool {
        let class = self.content.spec.volume_snapshot_class_name.as_deref();
        self.backup_label().is_some_and(|label| label.starts_with(OWN_BACKUPS))
            || class.is_some_and(|class| class.starts_with(OWN_CLASSES))
    }

    fn backup_label(&self) -> Option<&'f str> {
        backup_label(self.content, self.snapshot)
    }

    /// Names what it is of: the claim where that is known, else the VolumeSnapshot.
    pub fn of(&self) -> String {
        let named = &self.content.spec.volume_snapshot_ref;
        let claim = self.snapshot.and_then(|row| row.spec.source.persistent_volume_claim_name.as_deref());
        match claim {
            Some(claim) => format!("{}/{claim}", named.namespace),
            None if self.snapshot.is_some() => format!("{}/{}", named.namespace, named.name),
            None => self.content.metadata.name.clone(),
        }
    }

    /// Returns where its trouble stands, with the words.
    pub fn evidence(&self) -> Evidence {
        let at = self.content.at();
        let message = self.content.status.error.as_ref().and_then(|error| error.message.as_deref());
        match (message, &self.found) {
            (Some(message), Some(found)) => {
                let quote = message.get(found.quote.clone()).unwrap_or(message);
                Evidence::quoted(format!("{at} .status.error.message"), quote)
            }
            (Some(message), None) => {
                Evidence::quoted(format!("{at} .status.error.message"), super::said::shortened(message.trim(), 300))
            }
            (None, _) => Evidence::at(format!("{at} .status.readyToUse")),
        }
    }
}

/// Puts snapshots together by driver.
pub fn by_driver<'u, 'f>(all: impl IntoIterator<Item = &'u Unready<'f>>) -> BTreeMap<&'f str, Vec<&'u Unready<'f>>> {
    let mut drivers: BTreeMap<&str, Vec<&Unready<'_>>> = BTreeMap::new();
    for one in all {
        drivers.entry(one.content.driver()).or_default().push(one);
    }
    drivers
}

/// Returns the driver as the subject of a finding.
pub fn driver_subject(driver: &str) -> Subject {
    Subject::cluster_wide("storage.k8s.io/v1", "CSIDriver", driver)
}

/// Returns the backups that the snapshots were asked for by.
pub fn backups(facts: &Facts, all: &[&Unready<'_>]) -> Vec<Subject> {
    let labels: BTreeSet<&str> = all.iter().filter_map(|one| one.backup_label()).collect();
    facts
        .backups
        .known_rows()
        .iter()
        .filter(|backup| labels.iter().any(|label| is_label_of(label, &backup.metadata.name)))
        .map(|backup| backup.metadata.subject("velero.io/v1", "Backup"))
        .collect()
}

/// Says what could not be told without the helpful facts of this reading.
pub fn not_read(facts: &Facts) -> Vec<String> {
    let snapshots = facts.unread(Need::Snapshots).map(|unread| {
        format!("of which claims the snapshots are, and whether their VolumeSnapshots are still there: {}", unread.why)
    });
    let backups = facts
        .unread(Need::Backups)
        .map(|unread| format!("whether the backups that they were made for are over: {}", unread.why));
    snapshots.into_iter().chain(backups).collect()
}

#[cfg(test)]
mod tests {
    use super::is_label_of;

    #[test]
    fn knows_the_label_of_a_name_that_is_too_long_for_one() {
        let name = "clusterbackup-dataprotection-microsoft-backup-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
        let label = format!("{}0a1b2c", &name[..57]);
        assert!(is_label_of(&label, name));
        assert!(!is_label_of(&label, &name.replace("0f1e2d3c", "1f1e2d3c")));
        assert!(is_label_of("short", "short") && !is_label_of("short", "shorter"));
        assert!(!is_label_of("é", "éé"));
    }
}
