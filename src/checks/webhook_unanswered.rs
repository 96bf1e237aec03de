//! An admission webhook that must be asked has nobody who answers, so the API server refuses what it would be asked about.
//!
//! Knowledge: velero issue 5068, prometheus-community/helm-charts 3931 and kyverno issue 4453 (a configuration outlives
//! what served it, or comes back before it after a stop); diagnosis.md section 5, row 8. A webhook that answers and
//! denies is another check's.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::agent::is_installed;
use super::reading::denier;
use super::reading::extension_parts::run_on;
use super::reading::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::reading::refused::{Refused, grouped};
use super::reading::unanswered::{seen, state, unanswered};
use super::reading::webhook_reach::{self, Concerns, Reach};
use crate::catalogue::Sign;
use crate::facts::objects::{ServiceEndpoints, ServiceReference, Webhook, WebhookConfiguration};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB703",
    name: "webhook-unanswered",
    hop: Hop::Cluster,
    title: "the admission webhooks that must be asked have somebody who answers",
    needs: &[
        required(Need::Webhooks),
        required(Need::WebhookEndpoints),
        helpful(Need::Namespace),
        helpful(Need::Namespaces),
        helpful(Need::Pods),
        helpful(CONFIGS.need),
        helpful(DEPLOYMENTS.need),
        helpful(EVENTS.need),
        helpful(REPLICA_SETS.need),
        helpful(JOBS.need),
    ],
    explains: &[
        "KubernetesBackupGenericWarning",
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "UserErrorKubernetesBackupExtensionHasErrors",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether an admission webhook with failurePolicy Fail names a Service that does not exist or has no ready
  endpoint, and whether it is asked about the extension's pods, about what an installation or a backup
  makes, or about what a restore may bring back.

Why it matters
  The API server refuses every request that such a webhook must be asked about. What runs goes on; the
  next pod, Job, backup or restored object is refused.

How it is found
  The webhook configurations, and the endpoints of the Services that they name. Rules, namespaceSelector
  and objectSelector are judged against the extension's namespace and pods; match conditions are not, and
  then it is said that the webhook may be asked. Pods behind the Service that changed in the last five
  minutes may be starting, and count only once something of the extension's is refused for them. A webhook
  that answers, and denies, is no finding here.

What to do
  Bring back the pods behind the Service. If what served it is gone for good, its owner removes the
  configuration.

Sources
  The Kubernetes documentation of admission webhooks; velero issue 5068; kyverno issue 4453.
";

/// A webhook that nobody answers for, and what it is asked about.
struct Unanswered<'f> {
    configuration: &'f WebhookConfiguration,
    webhook: &'f Webhook,
    reach: Reach,
}

fn run(facts: &Facts) -> Judgement {
    let configurations = facts.webhooks.rows(Need::Webhooks.what())?;
    let endpoints = facts.webhook_endpoints.rows(Need::WebhookEndpoints.what())?;
    let refused = refusals(facts, &[Sign::WebhookUnreachable]).unwrap_or_default();
    let refused = grouped(refused, super::reading::refused::denier);
    let findings = unanswered(configurations, endpoints).into_iter().filter_map(|(row, webhooks)| {
        let reached = webhooks.into_iter().filter_map(|(configuration, webhook)| {
            Some(Unanswered { configuration, webhook, reach: webhook_reach::of(webhook, facts)? })
        });
        of_service(facts, row, &reached.collect::<Vec<_>>(), &refused)
    });
    Ok(findings.collect())
}

