//! The extension's pods that the scheduler finds no node for, and what it says about them.
//!
//! Several checks tell apart why: no room, taints, the wrong platform, volumes, affinity. They read
//! the same sentence, in the pod's `PodScheduled` condition.

use crate::catalogue::{Scheduling, scheduling};
use crate::facts::objects::{Node, NodeSelectorRequirement, NodeSelectorTerm, Pod};
use crate::facts::{Facts, Stop};
use crate::finding::{Evidence, Subject};

/// A pod that waits for a node.
pub struct Waiting<'f> {
    /// The pod.
    pub pod: &'f Pod,
    /// What the scheduler says, in its own words.
    pub words: &'f str,
    /// What the scheduler says, read.
    pub scheduling: Scheduling,
}

impl Waiting<'_> {
    /// Returns where the scheduler says so.
    pub fn evidence(&self) -> Evidence {
        Evidence::quoted(format!("{} .status.conditions[PodScheduled].message", self.pod.at()), self.words)
    }
}

/// Returns the extension's pods that wait for a node.
///
/// # Errors
/// Inconclusive where the pods could not be read.
pub fn waiting(facts: &Facts) -> Result<Vec<Waiting<'_>>, Stop> {
    facts.pods.rows("the extension's pods")?;
    Ok(facts
        .own_pods()
        .filter_map(|pod| {
            let words = pod.unschedulable()?.as_str();
            Some(Waiting { pod, words, scheduling: scheduling(words)? })
        })
        .collect())
}

/// Returns the Deployment or Job that a pod belongs to, as far as its name and owner tell.
///
/// A ReplicaSet is named after its Deployment with a hash behind it.
pub fn workload_of(pod: &Pod) -> Option<Subject> {
    let namespace = pod.metadata.namespace();
    if let Some(job) = pod.metadata.owner("Job") {
        return Some(Subject::namespaced("batch/v1", "Job", namespace, &job.name));
    }
    let set = pod.metadata.owner("ReplicaSet")?;
    Some(Subject::namespaced("apps/v1", "Deployment", namespace, deployment_of(&set.name)?))
}

/// Returns the name of the Deployment that a ReplicaSet of this name belongs to: what stands before the hash.
pub fn deployment_of(replica_set: &str) -> Option<&str> {
    replica_set.rsplit_once('-').map(|(deployment, _)| deployment)
}

/// Returns whether a pod may be put on a node as far as the node's own nature goes: cordon, taints, labels.
///
/// Room, volumes and neighbours are left out.
pub fn may_use(pod: &Pod, node: &Node) -> bool {
    let tainted = node.spec.taints.iter().any(|t| t.effect != "PreferNoSchedule" && !pod.tolerates(t));
    !node.spec.unschedulable && !tainted && matches_labels(pod, node)
}

/// Returns whether a node has the labels that a pod demands.
pub fn matches_labels(pod: &Pod, node: &Node) -> bool {
    let selected = pod.spec.node_selector.iter().all(|(key, value)| node.metadata.label(key) == Some(value));
    let affinity = pod.spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref()?.required.as_ref());
    selected && affinity.is_none_or(|required| required.node_selector_terms.iter().any(|term| meets(node, term)))
}

/// Returns whether a node meets every requirement of a term; an empty term is met by none.
pub fn meets(node: &Node, term: &NodeSelectorTerm) -> bool {
    !term.match_expressions.is_empty() && term.match_expressions.iter().all(|requirement| meets_one(node, requirement))
}

fn meets_one(node: &Node, requirement: &NodeSelectorRequirement) -> bool {
    let value = node.metadata.label(&requirement.key);
    let listed = |value: &str| requirement.values.iter().any(|wanted| wanted == value);
    let compare = |is: fn(&i64, &i64) -> bool| {
        let wanted = requirement.values.first().and_then(|wanted| wanted.parse::<i64>().ok());
        let has = value.and_then(|has| has.parse::<i64>().ok());
        matches!((has, wanted), (Some(has), Some(wanted)) if is(&has, &wanted))
    };
    match requirement.operator.as_str() {
        "In" => value.is_some_and(listed),
        "NotIn" => !value.is_some_and(listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compare(i64::gt),
        "Lt" => compare(i64::lt),
        // An operator that is not known must not rule a node out.
        _ => true,
    }
}
