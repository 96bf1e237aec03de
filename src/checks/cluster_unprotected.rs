//! Nothing in Azure protects the cluster: no vault has a backup instance of it.
//!
//! Knowledge: arm-and-az.md section 1 (one question to the cluster answers for all vaults); diagnosis.md section 2, point
//! 11: an extension that is installed protects nothing. Look-alikes: a cluster that is there to be restored into, and
//! one that nobody means to back up.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{cluster_options, cluster_subject, cluster_words, namespace_subject, vault_options};
use crate::facts::arm::{ArmId, TrustedAccess};
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB801",
    name: "cluster-unprotected",
    hop: Hop::Vault,
    title: "a vault protects the cluster",
    needs: &[
        required(Need::BackupInstances),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::TrustedAccess),
        helpful(Need::Restores),
    ],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a backup instance of this cluster exists in any vault.

Why it matters
  The extension alone backs up nothing. Backups are made by a backup instance, which ties the cluster to a
  vault and a policy.

How it is found
  Azure lists the backup instances of a cluster whatever vault they are in. The list was read whole, and is
  empty.

What to do
  Configure backup for the cluster in a vault of its region. A cluster that is there to be restored into, or
  that nobody means to back up, needs none: ignore this finding (--ignore).

Sources
  Azure Backup's pages on protecting a cluster; the management client of Azure Backup.
";

fn run(facts: &Facts) -> Judgement {
    // The list of a cluster that is gone is no empty list.
    if facts.managed_cluster.is_absent() || facts.backup_instances.is_absent() {
        return Err(Stop::not_applicable("Azure has no such cluster any more"));
    }
    if !facts.backup_instances.whole_rows(Need::BackupInstances.what())?.is_empty() {
        return Ok(Vec::new());
    }
    let cluster = facts.cluster_id();
    let mut message = format!("No vault has a backup instance of {}: no backup is made of it.", cluster_words(facts));
    // A name may be new since the list was read; whoever has trusted access was to protect it.
    let is_vault =
        |one: &&TrustedAccess| one.properties.source_resource_id.has_type("Microsoft.DataProtection/backupVaults");
    let trusted: Vec<&TrustedAccess> = facts.trusted_access.known_rows().iter().filter(is_vault).collect();
    if !trusted.is_empty() {
        message.push_str(&format!(
            "\nTrusted access to the cluster is given to {}: protection was begun and not finished, or was taken away.",
            listing(trusted.iter().map(|one| one.properties.source_resource_id.name()), 4)
        ));
    }
    if facts.restores.known_rows().iter().next().is_some() {
        message
            .push_str("\nThere are restores in it, so it may be there to be restored into, and not to be backed up.");
    }
    let at = cluster.as_ref().map_or_else(
        || "the cluster's backup instances: none".to_owned(),
        |id| format!("{id}/providers/Microsoft.DataProtection/backupInstances: none"),
    );
    let mut finding = Finding::new(Severity::Warning, cluster_subject(facts), message)
        .seen(Evidence::at(at))
        .mended_by(remedy(facts));
    finding = finding.concerning(namespace_subject(facts));
    finding.concerns.extend(trusted.iter().map(|one| azure_subject(&one.properties.source_resource_id)));
    finding = finding.without(
        facts.unread(Need::TrustedAccess).map(|unread| format!("whether a vault was to protect it: {}", unread.why)),
    );
    Ok(vec![finding])
}

fn remedy(facts: &Facts) -> Remedy {
    // One that is not there is no place for it: vault-gone tells.
    let is_there = |id: &ArmId| facts.vaults.known_rows().iter().any(|vault| vault.id == *id);
    let vaults: Vec<ArmId> =
        facts.vault_ids().into_iter().filter(|id| facts.unread(Need::Vaults).is_some() || is_there(id)).collect();
    let vault = vaults.first();
    let options = vault_options(vault);
    let cluster = facts.cluster_id();
    let policy = vault.map_or_else(|| "POLICY_ID".to_owned(), |id| shell_word(&format!("{id}/backupPolicies/POLICY")));
    Remedy::guided(
        "Configure backup for the cluster, in the portal or by these commands; POLICY is a policy of the vault, SNAPSHOT_GROUP a \
         resource group for the snapshots, which cannot be changed later. The validation names what is still missing. Where nobody \
         means to back this cluster up, ignore this finding (--ignore).",
    )
    .documented(format!("az aks trustedaccess rolebinding list {}", cluster_options(facts, "--cluster-name")))
    .documented(
        "az dataprotection backup-instance initialize-backupconfig --datasource-type AzureKubernetesService > backupconfig.json",
    )
    .documented(format!(
        "az dataprotection backup-instance initialize --datasource-type AzureKubernetesService --datasource-id {} \
         --datasource-location {} --policy-id {policy} --backup-configuration backupconfig.json \
         --snapshot-resource-group-name SNAPSHOT_GROUP > backupinstance.json",
        cluster.as_ref().map_or_else(|| "CLUSTER_ID".to_owned(), |id| shell_word(ArmId::as_str(id))),
        facts.managed_cluster.known().map_or("REGION", |cluster| cluster.location.as_str()),
    ))
    .documented(format!("az dataprotection backup-instance validate-for-backup --backup-instance backupinstance.json {options}"))
    .documented(format!("az dataprotection backup-instance create --backup-instance backupinstance.json {options}"))
}
