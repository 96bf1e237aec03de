//! The vault says that the cluster is protected, and no backup job has come through for days.
//!
//! Knowledge: azure-backup.md section 2 (a policy for AKS backs up every 4 to 24 hours); diagnosis.md section 4, pains 6 and 7:
//! everything says Succeeded and nothing is protected. Look-alikes: an instance that is new, of which nothing tells here.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{cluster_subject, instance_options, namespace_subject, vault_options};
use super::reading::backup_jobs::{ended, has_come_through, time_of};
use super::reading::elapsed::{since, words};
use super::reading::protection_state::{Protection, protection};
use crate::facts::arm::{BackupInstance, BackupJob};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB642",
    name: "no-recovery-point",
    hop: Hop::Runs,
    title: "a backup job came through in the last two days",
    needs: &[
        required(Need::BackupInstances),
        required(Need::BackupJobs),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
    ],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a backup job has come through within the last two days, for each instance that says
  ProtectionConfigured.

Why it matters
  The state says that the cluster is protected, and what has changed since the last recovery point is lost if
  it is needed now.

How it is found
  The vault's jobs of the operation Backup about this cluster, read whole. Policies for AKS back up at least
  once a day. Where the list has no such job at all, it is a remark: the instance may be new, and nothing here
  tells.

What to do
  See why jobs fail or do not come, then run a backup on demand.

Sources
  Azure Backup's support matrix for AKS (schedules); public reports of protection gaps.
";

/// Longer than the longest time between two scheduled backups, twice over.
const LONG: SignedDuration = SignedDuration::from_hours(48);

fn run(facts: &Facts) -> Judgement {
    let instances = facts.instances()?;
    facts.backup_jobs.rows(Need::BackupJobs.what())?;
    if facts.unread(Need::BackupJobs).is_some() {
        // The job may be in the part that was not read; the runner says so.
        return Ok(Vec::new());
    }
    let configured = instances.iter().filter(|one| protection(one) == Protection::Configured);
    Ok(configured.filter_map(|one| judge(facts, one)).collect())
}

fn judge(facts: &Facts, instance: &BackupInstance) -> Option<Finding> {
    let vault = instance.vault()?;
    let of_vault: Vec<_> = ended(facts).into_iter().filter(|known| known.vault == vault).collect();
    let own = of_vault.iter().find(|known| known.instance.as_ref() == Some(&instance.id));
    let known = own.or_else(|| of_vault.iter().find(|known| known.instance.is_none()));
    let jobs = known.map(|known| known.jobs.clone()).unwrap_or_default();
    let good = jobs.iter().find(|job| has_come_through(job)).copied();
    let age = good.and_then(BackupJob::when).map(|when| since(when, facts.observed_at));
    if good.is_some() && age.is_none_or(|age| age <= LONG) {
        return None;
    }
    let begins =
        format!("Backup instance {} in vault {} says that the cluster is protected", instance.label(), vault.name());
    let (severity, message) = match (good, age) {
        (Some(good), Some(age)) => (
            Severity::Warning,
            format!(
                "{begins}, and no backup job has come through for {}. The last one that did ended at {}.{}",
                words(age),
                time_of(good),
                match jobs.iter().take_while(|job| !has_come_through(job)).count() {
                    0 => " None has ended since.".to_owned(),
                    1 => " One has failed since.".to_owned(),
                    failed => format!(" {failed} have failed since."),
                }
            ),
        ),
        _ if jobs.is_empty() => (
            Severity::Info,
            format!(
                "{begins}, and the vault's list has no backup job that has ended. The instance may be new: the first backup comes with the policy's next time."
            ),
        ),
        _ => (
            Severity::Warning,
            format!("{begins}, and none of the {} backup jobs in the vault's list came through.", jobs.len()),
        ),
    };
    let mut finding = Finding::new(severity, azure_subject(&instance.id), message)
        .seen(Evidence::quoted(format!("{} properties.currentProtectionState", instance.id), "ProtectionConfigured"))
        .concerning(azure_subject(&vault))
        .concerning(cluster_subject(facts));
    if severity == Severity::Warning {
        finding = finding.concerning(namespace_subject(facts));
    }
    if let Some(good) = good {
        let when = good.when().map(|when| when.to_string()).unwrap_or_default();
        finding = finding.seen(Evidence::quoted(format!("{} properties.endTime", good.id), when));
    }
    if let Some(newest) = jobs.first() {
        finding = finding.concerning(azure_subject(&newest.id));
    }
    Some(
        finding.mended_by(
            Remedy::guided(
                "See what the vault's jobs say, and whether the policy has a schedule. Then run a backup on demand; RULE is the name \
                 of the policy's backup rule, such as BackupDaily.",
            )
            .documented(format!("az dataprotection job list {}", vault_options(Some(&vault))))
            .documented(format!(
                "az dataprotection backup-instance adhoc-backup {} --rule-name RULE",
                instance_options(&instance.id)
            )),
        ),
    )
}
