//! Something that the extension stands on does not run, whatever the reason.
//!
//! Knowledge: founding page (pods not Running: HasErrors, TrackingTimeOut, DeleteBackupOperationFailed),
//! AKS#3359 (the extension manager's own pods unschedulable: every extension hangs in Creating). It is the
//! umbrella: taints, quota, images and crashes have checks of their own, which explain it.

use jiff::{SignedDuration, Timestamp};

use super::check::{Check, Judgement};
use super::reading::agent;
use super::reading::extension_parts::severity;
use super::reading::held::PODS;
use super::reading::waiting::workload_of;
use crate::facts::objects::{Event, Meta, Pod, Workload};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Subject, counted, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB121",
    name: "pods-not-ready",
    hop: Hop::Extension,
    title: "the extension's pods are ready",
    needs: &[
        PODS[0],
        PODS[1],
        required(Need::Deployments),
        helpful(Need::ReplicaSets),
        helpful(Need::Events),
        helpful(Need::ExtensionConfigs),
    ],
    explains: &[
        "UserErrorKubernetesBackupExtensionHasErrors",
        "UserErrorKubernetesBackupExtensionUnhealthy",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "UserErrorKubernetesCustomResourcesNotPickedUpByExtension",
        "BackupPluginDeleteBackupOperationFailed",
        "INSTALL_GENEVA_SERVICE_NOT_READY",
        "EXT_AGENT_DISCONNECTED_48H",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether every Deployment of the extension has its pods ready, whether a Job's pod waits, and whether the
  extension manager's pods in kube-system (extension-agent, extension-operator) are ready where there are any.

Why it matters
  Without the extension's pods nothing is backed up, restored, or deleted when it expires. Without the
  extension manager nothing is installed or changed.

How it is found
  Ready pods are counted against those that are wanted. What has been so for less than five minutes is
  starting, and does not count. Why, the checks of the single causes say, where one of them applies.

What to do
  What the cause says. Where no cause is told, the pod's description and events are the place to look.

Sources
  Azure Backup's troubleshooting page for AKS; Azure/AKS#3359.
";

/// What has not been ready for less than this is starting.
const STARTING: SignedDuration = SignedDuration::from_mins(5);

fn run(facts: &Facts) -> Judgement {
    if facts.deployments.known().is_none() && facts.agent_pods.known().is_none() {
        facts.pods.rows(Need::Pods.what())?;
    }
    let mut findings = Vec::new();
    let deployments = facts.deployments.known_rows().iter();
    for deployment in deployments.filter(|deployment| facts.is_own(&deployment.metadata)) {
        findings.extend(of_deployment(facts, deployment));
    }
    findings.extend(of_pods(facts, facts.own_pods(), false));
    findings.extend(of_pods(facts, facts.agent_pods.known_rows().iter(), true));
    // A pod of a Deployment that has been told already adds nothing; one whose Deployments were not read does.
    let mut told: Vec<Subject> = Vec::new();
    findings.retain(|finding: &Finding| {
        let is_new = !told.contains(&finding.subject);
        told.push(finding.subject.clone());
        is_new
    });
    Ok(findings)
}

fn of_deployment(facts: &Facts, deployment: &Workload) -> Option<Finding> {
    let name = &deployment.metadata.name;
    let namespace = deployment.metadata.namespace();
    let subject = Subject::namespaced("apps/v1", "Deployment", namespace, name);
    let at = format!("deployment.apps/{namespace}/{name}");
    let (wanted, ready) = (deployment.wanted(), deployment.status.ready_replicas);
    if wanted == 0 {
        let remedy = Remedy::guided("If nobody wants it so, scale it to 1 again.")
            .documented(format!("kubectl --namespace {namespace} scale deployment {name} --replicas=1"));
        let message = format!("The Deployment {name} is scaled to 0, so no pod of it runs.");
        return Some(
            Finding::new(severity(facts, name), subject, message)
                .seen(Evidence::quoted(format!("{at} .spec.replicas"), "0"))
                .mended_by(remedy),
        );
    }
    if ready >= wanted || is_starting(facts, deployment) {
        return None;
    }
    let pods: Vec<&Pod> = facts
        .pods
        .known_rows()
        .iter()
        .filter(|pod| workload_of(pod).as_ref() == Some(&subject) && !pod.has_ended())
        .collect();
    let mut message = format!("The Deployment {name} has {ready} of {} ready{}.", pods_of(wanted), since(deployment));
    let mut evidence = vec![Evidence::quoted(format!("{at} .status.readyReplicas"), ready.to_string())];
    let unready: Vec<&&Pod> = pods.iter().filter(|pod| !pod.is_ready()).collect();
    if deployment.status.replicas == 0 && pods.is_empty() {
        message.push_str(" No pod of it exists.");
        if let Some(event) = refused_creation(facts, name) {
            message.push_str(" The cluster would not let one be created:");
            message.push_str(
                &event.message.as_ref().map_or(String::new(), |words| format!(" {}.", first_sentence(words))),
            );
            evidence.push(Evidence::quoted(event.at(), event.message.as_ref().map_or("", |words| words.as_str())));
        }
    }
    for pod in unready.iter().take(3) {
        message.push_str(&format!("\n{} {}.", pod.metadata.name, state_of(pod)));
        evidence
            .push(Evidence::quoted(format!("{} .status", pod.at()), pod.status.phase.as_deref().unwrap_or("Unknown")));
    }
    let mut finding = Finding::new(severity(facts, name), subject, message);
    finding.evidence = evidence;
    finding.concerns.extend(unready.iter().map(|pod| pod.subject()));
    Some(
        finding
            .without(
                facts
                    .unread(Need::Events)
                    .filter(|_| pods.is_empty())
                    .map(|unread| format!("why no pod of it is created: {}", unread.why)),
            )
            .mended_by(look(namespace, name, unready.first().map(|pod| pod.metadata.name.as_str()))),
    )
}

/// Tells of pods that are not ready, one finding a workload; of a Job's pods only those that do not start.
fn of_pods<'f>(facts: &'f Facts, pods: impl Iterator<Item = &'f Pod>, is_manager: bool) -> Vec<Finding> {
    let mut groups: Vec<(Subject, Vec<&Pod>)> = Vec::new();
    for pod in pods.filter(|pod| !pod.has_ended()) {
        let owner = workload_of(pod).unwrap_or_else(|| pod.subject());
        match groups.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, members)) => members.push(pod),
            None => groups.push((owner, vec![pod])),
        }
    }
    let mut findings = Vec::new();
    for (owner, members) in groups {
        let is_job = owner.kind.as_deref() == Some("Job");
        // Deployments of the extension speak for their pods where they were read.
        let has_spoken = owner.kind.as_deref() == Some("Deployment")
            && facts.deployments.known_rows().iter().any(|known| Some(&known.metadata.name) == owner.name.as_ref())
            && !is_manager;
        let is_bad =
            |pod: &&&Pod| if is_job { pod.status.phase.as_deref() == Some("Pending") } else { !pod.is_ready() };
        let bad: Vec<&&Pod> = members.iter().filter(is_bad).collect();
        let is_served = is_manager && members.iter().any(|pod| pod.is_ready());
        if bad.is_empty() || has_spoken || is_served || bad.iter().all(|pod| is_young(facts, pod)) {
            continue;
        }
        let kind = owner.kind.as_deref().unwrap_or("Pod");
        let name = owner.name.clone().unwrap_or_default();
        let mut message = match (is_manager, is_job) {
            (true, _) => format!("The {kind} {name} of the extension manager in kube-system has no ready pod."),
            (_, true) => format!("The Job {name} does not start."),
            _ => format!("The {kind} {name} has {} not ready.", counted(bad.len(), "pod", "pods")),
        };
        for pod in bad.iter().take(3) {
            message.push_str(&format!("\n{} {}.", pod.metadata.name, state_of(pod)));
        }
        if is_manager {
            message.push('\n');
            message.push_str(agent::consequence(facts));
        }
        let severity = if is_manager { agent::severity(facts) } else { severity(facts, &name) };
        let mut finding = Finding::new(severity, owner, message);
        for pod in bad.iter().take(3) {
            let phase = pod.status.phase.as_deref().unwrap_or("Unknown");
            finding = finding.seen(Evidence::quoted(format!("{} .status", pod.at()), phase));
        }
        finding.concerns.extend(bad.iter().map(|pod| pod.subject()));
        let namespace = bad.first().map_or("kube-system", |pod| pod.metadata.namespace());
        let first = bad.first().map(|pod| pod.metadata.name.as_str());
        findings.push(finding.mended_by(look(namespace, &name, first)));
    }
    findings
}

