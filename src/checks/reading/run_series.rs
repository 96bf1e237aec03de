//! Backups that belong together: of one schedule, or of the same namespaces.
//!
//! Only the newest of a series counts: what went wrong before it is history.

use jiff::SignedDuration;

use super::ended::{Ended, ended};
use crate::facts::Facts;
use crate::facts::objects::Backup;
use crate::finding::listing;

/// Backups that belong together, the newest first.
pub struct Series<'f> {
    name: (Option<&'f str>, Vec<&'f str>),
    /// The backups.
    pub all: Vec<&'f Backup>,
}

/// What happened in a series that is not the newest counts for a day: a series that lives has its next backup by then.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

impl<'f> Series<'f> {
    /// Returns the backups that have ended, and how, the newest first.
    pub fn all_ended(&self) -> Vec<(&'f Backup, Ended)> {
        self.all.iter().filter_map(|backup| Some((*backup, ended(backup.status.phase.as_deref())?))).collect()
    }

    /// Names it, behind "the newest".
    pub fn words(&self) -> String {
        match &self.name {
            (Some(schedule), _) => format!("backup of the schedule {schedule}"),
            (None, namespaces) if namespaces.is_empty() => "backup of all namespaces".to_owned(),
            (None, namespaces) => format!("backup of {}", listing(namespaces.iter().copied(), 4)),
        }
    }

    /// Returns the newest backup that has ended, and how.
    pub fn newest_ended(&self) -> Option<(&'f Backup, Ended)> {
        self.all.iter().find_map(|backup| Some((*backup, ended(backup.status.phase.as_deref())?)))
    }
}

/// Returns the series that count, the one with the newest backup first.
///
/// A series whose newest backup is older than a day, while others go on, may be of a scope that nobody backs up any more.
pub fn series(facts: &Facts) -> Vec<Series<'_>> {
    let mut backups: Vec<&Backup> = facts.backups.known_rows().iter().collect();
    backups.sort_by(|a, b| (b.began(), &b.metadata.name).cmp(&(a.began(), &a.metadata.name)));
    let mut all: Vec<Series<'_>> = Vec::new();
    for backup in backups {
        match all.iter_mut().find(|known| known.name == backup.series()) {
            Some(known) => known.all.push(backup),
            None => all.push(Series { name: backup.series(), all: vec![backup] }),
        }
    }
    let is_fresh = |known: &Series<'_>| {
        let began = known.all.first().and_then(|backup| backup.began());
        began.is_none_or(|began| facts.observed_at.duration_since(began) <= FRESH)
    };
    let mut at = 0;
    all.retain(|known| {
        at += 1;
        at == 1 || is_fresh(known)
    });
    all
}
