//! The extension manager's pods in kube-system, which bring every extension to the cluster, do not run.
//!
//! Knowledge: Azure/AKS#3359 (its own pods unschedulable: every extension hangs in Creating, without a word);
//! coredns-on-aks.md 1.9: on many clusters AKS runs the manager in its control plane, so pods that are not there are no
//! trouble. Images, crashes and memory have checks of their own, which explain it.

use super::check::{Check, Judgement};
use super::reading::agent;
use super::reading::unready::{is_young, look, state_of};
use super::reading::waiting::workload_of;
use crate::catalogue::{Why, scheduling};
use crate::facts::objects::Pod;
use crate::facts::{Facts, Need, SYSTEM_NAMESPACE, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB128",
    name: "agent-not-ready",
    hop: Hop::Extension,
    title: "the extension manager's pods are ready, where it runs in the cluster",
    needs: &[required(Need::AgentPods), helpful(Need::ExtensionConfigs)],
    explains: &["EXT_AGENT_DISCONNECTED_48H", "UserErrorKubernetesBackupExtensionHasErrors"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether extension-agent and extension-operator in kube-system, the two parts of the extension manager,
  have a ready pod, where they have pods at all.

Why it matters
  extension-agent fetches from Azure what is to be installed, extension-operator installs it. Without them
  nothing is installed, changed or removed, and Azure says Creating until it gives up. What is installed
  goes on working, so then it is a warning.

How it is found
  The pods' own states. What has been so for less than five minutes is starting, and does not count. No pods
  at all are no trouble: on many clusters AKS runs the manager in its control plane.

What to do
  What the state says: a pool whose taint the manager does not tolerate, an image, a crash. The manager is
  AKS' own: its Deployments are not to be changed.

Sources
  Azure/AKS#3359; Microsoft's page on cluster extension deployment errors.
";

fn run(facts: &Facts) -> Judgement {
    let pods = facts.agent_pods.rows(Need::AgentPods.what())?;
    let mut groups: Vec<(Subject, Vec<&Pod>)> = Vec::new();
    for pod in pods.iter().filter(|pod| !pod.has_ended()) {
        let owner = workload_of(pod).unwrap_or_else(|| pod.subject());
        match groups.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, members)) => members.push(pod),
            None => groups.push((owner, vec![pod])),
        }
    }
    // One ready pod does the work of all; a pod that goes says nothing.
    let unready = groups.into_iter().filter(|(_, pods)| {
        let mut staying = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).peekable();
        !pods.iter().any(|pod| pod.is_ready()) && staying.peek().is_some() && !staying.all(|pod| is_young(facts, pod))
    });
    Ok(unready.map(|(owner, pods)| of_workload(facts, owner, &pods)).collect())
}

fn of_workload(facts: &Facts, owner: Subject, pods: &[&Pod]) -> Finding {
    let kind = owner.kind.clone().unwrap_or_else(|| "Pod".to_owned());
    let name = owner.name.clone().unwrap_or_default();
    let mut message = format!("The {kind} {name} of the extension manager in {SYSTEM_NAMESPACE} has no ready pod.");
    for pod in pods.iter().take(MOST_SHOWN) {
        message.push_str(&format!("\n{} {}.", pod.metadata.name, state_of(pod)));
    }
    message.push('\n');
    message.push_str(agent::consequence(facts));
    let mut finding = Finding::new(agent::severity(facts), owner, message);
    for pod in pods.iter().take(MOST_SHOWN) {
        finding = finding.seen(match pod.unschedulable() {
            Some(words) => {
                Evidence::quoted(format!("{} .status.conditions[PodScheduled].message", pod.at()), words.as_str())
            }
            None => {
                let phase = pod.status.phase.as_deref().unwrap_or("Unknown");
                Evidence::quoted(format!("{} .status.phase", pod.at()), phase)
            }
        });
    }
    finding.concerns.extend(pods.iter().map(|pod| pod.subject()));
    let finding =
        finding.without(facts.unread(Need::ExtensionConfigs).map(|unread| {
            format!("whether the extension is installed, so that backups go on for now: {}", unread.why)
        }));
    finding.mended_by(remedy(&name, pods))
}

/// How many pods are shown one by one.
const MOST_SHOWN: usize = 3;

fn remedy(workload: &str, pods: &[&Pod]) -> Remedy {
    let first = pods.first().map(|pod| pod.metadata.name.as_str());
    let reasons: Vec<Why> = pods
        .iter()
        .filter_map(|pod| scheduling(pod.unschedulable()?))
        .flat_map(|said| said.reasons)
        .map(|reason| reason.why)
        .collect();
    let mut remedy = look(SYSTEM_NAMESPACE, workload, first);
    let is_taint = |why: &Why| matches!(why, Why::Taint { .. });
    let is_room = |why: &Why| matches!(why, Why::Insufficient { .. } | Why::TooManyPods);
    let text = match (reasons.iter().any(is_room), reasons.iter().any(is_taint)) {
        (true, true) => {
            "Either of two things gives it a place: room on a node that it may use, or a pool without the taint. Its \
             Deployment is AKS' own; a toleration that is added to it would be undone."
        }
        (true, false) => "It needs room on a node that it may use: more nodes in such a pool, or fewer pods on them.",
        (false, true) => {
            "Give it a pool without that taint, or take the taint off a pool: more nodes of the same pools do not help. Its \
             Deployment is AKS' own; a toleration that is added to it would be undone."
        }
        (false, false) => return remedy,
    };
    text.clone_into(&mut remedy.text);
    remedy.documented(
        "az aks nodepool list --resource-group RESOURCE_GROUP --cluster-name CLUSTER --query \"[].{name:name, count:count, mode:mode, taints:nodeTaints}\" --output table",
    )
}
