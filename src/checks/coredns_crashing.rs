//! CoreDNS replicas do not come up: cluster DNS is down, or stands on what is left of it.
//!
//! Knowledge: coredns-on-aks.md sections 2.2 and 7: a pod that starts on a faulty configuration ends at once, and says
//! why in the log of that run; AKS#2623, azure-docs#78014. One that was refused while it ran shows it only at the next
//! start.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::agent;
use super::reading::corefile_words::{last_refusal, what};
use super::reading::dns_configuration::custom;
use super::reading::said::{Said, last_words};
use crate::catalogue::{Sign, classify};
use crate::facts::objects::{ContainerStatus, Log, Pod};
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB311",
    name: "coredns-crashing",
    hop: Hop::Dns,
    title: "the CoreDNS replicas run",
    needs: &[required(Need::DnsPods), helpful(Need::DnsLogs), helpful(Need::Nodes), helpful(Need::StorageLocations)],
    explains: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether CoreDNS pods end again and again, and whether any of them is ready at all.

Why it matters
  Without CoreDNS no name resolves in the cluster: the extension reaches neither the storage account nor
  Azure, and neither does anything else. Where the configuration is to blame, the replicas that still run
  will not come up again either.

How it is found
  The pods' statuses; the configuration error in the log of the run that ended. A replica that only starts,
  or one of several that waits for room, is none.

What to do
  Put coredns-custom right, or take the faulty part out: the pods read it at their next start, within five
  minutes. Do not delete the replicas that still run.

Sources
  CoreDNS, tried with every version that AKS ships; public reports (AKS issue 2623, azure-docs issues 63053
  and 78014); AKS documentation on CoreDNS.
";

/// A replica that has been unready for longer than this does not only start.
const STARTING: SignedDuration = SignedDuration::from_mins(2);

fn run(facts: &Facts) -> Judgement {
    let all = facts.dns_pods.rows(Need::DnsPods.what())?;
    let pods: Vec<&Pod> =
        all.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none() && !pod.has_ended()).collect();
    if pods.is_empty() {
        return Err(Stop::inconclusive("there is no CoreDNS pod (label k8s-app=kube-dns) to look at"));
    }
    let ready: Vec<&Pod> = pods.iter().copied().filter(|pod| pod.is_ready()).collect();
    let crashing: Vec<&Pod> = pods.iter().copied().filter(|pod| !pod.is_ready() && ended(pod).is_some()).collect();
    let is_down = ready.is_empty() && pods.iter().all(|pod| is_unready_for_long(facts, pod));
    if crashing.is_empty() && !is_down {
        return Ok(Vec::new());
    }
    Ok(vec![say(facts, &pods, &ready, &crashing)])
}

/// Returns the container of a pod that ended badly and waits to be started again.
fn ended(pod: &Pod) -> Option<&ContainerStatus> {
    pod.container_statuses().find(|status| {
        let loops = status.state.waiting.as_ref().and_then(|w| w.reason.as_deref()) == Some("CrashLoopBackOff");
        let failed = |state: &crate::facts::objects::ContainerState| {
            state.terminated.as_ref().is_some_and(|end| end.exit_code != 0)
        };
        loops || failed(&status.state) || (status.restart_count > 1 && !status.ready && failed(&status.last_state))
    })
}

fn is_unready_for_long(facts: &Facts, pod: &Pod) -> bool {
    let changed = pod.condition("Ready").and_then(|condition| condition.last_transition_time);
    changed.or(pod.metadata.creation_timestamp).is_some_and(|since| facts.observed_at.duration_since(since) > STARTING)
}

