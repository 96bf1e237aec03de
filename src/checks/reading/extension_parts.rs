//! The parts of the extension that ask Azure for tokens, and which of them looks after what.
//!
//! Knowledge: the extension's three Deployments; Velero, which checks the storage location, is the
//! container `velero` of the agent.

use super::waiting::workload_of;
use crate::facts::Facts;
use crate::facts::objects::Pod;
use crate::finding::Subject;

/// Returns the extension's pods that run on: those of its Deployments. Jobs end, and ask for no token.
pub fn running_parts(facts: &Facts) -> impl Iterator<Item = &Pod> {
    facts.own_pods().filter(|pod| !pod.has_ended() && pod.metadata.owner("Job").is_none())
}

/// Returns the pod in which Velero runs, the one that checks the storage location; the newest where there are several.
pub fn agent(facts: &Facts) -> Option<&Pod> {
    running_parts(facts).filter(|pod| is_agent(pod)).max_by_key(|pod| pod.metadata.creation_timestamp)
}

/// Returns whether Velero runs in the pod.
pub fn is_agent(pod: &Pod) -> bool {
    pod.spec.containers.iter().any(|container| container.name == "velero")
        || pod.metadata.label("name") == Some("velero")
}

/// Returns what a pod is called in a finding that outlives it: its workload, or itself where it has none.
pub fn lasting_subject(pod: &Pod) -> Subject {
    workload_of(pod).unwrap_or_else(|| pod.subject())
}

/// The agent's Deployment, by documentation; it stands for the agent while that has no pod.
const AGENT: &str = "dataprotection-microsoft-kubernetes-agent";

/// Returns the agent's workload: that of its pod, or the documented one while it has none.
///
/// Nothing where the pods could not be read.
pub fn agent_subject(facts: &Facts) -> Option<Subject> {
    facts.pods.known()?;
    let documented = || Subject::namespaced("apps/v1", "Deployment", &facts.extension.namespace, AGENT);
    Some(agent(facts).map_or_else(documented, lasting_subject))
}
