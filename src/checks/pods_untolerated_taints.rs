//! The extension's pods wait because every node that would otherwise do has a taint that they do not tolerate.
//!
//! Knowledge: facts/diagnosis.md section 3 (the same helm time-out as a lack of room, and the opposite remedy); public
//! reports of clusters whose only pool carries `CriticalAddonsOnly`, of AKS Automatic, and of hook Jobs that tolerate
//! less than the pods that they prepare for.

use super::check::{Check, Judgement};
use super::obstacle::{Group, Obstacle, apart, chosen_taints, fitting, grouped, kept_by, pools};
use super::volume_reach::reaches_all;
use super::waiting::{Waiting, waiting};
use crate::catalogue::Why;
use crate::facts::objects::{Node, Taint};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB104",
    name: "pods-untolerated-taints",
    hop: Hop::Extension,
    title: "a node takes the extension's pods in spite of its taints",
    needs: &[required(Need::Pods), helpful(Need::Nodes), helpful(Need::Claims), helpful(Need::Volumes)],
    explains: &[
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "INSTALL_GENEVA_SERVICE_NOT_READY",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "BackupPluginDeleteBackupOperationFailed",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the scheduler keeps a pod of the extension waiting because every node that would otherwise
  do has a taint that the pod does not tolerate.

Why it matters
  Helm waits for the pods, gives up, and takes the installation back, with the same words as when
  the nodes are full. More nodes of the same pools have the same taints and do not help.

How it is found
  The scheduler's words, and the taints and labels of the nodes. A node that lacks the labels that
  the pod demands is no candidate, whatever its taints. Taints that only tell a node's state (not
  ready, cordoned, just made) are not meant here.

What to do
  Give the extension a pool without taints, or take the taint off a pool that may run it. The
  tolerations of the extension's pods come with the extension and cannot be changed.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 1, whose advice (more nodes) does not fit
  this cause; public reports of tainted system pools on AKS.
";

/// What is to be said of a pod.
#[derive(PartialEq)]
struct Barred {
    /// Pool, number of nodes, and the taints, where the nodes could be read.
    pools: Vec<(String, usize, Vec<String>)>,
    /// The taints that the scheduler names, and on how many nodes.
    named: Vec<(String, Option<u32>)>,
    /// How many nodes are no choice whatever their taints.
    others: usize,
    /// The keys of the taints.
    keys: Vec<String>,
}

fn run(facts: &Facts) -> Judgement {
    let kept = kept_by(Obstacle::Taints, waiting(facts)?, facts);
    let groups = grouped(kept, |waiting| barred(waiting, facts));
    Ok(apart(groups.iter().filter_map(|group| {
        let finding = group.finding(message(group))?.mended_by(remedy(group));
        Some(finding.without(
            facts.unread(Need::Nodes).map(|unread| format!("which taints stand on which pools: {}", unread.why)),
        ))
    })))
}

fn barred(waiting: &Waiting<'_>, facts: &Facts) -> Barred {
    let mut barred = Barred { pools: Vec::new(), named: Vec::new(), others: 0, keys: Vec::new() };
    if let Some(nodes) = facts.nodes.known() {
        let candidates = fitting(waiting.pod, nodes);
        let tainted: Vec<_> = candidates.into_iter().filter(|node| would_do(waiting, node, facts)).collect();
        barred.others = nodes.len() - tainted.len();
        for (pool, members) in pools(&tainted) {
            let mut taints: Vec<&Taint> = members.iter().flat_map(|node| chosen_taints(waiting.pod, node)).collect();
            taints.sort();
            taints.dedup();
            barred.keys.extend(taints.iter().map(|taint| taint.key.clone()));
            barred.pools.push((pool.to_owned(), members.len(), taints.into_iter().map(spelled).collect()));
        }
    }
    if barred.pools.is_empty() {
        for reason in &waiting.scheduling.reasons {
            if let Why::Taint { key, value } = &reason.why {
                let name = match (key, value) {
                    (Some(key), Some(value)) => format!("{key}={value}"),
                    (Some(key), None) => key.clone(),
                    (None, _) => "a taint that the scheduler does not name".to_owned(),
                };
                barred.named.push((name, reason.nodes));
                barred.keys.extend(key.clone());
            }
        }
    }
    barred.keys.sort();
    barred.keys.dedup();
    barred
}

