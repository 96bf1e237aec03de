//! The extension's identity exists, and the machines of some node pool may not take it.
//!
//! Knowledge: diagnosis.md sections 3 and 5 (11): the metadata service of such a node answers "Identity not found" with 400.
//! A pool whose machines are no scale set cannot be judged so, and is no finding.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_extension::show;
use super::reading::extension_parts::{agent_subject, is_agent, running_parts};
use super::reading::node_scale_sets::{may_host, nodes, words};
use crate::facts::arm::{ArmExtension, ScaleSet};
use crate::facts::objects::Pod;
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB228",
    name: "extension-identity-not-on-nodes",
    hop: Hop::Identity,
    title: "every node that the extension may run on has its identity",
    needs: &[
        required(Need::ArmExtensions),
        required(Need::ScaleSets),
        helpful(Need::Identities),
        helpful(Need::Pods),
        helpful(Need::Nodes),
    ],
    explains: &["UserErrorKubernetesBackupExtensionIdentityNotFound", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the identity that Azure names for the extension is assigned to every scale set of the nodes.

Why it matters
  The extension's pods take their tokens from the metadata service of the node that they run on. Where the node's
  scale set lacks the identity, it answers \"Identity not found\", and the storage location is Unavailable. It works
  until the pods move to such a node.

How it is found
  The identities of each scale set in the nodes' resource group. Pools of which every node runs Windows or another
  processor than x86-64 are left out, since the extension cannot run there. Pools without a scale set cannot be
  judged so.

What to do
  Let AKS bring its node pools to the wished state, and look whether the identity is there afterwards. Otherwise assign
  it to the scale set.

Sources
  Azure's metadata service; Azure Backup's troubleshooting page for AKS; public reports.
";

fn run(facts: &Facts) -> Judgement {
    let extension = facts.backup_extension()?;
    let sets = facts.scale_sets.rows(Need::ScaleSets.what())?;
    let Some(principal) = extension.principal() else {
        return Err(Stop::not_applicable("Azure names no identity of the extension: see extension-identity-missing"));
    };
    if sets.is_empty() {
        return match facts.scale_sets.unread(Need::ScaleSets.what()) {
            Some(unread) => Err(Stop::Inconclusive(unread)),
            None => Err(Stop::not_applicable("no node pool has a scale set")),
        };
    }
    let (having, lacking): (Vec<&ScaleSet>, Vec<&ScaleSet>) = sets.iter().partition(|set| set.may_be(principal));
    if having.is_empty() {
        let known = facts.identities.known_rows().iter();
        let is_it = |id: &Option<String>| id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(principal));
        if !known.into_iter().any(|identity| is_it(&identity.properties.principal_id)) {
            facts.identities.whole_rows(Need::Identities.what())?;
            return Err(Stop::not_applicable("the extension's identity is gone: see extension-identity-missing"));
        }
    }
    let lacking: Vec<&ScaleSet> = lacking.into_iter().filter(|set| may_host(facts, set)).collect();
    if lacking.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![say(facts, extension, principal, &having, &lacking)])
}

