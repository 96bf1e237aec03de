//! Exceptions from pod identity are there, and do not fit the extension's pods.
//!
//! Knowledge: founding page, scenario 2; Azure/AKS issue 2860: an exception must match every pod that
//! asks. The agent and the controller carry the documented label, the geneva-service legitimately
//! another: a pod that no exception covers is in trouble only once NMI has refused its own request.

use super::check::{Check, Judgement};
use super::reading::extension_parts::{is_agent, lasting_subject, running_parts};
use super::reading::pod_identity::{
    ADD_ON, Refused, SHOW_EXCEPTIONS, add_exception, covering, is_in_play, is_misplaced, label_of, refusals,
    was_refused,
};
use crate::facts::objects::{IdentityException, Pod, StorageLocation};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB203",
    name: "pod-identity-exception-mismatch",
    hop: Hop::Identity,
    title: "the exceptions from pod identity fit the extension's pods",
    needs: &[
        required(Need::IdentityExceptions),
        required(Need::Pods),
        required(Need::NodeIdentity),
        required(Need::StorageLocations),
        helpful(Need::Logs),
    ],
    explains: &["SCENARIO_2_POD_IDENTITY_NMI", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the AzurePodIdentityExceptions that are meant for the extension select every one of its pods:
  all their labels must be on the pod, and they must lie in the pod's own namespace.

Why it matters
  NMI lets through exactly what an exception selects. With a label that differs by a letter, or in
  another namespace, the exception is as good as none.

How it is found
  The labels of each exception against the labels of each running pod of the extension. It is an error
  where NMI has refused a request of a pod that is not covered, and a remark otherwise: the
  geneva-service carries another label by design, and nothing shows that it asks for tokens.

What to do
  Correct the labels of the exception; or add a second one, where the first covers other pods.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 2; AKS' documents on pod-managed identity;
  Azure/AKS issue 2860.
";

/// A pod that no exception covers, and the exception that comes closest.
struct Missed<'f> {
    pod: &'f Pod,
    closest: &'f IdentityException,
}

fn run(facts: &Facts) -> Judgement {
    let refusals = refusals(facts);
    let exceptions = facts.identity_exceptions.rows(Need::IdentityExceptions.what())?;
    facts.pods.rows(Need::Pods.what())?;
    is_in_play(facts, &refusals)?;
    let mut missed: Vec<Missed<'_>> = running_parts(facts)
        .filter(|pod| covering(exceptions, pod).is_empty())
        .filter_map(|pod| Some(Missed { pod, closest: closest(exceptions, pod)? }))
        .collect();
    // Whom NMI has refused comes first, then the agent: what is said of the first names the finding.
    missed.sort_by_key(|missed| {
        (!was_refused(&refusals, missed.pod), !is_agent(missed.pod), missed.pod.metadata.name.clone())
    });
    let Some(first) = missed.first() else { return Ok(Vec::new()) };
    Ok(vec![say(facts, &refusals, &missed, first)])
}

/// Returns the exception that comes closest to covering a pod: one with its labels elsewhere, else one in its namespace.
fn closest<'f>(exceptions: &'f [IdentityException], pod: &Pod) -> Option<&'f IdentityException> {
    let here = exceptions.iter().filter(|exception| exception.metadata.namespace() == pod.metadata.namespace());
    let misplaced = exceptions.iter().filter(|exception| is_misplaced(exception, pod));
    let distance = |exception: &&IdentityException| {
        (
            differences(exception, pod).len().max(usize::from(exception.spec.pod_labels.is_empty())),
            exception.metadata.name.clone(),
        )
    };
    misplaced.min_by_key(distance).or_else(|| here.min_by_key(distance))
}

/// Returns the labels of an exception that a pod does not have.
fn differences<'f>(exception: &'f IdentityException, pod: &Pod) -> Vec<(&'f str, &'f str)> {
    let labels = exception.spec.pod_labels.iter();
    labels
        .filter(|(key, value)| pod.metadata.labels.get(*key) != Some(value))
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect()
}

