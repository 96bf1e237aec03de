//! Kubelets are too far behind the API server, or ahead of it.
//!
//! Knowledge: the Kubernetes version skew policy, which follows from the two versions alone. Which versions AKS supports
//! at what time is a matter of dates that nobody offline knows: it is not judged.

use std::collections::BTreeMap;

use super::check::{Check, Judgement};
use super::reading::minor::Minor;
use super::reading::word::word;
use crate::facts::objects::Node;
use crate::facts::{Facts, Need, Stop, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB704",
    name: "node-versions-unsupported",
    hop: Hop::Cluster,
    title: "the nodes' Kubernetes versions fit the API server's",
    needs: &[required(Need::Nodes)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the kubelet of each node is at most three minor versions older than the API server (two, where it
  is older than 1.25), and not newer.

Why it matters
  Outside of that, Kubernetes promises nothing: pods, volumes and snapshots may fail on these nodes in ways
  that look like anything else.

How it is found
  The version that the API server tells and those that the nodes report. Virtual nodes report the version
  of the program that stands for them, and are left out. Whether AKS still supports a version depends on
  the date and is not judged.

What to do
  Upgrade the node pools to the control plane's version.

Sources
  The Kubernetes documentation, version skew policy.
";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Skew {
    Behind,
    Ahead,
}

fn skew(server: Minor, kubelet: Minor) -> Option<Skew> {
    if kubelet > server {
        return Some(Skew::Ahead);
    }
    // Another major version has never been; nothing is promised for it.
    let behind = if kubelet.major == server.major { server.minor.saturating_sub(kubelet.minor) } else { u32::MAX };
    (behind > allowed(kubelet)).then_some(Skew::Behind)
}

/// Returns how many minor versions a kubelet may be behind.
const fn allowed(kubelet: Minor) -> u32 {
    if kubelet.minor < 25 { 2 } else { 3 }
}

fn run(facts: &Facts) -> Judgement {
    let nodes = facts.nodes.rows(Need::Nodes.what())?;
    let told = facts.server.version.as_deref();
    let Some(server) = told.and_then(Minor::parse) else {
        return Err(Stop::inconclusive("the API server did not tell its version"));
    };
    let mut pools: BTreeMap<(&str, Skew), Vec<(&Node, Minor)>> = BTreeMap::new();
    for node in nodes.iter().filter(|node| !node.is_virtual()) {
        let Some(kubelet) = Minor::parse(&node.status.node_info.kubelet_version) else { continue };
        if let Some(skew) = skew(server, kubelet) {
            pools.entry((node.pool(), skew)).or_default().push((node, kubelet));
        }
    }
    Ok(pools
        .iter()
        .map(|((pool, skew), nodes)| of_pool(server, told.unwrap_or_default(), pool, *skew, nodes))
        .collect())
}

fn of_pool(server: Minor, told: &str, pool: &str, skew: Skew, nodes: &[(&Node, Minor)]) -> Finding {
    let mut versions: Vec<Minor> = nodes.iter().map(|(_, version)| *version).collect();
    versions.sort_unstable();
    versions.dedup();
    let oldest = versions.first().copied().unwrap_or(server);
    let versions: Vec<String> = versions.iter().map(Minor::to_string).collect();
    let named = listing(versions.iter().map(String::as_str), 3);
    let run = if nodes.len() == 1 { "runs" } else { "run" };
    let place =
        if pool == "?" { "Outside of every node pool that is told".to_owned() } else { format!("In node pool {pool}") };
    let mut message = format!(
        "{place}, {} {run} Kubernetes {named}; the API server runs {server}.",
        counted(nodes.len(), "node", "nodes")
    );
    message.push_str(&match skew {
        Skew::Behind => format!(
            "\nKubernetes supports a kubelet of {oldest} up to {} minor versions behind the API server. What goes wrong there because of it looks like anything else.",
            allowed(oldest)
        ),
        Skew::Ahead => "\nKubernetes supports no kubelet that is newer than the API server. What goes wrong there because of it looks like anything else.".to_owned(),
    });
    // A pool is no object of Kubernetes; its name is what lasts while nodes come and go.
    let subject = Subject { name: Some(pool.to_owned()), ..Subject::default() };
    let mut finding = Finding::new(Severity::Warning, subject, message);
    for (node, _) in nodes.iter().take(MOST_SHOWN) {
        let at = format!("node/{} .status.nodeInfo.kubeletVersion", node.metadata.name);
        finding = finding.seen(Evidence::quoted(at, &node.status.node_info.kubelet_version));
    }
    finding = finding.seen(Evidence::quoted("/version .gitVersion", told));
    finding.concerns.extend(nodes.iter().map(|(node, _)| node.metadata.subject("v1", "Node")));
    finding.mended_by(remedy(pool, skew))
}

/// How many nodes are shown one by one.
const MOST_SHOWN: usize = 3;

fn remedy(pool: &str, skew: Skew) -> Remedy {
    match skew {
        Skew::Behind => Remedy::guided(
            "Upgrade the pool, within a window in which its pods may move: the first command shows to which versions, the \
             second what the control plane and the pools are set to.",
        )
        .documented(format!(
            "az aks nodepool get-upgrades --resource-group RESOURCE_GROUP --cluster-name CLUSTER --nodepool-name {}",
            word(Some(pool), "NODEPOOL")
        )),
        Skew::Ahead => Remedy::guided(
            "Upgrade the control plane to the nodes' version, or make the pool anew with the control plane's. The first \
             command shows to which versions it can go, the second what it and the pools are set to.",
        )
        .documented("az aks get-upgrades --resource-group RESOURCE_GROUP --name CLUSTER --output table"),
    }
    .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query \"{controlPlane:currentKubernetesVersion, pools:agentPoolProfiles[].{name:name, version:currentOrchestratorVersion}}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_whatever_a_vendor_adds() {
        for (text, minor) in [("v1.35.4", 35), ("1.27+", 27), ("v1.33.2-hotfix.20260101", 33), ("v1.30.4+k3s1", 30)] {
            assert_eq!(Minor::parse(text), Some(Minor { major: 1, minor }), "{text}");
        }
        for text in ["", "v", "one.two", "v1", "99999999999999.1"] {
            assert_eq!(Minor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn three_behind_is_supported_and_four_are_not() {
        let minor = |minor| Minor { major: 1, minor };
        assert_eq!(skew(minor(35), minor(35)), None);
        assert_eq!(skew(minor(35), minor(32)), None);
        assert_eq!(skew(minor(35), minor(31)), Some(Skew::Behind));
        assert_eq!(skew(minor(35), minor(36)), Some(Skew::Ahead));
        assert_eq!(skew(minor(27), minor(24)), Some(Skew::Behind));
        assert_eq!(skew(minor(26), minor(24)), None);
    }
}
