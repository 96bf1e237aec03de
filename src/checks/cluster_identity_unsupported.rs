//! The cluster acts as a service principal, which Azure Backup does not support.
//!
//! Knowledge: azure-backup.md section 2, rule 2 (managed identity, of the system or of the user; neither Azure Backup nor
//! cluster extensions support a service principal).

use super::check::{Check, Judgement};
use super::reading::azure_words::{cluster_options, cluster_subject};
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB709",
    name: "cluster-identity-unsupported",
    hop: Hop::Cluster,
    title: "the cluster has a managed identity",
    needs: &[required(Need::ManagedCluster)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the cluster acts as a managed identity, and not as a service principal.

Why it matters
  Azure Backup for AKS supports managed identities only, and so do the cluster extensions that it is built on.

How it is found
  The cluster in Azure names a service principal, and no identity.

What to do
  Give the cluster a managed identity. Its node pools need a node image upgrade after that.

Sources
  Azure Backup's support matrix for AKS; AKS' pages on cluster extensions and managed identities.
";

fn run(facts: &Facts) -> Judgement {
    let cluster = facts.azure_cluster()?;
    if !cluster.has_service_principal() {
        return Ok(Vec::new());
    }
    let principal = cluster.properties.service_principal_profile.as_ref().map(|of| of.client_id.clone());
    Ok(vec![
        Finding::new(
            Severity::Error,
            cluster_subject(facts),
            format!(
                "Cluster {} acts as a service principal. Azure Backup supports clusters with a managed identity only.",
                cluster.name
            ),
        )
        .seen(Evidence::quoted(
            format!("{} properties.servicePrincipalProfile.clientId", cluster.id),
            principal.unwrap_or_default(),
        ))
        .mended_by(
            Remedy::guided(
                "Give the cluster a managed identity, then upgrade the node image of each pool, which replaces its nodes. Roles that \
                 the service principal holds, for a network or a registry, must be granted to the new identity.",
            )
            .documented(format!("az aks update {} --enable-managed-identity", cluster_options(facts, "--name")))
            .documented(format!(
                "az aks nodepool upgrade {} --name POOL --node-image-only",
                cluster_options(facts, "--cluster-name")
            )),
        ),
    ])
}
