//! The storage account is in another region than the cluster.
//!
//! Knowledge: azure-backup.md section 2: both must be in one region; the command line enforces it, Terraform and ARM do not.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, read, show, words};
use super::reading::azure_extension::update;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB427",
    name: "storage-account-elsewhere",
    hop: Hop::Storage,
    title: "the storage account is in the cluster's region",
    needs: &[
        required(Need::StorageAccount),
        helpful(Need::ManagedCluster),
        helpful(Need::Nodes),
        helpful(Need::ArmExtensions),
        helpful(Need::StorageLocations),
    ],
    explains: &["CLI_LOCATION_MISMATCH"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage account of the backups is in the same region as the cluster.

Why it matters
  Azure Backup for AKS asks for one region. Another one may work, is not supported, costs traffic between regions, and
  ties backups of this region to the health of the other.

How it is found
  The location of the account and that of the cluster in Azure; where the cluster could not be read there, the region of
  its nodes.

What to do
  Give the extension a container in an account of the cluster's region. Keep the old one as long as its recovery points
  are wanted.

Sources
  Azure Backup's support matrix for AKS; the checks of azure-cli-extensions.
";

fn run(facts: &Facts) -> Judgement {
    let (id, account) = read(facts)?;
    let of_azure = facts.managed_cluster.known().map(|cluster| (cluster.id.to_string(), cluster.location.as_str()));
    let of_azure = of_azure.filter(|(_, region)| !region.is_empty());
    let of_nodes =
        || facts.region().map(|region| ("the label topology.kubernetes.io/region of the nodes".to_owned(), region));
    let Some((at, region)) = of_azure.or_else(of_nodes) else {
        facts.azure_cluster()?;
        return Err(crate::facts::Stop::inconclusive("the cluster's region is not known"));
    };
    if account.location.is_empty() || account.location.eq_ignore_ascii_case(region) {
        return Ok(Vec::new());
    }
    let message = format!(
        "The {} is in {}, the cluster in {}. Azure Backup for AKS asks for one region.",
        words(&id),
        account.location,
        region
    );
    let mut remedy = Remedy::guided(
        "Give the extension a container in a storage account of the cluster's region, and grant its identity the role there. \
         The recovery points in the old container are not taken along: keep it as long as they are wanted.",
    )
    .documented(show(&id, "primaryLocation"));
    if let Ok(extension) = facts.backup_extension() {
        remedy = remedy.documented(update(
            extension,
            "blobContainer=CONTAINER storageAccount=ACCOUNT storageAccountResourceGroup=ACCOUNT_GROUP storageAccountSubscriptionId=SUBSCRIPTION",
        ));
    }
    let at = if at.starts_with('/') { format!("{at} location") } else { at };
    let mut finding = Finding::new(Severity::Warning, azure_subject(&id), message)
        .seen(Evidence::quoted(format!("{id} location"), &account.location))
        .seen(Evidence::quoted(at, region));
    finding.concerns = concerned(facts, &id);
    Ok(vec![finding.mended_by(remedy)])
}
