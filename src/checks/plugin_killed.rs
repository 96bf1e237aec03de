//! A process inside the agent was killed, and nothing says OOMKilled.
//!
//! Knowledge: diagnosis.md section 2, no. 13: the kernel kills the plugin's process, not the container's
//! first one. The pod runs on without a restart, and only the log says "signal: killed" or "transport is
//! closing". A backup that began later and completed ends the matter.

use super::check::{Check, Judgement};
use super::reading::extension_parts::is_past;
use super::reading::memory::raise_limit;
use super::reading::said::{Said, newest_first};
use super::reading::waiting::workload_of;
use crate::catalogue::Sign;
use crate::facts::objects::{ContainerState, Pod};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Finding, Hop, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB117",
    name: "plugin-killed",
    hop: Hop::Extension,
    title: "the extension's plugin processes live to their end",
    needs: &[required(Need::Pods), required(Need::Logs), helpful(Need::Backups)],
    explains: &[
        "UserErrorBackupPluginPodRestartedDuringBackup",
        "UserErrorBackupPluginPodRestartedDuringRestore",
        "UserErrorKubernetesBackupExtensionHasErrors",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a plugin process of the extension's agent was killed while the container itself went on.

Why it matters
  The backup or restore that used the plugin fails. The pod does not restart and nothing says OOMKilled, so
  the usual look at the pods finds nothing.

How it is found
  The container's log says \"signal: killed\", or at level error \"transport is closing\", within the last day,
  and no container of the pod ended as OOMKilled. A backup that began later and completed ends the matter.

What to do
  Raise the extension's memory limit. If that does not help, look at the memory of the node.

Sources
  Public reports (velero#3234 and others).
";

fn run(facts: &Facts) -> Judgement {
    facts.pods.rows(Need::Pods.what())?;
    facts.logs.rows(Need::Logs.what())?;
    let mut findings: Vec<Finding> = Vec::new();
    for pod in facts.own_pods().filter(|pod| !was_oom_killed(facts, pod)) {
        let newest = facts
            .logs
            .known_rows()
            .iter()
            .filter(|log| log.pod == pod.metadata.name && !log.previous)
            .filter_map(|log| {
                newest_first(log).find(|said| said.found.sign == Sign::PluginKilled && counts(facts, said))
            })
            .max_by_key(|said| said.when);
        let Some(said) = newest.filter(|said| !was_followed_by_success(facts, said)) else { continue };
        let subject = workload_of(pod).unwrap_or_else(|| pod.subject());
        if findings.iter().all(|known| known.subject != subject) {
            findings.push(finding(facts, pod, &said, subject));
        }
    }
    Ok(findings)
}

/// Returns whether a line is more than a plugin's ordinary end: at level error, or with the kernel's signal in it, and
/// not older than a day.
///
/// "Transport is closing" at level debug is how every plugin process ends that has done its work.
fn counts(facts: &Facts, said: &Said<'_>) -> bool {
    (said.is_error() || said.quotes("signal: killed")) && said.when.is_none_or(|when| !is_past(facts, when))
}

fn finding(facts: &Facts, pod: &Pod, said: &Said<'_>, subject: crate::finding::Subject) -> Finding {
    let container = &said.log.container;
    let limit = pod
        .spec
        .containers
        .iter()
        .find(|described| described.name == *container)
        .and_then(|described| described.resources.limits.get("memory"));
    let when = said.when.map_or(String::new(), |when| format!(" at {}", minute(when)));
    let bound = limit.map_or(String::new(), |limit| format!(" The container's limit is {limit}."));
    let node = pod.spec.node_name.as_deref().unwrap_or("NODE");
    let message = format!(
        "A plugin process in the container {container} of {} ended in the middle of its work{when}. The container itself \
         went on, and no container of the pod was OOMKilled. That is how it looks when the kernel, short of memory, kills the plugin alone.{bound}",
        pod.metadata.name
    );
    let remedy = raise_limit(facts, limit.map(String::as_str), "The kernel's own log on the node would prove it.")
        .documented(format!("kubectl describe node {node}"));
    Finding::new(Severity::Error, subject, message)
        .seen(said.evidence())
        .concerning(pod.subject())
        .without(
            facts.unread(Need::Backups).map(|unread| format!("whether a backup has completed since: {}", unread.why)),
        )
        .mended_by(remedy)
}

/// Returns whether a container of the pod was killed for its memory within the last day: that says more.
fn was_oom_killed(facts: &Facts, pod: &Pod) -> bool {
    let says = |state: &ContainerState| {
        state.terminated.as_ref().is_some_and(|ended| {
            ended.reason.as_deref() == Some("OOMKilled") && ended.finished_at.is_none_or(|when| !is_past(facts, when))
        })
    };
    pod.container_statuses().any(|status| says(&status.state) || says(&status.last_state))
}

fn was_followed_by_success(facts: &Facts, said: &Said<'_>) -> bool {
    let Some(when) = said.when else { return false };
    facts.backups.known_rows().iter().any(|backup| {
        backup.status.phase.as_deref() == Some("Completed") && backup.began().is_some_and(|began| began > when)
    })
}
