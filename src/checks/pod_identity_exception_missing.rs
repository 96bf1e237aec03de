//! Pod identity is on the cluster, and nothing lets the extension's pods through.
//!
//! Knowledge: founding page, scenario 2: AKS' own pods are let through by aks-addon-exception in
//! kube-system, the extension's are not, and somebody has to add an exception by hand.

use super::check::{Check, Judgement};
use super::reading::extension_parts::{is_agent, lasting_subject, running_parts};
use super::reading::location_account::{Account, DATA_ROLE, KEY_ROLE, Mode};
use super::reading::pod_identity::{
    ADD_ON, DOCUMENTED_LABEL, Refused, SHOW_EXCEPTIONS, add_exception, is_in_play, is_misplaced, label_of, refusals,
    was_refused,
};
use crate::facts::objects::{IdentityException, Pod, StorageLocation};
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB202",
    name: "pod-identity-exception-missing",
    hop: Hop::Identity,
    title: "pod identity, if present, has an exception for the extension",
    needs: &[
        required(Need::IdentityExceptions),
        required(Need::NodeIdentity),
        required(Need::StorageLocations),
        helpful(Need::Pods),
        helpful(Need::Logs),
        helpful(Need::Nodes),
    ],
    explains: &["SCENARIO_2_POD_IDENTITY_NMI", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  On a cluster with pod-managed identity: whether any AzurePodIdentityException is meant for the
  extension's pods.

Why it matters
  NMI answers every token request of a pod that no exception covers, and refuses those of the extension.

How it is found
  NMI's DaemonSet in kube-system, or its own words about a refusal; and the exceptions of all namespaces.
  It is an error once NMI has refused the extension, and a remark until then: an extension may get its
  tokens another way.

What to do
  Add the exception, in the extension's own namespace, with a label that the agent and the controller
  both carry. The add-on has not been supported since September 2025; workload identity takes its place.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 2; AKS' documents on pod-managed identity.
";

fn run(facts: &Facts) -> Judgement {
    let refusals = refusals(facts);
    let exceptions = facts.identity_exceptions.rows(Need::IdentityExceptions.what())?;
    is_in_play(facts, &refusals)?;
    let pods: Vec<&Pod> = running_parts(facts).collect();
    if exceptions.iter().any(|exception| is_meant(exception, &pods, &facts.extension.namespace)) {
        // Whether it fits is another check's question.
        return Ok(Vec::new());
    }
    if let Some(unread) = facts.unread(Need::IdentityExceptions) {
        return Err(Stop::Inconclusive(unread));
    }
    Ok(vec![say(facts, &refusals, &pods)])
}

/// Returns whether somebody meant the exception for the extension: it lies in its namespace, or has its labels.
fn is_meant(exception: &IdentityException, pods: &[&Pod], namespace: &str) -> bool {
    exception.metadata.namespace() == namespace || pods.iter().any(|pod| is_misplaced(exception, pod))
}

fn say(facts: &Facts, refusals: &[Refused<'_>], pods: &[&Pod]) -> Finding {
    let namespace = &facts.extension.namespace;
    let (severity, mut message) = if refusals.is_empty() {
        (
            Severity::Info,
            format!(
                "Pod identity (NMI) is on this cluster, and no AzurePodIdentityException in {namespace} lets the extension's pods through. NMI has refused nothing of theirs so far."
            ),
        )
    } else {
        (
            Severity::Error,
            format!(
                "Pod identity (NMI) refuses the extension's token requests, and no AzurePodIdentityException in {namespace} lets its pods through."
            ),
        )
    };
    if namespace == crate::facts::SYSTEM_NAMESPACE {
        message.push_str("\nThe extension lives in kube-system; by Microsoft's page an exception helps only in a namespace of its own.");
    }
    // One command for each label that the refused pods have; by documentation all that matter share one.
    let mut labels: Vec<String> =
        pods.iter().filter(|pod| was_refused(refusals, pod) || is_agent(pod)).map(|pod| label_of(pod)).collect();
    labels.push(DOCUMENTED_LABEL.to_owned());
    labels.sort();
    labels.dedup();
    let is_needed = |label: &String| {
        labels.len() == 1 || label != DOCUMENTED_LABEL || pods.iter().any(|pod| label_of(pod) == *label)
    };
    let labels: Vec<&String> = labels.iter().filter(|label| is_needed(label)).collect();
    let words = listing(labels.iter().map(|label| label.as_str()), 3);
    let account = facts.locations().next().map(|location| Account::of(facts, location));
    let role = match account.as_ref().map(Account::mode) {
        Some(Mode::GivenKey) => String::new(),
        Some(Mode::Unclear) => format!(
            " Which role the identity needs at the account is not clear, because {}: {DATA_ROLE} to sign in by itself, {KEY_ROLE} to work with keys.",
            account.as_ref().map(Account::mode_words).unwrap_or_default()
        ),
        Some(Mode::Keys) => {
            format!(" If the identity may not list the account's keys yet, grant it {KEY_ROLE} as well.")
        }
        Some(Mode::Identity) | None => {
            format!(" If the identity does not have {DATA_ROLE} at the account yet, grant it as well.")
        }
    };
    let mut remedy = Remedy::guided(format!(
        "Add an exception in {namespace} for pods with {words}; the extension's next request goes through.{role} {ADD_ON}"
    ));
    for label in labels {
        remedy = remedy.documented(add_exception(namespace, label));
    }
    remedy = remedy.documented(SHOW_EXCEPTIONS);
    if let Some(account) = &account {
        // Which role counts depends on how the extension signs in; with a key of its own none does.
        match account.mode() {
            Mode::Identity => remedy = remedy.documented(account.grant(DATA_ROLE)),
            Mode::Keys => remedy = remedy.documented(account.grant(KEY_ROLE)),
            Mode::GivenKey | Mode::Unclear => {}
        }
    }
    let subject = Subject::cluster_wide("v1", "Namespace", namespace);
    let mut finding = Finding::new(severity, subject, message)
        .seen(Evidence::at(format!("azurepodidentityexceptions.aadpodidentity.k8s.io in namespace {namespace}: none")));
    for refused in refusals {
        finding = finding.seen(refused.evidence.clone());
        finding.concerns.extend(refused.location.map(StorageLocation::subject));
        finding.concerns.extend(refused.pod.map(lasting_subject));
    }
    for daemon in facts.node_identity.known_rows().iter().filter(|workload| workload.is_node_managed_identity()) {
        finding =
            finding.seen(Evidence::at(format!("daemonset/{}/{}", daemon.metadata.namespace(), daemon.metadata.name)));
    }
    finding
        .without(
            facts
                .unread(Need::Pods)
                .map(|unread| format!("the labels that the extension's pods really have: {}", unread.why)),
        )
        .mended_by(remedy)
}
