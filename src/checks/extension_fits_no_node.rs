//! While no pod of the extension is on the cluster: whether any node would take one.
//!
//! Knowledge: azure-backup.md section 2 (Linux on x86-64 only; the pods put up with CriticalAddonsOnly) and section 3.3
//! (500m cpu; 128Mi or 256Mi of memory, by page); diagnosis.md section 5, row 10. After helm's roll-back there is no pod
//! and no event that would say why; the nodes still do.

use super::check::{Check, Judgement};
use super::reading::install_words::waited_for;
use super::reading::obstacle::{chosen_taints, is_out, pools};
use crate::facts::objects::{ExtensionConfig, Node, NodeUsage, Pod, Taint, Toleration};
use crate::facts::{Facts, Need, Quantity, Stop, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB122",
    name: "extension-fits-no-node",
    hop: Hop::Extension,
    title: "a node would take the extension's pods, where none is there yet",
    needs: &[
        required(Need::Nodes),
        required(Need::Pods),
        required(Need::Deployments),
        helpful(Need::NodeUsage),
        helpful(Need::ExtensionConfigs),
    ],
    explains: &["SCENARIO_1_HELM_POST_INSTALL_TIMEOUT"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  While no pod of the extension is on the cluster: whether some node is of the right platform, without taints
  that the pods are not known to put up with, in service, and with room for one pod.

Why it matters
  Helm waits for the pods, gives up and takes the installation back; with the pods goes what would say why.
  Where no node would do, an installation cannot come to its end.

How it is found
  The nodes' labels kubernetes.io/os and kubernetes.io/arch, their taints (CriticalAddonsOnly is left out: by
  Microsoft's documents the extension puts up with it), whether they are cordoned or not ready, and what the
  running pods leave of them, against 500m cpu and 256Mi memory, the larger of the documented requests. Only
  the platform is certain. Which taints the pods put up with is not published in full; and what is lacking
  now, a cluster that makes nodes on demand may make. Virtual nodes do not count.

What to do
  Give the cluster a pool of Linux amd64 machines without taints, with room, before the extension is
  installed.

Sources
  Azure Backup's support matrix for AKS and its frequently asked questions; the troubleshooting page,
  scenario 1.
";

/// What is in the way of every node, the first of these that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Platform,
    Taints,
    Service,
    Room,
}

fn run(facts: &Facts) -> Judgement {
    let nodes = facts.nodes.rows(Need::Nodes.what())?;
    facts.pods.rows(Need::Pods.what())?;
    facts.deployments.rows(Need::Deployments.what())?;
    if facts.own_pods().any(|pod| !pod.has_ended()) {
        return Err(Stop::not_applicable("pods of the extension are there, and say themselves what keeps them"));
    }
    // A node that would do, or a pod, may be in the part that was not read; the runner says so.
    if [Need::Nodes, Need::Pods].into_iter().any(|need| facts.unread(need).is_some()) {
        return Ok(Vec::new());
    }
    let pod = model();
    let machines: Vec<&Node> = nodes.iter().filter(|node| !node.is_virtual()).collect();
    let of_platform: Vec<&Node> = machines.iter().copied().filter(|node| runs(node)).collect();
    let untainted: Vec<&Node> =
        of_platform.iter().copied().filter(|node| chosen_taints(&pod, node).next().is_none()).collect();
    let in_service: Vec<&Node> =
        untainted.iter().copied().filter(|node| node.is_ready() && !is_out(&pod, node)).collect();
    let (lack, among) = if of_platform.is_empty() {
        (Lack::Platform, machines)
    } else if untainted.is_empty() {
        (Lack::Taints, of_platform)
    } else if in_service.is_empty() {
        (Lack::Service, untainted)
    } else {
        match facts.node_usage.known() {
            Some(usage) if !in_service.iter().any(|node| has_room(node, usage)) => (Lack::Room, in_service),
            _ => return Ok(Vec::new()),
        }
    };
    Ok(vec![say(facts, lack, &among, &pod)])
}

/// Makes a pod like the extension's, as far as the documents tell.
fn model() -> Pod {
    let mut pod = Pod::default();
    pod.spec.tolerations.push(Toleration {
        key: Some("CriticalAddonsOnly".to_owned()),
        operator: Some("Exists".to_owned()),
        ..Toleration::default()
    });
    pod
}

/// The larger of the documented requests.
const CPU_MILLIS: i64 = 500;
const MEMORY_BYTES: i64 = 256 << 20;

fn has_room(node: &Node, usage: &NodeUsage) -> bool {
    let used = usage.get(&node.metadata.name).cloned().unwrap_or_default();
    let cpu = Quantity::thousandths(i64::try_from(used.cpu_millis).unwrap_or(i64::MAX));
    let memory = Quantity::whole(i64::try_from(used.memory_bytes).unwrap_or(i64::MAX));
    node.allocatable("cpu").minus(cpu) >= Quantity::thousandths(CPU_MILLIS)
        && node.allocatable("memory").minus(memory) >= Quantity::whole(MEMORY_BYTES)
        && node.allocatable("pods").units() > u64::from(used.pods)
}

/// Returns whether the extension's images run on the node; a node that does not say counts as one that does.
fn runs(node: &Node) -> bool {
    node.os().is_none_or(|os| os == "linux") && node.arch().is_none_or(|arch| arch == "amd64")
}

fn say(facts: &Facts, lack: Lack, among: &[&Node], pod: &Pod) -> Finding {
    let by_pool: Vec<String> = pools(among)
        .into_iter()
        .map(|(pool, members)| {
            let nodes = counted(members.len(), "node", "nodes");
            match lack {
                Lack::Platform => {
                    let first = members.first();
                    let os = first.and_then(|node| node.os()).unwrap_or("?");
                    let arch = first.and_then(|node| node.arch()).unwrap_or("?");
                    format!("pool {pool} is {os} on {arch} ({nodes})")
                }
                Lack::Taints => {
                    let mut taints: Vec<&Taint> = members.iter().flat_map(|node| chosen_taints(pod, node)).collect();
                    taints.sort();
                    taints.dedup();
                    let keys: Vec<&str> = taints.iter().map(|taint| taint.key.as_str()).collect();
                    format!("{} on pool {pool} ({nodes})", listing(keys, 4))
                }
                Lack::Service | Lack::Room => format!("pool {pool} ({nodes})"),
            }
        })
        .collect();
    let named = listing(by_pool.iter().map(String::as_str), 6);
    let message = match lack {
        Lack::Platform => format!(
            "No node of this cluster is of a platform that the extension's images are made for, Linux on x86-64 (amd64): {named}.\n\
             No pod of the extension can run here, so an installation cannot come to its end."
        ),
        Lack::Taints => format!(
            "Every Linux amd64 node has a taint that the extension's pods are not known to put up with: {named}.\n\
             No pod of the extension is here that would show it; by Microsoft's documents they put up with CriticalAddonsOnly, and \
             no other is named. More nodes of these pools would not help."
        ),
        Lack::Service => format!(
            "Every node that would do for the extension's pods is cordoned or not ready: {named}.\n\
             An installation waits until one is back, and gives up before long."
        ),
        Lack::Room => format!(
            "No node has room now for a pod of the extension, by the larger of the documented requests, 500m cpu and 256Mi memory: \
             {named}.\nA pool that scales by itself makes room as soon as a pod waits; any other makes an installation wait, and give up."
        ),
    };
    // Only the platform is certain: taints may be put up with, and nodes may be made on demand. Where nobody has tried
    // to install the extension, nothing fails yet.
    let is_tried = facts.extension_configs.known_rows().iter().any(ExtensionConfig::is_backup);
    let severity = match lack {
        Lack::Platform if is_tried => Severity::Error,
        Lack::Platform | Lack::Taints | Lack::Service => Severity::Warning,
        Lack::Room => Severity::Info,
    };
    let namespace = &facts.extension.namespace;
    // A subject of its own: what is said is of the nodes, and no object stands for all of them.
    let subject = Subject { kind: Some("Node".to_owned()), ..Subject::default() };
    let mut finding = Finding::new(severity, subject, message);
    for node in among.iter().take(MOST_SHOWN) {
        finding = finding.seen(match lack {
            Lack::Platform => Evidence::quoted(
                format!("node/{} .metadata.labels", node.metadata.name),
                format!(
                    "kubernetes.io/os={} kubernetes.io/arch={}",
                    node.os().unwrap_or("?"),
                    node.arch().unwrap_or("?")
                ),
            ),
            Lack::Taints => Evidence::quoted(
                format!("node/{} .spec.taints", node.metadata.name),
                chosen_taints(pod, node)
                    .map(|taint| format!("{}:{}", taint.key, taint.effect))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            Lack::Service => {
                Evidence::at(format!("node/{} .spec.unschedulable, .status.conditions[Ready]", node.metadata.name))
            }
            Lack::Room => {
                Evidence::at(format!("node/{} .status.allocatable, and its pods' requests", node.metadata.name))
            }
        });
    }
    if lack == Lack::Platform {
        finding = finding.concerning(Subject::cluster_wide("v1", "Namespace", namespace));
        // What an installation that failed may have waited for, where its words leave open why.
        let records = facts.extension_configs.known_rows().iter().filter(|config| config.is_backup());
        let waited: Vec<Subject> =
            records.flat_map(|config| waited_for(facts, config.failure().map(Text::as_str))).collect();
        finding.concerns.extend(waited.into_iter().filter(|subject| subject.namespace.as_deref() == Some(namespace)));
    }
    finding
        .without(
            facts
                .unread(Need::NodeUsage)
                .filter(|_| lack == Lack::Service)
                .map(|unread| format!("whether there would be room on them: {}", unread.why)),
        )
        .mended_by(remedy(lack, among))
}

/// How many nodes are shown one by one.
const MOST_SHOWN: usize = 3;

fn remedy(lack: Lack, among: &[&Node]) -> Remedy {
    const ADD: &str = "az aks nodepool add --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name NEW_POOL --mode User --os-type Linux --node-vm-size AMD64_SIZE --node-count 1";
    match lack {
        Lack::Platform => {
            Remedy::guided("Add a pool of Linux amd64 machines before the extension is installed.").documented(ADD)
        }
        Lack::Taints => Remedy::guided(
            "Before the extension is installed, add a pool of Linux amd64 machines without taints, or take the taint off a pool that \
             may run it too. On a cluster that makes its nodes on demand (AKS Automatic, node auto-provisioning) no pool is added by \
             hand: a node is made as soon as a pod waits.",
        )
        .documented(ADD),
        Lack::Service => {
            Remedy::guided("Bring a node back before the extension is installed; kubectl uncordon ends a cordon.")
                .documented("kubectl get nodes --output wide")
        }
        Lack::Room => {
            let pool = among.first().map_or("POOL", |node| node.pool());
            let text = "Before the extension is installed, add a node to a pool that does not scale by itself, or see that the maximum of one \
                        that does leaves room.";
            Remedy::guided(text).documented(format!(
                "az aks nodepool show --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name {} --query \"{{count:count, scales:enableAutoScaling, max:maxCount}}\"",
                super::reading::word::word(Some(pool), "POOL")
            ))
        }
    }
}
