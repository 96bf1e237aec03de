//! The labels of the extension's namespace ask for a level of pod security, or the server warns of its pods.
//!
//! Knowledge: Kubernetes' Pod Security admission: `enforce` refuses a pod, `warn` only answers with a warning; for a Job
//! or a ReplicaSet a refusal stands in events alone. How the extension's pods may run is not published, so the label by
//! itself decides nothing: a remark, for whoever looks for why nothing comes.

use super::check::{Check, Judgement};
use super::reading::extension_parts::is_ready;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB130",
    name: "pod-security-may-deny",
    hop: Hop::Extension,
    title: "the namespace's pod security labels ask nothing of the extension's pods",
    needs: &[required(Need::Namespace), helpful(Need::AdmissionTrial), helpful(Need::Deployments)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension's namespace enforces the pod security level baseline or restricted, and whether the API
  server warns of a pod like the install hook's.

Why it matters
  A pod that does not meet the level is refused, and the Deployment or Job behind it only says so in its
  events, which are gone after an hour.

How it is found
  The label pod-security.kubernetes.io/enforce of the namespace, and the warnings that came with the dry run of
  a pod, where you may try one. It is a remark: whether the extension's pods meet the level is not published.
  Pods that were refused have a check of their own.

What to do
  Nothing, while the extension's pods come. Where they do not, see the events of the namespace.

Sources
  The Kubernetes documentation on Pod Security admission.
";

/// The label that says which pods are refused.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// How many of the server's warnings are quoted.
const MOST_WARNINGS: usize = 4;

fn run(facts: &Facts) -> Judgement {
    let namespace = facts.namespace.required(Need::Namespace.what())?;
    let name = &facts.extension.namespace;
    let level = namespace.metadata.label(ENFORCE).filter(|level| matches!(*level, "baseline" | "restricted"));
    let trial = facts.admission_trial.known();
    let warnings = trial.map(|trial| trial.warnings.as_slice()).unwrap_or_default();
    if level.is_none() && warnings.is_empty() {
        return Ok(Vec::new());
    }
    let mut parts: Vec<String> = Vec::new();
    if let Some(level) = level {
        parts.push(format!(
            "Namespace {name} enforces the pod security level {level}: a pod that does not meet it is refused, and what made it says so \
             only in events."
        ));
        parts.push(match trial {
            Some(trial) if trial.allowed => {
                "A pod like the extension's install hook would be let in, by a dry run; the others may ask for more."
                    .to_owned()
            }
            Some(_) => "A pod like the extension's install hook would be refused, by a dry run.".to_owned(),
            None => "Whether the extension's pods meet it was not tried.".to_owned(),
        });
        if is_ready(facts) {
            parts.push(
                "The extension's Deployments are ready: their pods meet it, or were there before the label.".to_owned(),
            );
        }
    }
    if !warnings.is_empty() {
        parts.push(format!(
            "The API server would let in a pod like the extension's install hook, with {}; nothing is refused for a warning.",
            counted(warnings.len(), "warning", "warnings")
        ));
    }
    let subject = Subject::cluster_wide("v1", "Namespace", name);
    let mut finding = Finding::new(Severity::Info, subject, parts.join("\n"));
    if let Some(level) = level {
        finding = finding.seen(Evidence::quoted(format!("namespace/{name} .metadata.labels[{ENFORCE}]"), level));
    }
    for warning in warnings.iter().take(MOST_WARNINGS) {
        finding =
            finding.seen(Evidence::quoted(format!("dry run of a pod in namespace {name}, warning"), warning.as_str()));
    }
    Ok(vec![
        finding.mended_by(
            Remedy::guided(
                "Nothing, while the extension's pods come. Where they do not, see why in the events of the namespace.",
            )
            .documented(format!("kubectl --namespace {name} get events --sort-by .lastTimestamp"))
            .documented(format!("kubectl get namespace {name} --show-labels")),
        ),
    ])
}
