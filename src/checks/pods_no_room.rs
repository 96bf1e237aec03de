//! The extension's pods cannot be scheduled because no node that they may use has room for them.
//!
//! Knowledge: founding page, scenario 1, whose documented cause this is; the requests of the
//! extension's pods (500m, 128Mi or 256Mi: the documents differ, so the pods themselves are read).
//! The same helm time-out has other causes, which more nodes do not cure: each has a check of its own.

use super::check::{Check, Judgement};
use super::reading::waiting::{Waiting, may_use, waiting, workload_of};
use crate::catalogue::Why;
use crate::facts::objects::{Node, NodeUsage, Pod};
use crate::facts::{Facts, Need, Quantity, helpful, required};
use crate::finding::{Finding, Hop, Remedy, Severity, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB103",
    name: "pods-no-room",
    hop: Hop::Extension,
    title: "the nodes have room for the extension's pods",
    needs: &[required(Need::Pods), helpful(Need::Nodes), helpful(Need::NodeUsage)],
    explains: &[
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "BackupPluginDeleteBackupOperationFailed",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the scheduler keeps a pod of the extension waiting because every node that the pod may use
  lacks processor time, memory or a free place in its number of pods.

Why it matters
  Helm waits for the pods, gives up, and takes the installation back: \"timed out waiting for the
  condition\". This is the one cause of that sentence that more nodes cure.

How it is found
  The scheduler's own words in the pod's PodScheduled condition. What is missing, and how many nodes
  would do, is worked out from the nodes' allocatable resources and from what the running pods ask for.

What to do
  Add as many nodes as it says to a pool that the pods may use, or raise the maximum of a pool that
  scales by itself. If no node of the pool could hold the pod even when empty, the pool needs larger
  machines.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 1; the scheduler's messages.
";

fn run(facts: &Facts) -> Judgement {
    let stuck: Vec<Waiting<'_>> =
        waiting(facts)?.into_iter().filter(|waiting| waiting.scheduling.lacks_room()).collect();
    let Some(first) = stuck.first() else { return Ok(Vec::new()) };
    let names = listing(stuck.iter().map(|waiting| waiting.pod.metadata.name.as_str()), 3);
    let mut message = format!(
        "No node has room for {}: {names}.\n{}",
        counted(stuck.len(), "pod of the extension", "pods of the extension"),
        asks(&stuck)
    );
    let reckoning = reckon(&stuck, facts);
    for sentence in &reckoning.sentences {
        message.push(' ');
        message.push_str(sentence);
    }
    let subject = workload_of(first.pod).unwrap_or_else(|| first.pod.subject());
    let mut finding = Finding::new(Severity::Error, subject, message).mended_by(reckoning.remedy);
    for waiting in &stuck {
        finding = finding.seen(waiting.evidence()).concerning(waiting.pod.subject());
        finding.concerns.extend(workload_of(waiting.pod));
    }
    for need in [Need::Nodes, Need::NodeUsage] {
        finding = finding.without(
            facts.unread(need).map(|unread| format!("how much is missing and how many nodes would do: {}", unread.why)),
        );
    }
    Ok(vec![finding])
}

/// Says what the pods ask for: of one pod where all ask for the same, else of all together.
fn asks(stuck: &[Waiting<'_>]) -> String {
    let of = |waiting: &Waiting<'_>| (waiting.pod.requests("cpu"), waiting.pod.requests("memory"));
    let words = |(cpu, memory): (Quantity, Quantity)| format!("{} cpu and {} memory", cpu.as_cpu(), memory.as_memory());
    let all: Vec<_> = stuck.iter().map(of).collect();
    match all.as_slice() {
        [one] => format!("It asks for {}.", words(*one)),
        [one, rest @ ..] if rest.iter().all(|other| other == one) => format!("Each asks for {}.", words(*one)),
        _ => {
            let sum = all.iter().fold((Quantity::default(), Quantity::default()), |(cpu, memory), (c, m)| {
                (cpu.plus(*c), memory.plus(*m))
            });
            format!("Together they ask for {}.", words(sum))
        }
    }
}

struct Reckoning {
    sentences: Vec<String>,
    remedy: Remedy,
}

/// Works out what is missing and how many nodes would do.
fn reckon(stuck: &[Waiting<'_>], facts: &Facts) -> Reckoning {
    let mut sentences = Vec::new();
    let lacking = lacking(stuck);
    let (Some(nodes), Some(usage)) = (facts.nodes.known(), facts.node_usage.known()) else {
        sentences.push(format!("The nodes that they may use are short of {lacking}."));
        return Reckoning { sentences, remedy: Remedy::guided(format!("Add nodes with free {lacking}.")) };
    };
    // The pod that asks for most decides: what takes it takes the others one by one.
    let Some(largest) = stuck.iter().map(|w| w.pod).max_by_key(|pod| (pod.requests("cpu"), pod.requests("memory")))
    else {
        return Reckoning { sentences, remedy: Remedy::default() };
    };
    let usable: Vec<&Node> = nodes.iter().filter(|node| may_use(largest, node)).collect();
    let excluded = nodes.len() - usable.len();
    if let Some(best) = usable.iter().max_by_key(|node| free(node, usage).key()) {
        let left = free(best, usage);
        sentences.push(format!(
            "The roomiest node that it may use, {} (pool {}), has {} cpu, {} memory and {} left: {} missing.",
            best.metadata.name,
            best.pool(),
            left.cpu.as_cpu(),
            left.memory.as_memory(),
            counted(left.pods, "place for a pod", "places for pods"),
            shortfall(largest, &left).unwrap_or_else(|| format!("{lacking} is"))
        ));
    }
    if excluded > 0 {
        sentences.push(format!(
            "{} no choice: cordoned, tainted, or without the labels that it asks for.",
            if excluded == 1 { "1 more node is".to_owned() } else { format!("{excluded} more nodes are") }
        ));
    }
    let remedy = remedy(stuck, &usable, nodes, &lacking, &mut sentences);
    Reckoning { sentences, remedy }
}

/// Chooses the pool that the fewest new nodes would do for, and says how to add them.
fn remedy(
    stuck: &[Waiting<'_>],
    usable: &[&Node],
    nodes: &[Node],
    lacking: &str,
    sentences: &mut Vec<String>,
) -> Remedy {
    let mut pools: Vec<(usize, &str)> = Vec::new();
    let mut too_small: Vec<&str> = Vec::new();
    for node in usable {
        if pools.iter().any(|(_, pool)| *pool == node.pool()) || too_small.contains(&node.pool()) {
            continue;
        }
        match nodes_needed(stuck, node) {
            Some(count) => pools.push((count, node.pool())),
            None => too_small.push(node.pool()),
        }
    }
    pools.sort_unstable();
    let Some((count, pool)) = pools.first() else {
        sentences.push(if too_small.is_empty() {
            "No pool of the cluster is one that these pods may use.".to_owned()
        } else {
            format!("A node of pool {} could not hold such a pod even when empty.", listing(too_small, 3))
        });
        return Remedy::guided("Add a pool of larger Linux amd64 machines without taints.").documented(
            "az aks nodepool add --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name NEW_POOL --node-count 1 --node-vm-size LARGER_SIZE",
        );
    };
    let now = nodes.iter().filter(|node| node.pool() == *pool).count();
    sentences.push(format!(
        "{} of pool {pool} would do, if nothing else takes the room first.",
        if *count == 1 { "1 more node".to_owned() } else { format!("{count} more nodes") }
    ));
    Remedy::guided(format!(
        "Add {lacking} by adding {} to pool {pool}, which has {now} now. If the pool scales by itself, raise its maximum instead.",
        counted(*count, "node", "nodes")
    ))
    .documented(format!(
        "az aks nodepool scale --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name {pool} --node-count {}",
        now + count
    ))
}

/// Names the resources that the scheduler says are short.
fn lacking(stuck: &[Waiting<'_>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for reason in stuck.iter().flat_map(|waiting| &waiting.scheduling.reasons) {
        let name = match &reason.why {
            Why::Insufficient { resource } if reason.why.is_shortage() && resource != "pods" => resource.as_str(),
            why if why.is_shortage() => "places for pods",
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    listing(names, 4)
}

/// What a node has left.
struct Free {
    cpu: Quantity,
    memory: Quantity,
    pods: usize,
}

impl Free {
    fn key(&self) -> (bool, Quantity, Quantity) {
        (self.pods > 0, self.cpu, self.memory)
    }
}

fn free(node: &Node, usage: &NodeUsage) -> Free {
    let used = usage.get(&node.metadata.name).cloned().unwrap_or_default();
    let cpu = Quantity::thousandths(i64::try_from(used.cpu_millis).unwrap_or(i64::MAX));
    let memory = Quantity::whole(i64::try_from(used.memory_bytes).unwrap_or(i64::MAX));
    let places = node.allocatable("pods").units().saturating_sub(u64::from(used.pods));
    Free {
        // A node can be overcommitted by pods that were bound past the scheduler.
        cpu: node.allocatable("cpu").minus(cpu).max(Quantity::default()),
        memory: node.allocatable("memory").minus(memory).max(Quantity::default()),
        pods: usize::try_from(places).unwrap_or(usize::MAX),
    }
}

/// Says by how much a pod does not fit into what is left; `None` where these three would suffice.
fn shortfall(pod: &Pod, left: &Free) -> Option<String> {
    let cpu = pod.requests("cpu").minus(left.cpu);
    let memory = pod.requests("memory").minus(left.memory);
    let mut parts = Vec::new();
    if cpu.is_positive() {
        parts.push(format!("{} cpu", cpu.as_cpu()));
    }
    if memory.is_positive() {
        parts.push(format!("{} memory", memory.as_memory()));
    }
    if left.pods == 0 {
        parts.push("a place for a pod".to_owned());
    }
    match parts.len() {
        0 => None,
        1 => Some(format!("{} is", parts.join(""))),
        _ => Some(format!("{} are", listing(parts.iter().map(String::as_str), 3))),
    }
}

/// Returns how many empty nodes like this one hold the waiting pods; `None` where one pod is too large for any.
fn nodes_needed(stuck: &[Waiting<'_>], like: &Node) -> Option<usize> {
    // A new node is not empty for long: the cluster's own DaemonSets take a share that is not known here, so a
    // tenth of it is set aside.
    let share = |resource| {
        let whole = like.allocatable(resource).millis();
        Quantity::thousandths(i64::try_from(whole - whole / 10).unwrap_or(i64::MAX))
    };
    let (cpu, memory) = (share("cpu"), share("memory"));
    let mut nodes: Vec<(Quantity, Quantity)> = Vec::new();
    for waiting in stuck {
        let (wants_cpu, wants_memory) = (waiting.pod.requests("cpu"), waiting.pod.requests("memory"));
        if wants_cpu > cpu || wants_memory > memory {
            return None;
        }
        match nodes.iter_mut().find(|(c, m)| *c >= wants_cpu && *m >= wants_memory) {
            Some((c, m)) => {
                *c = c.minus(wants_cpu);
                *m = m.minus(wants_memory);
            }
            None => nodes.push((cpu.minus(wants_cpu), memory.minus(wants_memory))),
        }
    }
    Some(nodes.len())
}
