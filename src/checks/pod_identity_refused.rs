//! Pod identity refuses the extension's token requests.
//!
//! Knowledge: founding page, scenario 2; facts/diagnosis.md section 3: "no azure identity found for request
//! clientID", "getting assigned identities for pod … MIC" and any answer with "adal:" in a 403 or 404 come
//! from NMI. Azure's own metadata service answers 400 "Identity not found": another trouble.

use super::check::{Check, Judgement};
use super::reading::extension_parts::lasting_subject;
use super::reading::pod_identity::{
    ADD_ON, DOCUMENTED_LABEL, Refused, SHOW_EXCEPTIONS, add_exception, covering, label_of, refusals,
};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB201",
    name: "pod-identity-refused",
    hop: Hop::Identity,
    title: "pod identity does not stand in the extension's way",
    needs: &[
        required(Need::StorageLocations),
        helpful(Need::Logs),
        helpful(Need::Pods),
        helpful(Need::IdentityExceptions),
    ],
    explains: &["SCENARIO_2_POD_IDENTITY_NMI", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether NMI, the part of pod-managed identity that answers token requests on every node, has refused
  the extension.

Why it matters
  Without a token the extension cannot reach its storage account: the location is Unavailable and nothing
  is backed up. No role helps, and no reinstallation.

How it is found
  NMI's own words in the storage location's status, or in a log of the extension's pods within the last
  quarter of an hour. Whether an exception is missing, or misses the pods, has checks of its own. Where
  every pod is covered, something else keeps NMI from heeding it.

What to do
  Make an exception for the extension's pods in the extension's namespace. In the long run move to
  workload identity and switch the add-on off: it has not been supported since September 2025.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 2; AKS' documents on pod-managed identity;
  aad-pod-identity issues 1040, 1074, 1250.
";

fn run(facts: &Facts) -> Judgement {
    let refusals = refusals(facts);
    if refusals.is_empty() {
        facts.storage_locations.rows(Need::StorageLocations.what())?;
    }
    Ok(refusals.iter().map(|refused| say(facts, refused)).collect())
}

fn say(facts: &Facts, refused: &Refused<'_>) -> Finding {
    let who = match (refused.pod, refused.location) {
        (Some(pod), Some(location)) => {
            format!("{}, which checks the storage location {}", pod.metadata.name, location.metadata.name)
        }
        (Some(pod), None) => pod.metadata.name.clone(),
        (None, Some(location)) => {
            format!("the extension when it checks the storage location {}", location.metadata.name)
        }
        (None, None) => "the extension".to_owned(),
    };
    let client = refused.client.as_deref().map(|client| format!(" for the client id {client}")).unwrap_or_default();
    let mut message = format!(
        "Pod identity (NMI) refused a token{client} to {who}. Azure's own metadata service was not asked, and no role either."
    );
    let exceptions = facts.identity_exceptions.known_rows();
    let covering = refused.pod.map(|pod| covering(exceptions, pod)).unwrap_or_default();
    let unread = facts.unread(Need::IdentityExceptions);
    let text = if covering.is_empty() {
        "An exception for this pod in its own namespace lets its requests through to Azure's metadata service."
    } else {
        let names = listing(covering.iter().map(|exception| exception.metadata.name.as_str()), 3);
        message.push_str(&format!("\nThe pod is covered by the exception {names}, and was refused all the same."));
        let is_younger = covering.iter().any(|exception| {
            exception.metadata.creation_timestamp.zip(refused.when).is_some_and(|(made, seen)| made > seen)
        });
        if is_younger {
            message.push_str(
                " The exception was made after that: the next check of the location will tell whether it helps.",
            );
            "Wait for the next check of the location, by default a minute later."
        } else {
            "See whether NMI on the pod's node runs and has taken the exception over (its log says \"exception pod\"), and whether a second NMI, of an aad-pod-identity of your own, answers beside the add-on's."
        }
    };
    let subject = refused.pod.map(lasting_subject).or_else(|| refused.location.map(StorageLocation::subject));
    let subject =
        subject.unwrap_or_else(|| crate::finding::Subject::cluster_wide("v1", "Namespace", &facts.extension.namespace));
    let mut finding = Finding::new(Severity::Error, subject, message).seen(refused.evidence.clone());
    finding.concerns.extend(refused.location.map(StorageLocation::subject));
    let mut remedy = Remedy::guided(format!("{text} {ADD_ON}")).documented(SHOW_EXCEPTIONS);
    if covering.is_empty() {
        let label = refused.pod.map_or_else(|| DOCUMENTED_LABEL.to_owned(), label_of);
        remedy = remedy.documented(add_exception(&facts.extension.namespace, &label));
    }
    remedy = remedy.documented("kubectl --namespace kube-system get pods --selector component=nmi --output wide");
    remedy = remedy.documented("kubectl --namespace kube-system logs --selector component=nmi --tail 100 --prefix");
    finding
        .without(unread.map(|unread| format!("whether an exception covers the pod: {}", unread.why)))
        .without(facts.unread(Need::Pods).map(|unread| format!("which pod was refused: {}", unread.why)))
        .mended_by(remedy)
}
