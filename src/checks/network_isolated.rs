//! The cluster looks like a network isolated one, which Azure Backup does not support.
//!
//! Knowledge: azure-backup.md section 2, rule 6 (network isolated clusters are not supported; AKS' page on them says so
//! too). How such a cluster shows in Azure is from general knowledge: no way out, and what nodes start with from a cache.

use super::check::{Check, Judgement};
use super::reading::azure_words::cluster_subject;
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB710",
    name: "network-isolated",
    hop: Hop::Cluster,
    title: "the cluster is not network isolated",
    needs: &[required(Need::ManagedCluster)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the cluster has no way out of its network and takes what its nodes start with from a cache.

Why it matters
  Azure Backup for AKS does not support network isolated clusters: the extension needs endpoints outside.

How it is found
  outboundType none or block together with artifactSource Cache, as Azure has them. One of the two alone says
  nothing: outboundType none is also used with a firewall or an appliance.

What to do
  See whether the cluster is meant to be network isolated. Such a cluster cannot be backed up this way.

Sources
  Azure Backup's support matrix for AKS; AKS' page on network isolated clusters.
";

fn run(facts: &Facts) -> Judgement {
    let cluster = facts.azure_cluster()?;
    let outbound = cluster.properties.network_profile.as_ref().and_then(|of| of.outbound_type.as_deref());
    let source = cluster.properties.bootstrap_profile.as_ref().and_then(|of| of.artifact_source.as_deref());
    let (Some(outbound), Some(source)) = (outbound, source) else { return Ok(Vec::new()) };
    let is_closed = ["none", "block"].iter().any(|word| outbound.eq_ignore_ascii_case(word));
    if !is_closed || !source.eq_ignore_ascii_case("Cache") {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::new(
            Severity::Warning,
            cluster_subject(facts),
            format!(
                "Cluster {} has the outbound type {outbound} and takes what its nodes start with from a cache, as network isolated \
                 clusters do. Azure Backup does not support those: the extension reaches endpoints outside the network.",
                cluster.name
            ),
        )
        .seen(Evidence::quoted(format!("{} properties.networkProfile.outboundType", cluster.id), outbound))
        .seen(Evidence::quoted(format!("{} properties.bootstrapProfile.artifactSource", cluster.id), source))
        .mended_by(Remedy::guided(
            "See whether the cluster is meant to be network isolated. If it is, it cannot be backed up by Azure Backup as long as it \
             is; if backups work all the same, ignore this finding (--ignore).",
        )),
    ])
}
