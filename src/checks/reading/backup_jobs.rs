//! The backup jobs of the cluster's vaults: the newest first, and how they ended.
//!
//! Knowledge: the management client of Azure Backup: a job is of one vault, and names the cluster and, as
//! far as it is told, the instance.

use jiff::SignedDuration;

use crate::facts::Facts;
use crate::facts::arm::{ArmId, BackupJob};
use crate::facts::objects::{Backup, Operation};
use crate::finding::{Subject, minute};

/// The backup jobs of one vault that have ended, the newest first.
pub struct Ended<'f> {
    /// The vault.
    pub vault: ArmId,
    /// The instance, where the jobs name it.
    pub instance: Option<ArmId>,
    /// The jobs; those that somebody cancelled are not among them.
    pub jobs: Vec<&'f BackupJob>,
}

/// Returns the backup jobs about this cluster that have ended, by vault.
pub fn ended(facts: &Facts) -> Vec<Ended<'_>> {
    let cluster = facts.cluster_id();
    let mut all: Vec<Ended<'_>> = Vec::new();
    let jobs = facts.backup_jobs.known_rows().iter();
    for job in jobs.filter(|job| job.is_backup() && (job.is("Failed") || has_come_through(job))) {
        let source = &job.properties.data_source_id;
        if cluster.as_ref().is_some_and(|cluster| !source.is_empty() && source != cluster) {
            continue;
        }
        let vault = job.id.parent().unwrap_or_default();
        let instance = job.properties.backup_instance_id.clone().filter(|id| !id.is_empty());
        match all.iter_mut().find(|known| known.vault == vault && known.instance == instance) {
            Some(known) => known.jobs.push(job),
            None => all.push(Ended { vault, instance, jobs: vec![job] }),
        }
    }
    for known in &mut all {
        known.jobs.sort_by_key(|job| std::cmp::Reverse((job.when(), job.id.as_str())));
    }
    all
}

/// Returns whether a job made a recovery point.
pub fn has_come_through(job: &BackupJob) -> bool {
    job.is("Completed") || job.is("CompletedWithWarnings")
}

/// Returns when a job ended, in words.
pub fn time_of(job: &BackupJob) -> String {
    job.when().map_or_else(|| "an unknown time".to_owned(), minute)
}

/// Returns what the job was inside the cluster: what began while it ran.
pub fn inside(facts: &Facts, job: &BackupJob) -> Vec<Subject> {
    /// The clocks of the vault and of the cluster need not agree to the second.
    const LEEWAY: SignedDuration = SignedDuration::from_mins(2);
    let (Some(from), Some(to)) = (job.properties.start_time, job.properties.end_time) else { return Vec::new() };
    let is_then = |made: Option<jiff::Timestamp>| {
        made.is_some_and(|made| made.duration_since(from) >= -LEEWAY && to.duration_since(made) >= -LEEWAY)
    };
    let backups = facts.backups.known_rows().iter().filter(|backup| is_then(backup.metadata.creation_timestamp));
    let asked = facts.operations.known_rows().iter().filter(|operation| operation.resource == "backups");
    backups
        .map(Backup::subject)
        .chain(asked.filter(|asked| is_then(asked.metadata.creation_timestamp)).map(Operation::subject))
        .collect()
}
