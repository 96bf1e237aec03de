//! The extension's pods ask for more or less than a LimitRange allows, or for more than their own limit.
//!
//! Knowledge: the words of the API server's limit admission and validation; facts/azure-backup.md section 3.3 (what
//! the pods ask for) and section 5 (which of it can be set through the extension's settings).

use super::check::{Check, Judgement};
use super::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::refused::{Refused, grouped};
use crate::catalogue::Sign;
use crate::facts::objects::{Container, Labels, LimitRange, LimitRangeItem};
use crate::facts::{Facts, Fetched, Need, Quantity, helpful};
use crate::finding::{Evidence, Finding, Hop, Remedy, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB109",
    name: "pods-outside-limits",
    hop: Hop::Extension,
    title: "limits of the namespace let the extension's pods in",
    needs: &[EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS, helpful(Need::LimitRanges)],
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
  Whether the API server refuses to create pods of the extension because a LimitRange of the
  namespace allows less, or demands more, than they ask for, or because a container asks for more
  than its own limit.

Why it matters
  The pods are never created, helm waits for them in vain and takes the installation back. No node
  is short of anything, so more nodes do not help.

How it is found
  Events on the extension's ReplicaSets and Jobs, and the ReplicaSets' own conditions, unless the pods
  have been created since; the namespace's LimitRanges.

What to do
  Change the LimitRange, or take it out of the extension's namespace. Where a container asks for more
  than its own limit, raise the limit in the extension's settings.

Sources
  The Kubernetes documentation of limit ranges; Azure Backup's troubleshooting page for AKS,
  scenario 1, whose advice (more nodes) does not fit this cause.
";

fn run(facts: &Facts) -> Judgement {
    // Whatever a LimitRange says of each pod, it is one thing to mend.
    let by_range = grouped(refusals(facts, &[Sign::LimitRange])?, |_| None);
    let by_itself = grouped(refusals(facts, &[Sign::RequestAboveLimit])?, |_| None);
    let mut findings: Vec<Finding> = by_range.iter().map(|refused| outside(refused, facts)).collect();
    findings.extend(by_itself.iter().map(|refused| above_own(refused, facts)));
    Ok(findings)
}

fn outside(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let namespace = &facts.extension.namespace;
    let breaking = broken(refused, facts);
    let ranges: Vec<&str> = if breaking.is_empty() {
        facts.limit_ranges.known_rows().iter().map(|range| range.metadata.name.as_str()).collect()
    } else {
        breaking.iter().map(|(range, _)| range.metadata.name.as_str()).collect()
    };
    let (called, does) = match ranges.as_slice() {
        [] => ("A LimitRange".to_owned(), "does"),
        [one] => (format!("LimitRange {one}"), "does"),
        many => (format!("LimitRanges {}", listing(many.iter().copied(), 4)), "do"),
    };
    let mut message = format!(
        "{called} in namespace {namespace} {does} not allow what {} ask for, so the API server does not create them. It \
         says: {}.",
        refused.whose(),
        refused.said()
    );
    message.push_str(&refused.ending());
    let subject = match ranges.as_slice() {
        [one] => Subject::namespaced("v1", "LimitRange", namespace, *one),
        _ => Subject::cluster_wide("v1", "Namespace", namespace),
    };
    let mut finding = refused.finding(facts, subject, message);
    for (range, words) in &breaking {
        let at = format!("limitrange/{namespace}/{} .spec.limits", range.metadata.name);
        finding = finding.seen(Evidence::quoted(at, words.clone()));
    }
    if breaking.is_empty() {
        for range in &ranges {
            finding = finding.seen(Evidence::at(format!("limitrange/{namespace}/{range} .spec.limits")));
        }
    }
    finding = finding
        .without(facts.unread(Need::LimitRanges).map(|unread| format!("which LimitRange it is: {}", unread.why)));
    let mut remedy = Remedy::guided(format!(
        "Change the LimitRange so that it allows this, or take it out of the extension's namespace; whoever set it must \
         agree. The limits of the extension's containers can be lowered instead (settings cpuLimit and memoryLimit), but \
         the documented ones are what backups need.{}",
        refused.afterwards()
    ));
    if ranges.is_empty() {
        remedy = remedy.documented(format!("kubectl describe limitranges --namespace {namespace}"));
    }
    for range in ranges.iter().take(3) {
        remedy = remedy.documented(format!("kubectl edit limitrange {range} --namespace {namespace}"));
    }
    finding.mended_by(remedy)
}

fn above_own(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let mut message = format!(
        "A container asks for more than its own limit, so the API server refuses {}. It says: {}.",
        refused.whose(),
        refused.all.first().and_then(|first| first.words.get(first.told.quote.clone())).unwrap_or_default()
    );
    if !facts.limit_ranges.known_rows().is_empty() {
        let names = facts.limit_ranges.known_rows().iter().map(|range| range.metadata.name.as_str());
        message.push_str(&format!(
            " Where the container states no limit of its own, it has the default of a LimitRange of the namespace: {}.",
            listing(names, 4)
        ));
    }
    message.push_str(&refused.ending());
    let subject = refused.all.first().map(|refusal| refusal.workload.clone()).unwrap_or_default();
    let name = facts.extension.name.as_deref().unwrap_or("EXTENSION");
    refused.finding(facts, subject, message).mended_by(
        Remedy::guided(format!(
            "Raise the limit to at least what is asked for. The settings of the Azure CLI are cpuLimit and memoryLimit; \
             what the containers ask for can be set in the portal only.{}",
            refused.afterwards()
        ))
        .documented(format!(
            "az k8s-extension update --name {name} --cluster-type managedClusters --resource-group RESOURCE_GROUP --cluster-name CLUSTER --configuration-settings cpuLimit=1 memoryLimit=1280Mi"
        )),
    )
}

/// Returns the LimitRanges that the refused pods break, and how, by what their templates ask for.
fn broken<'f>(refused: &Refused<'_>, facts: &'f Facts) -> Vec<(&'f LimitRange, String)> {
    let mut containers: Vec<&Container> = Vec::new();
    for refusal in refused.workloads() {
        let name = refusal.workload.name.as_deref().unwrap_or_default();
        let all = [&facts.deployments, &facts.jobs];
        let found = all.into_iter().flat_map(Fetched::known_rows).find(|workload| workload.metadata.name == name);
        if let Some(workload) = found {
            containers.extend(&workload.spec.template.spec.containers);
            containers.extend(&workload.spec.template.spec.init_containers);
        }
    }
    let mut broken = Vec::new();
    for range in facts.limit_ranges.known_rows() {
        let items = range.spec.limits.iter().filter(|item| item.kind == "Container");
        let mut words: Vec<String> =
            items.flat_map(|item| containers.iter().flat_map(|container| breaks(container, item))).collect();
        words.dedup();
        if !words.is_empty() {
            words.truncate(4);
            broken.push((range, words.join("; ")));
        }
    }
    broken
}

