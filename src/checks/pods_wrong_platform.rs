//! The extension's pods need Linux on x86-64, and have no such node, or were put on another.
//!
//! Knowledge: facts/azure-backup.md section 2 (the extension's pods run only on x86-64 Linux nodes); AKS puts no taint
//! on arm64 pools, so a pod that does not ask for a processor can land there and ends with "exec format error".

use super::check::{Check, Judgement};
use super::obstacle::{Group, Obstacle, apart, demands, grouped, kept_by};
use super::waiting::{waiting, workload_of};
use crate::catalogue::{Sign, classify};
use crate::facts::objects::{ContainerStatus, Node, Pod};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB105",
    name: "pods-wrong-platform",
    hop: Hop::Extension,
    title: "the cluster has Linux x86-64 nodes for the extension's pods",
    needs: &[
        required(Need::Pods),
        helpful(Need::Nodes),
        helpful(Need::Logs),
        helpful(Need::Claims),
        helpful(Need::Volumes),
    ],
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
  Whether a pod of the extension waits because no node has the operating system and processor that
  it asks for, or runs on a node whose processor its image is not made for.

Why it matters
  The extension's images are for Linux on x86-64 (amd64) only. Helm waits for the pods, gives up,
  and takes the installation back, with the same words as when the nodes are full.

How it is found
  The scheduler's words and the nodes' labels kubernetes.io/os and kubernetes.io/arch; the words
  \"exec format error\" or \"no match for platform in manifest\" in a container's state or log, unless
  the container has become ready since.

What to do
  Give the cluster a pool of Linux amd64 machines. Where arm64 nodes are beside amd64 ones, taint the
  arm64 pool, so that only what is made for it is put there.

Sources
  Azure Backup's support matrix for AKS; public reports of pools of mixed processors.
";

fn run(facts: &Facts) -> Judgement {
    let kept = kept_by(Obstacle::Platform, waiting(facts)?, facts);
    let groups = grouped(kept, |waiting| demands(waiting.pod, true));
    let mut findings = apart(groups.iter().filter_map(|group| without_node(group, facts)));
    for pod in facts.own_pods().filter(|pod| !pod.has_ended()) {
        let subject = workload_of(pod).unwrap_or_else(|| pod.subject());
        // Two replicas of one workload are one trouble.
        if !findings.iter().any(|finding| finding.subject == subject) {
            findings.extend(misplaced(pod, facts));
        }
    }
    Ok(findings)
}

/// Tells of pods that wait for a platform that no node has.
fn without_node(group: &Group<'_, Vec<String>>, facts: &Facts) -> Option<Finding> {
    let mut message = format!("No node takes {}.\n", group.who());
    message.push_str(&format!(
        "{} a node with {}",
        group.by_count("It asks for", "Each asks for"),
        group.said.join(" and ")
    ));
    match facts.nodes.known() {
        Some(nodes) => message.push_str(&format!("; the nodes are {}.", platforms(nodes))),
        None if group.doubtful => {
            message.push_str(", and whether a node of that platform is among the tainted ones is not known.");
        }
        None => message.push_str(", and the scheduler finds none."),
    }
    message.push_str(" The extension is made for Linux on x86-64 (amd64) only.\nMore nodes of the pools that are there would not help.");
    let finding = group.finding(message)?.mended_by(new_pool());
    Some(
        finding
            .without(facts.unread(Need::Nodes).map(|unread| format!("which platforms the nodes have: {}", unread.why))),
    )
}

/// Tells of a pod that was put on a node whose processor its image is not made for.
fn misplaced(pod: &Pod, facts: &Facts) -> Option<Finding> {
    let evidence = pod.container_statuses().find_map(|container| told_by(pod, container, facts))?;
    let node = pod.spec.node_name.as_deref();
    let known = node.and_then(|name| facts.nodes.known_rows().iter().find(|node| node.metadata.name == name));
    let arch = known.and_then(Node::arch);
    if arch == Some("amd64") {
        // The node is the right one, so the image is broken, or meant for another: that is another trouble.
        return None;
    }
    let place = match (node, known) {
        (Some(name), Some(node)) => format!("node {name} ({}, pool {})", platform(node), node.pool()),
        (Some(name), None) => format!("node {name}"),
        (None, _) => "its node".to_owned(),
    };
    let mut message = format!(
        "Pod {} was put on {place}, whose processor its image is not made for. The extension is made for Linux on \
         x86-64 (amd64) only.",
        pod.metadata.name
    );
    let good: Vec<&Node> =
        facts.nodes.known_rows().iter().filter(|n| n.os() == Some("linux") && n.arch() == Some("amd64")).collect();
    let remedy = if good.is_empty() {
        message.push_str("\nMore nodes of the same pool would not help.");
        new_pool()
    } else {
        message.push_str(&format!(
            "\nThe cluster has {} of Linux amd64, and nothing keeps the pod on them.",
            counted(good.len(), "node", "nodes")
        ));
        keep_away(pod, known)
    };
    let subject = workload_of(pod).unwrap_or_else(|| pod.subject());
    let finding = Finding::new(Severity::Error, subject, message).seen(evidence).concerning(pod.subject());
    Some(
        finding
            .mended_by(remedy)
            .without(facts.unread(Need::Nodes).map(|unread| format!("the processor of that node: {}", unread.why))),
    )
}

