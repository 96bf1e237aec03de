//! The newest backup job came through, but left something out.
//!
//! Knowledge: Azure Backup's troubleshooting page, the codes of warnings; the management client of Azure Backup: the list of
//! jobs leaves the details out, the answer about one job has them.

use std::collections::BTreeMap;

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::read_again;
use super::reading::backup_jobs::{ended, inside, time_of};
use super::reading::service_error::{concerns, evidence, reason};
use crate::facts::arm::{ArmId, BackupJob, JobWarning};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB641",
    name: "backup-job-warned",
    hop: Hop::Runs,
    title: "the newest backup job took everything in",
    needs: &[
        required(Need::BackupJobs),
        helpful(Need::BackupInstances),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::Backups),
        helpful(Need::Disks),
        helpful(Need::DiskVolumes),
    ],
    explains: &[
        "UserErrorPVSnapshotDisallowedByPolicy",
        "UserErrorPVSnapshotLimitReached",
        "CSISnapshottingTimedOut",
        "UserErrorHookExecutionFailed",
        "UserErrorNamespaceNotFound",
        "UserErrorPVCHasNoVolume",
        "UserErrorPVCNotBoundToVolume",
        "UserErrorPVNotFound",
        "UserErrorStorageClassMissingForPVC",
        "KubernetesBackupGenericWarning",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup job of each vault about this cluster, of those that have ended, came through with
  warnings.

Why it matters
  The recovery point is there, and may not be whole: a volume whose snapshot failed is not in it, a claim
  without a volume, a namespace that does not exist; or a hook failed, and data may not be at rest.

How it is found
  The job's status, CompletedWithWarnings, and its warning details, which Azure tells only of one job at a
  time. They are grouped by their codes, each with the objects that it names. Where the details could not be
  read, that is said.

What to do
  Mend what each code names, then run a backup on demand.

Sources
  Azure Backup's troubleshooting page for AKS; the management client of Azure Backup.
";

/// How many codes are explained, and how many objects of each are named.
const MOST_CODES: usize = 5;
const MOST_NAMES: usize = 6;

fn run(facts: &Facts) -> Judgement {
    facts.backup_jobs.rows(Need::BackupJobs.what())?;
    let newest = ended(facts).into_iter().filter_map(|known| Some((*known.jobs.first()?, known.vault)));
    let warned = newest.filter(|(job, _)| job.is("CompletedWithWarnings"));
    Ok(warned.map(|(job, vault)| say(facts, job, &vault)).collect())
}

fn say(facts: &Facts, job: &BackupJob, vault: &ArmId) -> Finding {
    let mut message = format!(
        "The newest backup job of vault {} about this cluster{} came through with warnings, at {}: the recovery point may not be whole.",
        vault.name(),
        if facts.unread(Need::BackupJobs).is_some() { ", of those that could be read," } else { "" },
        time_of(job)
    );
    let at = format!("{} properties.extendedInfo.warningDetails", job.id);
    let warnings =
        job.properties.extended_info.as_ref().map(|info| info.warning_details.as_slice()).unwrap_or_default();
    let mut by_code: BTreeMap<&str, Vec<&JobWarning>> = BTreeMap::new();
    for one in warnings {
        let code = reason([&one.warning], &at).entry.map(|entry| entry.code);
        let foreign = one.warning.code.as_deref().map(str::trim).unwrap_or_default();
        by_code.entry(code.unwrap_or(foreign)).or_default().push(one);
    }
    let mut finding = Finding::new(Severity::Warning, azure_subject(&job.id), String::new())
        .seen(Evidence::quoted(format!("{} properties.status", job.id), "CompletedWithWarnings"));
    let known = |code: &&str| crate::catalogue::codes::find(code).map(|entry| entry.code);
    finding = finding.explaining(by_code.keys().filter_map(known));
    let mut advice: Vec<&str> = Vec::new();
    for (_, all) in by_code.iter().take(MOST_CODES) {
        let Some(first) = all.first() else { continue };
        let reason = reason([&first.warning], &at);
        message.push_str(&format!("\n{}: {}", counted(all.len(), "warning", "warnings"), reason.sentence()));
        let mut names: Vec<&str> = all.iter().filter_map(|one| one.resource_name.as_deref()).map(str::trim).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            message.push_str(&format!(" It is about {}.", listing(names.iter().copied(), MOST_NAMES)));
        }
        finding.evidence.extend(evidence([&first.warning], &at));
        if !advice.contains(&reason.remedy()) {
            advice.push(reason.remedy());
        }
    }
    if by_code.len() > MOST_CODES {
        message.push_str(&format!(
            "\n{} of other codes are not shown.",
            counted(by_code.len() - MOST_CODES, "kind", "kinds")
        ));
    }
    if warnings.is_empty() {
        message.push_str(
            "\nThe details of the job could not be read, or hold no warning: what is left out is not known here.",
        );
        advice.push(
            "Read the job's details, which Azure tells of one job at a time; the portal shows them as Warning Details.",
        );
    }
    // With one code only, what is found of it is all there is to the warnings.
    if let ([code], false) = (by_code.keys().copied().collect::<Vec<_>>().as_slice(), warnings.is_empty()) {
        finding.concerns = concerns(facts, Some(code), Some(vault));
    }
    finding.concerns.extend(inside(facts, job));
    finding.message = message;
    finding.mended_by(
        Remedy::guided(format!("{} See that the next job comes through without them.", advice.join(" ")))
            .documented(read_again(&job.id, "2024-04-01")),
    )
}
