//! An admission webhook of the cluster that a restore is to go to must be asked, and nobody answers for it.
//!
//! Knowledge: facts/diagnosis.md section 5, row 17 (dangling webhooks); velero issue 5068: what the webhook is asked about
//! is refused, and the restore ends with warnings or errors.

use super::check::{Check, Judgement};
use super::reading::unanswered::{seen, state, unanswered};
use super::reading::webhook_reach::takes_restored;
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB635",
    name: "target-webhook-unanswered",
    hop: Hop::Runs,
    title: "every admission webhook of the restore's target is answered for",
    needs: &[required(Need::Target)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether an admission webhook at the target that must be asked (failurePolicy Fail) has a Service with a
  ready endpoint.

Why it matters
  Whatever the webhook is asked about and the restore creates is refused, object by object.

How it is found
  The webhook configurations of the target and the endpoints of the Services that they name. Which objects
  the restore brings, and so whether the webhook is asked at all, is not known before: it is a warning.

What to do
  Bring back the pods behind the Service before the restore. If what served it is gone for good, its owner
  removes the configuration.

Sources
  The Kubernetes documentation of admission webhooks; velero issue 5068.
";

/// How many webhooks are named.
const SHOWN: usize = 3;

fn run(facts: &Facts) -> Judgement {
    let target = facts.target.required(Need::Target.what())?;
    let configurations = target.webhooks.rows("the admission webhooks of the target")?;
    let endpoints = target.webhook_endpoints.rows("the endpoints of the target's webhooks")?;
    let findings = unanswered(configurations, endpoints).into_iter().filter_map(|(row, webhooks)| {
        let asked: Vec<_> = webhooks.into_iter().filter(|(_, webhook)| takes_restored(webhook)).collect();
        let (first, _) = asked.first()?;
        let names = listing(asked.iter().map(|(_, webhook)| webhook.name.as_str()), SHOWN);
        let message = format!(
            "At {}, nobody answers for what admission must ask: {names}. {} What it is asked about is refused, also in a restore.",
            target.words(),
            state(row)
        );
        let service = &row.service;
        let mut finding = Finding::new(
            Severity::Warning,
            Subject::namespaced("v1", "Service", &service.namespace, &service.name),
            message,
        );
        let of = format!(" of the target {}", target.context);
        for (configuration, webhook) in asked.iter().take(SHOWN) {
            let (kind, name) = (configuration.kind.to_lowercase(), &configuration.metadata.name);
            let at = format!("{kind}/{name}{of} .webhooks[{}].failurePolicy", webhook.name);
            finding = finding.seen(Evidence::quoted(at, "Fail"));
        }
        let remedy = Remedy::guided(
            "See what should serve it, and bring its pods back before the restore. If what served it is gone for good, its configuration is a left-over: its owner deletes it.",
        )
        .documented(target.kubectl(&format!("--namespace {} get deployments,pods", service.namespace)))
        .documented(target.kubectl(&format!(
            "get {} {} --output yaml",
            first.kind.to_lowercase(),
            first.metadata.name
        )));
        Some(finding.seen(seen(row, &of)).mended_by(remedy))
    });
    let findings: Vec<Finding> = findings.collect();
    if findings.is_empty() {
        // Nothing in a part of them is no word about the rest.
        target.webhooks.whole_rows("the admission webhooks of the target")?;
        target.webhook_endpoints.whole_rows("the endpoints of the target's webhooks")?;
    }
    Ok(findings)
}
