//! The extension's pods wait for a node with labels, neighbours or ports that none offers, or for nodes that are away.
//!
//! Knowledge: the wordings of kube-scheduler; facts/diagnosis.md section 3. Taints, room, platform and volumes have
//! checks of their own.

use std::collections::BTreeMap;

use super::check::{Check, Judgement};
use super::obstacle::{Group, Obstacle, apart, chosen_taints, demands, fitting, grouped, is_out, kept_by, pools};
use super::waiting::{Waiting, waiting};
use crate::catalogue::Why;
use crate::facts::objects::Node;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Hop, Remedy, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB107",
    name: "pods-affinity-unmet",
    hop: Hop::Extension,
    title: "a node offers what the extension's pods demand of it",
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
  Whether the scheduler keeps a pod of the extension waiting because no node has the labels that it
  demands, because of other pods (affinity, anti-affinity, spread, ports), or because the nodes that
  would do are cordoned or not ready.

Why it matters
  Helm waits for the pods, gives up, and takes the installation back, with the same words as when
  the nodes are full.

How it is found
  The scheduler's words, and the labels and state of the nodes. Room, taints, the platform and
  volumes have checks of their own.

What to do
  Depends on what no node offers: put the label back, uncordon a node, mend a node that is not
  ready. More nodes of the same kind help only where the message says so.

Sources
  The scheduler's messages; Azure Backup's troubleshooting page for AKS, scenario 1, whose advice
  (more nodes) does not fit these causes.
";

/// What is to be said of a pod.
#[derive(PartialEq)]
struct Unmet {
    /// The scheduler's reasons in plain words.
    reasons: Vec<String>,
    /// What it demands of a node's labels and no node has, if nodes could be read.
    labels: Vec<String>,
    /// The nodes that would do and are cordoned, or not ready.
    cordoned: Vec<String>,
    not_ready: Vec<String>,
    /// What becomes of more nodes.
    more: &'static str,
}

fn run(facts: &Facts) -> Judgement {
    let kept = kept_by(Obstacle::Placement, waiting(facts)?, facts);
    let groups = grouped(kept, |waiting| unmet(waiting, facts));
    Ok(apart(groups.iter().filter_map(|group| {
        let mut finding = group.finding(message(group))?.mended_by(remedy(group, facts));
        for node in group.said.cordoned.iter().take(3) {
            finding = finding.seen(Evidence::at(format!("node/{node} .spec.unschedulable")));
        }
        for node in group.said.not_ready.iter().take(3) {
            finding = finding.seen(Evidence::at(format!("node/{node} .spec.taints")));
        }
        Some(finding.without(facts.unread(Need::Nodes).map(|unread| format!("which nodes lack what: {}", unread.why))))
    })))
}

fn unmet(waiting: &Waiting<'_>, facts: &Facts) -> Unmet {
    let pod = waiting.pod;
    let reasons: Vec<String> =
        waiting.scheduling.reasons.iter().map(|reason| plain(&reason.why, reason.nodes)).collect();
    let nodes = facts.nodes.known().map(Vec::as_slice);
    let candidates = nodes.map(|nodes| fitting(pod, nodes));
    let lacks_labels = candidates.as_ref().is_some_and(Vec::is_empty)
        || nodes.is_none() && waiting.scheduling.reasons.iter().any(|reason| reason.why == Why::NodeSelector);
    let labels = if lacks_labels { demands(pod, false) } else { Vec::new() };
    let away: Vec<&Node> = candidates
        .into_iter()
        .flatten()
        .filter(|node| chosen_taints(pod, node).next().is_none() && is_out(pod, node))
        .collect();
    let (cordoned, not_ready): (Vec<&Node>, Vec<&Node>) = away.into_iter().partition(|node| node.spec.unschedulable);
    let more = if waiting.scheduling.total == 0 {
        ""
    } else if !labels.is_empty() {
        "More nodes of the pools that are there would not help."
    } else if cordoned.is_empty() && not_ready.is_empty() {
        by_neighbours(waiting)
    } else {
        ""
    };
    let names = |nodes: Vec<&Node>| nodes.into_iter().map(|node| node.metadata.name.clone()).collect();
    Unmet { reasons, labels, cordoned: names(cordoned), not_ready: names(not_ready), more }
}

