//! What keeps a pod from being ready, and since when that counts.

use jiff::{SignedDuration, Timestamp};

use crate::facts::Facts;
use crate::facts::objects::{Meta, Pod};
use crate::finding::{Remedy, listing};

/// What has not been ready for less than this is starting.
const STARTING: SignedDuration = SignedDuration::from_mins(5);

/// Tells what keeps a pod from being ready, behind its name.
pub fn state_of(pod: &Pod) -> String {
    if pod.metadata.deletion_timestamp.is_some() {
        return "is being deleted".to_owned();
    }
    if let Some(words) = pod.unschedulable() {
        return format!("waits for a node: {}", first_sentence(words));
    }
    let mut waits: Vec<String> = Vec::new();
    for status in pod.container_statuses().filter(|status| !status.ready) {
        let waiting = status.state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref());
        let ended = status.state.terminated.as_ref();
        if let Some(reason) = waiting {
            waits.push(format!("container {} waits ({reason})", status.name));
        } else if let Some(ended) = ended.filter(|ended| ended.exit_code != 0) {
            waits.push(format!("container {} ended with exit code {}", status.name, ended.exit_code));
        } else if ended.is_none() {
            waits.push(format!("container {} runs and is not ready", status.name));
        }
    }
    let phase = pod.status.phase.as_deref().unwrap_or("Unknown");
    if waits.is_empty() {
        return format!("is {phase} and not ready");
    }
    format!("is {phase}: {}", listing(waits.iter().map(String::as_str), 3))
}

/// Returns whether a pod, or its not being ready, is too young to say anything.
pub fn is_young(facts: &Facts, pod: &Pod) -> bool {
    let changed = pod.condition("Ready").and_then(|condition| condition.last_transition_time);
    is_fresh(facts, &pod.metadata) || changed.is_some_and(|when| is_after(facts, when))
}

/// Returns whether an object is too young to say anything.
pub fn is_fresh(facts: &Facts, meta: &Meta) -> bool {
    meta.creation_timestamp.is_some_and(|when| is_after(facts, when))
}

/// Returns whether a time is so recent that what happened then may still settle.
pub fn is_after(facts: &Facts, when: Timestamp) -> bool {
    facts.observed_at.duration_since(when) < STARTING
}

/// Returns the first sentence of a message; the rest is in the evidence of the check that knows it.
pub fn first_sentence(words: &str) -> &str {
    words.split(". ").next().unwrap_or(words).trim_end_matches('.')
}

/// Returns where to look when no cause is told.
pub fn look(namespace: &str, workload: &str, pod: Option<&str>) -> Remedy {
    let remedy = Remedy::guided(match pod {
        Some(_) => "Where no cause is named beside this, look at the pod's description: its last lines are its events.",
        None => "Where no cause is named beside this, look at the events of the namespace.",
    });
    let remedy = remedy.documented(format!("kubectl --namespace {namespace} get events --sort-by .lastTimestamp"));
    match pod {
        Some(pod) => remedy.documented(format!("kubectl --namespace {namespace} describe pod {pod}")),
        None => remedy.documented(format!("kubectl --namespace {namespace} describe deployment {workload}")),
    }
}
