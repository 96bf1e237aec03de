//! How a run of Velero's ended, a backup or a restore, by the word that Velero has for it.
//!
//! Knowledge: Velero's phases; those that are not here say that the run goes on, or that it is being deleted.

use crate::facts::Facts;
use crate::facts::objects::Restore;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It completed.
    Well,
    /// It is incomplete.
    Partly,
    /// It failed, or was refused.
    Badly,
}

/// Reads the phase; nothing for a run that has not ended.
pub fn ended(phase: Option<&str>) -> Option<Ended> {
    match phase? {
        "Completed" => Some(Ended::Well),
        "PartiallyFailed" => Some(Ended::Partly),
        "Failed" | "FailedValidation" => Some(Ended::Badly),
        _ => None,
    }
}

/// Returns the restores that count: of all that restore the same, the newest that has ended.
///
/// A restore that was tried again and came through is no trouble any more.
pub fn newest_restores(facts: &Facts) -> Vec<(&Restore, Ended)> {
    let all = facts.restores.known_rows().iter();
    let mut restores: Vec<(&Restore, Ended)> =
        all.filter_map(|restore| Some((restore, ended(restore.status.phase.as_deref())?))).collect();
    restores.sort_by(|(a, _), (b, _)| (b.began(), &b.metadata.name).cmp(&(a.began(), &a.metadata.name)));
    let mut newest: Vec<(&Restore, Ended)> = Vec::new();
    for (restore, how) in restores {
        if newest.iter().all(|(known, _)| known.series() != restore.series()) {
            newest.push((restore, how));
        }
    }
    newest
}
