//! Protection of the cluster was stopped, suspended or deleted.
//!
//! Knowledge: the management client of Azure Backup: stopping keeps what there is for ever; suspending backups lets it
//! expire by the policy, all but the newest; what is deleted can be undeleted while soft delete keeps it. Look-alikes:
//! it was meant so, and another instance protects the cluster by now.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{instance_options, namespace_subject};
use super::reading::protection_state::{Protection, protection};
use crate::facts::arm::BackupInstance;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB803",
    name: "protection-stopped",
    hop: Hop::Vault,
    title: "nobody has stopped the protection of the cluster",
    needs: &[required(Need::BackupInstances), helpful(Need::ManagedCluster)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the protection of the cluster is stopped, suspended or deleted.

Why it matters
  No new backups are made. Recovery points that a suspended instance has go on expiring.

How it is found
  currentProtectionState of each backup instance: ProtectionStopped, BackupSchedulesSuspended,
  RetentionSchedulesSuspended, SoftDeleting or SoftDeleted. Where another instance protects the cluster, it
  is a remark.

What to do
  Resume the protection, if it was not meant so. Where it was, ignore this finding (--ignore).

Sources
  The management client of Azure Backup; Azure Backup's page on managing backups of AKS.
";

fn run(facts: &Facts) -> Judgement {
    if facts.managed_cluster.is_absent() {
        return Err(Stop::not_applicable("Azure has no such cluster any more"));
    }
    let all = facts.instances()?;
    let other = all.iter().find(|instance| protection(instance) == Protection::Configured);
    let stopped = all.iter().filter(|instance| protection(instance) == Protection::Stopped);
    Ok(stopped.map(|instance| say(facts, instance, other)).collect())
}

fn say(facts: &Facts, instance: &BackupInstance, other: Option<&BackupInstance>) -> Finding {
    let state = instance.properties.current_protection_state.as_deref().unwrap_or_default();
    let is_deleted = state.to_ascii_lowercase().starts_with("soft");
    let what = match state.to_ascii_lowercase().as_str() {
        "protectionstopped" => {
            "Its protection was stopped: no backup is made. The recovery points that it has are kept."
        }
        "backupschedulessuspended" => {
            "Its backups are suspended: none is made. The recovery points that it has go on expiring by the policy, all but the newest."
        }
        "retentionschedulessuspended" => {
            "Its retention is suspended: old recovery points are not removed by the policy. Whether backups are still made, this state does not tell."
        }
        _ => {
            "It was deleted: no backup is made, and its recovery points are kept only as long as the vault's soft delete says."
        }
    };
    let vault = instance.vault();
    let mut message = format!(
        "Backup instance {} in vault {} says {state}. {what}",
        instance.label(),
        vault.as_ref().map_or("an unknown vault", |vault| vault.name())
    );
    if let Some(other) = other {
        message.push_str(&format!("\nBackup instance {} protects the cluster by now.", other.label()));
    }
    let severity = if other.is_some() { Severity::Info } else { Severity::Warning };
    let options = instance_options(&instance.id);
    let text = if is_deleted {
        "If it was not meant so, undelete the instance, then resume its protection. Where it was, ignore this finding (--ignore)."
    } else {
        "If it was not meant so, resume the protection, then run a backup on demand. Where it was, ignore this finding (--ignore)."
    };
    let mut remedy = Remedy::guided(text);
    if is_deleted {
        remedy =
            remedy.documented(format!("az dataprotection backup-instance deleted-backup-instance undelete {options}"));
    }
    let mut finding = Finding::new(severity, azure_subject(&instance.id), message)
        .seen(Evidence::quoted(format!("{} properties.currentProtectionState", instance.id), state));
    // Only where backups stop does nothing begin in the cluster.
    let makes_none = !state.eq_ignore_ascii_case("RetentionSchedulesSuspended") && other.is_none();
    finding.concerns.extend(makes_none.then(|| namespace_subject(facts)));
    finding.mended_by(remedy.documented(format!("az dataprotection backup-instance resume-protection {options}")))
}
