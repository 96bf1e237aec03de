//! The snapshot resource group of a backup instance does not exist.
//!
//! Knowledge: azure-backup.md section 2 (the snapshot group of an instance cannot be changed later) and 4 (who needs which
//! role there). Azure answers 404 where it is asked about something in a group that it does not have.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::group_options;
use crate::facts::arm::ArmId;
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB812",
    name: "snapshot-group-gone",
    hop: Hop::Vault,
    title: "the snapshot resource group exists",
    needs: &[
        required(Need::SnapshotTrial),
        required(Need::BackupInstances),
        helpful(Need::ManagedCluster),
        helpful(Need::Vaults),
    ],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the resource group exists that a backup instance puts its snapshots into.

Why it matters
  Without it no volume is backed up. If it was deleted, the snapshots in it are gone, and the recovery points
  of the operational tier have no volumes any more.

How it is found
  The group's name in the backup instance, and Azure's answer that there is no such group.

What to do
  Make the group again under the same name and region, and grant the roles there anew: they went with it. The
  group of an instance cannot be changed.

Sources
  Azure Backup's support matrix and FAQ for AKS.
";

fn run(facts: &Facts) -> Judgement {
    facts.instances()?;
    let groups = facts.snapshot_groups();
    let (true, Some(group)) = (facts.snapshot_trial.is_absent(), groups.first()) else { return Ok(Vec::new()) };
    let mut message = format!(
        "Azure finds no resource group {} in subscription {}, into which the snapshots of volumes go. No volume is backed up. If the \
         group was deleted, the snapshots that were in it are gone.",
        group.name(),
        group.subscription().unwrap_or_default()
    );
    if groups.len() > 1 {
        message.push_str(&format!(
            "\nThe instances name several groups ({}); Azure was asked about the first.",
            listing(groups.iter().map(ArmId::name), 4)
        ));
    }
    let users = facts.backup_instances.known_rows().iter().filter(|one| one.snapshot_group() == Some(group));
    let mut finding = Finding::new(Severity::Error, azure_subject(group), message);
    for one in users {
        let at = "properties.policyInfo.policyParameters.dataStoreParametersList";
        finding = finding
            .seen(Evidence::quoted(format!("{} {at}", one.id), group.as_str()))
            .concerning(azure_subject(&one.id));
    }
    let region = facts.managed_cluster.known().map(|cluster| cluster.location.as_str()).filter(|name| !name.is_empty());
    let scope = shell_word(group.as_str());
    let mut remedy = Remedy::guided(
        "See whether it is really gone. Then make it again under the same name, in the cluster's region, and grant the roles there: \
         Contributor to the cluster's identity, Reader to the vault's. A backup on demand shows whether it works.",
    )
    .documented(format!("az group show {}", group_options(group)))
    .documented(format!(
        "az group create {} --location {}",
        group_options(group),
        region.map_or_else(|| "REGION".to_owned(), shell_word)
    ));
    let cluster =
        facts.managed_cluster.known().and_then(|cluster| cluster.principals().first().map(|id| shell_word(id)));
    let vault =
        facts.backup_instances.known_rows().iter().filter(|one| one.snapshot_group() == Some(group)).find_map(|one| {
            let vault = facts.vaults.known_rows().iter().find(|vault| one.vault().as_ref() == Some(&vault.id))?;
            Facts::principal_of_instance(vault, one).map(shell_word)
        });
    for (principal, unknown, role) in
        [(cluster, "CLUSTER_IDENTITY_OBJECT_ID", "Contributor"), (vault, "VAULT_IDENTITY_OBJECT_ID", "Reader")]
    {
        remedy = remedy.documented(format!(
            "az role assignment create --assignee-object-id {} --assignee-principal-type ServicePrincipal --role {role} --scope {scope}",
            principal.unwrap_or_else(|| unknown.to_owned())
        ));
    }
    Ok(vec![finding.mended_by(remedy)])
}
