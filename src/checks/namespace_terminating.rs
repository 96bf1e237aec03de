//! The extension's namespace is being deleted and does not go away, so nothing can be installed into it.
//!
//! Knowledge: public reports of uninstalled Velero whose resources keep their finalizers when the controller behind
//! them is gone; facts/diagnosis.md section 2, entry 4 ("delete and reinstall" can end here). Forcing the namespace
//! away leaves orphans behind and is never advised.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use crate::facts::objects::{Condition, Leftover, Namespace, Pod};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB120",
    name: "namespace-terminating",
    hop: Hop::Extension,
    title: "the extension's namespace is not stuck in its deletion",
    needs: &[required(Need::Namespace), helpful(Need::Leftovers), helpful(Need::Pods)],
    explains: &["UserErrorKubernetesBackupExtensionHasErrors", "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension's namespace is being deleted, for how long, and what it waits for.

Why it matters
  Nothing can be created in a namespace that is being deleted, so the extension cannot be installed
  again. Its removal leaves this state behind when an object waits for a controller that is gone.

How it is found
  The namespace's phase and deletion time; the conditions in which the API server says which
  finalizers and objects remain; the objects themselves, where they may be listed. For the first five
  minutes it is a warning only: a deletion takes its time.

What to do
  See what each remaining object waits for, and let its controller do it, or do its work by hand and
  then take the one finalizer off that object. Never finalize the namespace itself by force: what is
  left in it comes back as orphans in the next installation.

Sources
  Public reports of Velero's removal; the Kubernetes documentation of finalizers and namespaces.
";

/// A deletion that has gone on for longer than this is stuck.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// The conditions that tell what a deletion waits for.
const WAITS: &[&str] = &[
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
];

fn run(facts: &Facts) -> Judgement {
    let namespace = facts.namespace.required(Need::Namespace.what())?;
    let since = namespace.metadata.deletion_timestamp;
    if namespace.status.phase.as_deref() != Some("Terminating") && since.is_none() {
        return Ok(Vec::new());
    }
    let name = facts.extension.namespace.as_str();
    let is_fresh = since.is_some_and(|since| facts.observed_at.duration_since(since) < PATIENCE);
    let waits: Vec<&Condition> = WAITS.iter().filter_map(|kind| waiting_on(namespace, kind)).collect();
    let leftovers = facts.leftovers.known_rows();

    let mut message = match since {
        Some(since) if is_fresh => {
            format!("The deletion of namespace {name} began at {}; it takes a few minutes.", minute(since))
        }
        Some(since) => {
            format!("The deletion of namespace {name} began at {} and has not come to an end.", minute(since))
        }
        None => format!("Namespace {name} is being deleted."),
    };
    message.push_str(" Until it is gone, nothing can be created in it, so the extension cannot be installed there.");
    if !leftovers.is_empty() {
        message.push_str(&format!("\nLeft in it: {}.", named(leftovers)));
    }
    if !is_fresh {
        for meaning in meanings(leftovers) {
            message.push_str(&format!("\n{meaning}"));
        }
        let is_of_extension = leftovers.iter().flat_map(|left| &left.metadata.finalizers).any(|f| is_own(f));
        if is_of_extension && facts.unread(Need::Pods).is_none() && facts.own_pods().all(Pod::has_ended) {
            message.push_str(" No pod of the extension is left, so nothing takes them off.");
        }
    }
    if waits.iter().any(|wait| wait.kind == "NamespaceDeletionDiscoveryFailure") {
        message.push_str(
            "\nThe API server cannot list every kind of object, because a service that serves some of them does not \
             answer; until it does, no namespace can be deleted.",
        );
    }
    let severity = if is_fresh { Severity::Warning } else { Severity::Error };
    let mut finding = Finding::new(severity, Subject::cluster_wide("v1", "Namespace", name), message);
    finding = finding.seen(Evidence::at(format!("namespace/{name} .metadata.deletionTimestamp")));
    for wait in &waits {
        let at = format!("namespace/{name} .status.conditions[{}].message", wait.kind);
        finding = finding.seen(Evidence::quoted(at, wait.message.as_deref().unwrap_or_default()));
    }
    for leftover in leftovers.iter().take(MOST_SHOWN) {
        finding = finding.seen(Evidence::quoted(
            format!("{}/{name}/{} .metadata.finalizers", leftover.resource, leftover.metadata.name),
            leftover.metadata.finalizers.join(", "),
        ));
    }
    let finding = finding.mended_by(remedy(name, leftovers, &waits, is_fresh));
    let finding = finding.without(
        facts
            .unread(Need::Pods)
            .map(|unread| format!("whether the controllers behind the finalizers still run: {}", unread.why)),
    );
    Ok(vec![
        finding.without(facts.unread(Need::Leftovers).map(|unread| format!("which objects are left: {}", unread.why))),
    ])
}

/// How many objects are shown one by one.
const MOST_SHOWN: usize = 5;

fn waiting_on<'f>(namespace: &'f Namespace, kind: &str) -> Option<&'f Condition> {
    namespace.status.conditions.iter().find(|condition| condition.kind == kind && condition.status == "True")
}

