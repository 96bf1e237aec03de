//! The parts of the extension that ask Azure for tokens, and which of them looks after what.
//!
//! Knowledge: the extension's three Deployments (azure-backup.md 3.1). Velero, which checks the storage location, runs in
//! the agent; what the container is called there is documented nowhere, so it is known by its image, and by the name
//! that upstream gives it where the image says nothing.

use jiff::{SignedDuration, Timestamp};

use super::agent::{is_installed, says};
use super::waiting::workload_of;
use super::word::word;
use crate::facts::Facts;
use crate::facts::objects::{Container, Pod, StorageLocation, Workload};
use crate::finding::{Severity, Subject};

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
    velero_of(pod).is_some() || pod.metadata.label("name") == Some("velero")
}

/// Returns the container in which Velero runs, where the pod tells it.
pub fn velero_of(pod: &Pod) -> Option<&Container> {
    let all = || pod.spec.containers.iter();
    all().find(|container| container.runs_velero()).or_else(|| all().find(|container| container.name == "velero"))
}

/// Returns the command that shows the log of Velero, in the agent: of its container, or of all where that is not known.
pub fn agent_logs(facts: &Facts, namespace: &str, rest: &str) -> String {
    let container = agent(facts).and_then(velero_of).map(|container| container.name.as_str());
    let which = match container.filter(|name| !name.is_empty()) {
        Some(name) => format!("--container {}", word(Some(name), "CONTAINER")),
        None => "--all-containers --ignore-errors".to_owned(),
    };
    format!("kubectl --namespace {namespace} logs deployment/{AGENT} {which} {rest}")
}

/// Returns whether the agent and the controller both have a ready pod, so that backups go on whatever else is said.
///
/// The geneva service only sends telemetry and is left out. Pods that were not read do not count.
pub fn run_on(facts: &Facts) -> bool {
    let has_ready = |is: fn(&Pod) -> bool| {
        running_parts(facts).any(|pod| is(pod) && pod.is_ready() && pod.metadata.deletion_timestamp.is_none())
    };
    has_ready(is_agent) && has_ready(is_controller)
}

fn is_controller(pod: &Pod) -> bool {
    pod.metadata.label("control-plane") == Some("dataprotection-microsoft-controller")
        || pod
            .metadata
            .owner("ReplicaSet")
            .is_some_and(|set| set.name.starts_with("dataprotection-microsoft-controller-"))
}

/// Returns whether every Deployment of the extension is ready, but for the one for telemetry.
pub fn is_ready(facts: &Facts) -> bool {
    let own = facts.deployments.known_rows().iter().filter(|known| facts.is_own(&known.metadata));
    let mut needed = own.filter(|known| !known.metadata.name.ends_with("geneva-service")).peekable();
    let is_up = |known: &Workload| known.status.ready_replicas > 0 && known.status.ready_replicas >= known.wanted();
    needed.peek().is_some() && needed.all(is_up)
}

/// Returns the location that is Available while the extension's Deployments are ready: then a change has failed, and
/// what was there before runs on.
pub fn running_into(facts: &Facts) -> Option<&StorageLocation> {
    if !is_ready(facts) {
        return None;
    }
    let is_available = |location: &&StorageLocation| location.status.phase.as_deref() == Some("Available");
    let used = facts.locations().find(|location| location.spec.default).or_else(|| facts.locations().next());
    used.filter(is_available)
}

/// Returns how much it hurts that a workload of the extension does not run.
///
/// An installation waits for the geneva service; a backup, as far as is known, does not.
pub fn severity(facts: &Facts, name: &str) -> Severity {
    let is_spared = name.ends_with("geneva-service") && (is_installed(facts) || run_on(facts));
    if is_spared { Severity::Warning } else { Severity::Error }
}

/// Returns whether a hook Job that failed belongs to the past: what it was run for is there, and no record has
/// failed with it within the last day.
///
/// A Job that failed stays until somebody takes it away, for months where the cluster sets no time.
pub fn is_past_hook(facts: &Facts, job: &str) -> bool {
    if !run_on(facts) {
        return false;
    }
    let has_failed = facts.extension_configs.known_rows().iter().any(|c| c.is_backup() && says(c, "Failed"));
    let known = facts.jobs.known_rows().iter().find(|known| known.metadata.name == job);
    let when = known.and_then(|known| {
        let failed = known.condition("Failed").and_then(|condition| condition.last_transition_time);
        failed.or(known.metadata.creation_timestamp)
    });
    let is_old = when.is_some_and(|when| is_past(facts, when));
    !has_failed || is_old
}

/// What a log or a container's last state tells is history after a day, where all is well since.
const HISTORY: SignedDuration = SignedDuration::from_hours(24);

/// Returns whether a time lies more than a day back.
pub fn is_past(facts: &Facts, when: Timestamp) -> bool {
    facts.observed_at.duration_since(when) > HISTORY
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