/// Says what more nodes would do about neighbours and ports.
fn by_neighbours(waiting: &Waiting<'_>) -> &'static str {
    let has = |wanted: fn(&Why) -> bool| waiting.scheduling.reasons.iter().any(|reason| wanted(&reason.why));
    if has(|why| matches!(why, Why::PortsTaken | Why::PodAntiAffinity | Why::VolumeCount)) {
        "Another node of a kind that it may use would do."
    } else if has(|why| matches!(why, Why::PodAffinity)) {
        "More nodes would not help: it wants to be near pods that are not there."
    } else {
        ""
    }
}

/// Says a reason in plain words.
fn plain(why: &Why, nodes: Option<u32>) -> String {
    let count = nodes.unwrap_or_default();
    let (one, many) = match why {
        Why::NodeSelector => ("lacks the labels that it asks for", "lack the labels that it asks for"),
        Why::Cordoned => ("is cordoned", "are cordoned"),
        Why::NotReady => ("is not ready", "are not ready"),
        Why::PortsTaken => ("has the port taken that it asks for", "have the port taken that it asks for"),
        Why::PodAffinity => ("lacks the neighbours that it asks for", "lack the neighbours that it asks for"),
        Why::PodAntiAffinity => ("has a neighbour that excludes it", "have neighbours that exclude it"),
        Why::TopologySpread => ("is where too many of its kind are", "are where too many of its kind are"),
        Why::VolumeCount => ("carries as many volumes as it can", "carry as many volumes as they can"),
        Why::VolumeZone => ("cannot reach its volume", "cannot reach its volume"),
        Why::Taint { key, .. } => {
            let key = key.as_deref().unwrap_or("that the scheduler does not name");
            return said(count, &format!("has the taint {key}"), &format!("have the taint {key}"), nodes);
        }
        Why::Insufficient { resource } => {
            return said(count, &format!("lacks {resource}"), &format!("lack {resource}"), nodes);
        }
        Why::Other(words) => return nodes.map_or_else(|| words.clone(), |count| format!("{count} {words}")),
        _ => ("is no choice", "are no choice"),
    };
    said(count, one, many, nodes)
}

fn said(count: u32, one: &str, many: &str, nodes: Option<u32>) -> String {
    match nodes {
        Some(1) => format!("1 node {one}"),
        Some(_) => format!("{count} nodes {many}"),
        None => format!("every node {one}"),
    }
}

fn message(group: &Group<'_, Unmet>) -> String {
    let unmet = &group.said;
    let mut message = format!("No node takes {}.", group.who());
    if unmet.reasons.is_empty() {
        message.push_str("\nThe scheduler says that the cluster has no node that takes pods.");
    } else {
        message.push_str(&format!("\nThe scheduler says: {}.", unmet.reasons.join(", ")));
    }
    let asks = group.by_count("It asks for", "Each asks for");
    if !unmet.labels.is_empty() {
        message.push_str(&format!(" {asks} a node with {}.", unmet.labels.join(" and ")));
    }
    if !unmet.cordoned.is_empty() {
        let names = listing(unmet.cordoned.iter().map(String::as_str), 3);
        message.push_str(&format!(
            " {} would do and {} cordoned: {names}.",
            counted(unmet.cordoned.len(), "node", "nodes"),
            if unmet.cordoned.len() == 1 { "is" } else { "are" }
        ));
    }
    if !unmet.not_ready.is_empty() {
        let names = listing(unmet.not_ready.iter().map(String::as_str), 3);
        message.push_str(&format!(
            " {} would do and {} not ready, new or about to go: {names}.",
            counted(unmet.not_ready.len(), "node", "nodes"),
            if unmet.not_ready.len() == 1 { "is" } else { "are" }
        ));
    }
    if !unmet.more.is_empty() {
        message.push_str(&format!("\n{}", unmet.more));
    }
    message
}

fn remedy(group: &Group<'_, Unmet>, facts: &Facts) -> Remedy {
    let unmet = &group.said;
    if !unmet.cordoned.is_empty() {
        let mut remedy = Remedy::guided(
            "A node is cordoned on purpose: during an upgrade, or by a person. If the work on it is done, uncordon it.",
        );
        for node in unmet.cordoned.iter().take(3) {
            remedy = remedy.documented(format!("kubectl uncordon {node}"));
        }
        return remedy;
    }
    if !unmet.not_ready.is_empty() {
        let mut remedy =
            Remedy::guided("See why no such node is ready; the pods follow by themselves when one is back.");
        for node in unmet.not_ready.iter().take(3) {
            remedy = remedy.documented(format!("kubectl describe node {node}"));
        }
        return remedy;
    }
    if !unmet.labels.is_empty() {
        let keys: Vec<&str> = unmet.labels.iter().filter_map(|label| label.split(['=', ' ']).next()).collect();
        let mut text =
            "The demand comes with the extension or from something that changes its pods on the way in. Give a \
                        pool the label, or take the demand back where it was made."
                .to_owned();
        if keys.contains(&"kubernetes.azure.com/agentpool") {
            text.push_str(" kubernetes.azure.com/agentpool is a pool's own name, which only a pool of that name has.");
        }
        let values = facts.nodes.known().map(|nodes| offered(nodes, &keys)).unwrap_or_default();
        if !values.is_empty() {
            text.push_str(&format!(" The nodes have {values}."));
        }
        return Remedy::guided(text).documented(format!("kubectl get nodes --label-columns {}", keys.join(",")));
    }
    if group.pods.iter().all(|waiting| waiting.scheduling.total == 0) {
        return Remedy::guided("See whether the pools are scaled to nothing, or their machines have not joined the cluster.")
            .documented("az aks nodepool list --resource-group RESOURCE_GROUP --cluster-name CLUSTER --query \"[].{name:name,count:count,power:powerState.code}\" --output table");
    }
    let mut remedy = Remedy::guided("Look at what the pod demands of its neighbours, and at who else wants the same.");
    if let Some(waiting) = group.pods.first() {
        remedy = remedy.documented(format!(
            "kubectl -n {} describe pod {}",
            waiting.pod.metadata.namespace(),
            waiting.pod.metadata.name
        ));
    }
    remedy
}

/// Says what the nodes have under the labels that are asked for.
fn offered(nodes: &[Node], keys: &[&str]) -> String {
    let mut found: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (key, node) in keys.iter().flat_map(|key| nodes.iter().map(move |node| (*key, node))) {
        if let Some(value) = node.metadata.label(key) {
            *found.entry((key, value)).or_default() += 1;
        }
    }
    if found.is_empty() {
        return format!("no such label on any of the {} in {}", counted(nodes.len(), "node", "nodes"), in_pools(nodes));
    }
    let words: Vec<String> = found
        .iter()
        .map(|((key, value), count)| format!("{key}={value} ({})", counted(*count, "node", "nodes")))
        .collect();
    listing(words.iter().map(String::as_str), 6)
}

fn in_pools(nodes: &[Node]) -> String {
    let all: Vec<&Node> = nodes.iter().collect();
    let pools = pools(&all);
    let names = listing(pools.iter().map(|(pool, _)| *pool), 6);
    if pools.len() == 1 { format!("pool {names}") } else { format!("pools {names}") }
}