fn named(leftovers: &[Leftover]) -> String {
    let words: Vec<String> = leftovers
        .iter()
        .map(|left| {
            let finalizers = listing(left.metadata.finalizers.iter().map(String::as_str), 3);
            let name = format!("{} {}", left.resource, left.metadata.name);
            if finalizers.is_empty() { name } else { format!("{name} (waits for {finalizers})") }
        })
        .collect();
    listing(words.iter().map(String::as_str), MOST_SHOWN)
}

/// Who takes a finalizer off, and what it keeps; the first that fits.
const FINALIZERS: &[(&str, &str)] = &[
    (
        "dataprotection.microsoft.com/",
        "Finalizers of dataprotection.microsoft.com are the extension's own controller's to take off.",
    ),
    (
        "velero.io/",
        "Finalizers of velero.io are taken off by Velero in the extension's agent, after it has removed what belongs to \
         the object in the storage account.",
    ),
    (
        "kubernetes.io/pvc-protection",
        "kubernetes.io/pvc-protection goes by itself when no pod uses the claim any longer.",
    ),
    (
        "snapshot.storage.kubernetes.io/",
        "Finalizers of snapshot.storage.kubernetes.io are taken off by the snapshot controller, after the snapshot is \
         removed or no longer in use.",
    ),
    (
        "batch.kubernetes.io/job-tracking",
        "batch.kubernetes.io/job-tracking is taken off by the Job controller in the cluster's controller manager, which AKS \
         runs.",
    ),
    ("foregroundDeletion", "foregroundDeletion goes by itself when everything that the object owns is gone."),
];

/// Tells whether the extension's own pods take a finalizer off.
fn is_own(finalizer: &str) -> bool {
    let group = finalizer.split('/').next().unwrap_or_default();
    ["dataprotection.microsoft.com", "velero.io"]
        .iter()
        .any(|own| group.strip_suffix(own).is_some_and(|front| front.is_empty() || front.ends_with('.')))
}

fn meanings(leftovers: &[Leftover]) -> Vec<&'static str> {
    let is_here = |part: &str| {
        leftovers.iter().flat_map(|left| &left.metadata.finalizers).any(|finalizer| {
            // A group's finalizers carry its subdomains in front: restores.velero.io/…
            finalizer.starts_with(part) || part.ends_with('/') && finalizer.contains(&format!(".{part}"))
        })
    };
    FINALIZERS.iter().filter(|(part, _)| is_here(part)).map(|(_, meaning)| *meaning).collect()
}

fn remedy(namespace: &str, leftovers: &[Leftover], waits: &[&Condition], is_fresh: bool) -> Remedy {
    if is_fresh {
        return Remedy::guided("Wait until the namespace is gone before the extension is installed again.")
            .documented(format!("kubectl wait --for=delete namespace/{namespace} --timeout=5m"));
    }
    let has = |kind: &str| waits.iter().any(|wait| wait.kind == kind);
    if has("NamespaceDeletionDiscoveryFailure") {
        return Remedy::guided(
            "Find the APIService that is not available and mend what serves it; one whose service is gone for good is \
             removed by its owner. The deletion then goes on by itself. Do not finalize the namespace by force.",
        )
        .documented("kubectl get apiservices");
    }
    let mut remedy = Remedy::guided(
        "See what each object waits for. While the controller behind a finalizer still runs, its log says what it lacks \
         (a right, a role, the storage account); give it that. Once the controller is gone, do its work by hand where it \
         matters (what the object stands for in Azure stays behind otherwise), then take that one finalizer off that \
         object with kubectl edit. Do not finalize the namespace by force.",
    )
    .documented(format!("kubectl get pods --namespace {namespace}"));
    for leftover in leftovers.iter().take(MOST_SHOWN) {
        let name = &leftover.metadata.name;
        remedy = remedy
            .documented(format!("kubectl get {} {name} --namespace {namespace} --output yaml", leftover.resource));
    }
    if leftovers.is_empty() {
        remedy = remedy.documented(format!("kubectl get namespace {namespace} --output yaml"));
    }
    remedy
}
