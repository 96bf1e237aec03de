//! A part of the API does not answer: its APIService points at something that is gone or does not work.
//!
//! Knowledge: public reports of a stale APIService (incidents.jsonl; the catalogue's `stale-api-service`): discovery is
//! incomplete then, and what asks for every kind stumbles. The one thing that surely stops is the deletion of a namespace,
//! which says so in its conditions.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::elapsed;
use super::reading::never_stored::NEVER_STORED;
use crate::catalogue::{Sign, classify};
use crate::facts::objects::{ApiService, Condition, ExtensionConfig, Namespace, ServiceEndpoints};
use crate::facts::{Facts, Need, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB702",
    name: "api-service-unavailable",
    hop: Hop::Cluster,
    title: "every part of the API answers",
    needs: &[
        required(Need::ApiServices),
        helpful(Need::WebhookEndpoints),
        helpful(Need::Namespaces),
        helpful(Need::Namespace),
        helpful(Need::ExtensionConfigs),
    ],
    explains: &["KubernetesBackupGenericWarning", "UserErrorKubernetesBackupExtensionHasErrors"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether every APIService, that is every part of the API that another program than the API server answers
  for, is available.

Why it matters
  What is served by such a part cannot be read or written, so it is in no backup meanwhile; metrics and
  reviews, which are never stored, are in none at any time. Whoever asks
  for the whole list of kinds gets an error with it: helm and other installers may stop there, and no
  namespace can be deleted, which keeps an extension that was removed from being installed again.

How it is found
  The condition Available of the APIServices, once it has not been True for five minutes: a restart of
  what serves it takes less. It is an error where the extension's own namespace, or its installation,
  waits for it by its own words; else a warning.

What to do
  Bring back what serves it. If that is gone for good, the APIService is a left-over that its owner
  removes.

Sources
  The Kubernetes documentation of the aggregation layer and of namespace deletion; public reports.
";

/// What has not been available for less than this may be restarting.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// The condition of a namespace whose deletion waits for the list of kinds.
const DISCOVERY: &str = "NamespaceDeletionDiscoveryFailure";

fn run(facts: &Facts) -> Judgement {
    let services = facts.api_services.rows(Need::ApiServices.what())?;
    let unavailable: Vec<(&ApiService, &Condition)> =
        services.iter().filter_map(|service| Some((service, unavailable(service)?))).collect();
    let is_only = unavailable.len() == 1;
    Ok(unavailable
        .into_iter()
        .filter_map(|(service, condition)| of_service(facts, service, condition, is_only))
        .collect())
}

/// Tells whether words name a group and version, and not one whose name ends like it.
fn names(words: &str, group: &str) -> bool {
    words.match_indices(group).any(|(at, _)| {
        let before = words.get(..at).and_then(|head| head.chars().next_back());
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
    })
}

/// Returns the condition by which an APIService is not available.
fn unavailable(service: &ApiService) -> Option<&Condition> {
    service.status.conditions.iter().find(|condition| condition.kind == "Available" && condition.status != "True")
}

fn of_service(facts: &Facts, service: &ApiService, condition: &Condition, is_only: bool) -> Option<Finding> {
    let group = format!("{}/{}", service.spec.group, service.spec.version);
    // Where several are away, the words name those that are meant.
    let is_meant = |words: &str| is_only || names(words, &group);
    let waiting = namespaces_waiting(facts, is_meant);
    let stopped: Vec<&ExtensionConfig> =
        configs_stopped(facts).filter(|config| config.failure().is_some_and(|text| is_meant(text))).collect();
    let since = condition.last_transition_time;
    let is_fresh = since.is_some_and(|since| facts.observed_at.duration_since(since) < PATIENCE);
    if is_fresh && waiting.is_empty() && stopped.is_empty() {
        return None;
    }
    let name = &service.metadata.name;
    let long = since.map_or(String::new(), |since| {
        format!(" since {} ({})", minute(since), elapsed::words(elapsed::since(since, facts.observed_at)))
    });
    let mut message = format!("APIService {name} is not available{long}: nobody answers for {group}.");
    if let Some(row) = endpoints(facts, service) {
        message.push(' ');
        message.push_str(&state(row));
    }
    message.push_str(if NEVER_STORED.contains(&service.spec.group.as_str()) {
        "\nWhat it serves is never stored, so no backup lacks it."
    } else {
        "\nWhat it serves can be neither read nor written, and is in no backup meanwhile."
    });
    message.push_str(
        " The list of all kinds has a hole: \
         installers that need the whole of it may stop, and no namespace can be deleted.",
    );
    let own = facts.extension.namespace.as_str();
    let is_own_waiting = waiting.iter().any(|waiting| waiting.metadata.name == own);
    if !waiting.is_empty() {
        let names: Vec<&str> = waiting.iter().map(|waiting| waiting.metadata.name.as_str()).collect();
        let (noun, verb) = if names.len() == 1 { ("Namespace", "waits") } else { ("Namespaces", "wait") };
        message.push_str(&format!(
            "\n{noun} {} {verb} for it: the deletion does not come to an end before.",
            listing(names.iter().copied(), 5)
        ));
        if !is_own_waiting {
            message.push_str(" Nothing can be restored into what is being deleted.");
        }
    }
    if let Some(config) = stopped.first() {
        message.push_str(&format!(
            "\nThe installation of the extension {} names it as its trouble.",
            config.metadata.name
        ));
    }
    let severity = if is_own_waiting || !stopped.is_empty() { Severity::Error } else { Severity::Warning };
    let subject = service.metadata.subject("apiregistration.k8s.io/v1", "APIService");
    let mut finding = Finding::new(severity, subject, message)
        .seen(Evidence::quoted(format!("apiservice/{name} .status.conditions[Available]"), words(condition)));
    for waiting in &waiting {
        let said = waiting.status.conditions.iter().find(|condition| condition.kind == DISCOVERY).map(words);
        let at = format!("namespace/{} .status.conditions[{DISCOVERY}]", waiting.metadata.name);
        finding = finding.seen(Evidence { at, quote: said });
        finding = finding.concerning(Subject::cluster_wide("v1", "Namespace", &waiting.metadata.name));
    }
    finding.concerns.extend(stopped.iter().map(|config| config.subject()));
    let finding = finding.without(
        facts
            .unread(Need::Namespaces)
            .map(|unread| format!("which namespaces wait for it in their deletion: {}", unread.why)),
    );
    Some(finding.mended_by(remedy(service)))
}

/// Returns the namespaces whose deletion waits for the list of kinds, the extension's among them, each once.
fn namespaces_waiting(facts: &Facts, is_meant: impl Fn(&str) -> bool) -> Vec<&Namespace> {
    let mut found: Vec<&Namespace> = Vec::new();
    for namespace in facts.namespace.known().into_iter().chain(facts.namespaces.known_rows()) {
        let waits = |condition: &&Condition| condition.kind == DISCOVERY && condition.status == "True";
        let said = namespace.status.conditions.iter().find(waits).map(|c| c.message.as_deref().unwrap_or_default());
        if said.is_some_and(&is_meant) && !found.iter().any(|known| known.metadata.name == namespace.metadata.name) {
            found.push(namespace);
        }
    }
    found
}

/// Returns the extension's records that failed for it, by their own words.
fn configs_stopped(facts: &Facts) -> impl Iterator<Item = &ExtensionConfig> {
    let names_it = |config: &&ExtensionConfig| {
        let text = config.failure().filter(|_| config.status.status.as_deref() != Some("Installed"));
        text.is_some_and(|text| classify(text).iter().any(|found| found.sign == Sign::StaleApiService))
    };
    facts.extension_configs.known_rows().iter().filter(|config| config.is_backup()).filter(names_it)
}

fn endpoints<'f>(facts: &'f Facts, service: &ApiService) -> Option<&'f ServiceEndpoints> {
    let called = service.spec.service.as_ref()?;
    facts.webhook_endpoints.known_rows().iter().find(|row| row.service == *called)
}