/// Returns where a container that does not run says that its image is for another processor.
fn told_by(pod: &Pod, container: &ContainerStatus, facts: &Facts) -> Option<Evidence> {
    let ended_well = container.state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0);
    if container.ready || ended_well {
        return None;
    }
    let is_wrong = |text: &str| classify(text).iter().any(|found| found.sign == Sign::WrongArchitecture);
    let states = [
        (".state.waiting.message", container.state.waiting.as_ref().and_then(|waiting| waiting.message.as_ref())),
        (".state.terminated.message", container.state.terminated.as_ref().and_then(|ended| ended.message.as_ref())),
        (
            ".lastState.terminated.message",
            container.last_state.terminated.as_ref().and_then(|ended| ended.message.as_ref()),
        ),
    ];
    for (place, text) in states {
        if let Some(text) = text.filter(|text| is_wrong(text)) {
            return Some(Evidence::quoted(format!("{} container {} {place}", pod.at(), container.name), text.as_str()));
        }
    }
    let logs = facts.logs.known_rows().iter();
    let mut own: Vec<_> = logs
        .filter(|log| {
            log.pod == pod.metadata.name && log.namespace == pod.metadata.namespace() && log.container == container.name
        })
        .collect();
    own.sort_by_key(|log| log.previous);
    // Such an image writes one line and ends; further back stands another run, on another node perhaps.
    own.into_iter().find_map(|log| {
        let line = log.lines.iter().rev().take(5).find(|line| is_wrong(line))?;
        Some(Evidence::quoted(log.at(), line.as_str()))
    })
}

fn new_pool() -> Remedy {
    Remedy::guided("Give the cluster a pool of Linux machines with x86-64 processors, without taints.").documented(
        "az aks nodepool add --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name NEW_POOL --os-type Linux --node-vm-size AMD64_SIZE --node-count 1",
    )
}

/// Keeps a pod off the pool that it was put on by mistake.
fn keep_away(pod: &Pod, node: Option<&Node>) -> Remedy {
    let pool = node.map_or("POOL", Node::pool);
    let arch = node.and_then(Node::arch).unwrap_or("arm64");
    let mut remedy = Remedy::guided(format!(
        "Taint pool {pool}, so that only what tolerates it is put there, and make the pod anew. The command replaces the \
         pool's whole list of taints, so name those that it has as well; other pods that are to run there need the \
         toleration when they are made anew."
    ))
    .documented(format!(
        "az aks nodepool update --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name {pool} --node-taints kubernetes.io/arch={arch}:NoSchedule"
    ));
    if let Some(workload) = workload_of(pod).filter(|workload| workload.kind.as_deref() == Some("Deployment")) {
        remedy = remedy.documented(format!(
            "kubectl -n {} rollout restart deployment {}",
            pod.metadata.namespace(),
            workload.name.unwrap_or_default()
        ));
    }
    remedy
}

/// Says which platforms the nodes have: `linux/arm64 (2 nodes, pool system)`.
fn platforms(nodes: &[Node]) -> String {
    let mut found: Vec<(String, usize, Vec<&str>)> = Vec::new();
    for node in nodes {
        let platform = platform(node);
        let at = found.iter().position(|(known, ..)| *known == platform).unwrap_or_else(|| {
            found.push((platform.clone(), 0, Vec::new()));
            found.len() - 1
        });
        if let Some((_, count, pools)) = found.get_mut(at) {
            *count += 1;
            if !pools.contains(&node.pool()) {
                pools.push(node.pool());
            }
        }
    }
    let words: Vec<String> = found
        .into_iter()
        .map(|(platform, count, pools)| {
            let word = if pools.len() == 1 { "pool" } else { "pools" };
            format!("{platform} ({}, {word} {})", counted(count, "node", "nodes"), listing(pools, 4))
        })
        .collect();
    listing(words.iter().map(String::as_str), 6)
}

fn platform(node: &Node) -> String {
    format!("{}/{}", node.os().unwrap_or("?"), node.arch().unwrap_or("?"))
}
