//! Something that the extension stands on does not run, whatever the reason.
//!
//! Knowledge: founding page (pods not Running: HasErrors, TrackingTimeOut, DeleteBackupOperationFailed). It is the
//! umbrella: taints, quota, images and crashes have checks of their own, which explain it. The extension manager's
//! pods in kube-system have a check of their own.

use super::check::{Check, Judgement};
use super::reading::extension_parts::severity;
use super::reading::unready::{first_sentence, is_after, is_fresh, is_young, look, state_of};
use super::reading::waiting::workload_of;
use crate::facts::objects::{Event, Pod, Workload};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Subject, counted, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB121",
    name: "pods-not-ready",
    hop: Hop::Extension,
    title: "the extension's pods are ready",
    needs: &[
        required(Need::Pods),
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
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether every Deployment of the extension has its pods ready, and whether a Job's pod waits.

Why it matters
  Without the extension's pods nothing is backed up, restored, or deleted when it expires.

How it is found
  Ready pods are counted against those that are wanted. What has been so for less than five minutes is
  starting, and does not count. Why, the checks of the single causes say, where one of them applies.

What to do
  What the cause says. Where no cause is told, the pod's description and events are the place to look.

Sources
  Azure Backup's troubleshooting page for AKS.
";

fn run(facts: &Facts) -> Judgement {
    if facts.deployments.known().is_none() {
        facts.pods.rows(Need::Pods.what())?;
    }
    let mut findings = Vec::new();
    let deployments = facts.deployments.known_rows().iter();
    for deployment in deployments.filter(|deployment| facts.is_own(&deployment.metadata)) {
        findings.extend(of_deployment(facts, deployment));
    }
    findings.extend(of_pods(facts));
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
fn of_pods(facts: &Facts) -> Vec<Finding> {
    let mut groups: Vec<(Subject, Vec<&Pod>)> = Vec::new();
    for pod in facts.own_pods().filter(|pod| !pod.has_ended()) {
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
            && facts.deployments.known_rows().iter().any(|known| Some(&known.metadata.name) == owner.name.as_ref());
        let is_bad =
            |pod: &&&Pod| if is_job { pod.status.phase.as_deref() == Some("Pending") } else { !pod.is_ready() };
        let bad: Vec<&&Pod> = members.iter().filter(is_bad).collect();
        if bad.is_empty() || has_spoken || bad.iter().all(|pod| is_young(facts, pod)) {
            continue;
        }
        let kind = owner.kind.as_deref().unwrap_or("Pod");
        let name = owner.name.clone().unwrap_or_default();
        let mut message = if is_job {
            format!("The Job {name} does not start.")
        } else {
            format!("The {kind} {name} has {} not ready.", counted(bad.len(), "pod", "pods"))
        };
        for pod in bad.iter().take(3) {
            message.push_str(&format!("\n{} {}.", pod.metadata.name, state_of(pod)));
        }
        let mut finding = Finding::new(severity(facts, &name), owner, message);
        for pod in bad.iter().take(3) {
            let phase = pod.status.phase.as_deref().unwrap_or("Unknown");
            finding = finding.seen(Evidence::quoted(format!("{} .status", pod.at()), phase));
        }
        finding.concerns.extend(bad.iter().map(|pod| pod.subject()));
        let namespace = bad.first().map_or("default", |pod| pod.metadata.namespace());
        let first = bad.first().map(|pod| pod.metadata.name.as_str());
        findings.push(finding.mended_by(look(namespace, &name, first)));
    }
    findings
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

fn since(deployment: &Workload) -> String {
    let changed = deployment.condition("Available").filter(|condition| condition.status == "False");
    changed
        .and_then(|condition| condition.last_transition_time)
        .map_or(String::new(), |when| format!(", since {}", minute(when)))
}

fn pods_of(wanted: u32) -> String {
    counted(usize::try_from(wanted).unwrap_or(usize::MAX), "pod", "pods")
}
