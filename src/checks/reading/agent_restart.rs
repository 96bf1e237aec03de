//! When Velero last started again, and what ended it before.
//!
//! Knowledge: Velero runs in the agent, in the container with its image. As it starts it marks every backup and restore that
//! says InProgress as failed; nobody takes up again what ran. Why it ended stands in the container's last state, or,
//! where the pod itself is a new one, at most in events, which live for an hour.

use jiff::Timestamp;

use super::extension_parts::{agent, velero_of};
use crate::facts::Facts;
use crate::facts::objects::{ContainerStatus, Pod, Terminated};
use crate::finding::{Evidence, minute};

/// What ended Velero while something ran.
pub struct Restart {
    /// What was seen, in a sentence or two.
    pub words: String,
    /// Where.
    pub evidence: Vec<Evidence>,
    /// Whether it was killed for its use of memory.
    pub was_out_of_memory: bool,
}

/// Returns how the container with Velero last ended, and its name; where none of them is known to have Velero, the one
/// that ended last.
fn ended(pod: &Pod) -> Option<(&str, &Terminated)> {
    let end = |status| {
        let status: &ContainerStatus = status;
        let end = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref())?;
        Some((status.name.as_str(), end))
    };
    let all = || pod.status.container_statuses.iter();
    match velero_of(pod) {
        Some(velero) => all().find(|status| status.name == velero.name).and_then(end),
        None => all().filter_map(end).max_by_key(|(_, end)| end.finished_at),
    }
}

/// Returns the earliest time at which the Velero of now can have begun.
pub fn velero_runs_since(facts: &Facts) -> Option<Timestamp> {
    let pod = agent(facts)?;
    pod.metadata.creation_timestamp.max(ended(pod).and_then(|(_, ended)| ended.finished_at))
}

/// Returns what ended the Velero that ran at the given time; nothing where nothing that was read tells.
pub fn restart_after(facts: &Facts, began: Timestamp) -> Option<Restart> {
    let pod = agent(facts)?;
    let name = &pod.metadata.name;
    if let Some((container, ended, when)) = ended(pod)
        .and_then(|(container, ended)| Some((container, ended, ended.finished_at?)))
        .filter(|(_, _, at)| *at >= began)
    {
        let reason = ended.reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or("no reason given");
        let why = if reason == "OOMKilled" {
            " It had used more memory than it may."
        } else if ended.exit_code == 143 || ended.exit_code == 0 {
            " It was told to end, as a failed liveness probe does."
        } else {
            ""
        };
        return Some(Restart {
            was_out_of_memory: reason == "OOMKilled",
            words: format!(
                "The container {container} of {name} ended at {} ({reason}, exit code {}).{why}",
                minute(when),
                ended.exit_code
            ),
            evidence: vec![Evidence::quoted(
                format!("{} .status.containerStatuses[{container}].lastState.terminated", pod.at()),
                format!("{reason}, exit code {}, finished {when}", ended.exit_code),
            )],
        });
    }
    let made = pod.metadata.creation_timestamp.filter(|made| *made >= began)?;
    let mut evidence = vec![Evidence::quoted(format!("{} .metadata.creationTimestamp", pod.at()), made.to_string())];
    let gone: Vec<_> = facts
        .events
        .known_rows()
        .iter()
        .filter(|event| {
            let reason = event.reason.as_deref().unwrap_or_default();
            matches!(reason, "Evicted" | "Preempted" | "TaintManagerEviction" | "NodeNotReady" | "OOMKilling")
                && event.involved_object.kind == "Pod"
                && event.involved_object.name != *name
                && is_of_same_set(&event.involved_object.name, pod)
        })
        .collect();
    let why = if gone.is_empty() {
        "An upgrade of the extension, a node that was drained or lost, and an eviction all look like this."
    } else {
        "Its event says why."
    };
    evidence.extend(gone.iter().map(|event| {
        let words = event.message.as_deref().unwrap_or_default();
        Evidence::quoted(event.at(), format!("{}: {words}", event.reason.as_deref().unwrap_or_default()))
    }));
    Some(Restart {
        was_out_of_memory: false,
        words: format!("The agent's pod {name} was made at {}: the one that ran then is gone. {why}", minute(made)),
        evidence,
    })
}

/// Returns the memory that Velero may use, as its pod has it.
pub fn memory_limit(facts: &Facts) -> Option<&str> {
    velero_of(agent(facts)?)?.resources.limits.get("memory").map(String::as_str)
}

/// Tells whether a pod of this name was of the same Deployment as the agent's pod of now.
fn is_of_same_set(name: &str, agent: &Pod) -> bool {
    let deployment = |name: &str| -> Option<String> {
        let (set, _) = name.rsplit_once('-')?;
        Some(set.rsplit_once('-')?.0.to_owned())
    };
    deployment(name).is_some_and(|other| Some(other) == deployment(&agent.metadata.name))
}
