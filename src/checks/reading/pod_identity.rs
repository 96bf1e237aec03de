//! Pod identity: whom NMI has refused, and which exceptions let which pods through.
//!
//! Knowledge: founding page, scenario 2; AKS' documents on pod-managed identity. NMI, a DaemonSet in
//! kube-system, answers in place of the node's metadata service, and lets a pod through only where an
//! AzurePodIdentityException of the pod's own namespace selects all its labels. Azure/AKS issue 2860: an
//! exception must match every pod of an extension that asks. aad-pod-identity's words name the pod only
//! sometimes; the storage location is checked by the agent.

use jiff::SignedDuration;

use super::elapsed::since;
use super::extension_parts::{agent, running_parts};
use super::location_message::complaints;
use super::log_line::log_lines;
use crate::catalogue::{Captured, Match, Sign, Weight, classify};
use crate::facts::objects::{IdentityException, Pod, StorageLocation, Workload};
use crate::facts::{Facts, Need, Stop};
use crate::finding::Evidence;

/// A token request that NMI refused.
pub struct Refused<'f> {
    /// The pod that asked, where it is known.
    pub pod: Option<&'f Pod>,
    /// The location that was being checked, where it was that.
    pub location: Option<&'f StorageLocation>,
    /// The client id that was asked for, as it is written.
    pub client: Option<String>,
    /// Where it was seen.
    pub evidence: Evidence,
    /// When, where that is known.
    pub when: Option<jiff::Timestamp>,
}

/// A refusal that has not been repeated for this long is over: whoever needs a token asks all the time.
const OVER: SignedDuration = SignedDuration::from_mins(15);

/// How many lines of one log are looked at, from its end.
const MOST_LINES: usize = 40;

/// Returns the refusals that stand: what a location complains of, and what a pod's log has told just now.
pub fn refusals(facts: &Facts) -> Vec<Refused<'_>> {
    let mut all: Vec<Refused<'_>> = Vec::new();
    for complaint in complaints(facts) {
        let Some(found) = complaint.cause().filter(|cause| cause.sign == Sign::NmiRefused) else { continue };
        let (client, named) = details(found);
        all.push(Refused {
            pod: named.and_then(|name| pod_named(facts, name)).or_else(|| agent(facts)),
            location: Some(complaint.location),
            client,
            evidence: complaint.evidence(),
            when: complaint.when,
        });
    }
    for log in facts.logs.known_rows().iter().filter(|log| !log.previous) {
        let recent: Vec<_> = log_lines(facts)
            .filter(|line| std::ptr::eq(line.log, log))
            // Lines about a location are heard as its complaint.
            .filter(|line| line.field("backup-storage-location").is_none() && line.is_failure())
            .filter(|line| line.when.is_some_and(|when| since(when, facts.observed_at) <= OVER))
            .collect();
        let newest = recent.iter().rev().take(MOST_LINES).find_map(|line| {
            let found = classify(line.text).into_iter().find(|found| found.sign.about().weight == Weight::Cause)?;
            (found.sign == Sign::NmiRefused).then_some((line, found))
        });
        let Some((line, found)) = newest else { continue };
        let (client, named) = details(&found);
        let asked = format!("{}/{}", log.namespace, log.pod);
        let pod = named.and_then(|name| pod_named(facts, name)).or_else(|| pod_named(facts, &asked));
        // The agent's own log tells again what its location says already.
        let is_told = pod.is_some()
            && all.iter().any(|known| known.pod.map(|p| &p.metadata.name) == pod.map(|p| &p.metadata.name));
        if !is_told {
            let quote = line.text.get(found.quote.clone()).unwrap_or(line.text);
            all.push(Refused {
                pod,
                location: None,
                client,
                evidence: Evidence::quoted(log.at(), quote),
                when: line.when,
            });
        }
    }
    all
}

fn details(found: &Match) -> (Option<String>, Option<&str>) {
    match &found.captured {
        Captured::Identity { client_id, pod } => (client_id.clone(), pod.as_deref()),
        _ => (None, None),
    }
}

/// Finds a running pod of the extension by `namespace/name`.
fn pod_named<'f>(facts: &'f Facts, name: &str) -> Option<&'f Pod> {
    let (namespace, name) = name.split_once('/')?;
    running_parts(facts).find(|pod| pod.metadata.namespace() == namespace && pod.metadata.name == name)
}

/// Returns whether NMI refused a request of this very pod.
pub fn was_refused(refusals: &[Refused<'_>], pod: &Pod) -> bool {
    refusals.iter().any(|refused| refused.pod.is_some_and(|asked| asked.metadata.name == pod.metadata.name))
}

/// Returns whether pod identity concerns this cluster at all: NMI has spoken, or its DaemonSet is there.
///
/// # Errors
/// Not applicable where it does not, inconclusive where that could not be read.
pub fn is_in_play(facts: &Facts, refusals: &[Refused<'_>]) -> Result<(), Stop> {
    if !refusals.is_empty() {
        return Ok(());
    }
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let daemons = facts.node_identity.rows(Need::NodeIdentity.what())?;
    if daemons.iter().any(Workload::is_node_managed_identity) {
        return Ok(());
    }
    Err(match facts.unread(Need::NodeIdentity) {
        Some(unread) => Stop::Inconclusive(unread),
        None => Stop::not_applicable("pod-managed identity (NMI) is not on this cluster"),
    })
}

/// Returns the exceptions that let a pod through.
pub fn covering<'f>(exceptions: &'f [IdentityException], pod: &Pod) -> Vec<&'f IdentityException> {
    exceptions.iter().filter(|exception| exception.covers(pod.metadata.namespace(), &pod.metadata.labels)).collect()
}

/// Returns whether an exception selects a pod by its labels and lies in another namespace, where it counts for nothing.
pub fn is_misplaced(exception: &IdentityException, pod: &Pod) -> bool {
    let there = exception.metadata.namespace();
    there != pod.metadata.namespace() && exception.covers(there, &pod.metadata.labels)
}

/// Returns the label that all pods of the extension that Velero and its controller run in carry by documentation.
pub const DOCUMENTED_LABEL: &str = "app.kubernetes.io/name=dataprotection-microsoft-kubernetes";

/// Returns the documented command that makes an exception for one label.
pub fn add_exception(namespace: &str, label: &str) -> String {
    format!(
        "az aks pod-identity exception add --resource-group RESOURCE_GROUP --cluster-name CLUSTER --namespace {namespace} --pod-labels {label}"
    )
}

/// The documented command that shows every exception.
pub const SHOW_EXCEPTIONS: &str =
    "kubectl get azurepodidentityexceptions.aadpodidentity.k8s.io --all-namespaces --output yaml";

/// Returns the label by which an exception should select a pod: its application's name, as documented.
pub fn label_of(pod: &Pod) -> String {
    let plain = |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    match pod.metadata.label("app.kubernetes.io/name").filter(plain) {
        Some(value) => format!("app.kubernetes.io/name={value}"),
        None => DOCUMENTED_LABEL.to_owned(),
    }
}

/// What to know about the add-on before relying on it further.
pub const ADD_ON: &str = "The pod identity add-on has not been supported since September 2025: once nothing on the cluster needs it any more (workload identity takes its place), switch it off, and no exception is needed.";
