//! The vault is in another region than the cluster.
//!
//! Knowledge: azure-backup.md section 2 (vault and cluster in one region); the Azure CLI's `update-msi-permissions` refuses
//! two regions.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{cluster_subject, cluster_words};
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB806",
    name: "vault-elsewhere",
    hop: Hop::Vault,
    title: "the vault is in the cluster's region",
    needs: &[
        required(Need::Vaults),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::Nodes),
        helpful(Need::BackupInstances),
        helpful(Need::TrustedAccess),
    ],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the vault is in the region of the cluster.

Why it matters
  Azure Backup protects a cluster by a vault of its own region only.

How it is found
  The location of the vault against that of the cluster, as Azure has it, or as the nodes' labels say.

What to do
  Protect the cluster by a vault in its region. A vault cannot be moved to another region.

Sources
  Azure Backup's support matrix for AKS.
";

fn run(facts: &Facts) -> Judgement {
    let vaults = facts.vaults.rows(Need::Vaults.what())?;
    let of_azure =
        facts.managed_cluster.known().map(|cluster| cluster.location.as_str()).filter(|told| !told.is_empty());
    let Some(region) = of_azure.or_else(|| facts.region()) else {
        return Err(Stop::inconclusive("the cluster's region is not known"));
    };
    let judged = facts.vault_ids();
    if judged.is_empty() && vaults.is_empty() {
        return Err(facts
            .unread(Need::BackupInstances)
            .map_or_else(|| Stop::not_applicable("no vault is known for this cluster"), Stop::Inconclusive));
    }
    let elsewhere = vaults
        .iter()
        .filter(|vault| judged.contains(&vault.id) && !vault.location.is_empty())
        .filter(|vault| !vault.location.eq_ignore_ascii_case(region));
    Ok(elsewhere
        .map(|vault| {
            let mut finding = Finding::new(
                Severity::Warning,
                azure_subject(&vault.id),
                format!(
                    "Vault {} is in {}, and {} is in {region}. Azure Backup protects a cluster by a vault of its own region.",
                    vault.id.name(),
                    vault.location,
                    cluster_words(facts)
                ),
            )
            .seen(Evidence::quoted(format!("{} location", vault.id), vault.location.clone()))
            .concerning(cluster_subject(facts));
            if let Some(cluster) = facts.managed_cluster.known() {
                finding = finding.seen(Evidence::quoted(format!("{} location", cluster.id), cluster.location.clone()));
            }
            finding.mended_by(
                Remedy::guided(
                    "Use a vault in the cluster's region, or make one there; a vault cannot be moved. Where the vault was named by \
                     hand, see whether another one was meant.",
                )
                .documented(format!(
                    "az dataprotection backup-vault list --query \"[?location=='{region}'].id\" --output tsv"
                )),
            )
        })
        .collect())
}