/// Says where a container breaks a demand.
fn breaks(container: &Container, item: &LimitRangeItem) -> Vec<String> {
    let amount = |map: &Labels, resource: &str| map.get(resource).and_then(|text| Quantity::parse(text));
    let mut words = Vec::new();
    for (resource, most) in &item.max {
        let asked = amount(&container.resources.limits, resource);
        if let (Some(limit), Some(allowed)) = (asked, Quantity::parse(most))
            && limit > allowed
        {
            let limit = container.resources.limits.get(resource).map_or("", String::as_str);
            words.push(format!("{resource} at most {most}, but container {} has the limit {limit}", container.name));
        }
    }
    for (resource, least) in &item.min {
        let asked = amount(&container.resources.requests, resource);
        if let (Some(request), Some(demanded)) = (asked, Quantity::parse(least))
            && request < demanded
        {
            let request = container.resources.requests.get(resource).map_or("", String::as_str);
            words.push(format!("{resource} at least {least}, but container {} requests {request}", container.name));
        }
    }
    for (resource, most) in &item.max_limit_request_ratio {
        let limit = amount(&container.resources.limits, resource).map(|limit| u128::from(limit.millis()));
        let request = amount(&container.resources.requests, resource).map(|request| u128::from(request.millis()));
        let ratio = Quantity::parse(most).map(|ratio| u128::from(ratio.millis()));
        if let (Some(limit), Some(request), Some(ratio)) = (limit, request, ratio)
            && limit.saturating_mul(1000) > request.saturating_mul(ratio)
        {
            words.push(format!(
                "{resource} limit at most {most} times the request, but container {} has more",
                container.name
            ));
        }
    }
    words
}
