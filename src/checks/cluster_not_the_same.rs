//! The cluster of the kubeconfig and the cluster in Azure are two.
//!
//! Knowledge: a node resource group's managedBy; AKS' labels of nodes; the names of an AKS API server. Flags that name
//! another cluster, or a context that was swapped, make a diagnosis of two halves that do not belong together.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use crate::facts::{Binding, Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB708",
    name: "cluster-not-the-same",
    hop: Hop::Cluster,
    title: "the cluster of the kubeconfig is the one that is asked about in Azure",
    needs: &[required(Need::NodeGroup), helpful(Need::ManagedCluster), helpful(Need::Nodes)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the cluster that the kubeconfig reaches and the cluster that Azure is asked about are one.

Why it matters
  Else the two halves of the diagnosis are about two clusters, and every remedy would mend the wrong one.

How it is found
  The nodes' machines lie in the resource group whose managedBy is the cluster, and their pools are the
  cluster's. The kubeconfig's server contradicts where it is the AKS name of another cluster; an address,
  localhost or a tunnel says nothing, since private clusters are reached so.

What to do
  Choose the context and the flags so that they name one cluster.

Sources
  Azure's documentation of the node resource group; the labels of AKS nodes.
";

fn run(facts: &Facts) -> Judgement {
    let against = match facts.binding() {
        Binding::Proved => return Ok(Vec::new()),
        Binding::Unproved(why) => {
            let unread = facts.node_group.unread(Need::NodeGroup.what()).filter(|unread| !unread.missing.is_empty());
            return Err(unread.map_or_else(|| Stop::inconclusive(why), Stop::Inconclusive));
        }
        Binding::Contradicted(against) => against,
    };
    let cluster = facts.cluster_id().unwrap_or_default();
    let sentences: Vec<&str> = against.iter().map(|one| one.says.as_str()).collect();
    let message = format!(
        "The cluster of the kubeconfig and {} in Azure are not the same. {}\nWhat is said of Azure here is about another cluster; nothing may be changed on the strength of it.",
        cluster.words(),
        sentences.join(" ")
    );
    let remedy = Remedy::guided(
        "Leave --subscription, --resource-group and --cluster-name away, so that the nodes tell which cluster it is; or choose the context of the cluster that they name.",
    )
    .documented("kubectl config get-contexts");
    let mut finding = Finding::new(Severity::Error, azure_subject(&cluster), message).mended_by(remedy);
    for one in against {
        finding = finding.seen(Evidence::quoted(one.at, one.quote));
    }
    Ok(vec![finding])
}