/// Says what keeps a pod from being ready, behind its name.
fn state_of(pod: &Pod) -> String {
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

/// Returns the newest event that says why a Deployment's ReplicaSet got no pod.
fn refused_creation<'f>(facts: &'f Facts, deployment: &str) -> Option<&'f Event> {
    let is_of = |event: &&Event| {
        let about = &event.involved_object;
        let owned =
            about.kind == "ReplicaSet" && about.name.rsplit_once('-').is_some_and(|(name, _)| name == deployment);
        owned && event.reason.as_deref() == Some("FailedCreate")
    };
    facts.events.known_rows().iter().filter(is_of).max_by_key(|event| event.when())
}

fn is_starting(facts: &Facts, deployment: &Workload) -> bool {
    let changed = deployment.condition("Available").and_then(|condition| condition.last_transition_time);
    is_fresh(facts, &deployment.metadata) || changed.is_some_and(|when| is_after(facts, when))
}

/// Returns whether a pod, or its not being ready, is too young to say anything.
fn is_young(facts: &Facts, pod: &Pod) -> bool {
    let changed = pod.condition("Ready").and_then(|condition| condition.last_transition_time);
    is_fresh(facts, &pod.metadata) || changed.is_some_and(|when| is_after(facts, when))
}

fn is_fresh(facts: &Facts, meta: &Meta) -> bool {
    meta.creation_timestamp.is_some_and(|when| is_after(facts, when))
}

fn is_after(facts: &Facts, when: Timestamp) -> bool {
    facts.observed_at.duration_since(when) < STARTING
}

fn since(deployment: &Workload) -> String {
    let changed = deployment.condition("Available").filter(|condition| condition.status == "False");
    changed
        .and_then(|condition| condition.last_transition_time)
        .map_or(String::new(), |when| format!(", since {}", minute(when)))
}

fn pods_of(wanted: u32) -> String {
    counted(usize::try_from(wanted).unwrap_or(usize::MAX), "pod", "pods")
}

/// The first sentence of a message; the rest is in the evidence of the check that knows it.
fn first_sentence(words: &str) -> &str {
    words.split(". ").next().unwrap_or(words).trim_end_matches('.')
}

fn look(namespace: &str, workload: &str, pod: Option<&str>) -> Remedy {
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
