//! What keeps a waiting pod from every node, so that one check speaks of it and the others keep quiet.
//!
//! The scheduler names one hindrance for each node, the first that it meets: a node that is tainted and of the wrong
//! platform is only called tainted. So its words alone do not tell what to do; the nodes' own taints and labels do.
//! Where those cannot be read, two hindrances may fit, and both checks speak as alternatives.

use super::waiting::{Waiting, matches_labels, workload_of};
use crate::catalogue::Why;
use crate::facts::Facts;
use crate::facts::objects::{Node, NodeSelectorRequirement, Pod, Taint};
use crate::finding::{Finding, Severity, counted, listing};

use super::volume_reach::reaches_all;

/// What is in the way; each is one check's to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Room.
    Room,
    /// Taints that somebody chose.
    Taints,
    /// The operating system or the processor.
    Platform,
    /// A volume, or a claim that has none.
    Volume,
    /// Anything else: labels, neighbours, ports, nodes that are away.
    Placement,
}

/// Returns what is in the way of a waiting pod; more than one where it cannot be told which.
pub fn obstacles(waiting: &Waiting<'_>, facts: &Facts) -> Vec<Obstacle> {
    let has = |wanted: fn(&Why) -> bool| waiting.scheduling.reasons.iter().any(|reason| wanted(&reason.why));
    // The claims come before any node is looked at.
    if has(|why| matches!(why, Why::ClaimsUnbound | Why::ClaimMissing { .. } | Why::NoVolumeToBind)) {
        return vec![Obstacle::Volume];
    }
    let has_taint = has(is_chosen_taint);
    let nodes = facts.nodes.known();
    let mut candidates: Option<Vec<&Node>> = nodes.map(|all| fitting(waiting.pod, all));
    if has(|why| matches!(why, Why::VolumeZone)) {
        let reached = candidates.as_ref().and_then(|fitting| {
            let judged: Option<Vec<(&Node, bool)>> =
                fitting.iter().map(|node| Some((*node, reaches_all(waiting.pod, node, facts)?))).collect();
            Some(judged?.into_iter().filter(|(_, reaches)| *reaches).map(|(node, _)| node).collect::<Vec<_>>())
        });
        match reached {
            Some(reached) if reached.is_empty() => return vec![Obstacle::Volume],
            // The nodes that can reach the volume have a hindrance of their own, and that one counts.
            Some(reached) => candidates = Some(reached),
            None if waiting.scheduling.lacks_room() => return vec![Obstacle::Room],
            None if has_taint => return vec![Obstacle::Volume, Obstacle::Taints],
            None => return vec![Obstacle::Volume],
        }
    }
    if waiting.scheduling.lacks_room() {
        return vec![Obstacle::Room];
    }
    match (nodes, candidates) {
        (Some(nodes), Some(candidates)) => among(waiting, nodes, &candidates),
        _ => by_words(waiting),
    }
}

/// Tells by the nodes' own taints and labels.
fn among(waiting: &Waiting<'_>, nodes: &[Node], candidates: &[&Node]) -> Vec<Obstacle> {
    let pod = waiting.pod;
    if candidates.is_empty() {
        let wrong = !nodes.is_empty() && asks_platform(pod) && !nodes.iter().any(|node| has_platform(pod, node));
        return vec![if wrong { Obstacle::Platform } else { Obstacle::Placement }];
    }
    let mut is_away = false;
    let mut is_free = false;
    for node in candidates {
        if chosen_taints(pod, node).next().is_none() {
            if is_out(pod, node) { is_away = true } else { is_free = true }
        }
    }
    if is_free {
        // Nothing about the node itself is in the way: it is the neighbours, or the nodes have changed since.
        let only_taints = waiting.scheduling.reasons.iter().all(|reason| is_chosen_taint(&reason.why));
        let speaks = only_taints && !waiting.scheduling.reasons.is_empty();
        return vec![if speaks { Obstacle::Taints } else { Obstacle::Placement }];
    }
    // A node that only needs to come back is where the pod belongs.
    vec![if is_away { Obstacle::Placement } else { Obstacle::Taints }]
}