/// Tells whether nothing but a taint is in a node's way, as far as it is known.
fn would_do(waiting: &Waiting<'_>, node: &Node, facts: &Facts) -> bool {
    let by_volume = waiting.scheduling.reasons.iter().any(|reason| reason.why == Why::VolumeZone);
    let reaches = !by_volume || reaches_all(waiting.pod, node, facts) != Some(false);
    reaches && chosen_taints(waiting.pod, node).next().is_some()
}

/// Spells a taint as kubectl and az do: `key=value:effect`.
fn spelled(taint: &Taint) -> String {
    match taint.value.as_deref().filter(|value| !value.is_empty()) {
        Some(value) => format!("{}={value}:{}", taint.key, taint.effect),
        None => format!("{}:{}", taint.key, taint.effect),
    }
}

fn message(group: &Group<'_, Barred>) -> String {
    let said = &group.said;
    let it = group.by_count("it does", "they do");
    let mut message = format!("No node takes {}.\n", group.who());
    if said.pools.is_empty() {
        let named: Vec<String> = said
            .named
            .iter()
            .map(|(name, nodes)| match nodes {
                Some(nodes) => format!("{name} ({})", counted(*nodes as usize, "node", "nodes")),
                None => name.clone(),
            })
            .collect();
        let named = listing(named.iter().map(String::as_str), 6);
        message.push_str(&format!("The nodes have taints that {it} not tolerate: {named}."));
    } else {
        let pools: Vec<String> = said
            .pools
            .iter()
            .map(|(pool, count, taints)| {
                format!("{} on pool {pool} ({})", taints.join(" and "), counted(*count, "node", "nodes"))
            })
            .collect();
        let which = if said.others == 0 { "Every node has" } else { "Every node that would otherwise do has" };
        let pools = listing(pools.iter().map(String::as_str), 6);
        message.push_str(&format!("{which} a taint that {it} not tolerate: {pools}."));
        if said.others > 0 {
            let rest =
                if said.others == 1 { "1 more node is".to_owned() } else { format!("{} more nodes are", said.others) };
            let asks = group.by_count("it asks for", "they ask for");
            let volume = if group.pods.iter().any(|waiting| !waiting.pod.spec.volumes.is_empty()) {
                ", or out of its volume's reach"
            } else {
                ""
            };
            message.push_str(&format!(" {rest} no choice: without the labels that {asks}{volume}."));
        }
    }
    for (key, meaning) in MEANINGS {
        if said.keys.iter().any(|taint| taint == key) {
            message.push_str(&format!("\n{meaning}"));
        }
    }
    let of = if said.pools.is_empty() { "with the same taints" } else { "of these pools" };
    message.push_str(&format!("\nMore nodes {of} would not help."));
    message
}

/// Taints that AKS itself puts on nodes, and what they are there for.
const MEANINGS: &[(&str, &str)] = &[
    (
        "CriticalAddonsOnly",
        "CriticalAddonsOnly keeps a system pool for the cluster's own parts. It is usual on AKS, and AKS Automatic puts \
         it on its system nodes; there the nodes for everything else are made on demand, which can take longer than \
         helm waits.",
    ),
    (
        "kubernetes.azure.com/scalesetpriority",
        "kubernetes.azure.com/scalesetpriority marks a pool of spot machines, which Azure may take away at any time; \
         AKS puts it there.",
    ),
    ("virtual-kubelet.io/provider", "virtual-kubelet.io/provider marks virtual nodes, which run container instances."),
];

fn remedy(group: &Group<'_, Barred>) -> Remedy {
    let mut text =
        "Give the extension a pool of Linux amd64 machines without taints, or take the taint off a pool that \
                    may run it too (az aks nodepool update --node-taints replaces the pool's whole list of taints, so \
                    name those that are to stay). The tolerations of the extension's pods cannot be changed."
            .to_owned();
    let mut remedy = Remedy::default();
    if group.said.keys.iter().any(|key| key == "CriticalAddonsOnly") {
        text.push_str(
            " On a cluster that makes its nodes on demand (AKS Automatic, node auto-provisioning) no pool is added by \
             hand: look whether a node is on its way, and install again once it is there.",
        );
        remedy = remedy.documented("kubectl get nodepools.karpenter.sh,nodeclaims.karpenter.sh");
    }
    remedy.text = text;
    remedy
        .documented(
            "az aks nodepool list --resource-group RESOURCE_GROUP --cluster-name CLUSTER --query \"[].{name:name,mode:mode,taints:nodeTaints}\" --output table",
        )
        .documented(
            "az aks nodepool add --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name NEW_POOL --mode User --os-type Linux --node-vm-size AMD64_SIZE --node-count 1",
        )
}
