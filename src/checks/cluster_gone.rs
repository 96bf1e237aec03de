//! Azure has no such cluster any more; what protects it may still be there.
//!
//! Knowledge: Azure Backup's troubleshooting page, BackupPluginDeleteBackupOperationFailed: expired recovery points are
//! deleted through the cluster, and stay where it is gone.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{cluster_subject, instance_options};
use crate::facts::arm::ArmId;
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB712",
    name: "cluster-gone",
    hop: Hop::Cluster,
    title: "Azure has the cluster",
    needs: &[
        required(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::BackupInstances),
        helpful(Need::Container),
    ],
    explains: &["BackupPluginDeleteBackupOperationFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure still has the cluster.

Why it matters
  A vault deletes expired recovery points through the cluster. Where that is gone, snapshots and backup data
  stay and cost, and the vault's jobs fail.

How it is found
  Azure answers that there is no such cluster. Where the API server of the kubeconfig answers all the same, the
  names that were given may be those of another cluster; that is said.

What to do
  Restore what is needed into another cluster first. Then stop or delete the backup instance, and delete what
  is left of snapshots and backup data.

Sources
  Azure Backup's troubleshooting page for AKS, BackupPluginDeleteBackupOperationFailed.
";

fn run(facts: &Facts) -> Judgement {
    if !facts.managed_cluster.is_absent() {
        facts.azure_cluster()?;
        return Ok(Vec::new());
    }
    let id = facts.cluster_id();
    let mut message = match &id {
        Some(id) => format!(
            "Azure finds no cluster {} in resource group {} of subscription {}.",
            id.name(),
            id.group().unwrap_or_default(),
            id.subscription().unwrap_or_default()
        ),
        None => "Azure finds no such cluster.".to_owned(),
    };
    if facts.server.version.is_some() {
        message.push_str(
            "\nThe API server of the kubeconfig answers all the same: the subscription, resource group or name may be those of \
             another cluster.",
        );
    }
    let mut evidence =
        vec![Evidence::at(id.as_ref().map_or_else(|| "the cluster: none".to_owned(), |id| format!("{id}: none")))];
    let mut left: Vec<String> = Vec::new();
    let instances = facts.backup_instances.known_rows();
    for one in instances {
        let vault = one.vault();
        left.push(format!(
            "backup instance {} in vault {}",
            one.label(),
            vault.as_ref().map_or("an unknown vault", |vault| vault.name())
        ));
        evidence.push(Evidence::at(one.id.to_string()));
    }
    let groups = facts.snapshot_groups();
    left.extend(groups.iter().map(|group| format!("resource group {}, into which its snapshots went", group.name())));
    let container = facts.container.known().map(|container| &container.id);
    left.extend(container.map(|id| format!("container {}, with the backup data", id.name())));
    evidence.extend(container.map(|id| Evidence::at(id.to_string())));
    if left.is_empty() {
        message.push_str("\nNothing of its protection is known here.");
    } else {
        message.push_str(&format!("\nWhat is known to be left of its protection: {}.", left.join("; ")));
    }
    let mut finding = Finding::new(Severity::Warning, cluster_subject(facts), message);
    finding.evidence = evidence;
    finding.concerns.extend(instances.iter().map(|one| azure_subject(&one.id)));
    finding = finding
        .without(facts.unread(Need::BackupInstances).map(|unread| format!("which vault protected it: {}", unread.why)));
    let mut remedy = Remedy::guided(if facts.server.version.is_some() {
        "See which cluster was meant: correct the subscription, the resource group and the name, or leave them out to have them \
         found. If the cluster is being deleted, restore what is needed into another one first."
    } else {
        "See first that the cluster is really gone, and restore what is needed into another cluster, as long as the recovery points \
         are there. After that, stop the protection in the vault, and delete the snapshots and the backup data that nobody needs."
    });
    if let Some(id) = &id {
        remedy = remedy.documented(format!("az resource show --ids {}", shell_word(ArmId::as_str(id))));
    }
    for one in instances.iter().take(2) {
        remedy = remedy.documented(format!("az dataprotection backup-instance show {}", instance_options(&one.id)));
    }
    Ok(vec![finding.mended_by(remedy)])
}