fn say(facts: &Facts, refusals: &[Refused<'_>], missed: &[Missed<'_>], first: &Missed<'_>) -> Finding {
    let refused: Vec<&Missed<'_>> = missed.iter().filter(|missed| was_refused(refusals, missed.pod)).collect();
    let mut message = if refused.is_empty() {
        "Exceptions from pod identity do not cover every pod of the extension. NMI has refused no request of those so far.".to_owned()
    } else {
        let who: Vec<String> = refused.iter().map(|missed| role(missed.pod)).collect();
        format!("Pod identity refuses the token requests of {}.", listing(who.iter().map(String::as_str), 3))
    };
    let mut told: Vec<&str> = Vec::new();
    let groups = if refused.is_empty() { missed.iter().collect::<Vec<_>>() } else { refused.clone() };
    for missed in &groups {
        if !told.contains(&missed.closest.metadata.name.as_str()) {
            told.push(&missed.closest.metadata.name);
            let pods: Vec<&Pod> = groups
                .iter()
                .filter(|other| other.closest.metadata == missed.closest.metadata)
                .map(|other| other.pod)
                .collect();
            message.push('\n');
            message.push_str(&compare(missed.closest, &pods));
        }
    }
    let rest: Vec<&str> = missed
        .iter()
        .filter(|missed| !groups.iter().any(|told| told.pod.metadata.name == missed.pod.metadata.name))
        .map(|missed| missed.pod.metadata.name.as_str())
        .collect();
    if !rest.is_empty() {
        message.push_str(&format!(
            "\nNot covered either: {}. NMI has refused no request of theirs so far.",
            listing(rest, 3)
        ));
    }
    let severity = if refused.is_empty() { Severity::Info } else { Severity::Error };
    let mut finding = Finding::new(severity, first.closest.subject(), message)
        .seen(Evidence::at(format!("{} .spec.podLabels", first.closest.at())))
        .mended_by(remedy(facts, first, refused.is_empty()));
    for refused in refusals {
        finding = finding.seen(refused.evidence.clone());
        finding.concerns.extend(refused.location.map(StorageLocation::subject));
    }
    for missed in missed {
        let subject = lasting_subject(missed.pod);
        if !finding.concerns.contains(&subject) {
            finding.concerns.push(subject);
        }
    }
    finding
}

/// Returns what a pod is for, in words.
fn role(pod: &Pod) -> String {
    if is_agent(pod) {
        return "the extension's agent, which checks the storage location".to_owned();
    }
    pod.metadata.name.clone()
}

/// Says what an exception selects and what the pods have instead.
fn compare(exception: &IdentityException, pods: &[&Pod]) -> String {
    let name = &exception.metadata.name;
    let names = listing(pods.iter().map(|pod| pod.metadata.name.as_str()), 3);
    let Some(first) = pods.first() else { return String::new() };
    if is_misplaced(exception, first) {
        return format!(
            "The exception {name} selects the labels of {names}, but lies in namespace {}: an exception counts only for pods of its own namespace, here {}.",
            exception.metadata.namespace(),
            first.metadata.namespace()
        );
    }
    let selected: Vec<String> = exception.spec.pod_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if selected.is_empty() {
        return format!("The exception {name} selects no labels, and so no pod.");
    }
    let mut text = format!("The exception {name} selects {}", listing(selected.iter().map(String::as_str), 5));
    for pod in pods {
        let has: Vec<String> = differences(exception, pod)
            .into_iter()
            .map(|(key, wanted)| match pod.metadata.label(key) {
                Some(value) => format!("{key}={value}"),
                None => match pod.metadata.labels.iter().find(|(_, value)| *value == wanted) {
                    Some((other, value)) => format!("no label {key}, but {other}={value}"),
                    None => format!("no label {key}"),
                },
            })
            .collect();
        text.push_str(&format!(";\n{} has {}", pod.metadata.name, listing(has.iter().map(String::as_str), 5)));
    }
    text.push('.');
    text
}

fn remedy(facts: &Facts, first: &Missed<'_>, is_quiet: bool) -> Remedy {
    let pod = first.pod;
    let needed =
        if is_quiet { "Needed only once such a pod asks for a token, which nothing shows so far. " } else { "" };
    let exception = first.closest;
    let label = label_of(pod);
    let namespace = pod.metadata.namespace();
    let covers_others =
        running_parts(facts).any(|other| exception.covers(other.metadata.namespace(), &other.metadata.labels));
    let name = &exception.metadata.name;
    if covers_others || is_misplaced(exception, pod) {
        let why = if covers_others {
            format!(
                "The exception {name} covers other pods of the extension and stays as it is. Add a second one for {label}."
            )
        } else {
            format!(
                "Add an exception for {label} in {namespace}. The one in {} can stay.",
                exception.metadata.namespace()
            )
        };
        return Remedy::guided(format!("{needed}{why} {ADD_ON}"))
            .documented(add_exception(namespace, &label))
            .documented(SHOW_EXCEPTIONS);
    }
    Remedy::guided(format!("{needed}Let the exception {name} select {label}; the next request goes through. {ADD_ON}"))
        .documented(format!(
            "az aks pod-identity exception update --resource-group RESOURCE_GROUP --cluster-name CLUSTER --namespace {namespace} --name {name} --pod-labels {label}"
        ))
        .documented(SHOW_EXCEPTIONS)
}
