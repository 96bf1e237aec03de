//! The newest backup job of a vault about this cluster failed.
//!
//! Knowledge: the management client of Azure Backup; the codes, our catalogue. One failure that a success follows is
//! history. What went on inside the cluster has checks of its own, which explain this one.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::read_again;
use super::reading::backup_jobs::{Ended, ended, has_come_through, inside, time_of};
use super::reading::elapsed::{since, words};
use super::reading::recent::{RECENT, REMEMBERED};
use super::reading::service_error::{evidence, reason};
use crate::facts::arm::ServiceError;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB640",
    name: "backup-job-failed",
    hop: Hop::Runs,
    title: "the newest backup job of the vault came through",
    needs: &[
        required(Need::BackupJobs),
        helpful(Need::BackupInstances),
        helpful(Need::ArmExtensions),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::Backups),
        helpful(Need::Operations),
    ],
    explains: &[
        "UserErrorTrustedAccessGatewayReturnedForbidden",
        "UserErrorKubernetesBackupClusterIsStopped",
        "UserErrorBackupStorageLocationNotReady",
        "UserErrorKubernetesBackupExtensionUnhealthy",
        "UserErrorSnapshotResourceGroupHasLocks",
        "UserErrorBackupPluginPodRestartedDuringBackup",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup job of each vault about this cluster, of those that have ended, failed.

Why it matters
  A failed job leaves no recovery point. Many fail before anything reaches the cluster: then nothing inside it
  shows that a backup was due.

How it is found
  The vault's jobs of the operation Backup. How many failed one after the other is counted; jobs that somebody
  cancelled do not count. Errors lie within errors; the innermost code that the catalogue knows is explained.
  A failure of more than three days ago with nothing after it is a warning.

What to do
  Mend what the innermost error names, then run a backup on demand.

Sources
  Azure Backup's troubleshooting page for AKS; the management client of Azure Backup.
";

fn run(facts: &Facts) -> Judgement {
    facts.backup_jobs.rows(Need::BackupJobs.what())?;
    Ok(ended(facts).iter().filter_map(|known| judge(facts, known)).collect())
}

fn judge(facts: &Facts, known: &Ended<'_>) -> Option<Finding> {
    let newest = *known.jobs.first().filter(|job| !has_come_through(job))?;
    let age = newest.when().map(|when| since(when, facts.observed_at));
    if age.is_some_and(|age| age > REMEMBERED) {
        return None;
    }
    let unread = facts.unread(Need::BackupJobs);
    let failed = known.jobs.iter().take_while(|job| !has_come_through(job)).count();
    let ago = age.map(|age| format!(", {} ago", words(age))).unwrap_or_default();
    let mut message = format!(
        "The newest backup job of vault {} about this cluster{} failed, at {}{ago}.",
        known.vault.name(),
        if unread.is_some() { ", of those that could be read," } else { "" },
        time_of(newest)
    );
    message.push_str(&match (failed, known.jobs.get(failed)) {
        (1, Some(good)) => format!(" The last one that came through ended at {}.", time_of(good)),
        (_, Some(good)) => format!(
            " The last {failed} failed one after the other; the last one that came through ended at {}.",
            time_of(good)
        ),
        (1, None) => " No other is in the list.".to_owned(),
        (_, None) => format!(" All {failed} in the list failed."),
    });
    let at = format!("{} properties.errorDetails", newest.id);
    let errors = &newest.properties.error_details;
    let reason = reason(errors, &at);
    message.push('\n');
    let is_silent = errors.iter().all(ServiceError::is_empty);
    message.push_str(&if is_silent { "The job gives no reason.".to_owned() } else { reason.sentence() });
    let severity = if age.is_none_or(|age| age <= RECENT) { Severity::Error } else { Severity::Warning };
    let mut finding = Finding::new(severity, azure_subject(&newest.id), message)
        .seen(Evidence::quoted(format!("{} properties.status", newest.id), "Failed"))
        .without(unread.map(|unread| format!("whether a newer job came through: {}", unread.why)));
    finding.evidence.extend(evidence(errors, &at));
    finding = finding.explaining(reason.entry.map(|entry| entry.code));
    finding.concerns = reason.concerns(facts, Some(&known.vault));
    finding.concerns.extend(inside(facts, newest));
    Some(
        finding.mended_by(
            Remedy::guided(format!(
                "{} See that the next job comes through.",
                if is_silent {
                    "See what else is found, and mend that; the portal may show more of the job."
                } else {
                    reason.remedy()
                }
            ))
            .documented(read_again(&newest.id, "2024-04-01")),
        ),
    )
}
