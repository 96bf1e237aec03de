//! A container ends again and again, or cannot be started.
//!
//! Knowledge: the kubelet's states and exit codes; diagnosis.md section 5, no. 2 (lastState, restarts). A
//! kill for memory has a check of its own, and so has a hook Job, whose container is not started again.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::held::{Held, PODS, containers};
use super::reading::said::last_words;
use crate::facts::objects::Terminated;
use crate::facts::{Facts, Need, helpful};
use crate::finding::{Evidence, Finding, Hop, Remedy, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB118",
    name: "container-crashing",
    hop: Hop::Extension,
    title: "the extension's containers keep running",
    needs: &[PODS[0], PODS[1], helpful(Need::Logs), helpful(Need::AgentLogs), helpful(Need::ExtensionConfigs)],
    explains: &[
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "BackupPluginDeleteBackupOperationFailed",
        "UserErrorBackupPluginPodRestartedDuringBackup",
        "UserErrorBackupPluginPodRestartedDuringRestore",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a container of the extension, or of the extension manager in kube-system, ends again and again,
  or cannot be started at all, for another reason than its memory.

Why it matters
  While it is down nothing is backed up or restored, and a run that it interrupts fails.

How it is found
  CrashLoopBackOff, a start that fails, or three and more restarts of which the last is less than an hour
  old. The exit code and the last lines that the container wrote say why.

What to do
  What its last words say. They are the log of the run before, while the container waits to start again.

Sources
  Kubernetes' documentation on container states; public reports.
";

/// The kubelet's words for a container that cannot be started.
const NOT_STARTED: [&str; 5] =
    ["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "PostStartHookError"];

const OFTEN: u32 = 3;
const LATELY: SignedDuration = SignedDuration::from_hours(1);
const LINES: usize = 3;

fn run(facts: &Facts) -> Judgement {
    let mut findings: Vec<Finding> = Vec::new();
    for held in containers(facts)?.into_iter().filter(|held| held.pod.metadata.owner("Job").is_none()) {
        let Some((message, evidence)) = trouble(facts, &held) else { continue };
        if let Some(known) = findings.iter_mut().find(|known| known.subject == held.owner) {
            known.message.push('\n');
            known.message.push_str(&message);
            known.evidence.extend(evidence);
            continue;
        }
        let mut finding =
            Finding::new(held.severity(facts), held.owner.clone(), message).concerning(held.pod.subject());
        finding.evidence = evidence;
        let logs = if held.is_manager { Need::AgentLogs } else { Need::Logs };
        let unread = facts.unread(logs).filter(|_| held.log(facts).is_none());
        let namespace = held.pod.metadata.namespace();
        let (pod, container) = (&held.pod.metadata.name, &held.status.name);
        findings.push(
            finding
                .without(unread.map(|unread| format!("the container's last words: {}", unread.why)))
                .mended_by(
                    Remedy::guided(
                        "Its last words and the pod's events name what it misses: a setting, a secret, a certificate, a \
                         connection. Mend that; it starts again by itself. If the words mean nothing to you, give them to \
                         support together with the extension's version.",
                    )
                    .documented(format!("kubectl --namespace {namespace} logs {pod} --container {container} --previous --tail=50"))
                    .documented(format!("kubectl --namespace {namespace} describe pod {pod}")),
                ),
        );
    }
    Ok(findings)
}

/// Says what is wrong with a container; `None` where nothing is, or where it was its memory.
fn trouble(facts: &Facts, held: &Held<'_>) -> Option<(String, Vec<Evidence>)> {
    let status = held.status;
    let whose = format!("The container {} of {}", status.name, held.owner_name());
    let waiting = status.state.waiting.as_ref();
    let reason = waiting.and_then(|waiting| waiting.reason.as_deref()).unwrap_or_default();
    if NOT_STARTED.contains(&reason) {
        let words = waiting.and_then(|waiting| waiting.message.as_ref()).map_or(reason, |message| message.as_str());
        return Some((
            format!("{whose} cannot be started ({reason})."),
            vec![Evidence::quoted(held.at("state.waiting"), words)],
        ));
    }
    let now = status.state.terminated.as_ref();
    let (field, ended) = match (now, status.last_state.terminated.as_ref()) {
        (Some(now), _) => ("state.terminated", Some(now)),
        (None, last) => ("lastState.terminated", last),
    };
    if ended.is_some_and(|ended| ended.reason.as_deref() == Some("OOMKilled")) {
        return None;
    }
    let is_recent = ended.is_some_and(|ended| {
        ended.exit_code != 0 && ended.finished_at.is_some_and(|when| facts.observed_at.duration_since(when) < LATELY)
    });
    let loops = reason == "CrashLoopBackOff";
    let keeps_ending = loops || (status.restart_count >= OFTEN && is_recent);
    if !keeps_ending {
        return None;
    }
    let how = ended.map_or(String::new(), |ended| format!(" The last time it ended{}.", how_it_ended(ended)));
    let state = if loops { " and waits to be started again (CrashLoopBackOff)" } else { "" };
    let message = format!("{whose} has been started again {} times{state}.{how}", status.restart_count);
    let words =
        ended.and_then(|ended| ended.message.as_ref()).map_or(String::new(), |words| format!(": {}", words.as_str()));
    let mut evidence = vec![match ended {
        Some(ended) => Evidence::quoted(held.at(field), format!("exit code {}{words}", ended.exit_code)),
        None => Evidence::quoted(held.at("state.waiting"), reason),
    }];
    // The log of a run that goes on says nothing of how the one before it ended.
    let log = held.log(facts).filter(|log| log.previous || waiting.is_some() || now.is_some());
    evidence.extend(log.map(|log| Evidence::quoted(log.at(), last_words(log, LINES).join("\n"))));
    Some((message, evidence))
}

/// Says how a container ended, behind "it ended".
fn how_it_ended(ended: &Terminated) -> String {
    let when = ended.finished_at.map_or(String::new(), |when| format!(" at {}", minute(when)));
    let code = ended.exit_code;
    let meaning = match code {
        0 => ", of its own will and without an error",
        126 | 127 => ": its command cannot be run, or is not in the image",
        137 => {
            ": it was killed (signal 9), but not for its own memory limit; a failed liveness probe or the node does that"
        }
        139 => ": it broke down (signal 11)",
        143 => ": it was told to stop (signal 15), as a failed liveness probe does",
        _ => "",
    };
    format!("{when} with exit code {code}{meaning}")
}
