//! A container was killed because it used more memory than it may.
//!
//! Knowledge: Azure Backup's troubleshooting page of 2025 (UserErrorBackupPluginPodRestartedDuring…), the
//! manage-backups page (memory limits, more than 1,000 resources). A kill that a completed backup has
//! followed is history.

use super::check::{Check, Judgement};
use super::reading::extension_parts::{is_past, run_on};
use super::reading::held::{Held, PODS, containers};
use super::reading::memory::raise_limit;
use crate::facts::objects::Terminated;
use crate::facts::{Facts, Need, helpful};
use crate::finding::{Evidence, Finding, Hop, Remedy, counted, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB116",
    name: "container-oom-killed",
    hop: Hop::Extension,
    title: "the extension's containers keep within their memory",
    needs: &[PODS[0], PODS[1], helpful(Need::Backups), helpful(Need::ExtensionConfigs)],
    explains: &[
        "UserErrorBackupPluginPodRestartedDuringBackup",
        "UserErrorBackupPluginPodRestartedDuringRestore",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "UserErrorKubernetesBackupExtensionHasErrors",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a container of the extension, or of the extension manager in kube-system, ended as OOMKilled.

Why it matters
  A backup or restore that runs at that moment fails: the pod starts again and marks it as failed. Clusters
  with many resources need more memory than the default.

How it is found
  The container's present or last state says OOMKilled. A backup that began after the kill and completed
  ends the matter, and so does a day in which the container has been ready.

What to do
  Raise the extension's memory limit, step by step. The limits of the extension manager are AKS's own.

Sources
  Azure Backup's troubleshooting page for AKS (06/2025), UserErrorBackupPluginPodRestartedDuringBackup.
";

fn run(facts: &Facts) -> Judgement {
    let mut findings: Vec<Finding> = Vec::new();
    for held in containers(facts)? {
        let Some((field, ended)) = killed(&held) else { continue };
        if is_history(facts, &held, ended) {
            continue;
        }
        let message = message(&held, ended);
        let evidence = Evidence::quoted(held.at(field), format!("OOMKilled, exit code {}", ended.exit_code));
        if let Some(known) = findings.iter_mut().find(|known| known.subject == held.owner) {
            known.message.push('\n');
            known.message.push_str(&message);
            known.evidence.push(evidence);
            continue;
        }
        let finding = Finding::new(held.severity(facts), held.owner.clone(), message)
            .seen(evidence)
            .concerning(held.pod.subject())
            .without(
                facts
                    .unread(Need::Backups)
                    .filter(|_| !held.is_manager)
                    .map(|unread| format!("whether a backup has completed since: {}", unread.why)),
            )
            .mended_by(remedy(facts, &held));
        findings.push(finding);
    }
    Ok(findings)
}

fn killed<'f>(held: &Held<'f>) -> Option<(&'static str, &'f Terminated)> {
    let of = |field, ended: Option<&'f Terminated>| {
        let ended = ended.filter(|ended| ended.reason.as_deref() == Some("OOMKilled"))?;
        Some((field, ended))
    };
    of("state.terminated", held.status.state.terminated.as_ref())
        .or_else(|| of("lastState.terminated", held.status.last_state.terminated.as_ref()))
}

/// Returns whether the container has got over it: it is ready, and that for a day or since a backup that completed.
fn is_history(facts: &Facts, held: &Held<'_>, ended: &Terminated) -> bool {
    if held.pod.metadata.owner("Job").is_some() {
        return run_on(facts) && ended.finished_at.is_some_and(|when| is_past(facts, when));
    }
    held.status.ready
        && (ended.finished_at.is_some_and(|when| is_past(facts, when))
            || (!held.is_manager && was_followed_by_success(facts, ended)))
}

fn was_followed_by_success(facts: &Facts, ended: &Terminated) -> bool {
    let Some(when) = ended.finished_at else { return false };
    facts.backups.known_rows().iter().any(|backup| {
        backup.status.phase.as_deref() == Some("Completed") && backup.began().is_some_and(|began| began > when)
    })
}

fn limit<'f>(held: &Held<'f>) -> Option<&'f str> {
    held.spec.and_then(|spec| spec.resources.limits.get("memory")).map(String::as_str)
}

fn message(held: &Held<'_>, ended: &Terminated) -> String {
    let when = ended.finished_at.map_or(String::new(), |when| format!(" at {}", minute(when)));
    let bound = limit(held).map_or_else(
        || "It has no limit of its own: the node, or a limit of the whole pod, ran out.".to_owned(),
        |limit| format!("Its limit is {limit}."),
    );
    let restarts = usize::try_from(held.status.restart_count).unwrap_or(usize::MAX);
    let again = match restarts {
        0 => String::new(),
        _ => format!(" It has been started again {} in all.", counted(restarts, "time", "times")),
    };
    format!(
        "The container {} of {} was killed for its use of memory (OOMKilled){when}. {bound}{again}",
        held.status.name,
        held.owner_name()
    )
}

fn remedy(facts: &Facts, held: &Held<'_>) -> Remedy {
    if held.is_manager {
        return Remedy::guided(
            "The limits of the extension manager are AKS's own and cannot be set. See how many extensions and how large \
             settings it serves, and open a support request.",
        )
        .documented("kubectl --namespace kube-system top pods --containers --selector app.kubernetes.io/name=extension-manager");
    }
    if limit(held).is_none() {
        return Remedy::guided(
            "Without a limit of the container's own the node's memory decides: see what uses it up on the pod's node, and \
             move that away or give the extension a node with more room.",
        )
        .documented(format!("kubectl describe node {}", held.pod.spec.node_name.as_deref().unwrap_or("NODE")));
    }
    raise_limit(facts, limit(held), "A backup needs more memory the more resources the cluster has.")
}
