//! A backup goes on for far longer than it should, or nobody takes it up.
//!
//! Knowledge: reading/overdue.rs; public reports (velero#4503: a backup that stays InProgress for ever after the pod
//! was killed).

use super::check::{Check, Judgement};
use super::reading::ended::ended;
use super::reading::overdue::{Run, is_new, is_under_way, overdue};
use super::reading::run_series::series;
use crate::facts::objects::Backup;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Finding, Hop};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB602",
    name: "backup-stuck",
    hop: Hop::Runs,
    title: "no backup goes on for too long",
    needs: &[required(Need::Backups), helpful(Need::Pods)],
    explains: &["KubernetesBackupCustomResourcesTrackingTimeOutError", "UserErrorBackupPluginPodRestartedDuringBackup"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup of a series waits or works for far longer than it should.

Why it matters
  There is no recovery point until it ends, and the backups behind it wait.

How it is found
  A backup that nobody has taken up ten minutes after it was asked for, while no other one is under way
  (after an hour it is an error). One that says InProgress, although Velero was started after it began:
  nobody takes it up again. One that works for more than 4 hours, the shortest time between two scheduled
  backups; Azure Backup gives each volume's snapshot 10 minutes of it (csiSnapshotTimeout). One that waits
  for what goes on in the background, or finalizes, after 4 hours and its itemOperationTimeout (1 hour; 4
  where the backup names none). After a day all of these are errors.

What to do
  See whether the agent runs and what its log says of this backup. Only where the log has said nothing of
  it for long, and no other backup or restore runs, start the agent again: Velero then marks the backup as
  failed, and the next one can begin.

Sources
  Velero's documentation on backups and its server's start; Azure Backup's own Velero Backups, as seen in
  clusters; public reports (velero#4503).
";

fn run(facts: &Facts) -> Judgement {
    let rows = facts.backups.rows(Need::Backups.what())?;
    let phase = |backup: &'_ Backup| backup.status.phase.clone().unwrap_or_default();
    let under_way: Vec<&str> =
        rows.iter().filter(|b| is_under_way(&phase(b))).map(|b| b.metadata.name.as_str()).collect();
    let mut findings: Vec<Finding> = Vec::new();
    for known in series(facts) {
        // The one that runs, and the one that nobody has taken up behind it: the newest of each.
        let open = |wanted_new: bool| {
            known
                .all
                .iter()
                .take_while(|b| ended(b.status.phase.as_deref()).is_none())
                .find(move |b| is_new(b.status.phase.as_deref().unwrap_or_default()) == wanted_new)
        };
        for backup in [open(false), open(true)].into_iter().flatten() {
            let name = backup.metadata.name.as_str();
            let stuck = overdue(
                facts,
                &Run {
                    what: "backup",
                    subject: backup.subject(),
                    at: backup.at(),
                    phase: backup.status.phase.as_deref().unwrap_or_default(),
                    made: backup.metadata.creation_timestamp,
                    began: backup.began(),
                    background: backup.spec.item_operation_timeout.as_deref(),
                    has_other: under_way.iter().any(|other| *other != name),
                    was_passed: rows.iter().any(|later| {
                        later.metadata.creation_timestamp > backup.metadata.creation_timestamp
                            && ended(later.status.phase.as_deref()).is_some()
                    }),
                },
            );
            findings.extend(stuck);
        }
    }
    Ok(findings)
}