fn of_service(
    facts: &Facts,
    row: &ServiceEndpoints,
    webhooks: &[Unanswered<'_>],
    refused: &[Refused<'_>],
) -> Option<Finding> {
    let ServiceReference { namespace, name } = &row.service;
    // The nearest to a backup, and what is sure of it before what is not.
    let worst = webhooks.iter().min_by_key(|one| (one.reach.concerns, one.reach.unsure.is_some()))?;
    let Reach { concerns, kinds, unsure } = &worst.reach;
    let of_rank: Vec<&Unanswered<'_>> = webhooks.iter().filter(|one| one.reach.concerns == *concerns).collect();
    let refusing: Vec<&Refused<'_>> = refused
        .iter()
        .filter(|refused| webhooks.iter().any(|one| refused.by.as_deref() == Some(one.webhook.name.as_str())))
        .collect();
    let stands = is_installed(facts) || run_on(facts);
    if *concerns == Concerns::Restores && !stands {
        return None;
    }
    let is_fresh = row.changed.is_some_and(|changed| facts.observed_at.duration_since(changed) < PATIENCE);
    if is_fresh && row.exists && row.unready > 0 && refusing.is_empty() {
        return None;
    }
    let is_unread = facts.extension_configs.known().is_none() && facts.pods.known().is_none();
    let mut message = format!("{} {}", who(&of_rank), state(row));
    if let Some(changed) = row.changed.filter(|_| row.exists) {
        message.push_str(&format!(" It has been so since {} at the latest.", minute(changed)));
    } else if row.exists {
        message.push_str(" That is how it is now; since when is not told.");
    }
    message.push('\n');
    message.push_str(&consequence(facts, *concerns, kinds, unsure.as_deref(), of_rank.len()));
    if !refusing.is_empty() {
        message.push_str("\nPods of the extension are refused for it now.");
    } else if *concerns == Concerns::Pods && stands && unsure.is_none() {
        message.push_str("\nWhat runs goes on. A pod that is made anew, after an upgrade, a drain or a crash of its node, is refused.");
    } else if *concerns == Concerns::Pods && !stands && !is_unread && unsure.is_none() {
        message.push_str("\nThe extension is not installed; until the webhook is answered for, it cannot be.");
    }
    let shuts_itself_out = row.exists && row.unready == 0 && shuts_out(facts, namespace, webhooks);
    if shuts_itself_out {
        message.push_str(&format!(
            "\nIt must be asked about the pods of its own namespace {namespace} too, so these cannot be made either: it does not come back by itself."
        ));
    }
    let severity = match concerns {
        _ if !refusing.is_empty() => refusing.iter().map(|one| one.severity(facts)).min().unwrap_or(Severity::Error),
        Concerns::Pods if !stands && !is_unread && unsure.is_none() => Severity::Error,
        Concerns::Pods | Concerns::Orders => Severity::Warning,
        Concerns::Restores => Severity::Info,
    };
    let mut finding = Finding::new(severity, Subject::namespaced("v1", "Service", namespace, name), message);
    for one in of_rank.iter().take(MOST_SHOWN) {
        finding = finding.seen(Evidence::quoted(at(one), "Fail"));
    }
    finding = finding.seen(seen(row, ""));
    for one in webhooks {
        for subject in
            [one.configuration.metadata.subject(API, &one.configuration.kind), denier::webhook(&one.webhook.name)]
        {
            if !finding.concerns.contains(&subject) {
                finding.concerns.push(subject);
            }
        }
    }
    for refused in &refusing {
        finding.evidence.extend(refused.all.first().map(|refusal| refusal.evidence.clone()));
    }
    if *concerns == Concerns::Pods && refusing.is_empty() {
        let unread = facts.unread(EVENTS.need).or_else(|| facts.unread(CONFIGS.need));
        finding = finding.without(
            unread.map(|unread| format!("whether pods of the extension are refused for it now: {}", unread.why)),
        );
    }
    Some(finding.mended_by(remedy(row, &of_rank, shuts_itself_out)))
}

/// Pods that have not been ready for less than this may be starting, as in a rollout.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

const API: &str = "admissionregistration.k8s.io/v1";

/// How many configurations are shown one by one.
const MOST_SHOWN: usize = 3;

fn at(one: &Unanswered<'_>) -> String {
    let kind = one.configuration.kind.to_lowercase();
    format!("{kind}/{} .webhooks[{}].failurePolicy", one.configuration.metadata.name, one.webhook.name)
}

fn who(webhooks: &[&Unanswered<'_>]) -> String {
    let mut names: Vec<&str> = webhooks.iter().map(|one| one.configuration.metadata.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let inside: Vec<&str> = webhooks.iter().map(|one| one.webhook.name.as_str()).collect();
    let hooks = if inside.len() == 1 { "Admission webhook" } else { "Admission webhooks" };
    let verb = if inside.len() == 1 { "has" } else { "have" };
    format!(
        "{hooks} {} ({}) {verb} nobody who answers:",
        listing(inside.iter().copied(), MOST_SHOWN),
        listing(names.iter().copied(), MOST_SHOWN)
    )
}

fn consequence(facts: &Facts, concerns: Concerns, kinds: &[String], unsure: Option<&str>, count: usize) -> String {
    let namespace = &facts.extension.namespace;
    let they = if count == 1 { "It is" } else { "They are" };
    let what = match concerns {
        Concerns::Pods => format!("before a pod of the extension is made in namespace {namespace}"),
        Concerns::Orders => format!(
            "before objects are made that an installation or a backup needs ({})",
            listing(kinds.iter().map(String::as_str), 3)
        ),
        Concerns::Restores => {
            return format!(
                "{they} not asked about the extension's own objects. But whatever {} asked about and a restore brings back is refused, and the restore ends with a warning.",
                if count == 1 { "it is" } else { "they are" }
            );
        }
    };
    match unsure {
        None => format!(
            "{they} to be asked {what}; with failurePolicy Fail, the API server refuses what nobody answered for."
        ),
        Some(why) => format!(
            "{they} perhaps to be asked {what} ({why}); with failurePolicy Fail, the API server then refuses it."
        ),
    }
}

/// Tells whether a webhook surely keeps the pods of its own namespace from being made.
fn shuts_out(facts: &Facts, namespace: &str, webhooks: &[Unanswered<'_>]) -> bool {
    let row = facts.namespaces.known_rows().iter().find(|row| row.metadata.name == namespace);
    row.is_some_and(|row| {
        let mut labels = row.metadata.labels.clone();
        labels.entry("kubernetes.io/metadata.name".to_owned()).or_insert_with(|| namespace.to_owned());
        webhooks.iter().any(|one| webhook_reach::takes_pods_of(one.webhook, &labels) == Some(true))
    })
}

fn remedy(row: &ServiceEndpoints, webhooks: &[&Unanswered<'_>], shuts_itself_out: bool) -> Remedy {
    let ServiceReference { namespace, name } = &row.service;
    let gone = if row.exists {
        "If what served it is gone for good, its configuration is a left-over: its owner deletes it."
    } else {
        "If what served it was removed, its configuration is a left-over: its owner deletes it. If not, bring the Service back."
    };
    let way = if shuts_itself_out {
        " As it keeps its own pods away, its owner sets failurePolicy to Ignore in the configuration until they are back."
    } else {
        ""
    };
    let mut remedy = Remedy::guided(format!("See what should serve it, and bring its pods back. {gone}{way}"))
        .documented(format!("kubectl --namespace {namespace} get deployments,pods"));
    if row.exists {
        remedy = remedy.documented(format!(
            "kubectl --namespace {namespace} get endpointslices --selector kubernetes.io/service-name={name}"
        ));
    }
    let mut shown: Vec<String> = Vec::new();
    for one in webhooks {
        let command = format!(
            "kubectl get {} {} --output yaml",
            one.configuration.kind.to_lowercase(),
            one.configuration.metadata.name
        );
        if shown.len() < MOST_SHOWN && !shown.contains(&command) {
            shown.push(command);
        }
    }
    shown.into_iter().fold(remedy, Remedy::documented)
}