/// Tells by the scheduler's words alone.
fn by_words(waiting: &Waiting<'_>) -> Vec<Obstacle> {
    let reasons = &waiting.scheduling.reasons;
    let has_taint = reasons.iter().any(|reason| is_chosen_taint(&reason.why));
    let rest: Vec<&Why> = reasons.iter().map(|reason| &reason.why).filter(|why| !is_chosen_taint(why)).collect();
    let mut found = Vec::new();
    if has_taint {
        found.push(Obstacle::Taints);
    }
    if rest.iter().all(|why| matches!(why, Why::NodeSelector)) && asks_only_platform(waiting.pod) {
        if !rest.is_empty() {
            found.push(Obstacle::Platform);
        }
    } else if !rest.is_empty() {
        found.push(Obstacle::Placement);
    }
    if found.is_empty() {
        found.push(Obstacle::Placement);
    }
    found
}

/// Returns the waiting pods that this obstacle, perhaps among others, keeps from every node.
pub fn kept_by<'f>(obstacle: Obstacle, stuck: Vec<Waiting<'f>>, facts: &Facts) -> Vec<(Waiting<'f>, bool)> {
    stuck
        .into_iter()
        .filter_map(|waiting| {
            let found = obstacles(&waiting, facts);
            found.contains(&obstacle).then_some((waiting, found.len() > 1))
        })
        .collect()
}

/// The pods of which the same is to be said, and whether it is certain.
pub struct Group<'f, D> {
    /// What is to be said.
    pub said: D,
    /// The pods.
    pub pods: Vec<Waiting<'f>>,
    /// Whether another obstacle fits as well.
    pub doubtful: bool,
}

/// Puts together the pods of which the same is to be said.
pub fn grouped<'f, D: PartialEq>(
    kept: Vec<(Waiting<'f>, bool)>,
    describe: impl Fn(&Waiting<'f>) -> D,
) -> Vec<Group<'f, D>> {
    let mut groups: Vec<Group<'f, D>> = Vec::new();
    for (waiting, doubtful) in kept {
        let said = describe(&waiting);
        match groups.iter_mut().find(|group| group.said == said && group.doubtful == doubtful) {
            Some(group) => group.pods.push(waiting),
            None => groups.push(Group { said, pods: vec![waiting], doubtful }),
        }
    }
    groups
}

/// Gives every finding a subject of its own.
///
/// Two pods of one workload can wait for different things while it changes; the second is then about the pod itself.
pub fn apart(findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let mut apart: Vec<Finding> = Vec::new();
    for mut finding in findings {
        if apart.iter().any(|known| known.subject == finding.subject)
            && let Some(pod) = finding.concerns.first()
        {
            finding.subject = pod.clone();
        }
        apart.push(finding);
    }
    apart
}

impl<D> Group<'_, D> {
    /// Returns the pods in words: `1 pod of the extension: a`.
    pub fn who(&self) -> String {
        let names = listing(self.pods.iter().map(|waiting| waiting.pod.metadata.name.as_str()), 3);
        format!("{}: {names}", counted(self.pods.len(), "pod of the extension", "pods of the extension"))
    }

    /// Returns `one` for a single pod and `many` for more.
    pub fn by_count<'w>(&self, one: &'w str, many: &'w str) -> &'w str {
        if self.pods.len() == 1 { one } else { many }
    }

    /// Makes the finding about these pods: about the first one's workload, concerning all of them.
    pub fn finding(&self, message: String) -> Option<Finding> {
        let first = self.pods.first()?.pod;
        let subject = workload_of(first).unwrap_or_else(|| first.subject());
        let mut finding = Finding::new(Severity::Error, subject, message);
        for waiting in &self.pods {
            finding = finding.seen(waiting.evidence()).concerning(waiting.pod.subject());
            finding.concerns.extend(workload_of(waiting.pod));
        }
        if self.doubtful {
            finding = finding.one_of(
                "where-the-pods-may-run",
                "The nodes' taints and labels would tell: kubectl get nodes --show-labels and kubectl describe nodes",
            );
        }
        Some(finding)
    }
}

/// Returns the nodes that have the labels that a pod demands.
pub fn fitting<'f>(pod: &Pod, nodes: &'f [Node]) -> Vec<&'f Node> {
    nodes.iter().filter(|node| matches_labels(pod, node)).collect()
}

/// Returns the taints of a node that somebody chose and that the pod does not put up with.
pub fn chosen_taints<'f>(pod: &Pod, node: &'f Node) -> impl Iterator<Item = &'f Taint> {
    let taints = node.spec.taints.iter().filter(|taint| !tells_state(&taint.key) && taint.effect != "PreferNoSchedule");
    let kept: Vec<&Taint> = taints.filter(|taint| !pod.tolerates(taint)).collect();
    kept.into_iter()
}