fn say(facts: &Facts, pods: &[&Pod], ready: &[&Pod], crashing: &[&Pod]) -> Finding {
    // The run that ended says why; where its log is gone, the next one may.
    let logs =
        || facts.dns_logs.known_rows().iter().filter(|log| crashing.iter().any(|pod| pod.metadata.name == log.pod));
    let refused = logs().filter(|log| log.previous).chain(logs().filter(|log| !log.previous)).find_map(last_refusal);
    let severity = if ready.is_empty() || refused.is_some() { Severity::Error } else { Severity::Warning };
    let mut message = if ready.is_empty() {
        "No CoreDNS replica is ready: CoreDNS answers nobody in the cluster, and what asks it resolves no name."
            .to_owned()
    } else {
        format!(
            "{} of {} CoreDNS replicas {} not come up: {}. {} still {}.",
            crashing.len(),
            pods.len(),
            if crashing.len() == 1 { "does" } else { "do" },
            listing(crashing.iter().map(|pod| pod.metadata.name.as_str()), 3),
            listing(ready.iter().map(|pod| pod.metadata.name.as_str()), 3),
            if ready.len() == 1 { "answers" } else { "answer" },
        )
    };
    let mut evidence: Vec<Evidence> = crashing.iter().take(2).filter_map(|pod| status_evidence(pod)).collect();
    if let Some(said) = &refused {
        message.push_str(&format!("\nThe configuration is refused when a replica starts: {}.", what(said)));
        if !ready.is_empty() {
            message.push_str(" Those that still run have read another one, and will not come up again either.");
        }
        evidence.push(said.evidence());
    } else if !crashing.is_empty() && crashing.iter().all(|pod| was_killed(pod)) {
        message.push_str("\nThe last run was killed because it reached its memory limit.");
    } else if let Some(log) = logs().find(|log| log.previous).or_else(|| logs().next()) {
        evidence.extend(last_line(log));
    }
    if crashing.is_empty() {
        evidence.extend(pods.iter().take(2).map(|pod| Evidence::at(format!("{} .status.conditions[Ready]", pod.at()))));
        if let Some((pod, words)) = pods.iter().find_map(|pod| Some((pod, pod.unschedulable()?))) {
            message.push_str("\nThe scheduler finds no node for them.");
            let at = format!("{} .status.conditions[PodScheduled].message", pod.at());
            evidence.push(Evidence::quoted(at, words.as_str()));
        }
    }
    let deployment = Subject::namespaced("apps/v1", "Deployment", "kube-system", "coredns");
    let mut finding = Finding::new(severity, deployment, message);
    finding.evidence = evidence;
    if refused.is_some() {
        finding = finding.concerning(custom());
    }
    if ready.is_empty() {
        finding.concerns.extend(facts.data_plane_endpoint().map(|name| agent::host_subject(&name)));
        finding.concerns.extend(blind_locations(facts));
    }
    finding
        .without(
            facts
                .unread(Need::DnsLogs)
                .filter(|_| refused.is_none())
                .map(|unread| format!("whether the configuration is to blame: {}", unread.why)),
        )
        .mended_by(remedy(refused.as_ref(), crashing, ready.is_empty()))
}

fn was_killed(pod: &Pod) -> bool {
    let Some(status) = ended(pod) else { return false };
    let end = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
    end.is_some_and(|end| end.reason.as_deref() == Some("OOMKilled"))
}

fn status_evidence(pod: &Pod) -> Option<Evidence> {
    let status = ended(pod)?;
    let waits = status.state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref());
    let end = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
    let words = match (waits, end) {
        (Some(waits), Some(end)) => format!(
            "{waits}, {} restarts, the last run ended with {} ({})",
            status.restart_count,
            end.exit_code,
            end.reason.as_deref().unwrap_or("no reason")
        ),
        (Some(waits), None) => format!("{waits}, {} restarts", status.restart_count),
        (None, Some(end)) => format!(
            "ended with {} ({}), {} restarts",
            end.exit_code,
            end.reason.as_deref().unwrap_or("no reason"),
            status.restart_count
        ),
        (None, None) => return Some(Evidence::at(pod.at())),
    };
    Some(Evidence::quoted(format!("{} .status.containerStatuses[{}]", pod.at(), status.name), words))
}

fn last_line(log: &Log) -> Option<Evidence> {
    last_words(log, 1).pop().map(|line| Evidence::quoted(log.at(), line))
}

/// Returns the storage locations whose own words say that a name was not resolved.
fn blind_locations(facts: &Facts) -> Vec<Subject> {
    let is_blind = |message: &str| {
        let dns = |sign: Sign| matches!(sign, Sign::DnsTimeout | Sign::DnsServerFailure);
        classify(message).first().is_some_and(|found| dns(found.sign))
    };
    let blind =
        facts.locations().filter(|row| row.is_unavailable() && row.status.message.as_deref().is_some_and(is_blind));
    blind.map(crate::facts::objects::StorageLocation::subject).collect()
}

fn remedy(refused: Option<&Said<'_>>, crashing: &[&Pod], is_down: bool) -> Remedy {
    let text = match (refused.is_some(), crashing.is_empty()) {
        (true, _) => {
            "Put the faulty part of coredns-custom right, or take it out; the ConfigMap coredns is AKS's own, and changes \
             there are undone. The pods read it at their next start, within five minutes. Do not delete replicas that \
             still run."
        }
        (false, false) if crashing.iter().all(|pod| was_killed(pod)) => {
            "See what asks so much of CoreDNS, and whether coredns-custom makes it keep or log more; AKS sets its limits. Do \
             not delete replicas that still run."
        }
        (false, false) => {
            "See in the log of the run that ended why, and whether coredns-custom was changed. Do not delete replicas that \
             still run."
        }
        (false, true) => "See in the pods' events what they wait for.",
    };
    let mut remedy = Remedy::guided(text);
    if !crashing.is_empty() {
        remedy = remedy.documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml");
    }
    for pod in crashing.iter().take(2) {
        remedy = remedy
            .documented(format!("kubectl --namespace kube-system logs {} --previous --tail=50", pod.metadata.name));
    }
    if is_down && crashing.is_empty() {
        remedy = remedy.documented("kubectl --namespace kube-system describe pods --selector k8s-app=kube-dns");
    }
    remedy
}