fn state(row: &ServiceEndpoints) -> String {
    let name = format!("{}/{}", row.service.namespace, row.service.name);
    match (row.exists, row.ready, row.unready) {
        (false, ..) => format!("The Service {name} that it names does not exist."),
        (true, 0, 0) => format!("The Service {name} that it names has no endpoints."),
        (true, 0, _) => format!("The pods behind the Service {name} that it names are not ready."),
        (true, ..) => {
            format!("The Service {name} that it names has ready endpoints, but they do not answer as they should.")
        }
    }
}

fn words(condition: &Condition) -> String {
    let part = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_owned();
    let (reason, message) = (part(&condition.reason), part(&condition.message));
    let said = [condition.status.clone(), reason, message];
    said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

fn remedy(service: &ApiService) -> Remedy {
    let name = &service.metadata.name;
    let mut remedy = Remedy::guided(
        "See what should serve it, and bring that back: the pods behind its Service, and the way from the API server to \
         them. If what served it is gone for good, its APIService is a left-over that its owner deletes; be sure of that \
         first, since everything of that part of the API is out of reach then. Deletions that wait go on by themselves.",
    )
    .documented(format!("kubectl get apiservice {name} --output yaml"));
    if let Some(called) = &service.spec.service {
        let (namespace, name) = (&called.namespace, &called.name);
        remedy = remedy.documented(format!("kubectl --namespace {namespace} get deployments,pods")).documented(
            format!("kubectl --namespace {namespace} get endpointslices --selector kubernetes.io/service-name={name}"),
        );
    }
    remedy
}