/// Returns whether a node is cordoned, not ready, new or about to go.
pub fn is_out(pod: &Pod, node: &Node) -> bool {
    let blocks = |taint: &Taint| taint.effect != "PreferNoSchedule" && tells_state(&taint.key) && !pod.tolerates(taint);
    node.spec.unschedulable || node.spec.taints.iter().any(blocks)
}

/// Tells whether a taint says how a node is; such a taint goes by itself when the node's state changes.
fn tells_state(key: &str) -> bool {
    const STATES: [&str; 5] = [
        "node.kubernetes.io/",
        "node.cloudprovider.kubernetes.io/",
        "node.cilium.io/",
        "ToBeDeletedByClusterAutoscaler",
        "DeletionCandidateOfClusterAutoscaler",
    ];
    // Karpenter's own marks of a node that is new or about to go.
    STATES.iter().any(|state| key.starts_with(state))
        || matches!(key, "karpenter.sh/disrupted" | "karpenter.sh/unregistered")
}

/// Tells whether a reason is a taint that somebody chose; newer schedulers do not name it.
fn is_chosen_taint(why: &Why) -> bool {
    matches!(why, Why::Taint { key, .. } if !key.as_deref().is_some_and(tells_state))
}

/// Tells whether a label names a node's operating system or processor.
fn is_platform(key: &str) -> bool {
    matches!(key, "kubernetes.io/os" | "kubernetes.io/arch" | "beta.kubernetes.io/os" | "beta.kubernetes.io/arch")
}

fn requirements(pod: &Pod) -> impl Iterator<Item = &NodeSelectorRequirement> {
    let terms = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()?.required.as_ref());
    terms.into_iter().flat_map(|required| &required.node_selector_terms).flat_map(|term| &term.match_expressions)
}

fn asks_platform(pod: &Pod) -> bool {
    pod.spec.node_selector.keys().any(|key| is_platform(key))
        || requirements(pod).any(|wanted| is_platform(&wanted.key))
}

fn asks_only_platform(pod: &Pod) -> bool {
    asks_platform(pod)
        && pod.spec.node_selector.keys().all(|key| is_platform(key))
        && requirements(pod).all(|wanted| is_platform(&wanted.key))
}

/// Tells whether a node is of the platform that a pod demands, whatever else it demands.
fn has_platform(pod: &Pod, node: &Node) -> bool {
    let mut bare = Pod::default();
    bare.spec.node_selector = pod.spec.node_selector.clone();
    bare.spec.node_selector.retain(|key, _| is_platform(key));
    bare.spec.affinity.clone_from(&pod.spec.affinity);
    let required = bare.spec.affinity.as_mut().and_then(|affinity| affinity.node_affinity.as_mut()?.required.as_mut());
    if let Some(required) = required {
        for term in &mut required.node_selector_terms {
            term.match_expressions.retain(|wanted| is_platform(&wanted.key));
        }
        // A term without a demand on the platform is met by every platform.
        if required.node_selector_terms.iter().any(|term| term.match_expressions.is_empty()) {
            bare.spec.affinity = None;
        }
    }
    matches_labels(&bare, node)
}

/// Returns in words what a pod demands of a node's labels, `key=value`; of its platform, or of all else.
pub fn demands(pod: &Pod, of_platform: bool) -> Vec<String> {
    let selected = pod.spec.node_selector.iter().filter(|(key, _)| is_platform(key) == of_platform);
    let mut words: Vec<String> = selected.map(|(key, value)| format!("{key}={value}")).collect();
    for wanted in requirements(pod).filter(|wanted| is_platform(&wanted.key) == of_platform) {
        let text = match wanted.values.as_slice() {
            [] => format!("{} {}", wanted.key, wanted.operator),
            [one] if wanted.operator == "In" => format!("{}={one}", wanted.key),
            many => format!("{} {} {}", wanted.key, wanted.operator, many.join("|")),
        };
        if !words.contains(&text) {
            words.push(text);
        }
    }
    words
}

/// Returns nodes by pool, in the order of the pools' names.
pub fn pools<'f>(nodes: &[&'f Node]) -> Vec<(&'f str, Vec<&'f Node>)> {
    let mut pools: Vec<(&str, Vec<&Node>)> = Vec::new();
    for node in nodes {
        match pools.iter_mut().find(|(pool, _)| *pool == node.pool()) {
            Some((_, members)) => members.push(node),
            None => pools.push((node.pool(), vec![node])),
        }
    }
    pools.sort_by_key(|(pool, _)| *pool);
    pools
}