fn say(
    facts: &Facts,
    extension: &ArmExtension,
    principal: &str,
    having: &[&ScaleSet],
    lacking: &[&ScaleSet],
) -> Finding {
    let is_there = |pod: &&Pod| {
        let name = pod.spec.node_name.as_deref();
        lacking.iter().any(|set| nodes(facts, set).any(|node| Some(node.metadata.name.as_str()) == name))
    };
    let pods: Vec<&Pod> = running_parts(facts).filter(is_there).collect();
    let named: Vec<String> = lacking.iter().map(|set| words(facts, set)).collect();
    let mut message = format!(
        "The extension's identity (object id {principal}) is not assigned to the scale {} {}.",
        if lacking.len() == 1 { "set" } else { "sets" },
        listing(named.iter().map(String::as_str), 4)
    );
    if having.is_empty() {
        message.push_str(" No scale set of the nodes has it.");
    } else {
        let others: Vec<String> = having.iter().map(|set| words(facts, set)).collect();
        message.push_str(&format!(
            " {} it.",
            if others.len() == 1 {
                format!("Only {} has", others[0])
            } else {
                format!("{} have", listing(others.iter().map(String::as_str), 4))
            }
        ));
    }
    if pods.is_empty() {
        message.push_str(" A pod of the extension that is scheduled there gets no token.");
    } else {
        let names = pods.iter().map(|pod| pod.metadata.name.as_str());
        message.push_str(&format!(
            "\nOn nodes of {} {}: for this identity no token is given there.",
            if lacking.len() == 1 { "that scale set" } else { "these scale sets" },
            if pods.len() == 1 {
                format!("runs {}", pods[0].metadata.name)
            } else {
                format!("run {}", listing(names, 4))
            }
        ));
    }
    // The geneva service only sends telemetry: backups go on without it.
    let is_needed = pods.iter().any(|pod| !pod.metadata.name.contains("geneva-service"));
    let severity = if is_needed { Severity::Error } else { Severity::Warning };
    let subject = lacking.first().map(|set| azure_subject(&set.id)).unwrap_or_default();
    let mut finding = Finding::new(severity, subject, message);
    for set in lacking {
        let ids = set.identity.iter().flat_map(|identity| identity.user_assigned_identities.keys());
        let names: Vec<&str> = ids.map(|id| id.rsplit('/').next().unwrap_or_default()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { listing(names, 6) };
        finding = finding.seen(Evidence::quoted(format!("{} identity.userAssignedIdentities", set.id), names));
        finding = finding.concerning(azure_subject(&set.id));
    }
    for pod in &pods {
        let node = pod.spec.node_name.as_deref().unwrap_or_default();
        finding = finding.seen(Evidence::quoted(format!("{} .spec.nodeName", pod.at()), node));
    }
    if pods.iter().any(|pod| is_agent(pod)) {
        finding.concerns.extend(agent_subject(facts));
    }
    let unread = facts.unread(Need::Pods).or_else(|| facts.unread(Need::Nodes));
    let finding =
        finding.without(unread.map(|unread| format!("whether a pod of the extension runs there now: {}", unread.why)));
    finding.mended_by(remedy(facts, extension, principal, having, lacking))
}

fn remedy(
    facts: &Facts,
    extension: &ArmExtension,
    principal: &str,
    having: &[&ScaleSet],
    lacking: &[&ScaleSet],
) -> Remedy {
    let is_it = |id: &Option<String>| id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(principal));
    let of_sets = having.iter().filter_map(|set| set.identity.as_ref()).flat_map(|of| &of.user_assigned_identities);
    let resource = of_sets
        .filter(|(_, given)| is_it(&given.principal_id))
        .map(|(id, _)| crate::facts::arm::ArmId::new(id))
        .next()
        .or_else(|| {
            let known = facts.identities.known_rows().iter();
            known.into_iter().find(|one| is_it(&one.properties.principal_id)).map(|one| one.id.clone())
        })
        .or_else(|| extension.properties.aks_assigned_identity.as_ref()?.resource_id.clone());
    let resource = resource.map_or_else(|| "IDENTITY_ID".to_owned(), |id| shell_word(id.as_str()));
    let mut remedy = Remedy::guided(
        "See whether the pool was just added: give it some minutes. If the identity stays away, assign it to the scale set. \
         AKS manages its scale sets and may set them anew, so look again after the next upgrade of the pool.",
    )
    .documented(show(extension, "aksAssignedIdentity.principalId"));
    for set in lacking {
        let of = format!(
            "--resource-group {} --name {} --subscription {}",
            shell_word(set.id.group().unwrap_or("NODE_GROUP")),
            shell_word(set.id.name()),
            shell_word(set.id.subscription().unwrap_or("SUBSCRIPTION")),
        );
        remedy = remedy
            .documented(format!("az vmss identity show {of}"))
            .documented(format!("az vmss identity assign {of} --identities {resource}"));
    }
    remedy
}
