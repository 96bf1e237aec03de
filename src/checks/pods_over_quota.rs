//! A ResourceQuota of the extension's namespace leaves no room for its pods, or demands what they do not state.
//!
//! Knowledge: the words of the API server's quota admission. A pod that may not be created is never Pending: there is
//! no pod at all, only an event on its ReplicaSet or Job.

use std::collections::BTreeMap;

use super::check::{Check, Judgement};
use super::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::refused::{Refused, grouped};
use crate::catalogue::{Captured, Sign};
use crate::facts::objects::{Labels, Quota};
use crate::facts::{Facts, Need, Quantity, helpful};
use crate::finding::{Evidence, Finding, Hop, Remedy, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB108",
    name: "pods-over-quota",
    hop: Hop::Extension,
    title: "quotas of the namespace let the extension's pods in",
    needs: &[EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS, helpful(Need::Quotas)],
    explains: &[
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "BackupPluginDeleteBackupOperationFailed",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the API server refuses to create pods of the extension because of a ResourceQuota: because
  it is used up, or because it demands requests or limits that the pods do not state.

Why it matters
  The pods are never created, helm waits for them in vain and takes the installation back. No node
  is short of anything, so more nodes do not help.

How it is found
  Events on the extension's ReplicaSets and Jobs, and the ReplicaSets' own conditions, unless the pods
  have been created since. How much is missing is worked out from the quota and from what the missing
  pods ask for.

What to do
  Raise the quota by what is missing, or take it out of the extension's namespace. Where it demands
  what the pods do not state, a LimitRange with defaults states it for them.

Sources
  The Kubernetes documentation of resource quotas; Azure Backup's troubleshooting page for AKS,
  scenario 1, whose advice (more nodes) does not fit this cause.
";

fn run(facts: &Facts) -> Judgement {
    let name = |captured: &Captured| match captured {
        Captured::Quota { quota, .. } => quota.clone(),
        _ => None,
    };
    let used_up = grouped(refusals(facts, &[Sign::QuotaExceeded])?, name);
    let demanding = grouped(refusals(facts, &[Sign::QuotaWantsLimits])?, name);
    let mut findings: Vec<Finding> = used_up.iter().map(|refused| exceeded(refused, facts)).collect();
    for refused in &demanding {
        // What a quota demands comes to light pod by pod; one finding for each quota is enough.
        let finding = wants_limits(refused, facts);
        if !findings.iter().any(|known| known.subject == finding.subject) {
            findings.push(finding);
        }
    }
    Ok(findings)
}

fn subject(refused: &Refused<'_>, facts: &Facts) -> Subject {
    let namespace = facts.extension.namespace.as_str();
    match &refused.by {
        Some(name) => Subject::namespaced("v1", "ResourceQuota", namespace, name),
        None => Subject::cluster_wide("v1", "Namespace", namespace),
    }
}

fn quota_of<'f>(refused: &Refused<'_>, facts: &'f Facts) -> Option<&'f Quota> {
    facts.quotas.known_rows().iter().find(|quota| Some(&quota.metadata.name) == refused.by.as_ref())
}

fn called(refused: &Refused<'_>) -> String {
    refused.by.as_ref().map_or_else(|| "A ResourceQuota".to_owned(), |name| format!("ResourceQuota {name}"))
}

fn exceeded(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let namespace = &facts.extension.namespace;
    let mut message = format!(
        "{} in namespace {namespace} left no room for {} when they were last tried, so the API server did not create \
         them.",
        called(refused),
        refused.whose()
    );
    let quota = quota_of(refused, facts);
    let lines = reckon(refused, quota);
    let fits = quota.is_some() && !lines.is_empty() && lines.iter().all(|line| line.missing.is_none());
    for line in lines.iter().filter(|line| fits || line.missing.is_some()) {
        message.push_str(&format!("\n{}", line.words));
    }
    if fits {
        message.push_str("\nBy what the quota says now there is room; the pods are tried again within some minutes.");
    }
    message.push_str(&refused.ending());
    let mut finding = refused.finding(facts, subject(refused, facts), message);
    if let Some(quota) = quota {
        let at = format!("resourcequota/{namespace}/{} .status", quota.metadata.name);
        finding = finding.seen(Evidence::quoted(at, status(quota, &lines)));
    }
    finding = finding.without(
        facts.unread(Need::Quotas).map(|unread| format!("what the quota allows and what is used now: {}", unread.why)),
    );
    let more: Vec<&str> = lines.iter().filter_map(|line| line.missing.as_deref()).collect();
    let by = if more.is_empty() { String::new() } else { format!(" by at least {}", listing(more, 6)) };
    let name = refused.by.as_deref().unwrap_or("QUOTA");
    if fits {
        let text = "Wait some minutes for the next attempt; if helm has given up by then, install the extension again.";
        let command = format!("kubectl get replicasets,jobs --namespace {namespace}");
        return finding.mended_by(Remedy::guided(text).documented(command));
    }
    finding.mended_by(
        Remedy::guided(format!(
            "Raise the quota{by}, or take it out of the extension's namespace; whoever set it must agree.{}",
            refused.afterwards()
        ))
        .documented(format!("kubectl describe resourcequota {name} --namespace {namespace}"))
        .documented(format!("kubectl edit resourcequota {name} --namespace {namespace}")),
    )
}

/// What there is to say of one resource of a quota.
struct Line {
    resource: String,
    words: String,
    missing: Option<String>,
}

/// Works out how much of each resource the missing pods lack.
fn reckon(refused: &Refused<'_>, quota: Option<&Quota>) -> Vec<Line> {
    // Resource: what the missing pods ask for together, what the message says is used, and its limit.
    let mut wanted: BTreeMap<String, (Quantity, Option<Quantity>, Option<Quantity>)> = BTreeMap::new();
    for refusal in refused.workloads() {
        let Captured::Quota { requested, used, limited, .. } = &refusal.told.captured else { continue };
        let (used, limited) = (amounts(used.as_deref()), amounts(limited.as_deref()));
        for (resource, each) in amounts(requested.as_deref()) {
            let pods = refusal.missing.unwrap_or(1).max(1);
            let entry = wanted.entry(resource.clone()).or_default();
            // The number of pods is small; a number that is not is nonsense and is cut.
            entry.0 = (0..pods.min(1000)).fold(entry.0, |sum, _| sum.plus(each));
            entry.1 = entry.1.or(used.get(&resource).copied());
            entry.2 = entry.2.or(limited.get(&resource).copied());
        }
    }
    wanted
        .into_iter()
        .map(|(resource, (asked, said_used, said_limit))| {
            let now = |map: Option<&Labels>| map.and_then(|map| Quantity::parse(map.get(&resource)?));
            let used = now(quota.map(|quota| &quota.status.used)).or(said_used);
            let hard = now(quota.map(|quota| &quota.status.hard)).or(said_limit);
            let show = |amount: Quantity| shown(&resource, amount);
            let mut words = format!("{resource}: {} is asked for by what is missing", show(asked));
            let mut missing = None;
            if let (Some(used), Some(hard)) = (used, hard) {
                words.push_str(&format!(", {} of {} is used", show(used), show(hard)));
                let lack = used.plus(asked).minus(hard);
                if lack.is_positive() {
                    words.push_str(&format!(", so {} more is needed", show(lack)));
                    missing = Some(format!("{} of {resource}", show(lack)));
                }
            }
            words.push('.');
            Line { resource, words, missing }
        })
        .collect()
}

/// Reads `requests.cpu=500m,requests.memory=1Gi`.
fn amounts(text: Option<&str>) -> BTreeMap<String, Quantity> {
    let parts = text.unwrap_or_default().split(',');
    parts
        .filter_map(|part| {
            let (resource, amount) = part.trim().split_once('=')?;
            Some((resource.trim().to_owned(), Quantity::parse(amount.trim_matches(['"', ' ', '.']))?))
        })
        .collect()
}

fn shown(resource: &str, amount: Quantity) -> String {
    if resource.contains("memory") || resource.contains("storage") { amount.as_memory() } else { amount.as_cpu() }
}

fn status(quota: &Quota, lines: &[Line]) -> String {
    let parts: Vec<String> = quota
        .status
        .hard
        .iter()
        .filter(|(resource, _)| lines.is_empty() || lines.iter().any(|line| line.resource == **resource))
        .map(|(resource, hard)| {
            let used = quota.status.used.get(resource).map_or("?", String::as_str);
            format!("{resource}: {used} of {hard} used")
        })
        .collect();
    parts.join(", ")
}

fn wants_limits(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let namespace = &facts.extension.namespace;
    let said = refused.all.iter().find_map(|refusal| match &refusal.told.captured {
        Captured::Quota { requested, .. } => requested.as_deref(),
        _ => None,
    });
    let said = said.map(|said| format!(" Not stated: {said}.")).unwrap_or_default();
    let mut message = format!(
        "{} in namespace {namespace} demands that every container states what it asks for or may not exceed, and {} do \
         not all state it, so the API server does not create them.{said}",
        called(refused),
        refused.whose()
    );
    message.push_str(&refused.ending());
    let name = refused.by.as_deref().unwrap_or("QUOTA");
    refused.finding(facts, subject(refused, facts), message).mended_by(
        Remedy::guided(format!(
            "Give the namespace a LimitRange of type Container whose default and defaultRequest state what the containers \
             leave open, or take the quota out of the extension's namespace; whoever set it must agree.{}",
            refused.afterwards()
        ))
        .documented(format!("kubectl describe resourcequota {name} --namespace {namespace}"))
        .documented(format!("kubectl get limitranges --namespace {namespace}")),
    )
}
