//! The pod security level of the extension's namespace forbids its pods.
//!
//! Knowledge: the words of the API server's pod security admission; the level is a label of the namespace.

use super::check::{Check, Judgement};
use super::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::refused::{Refused, denier, grouped, quoted};
use crate::catalogue::Sign;
use crate::facts::{Facts, Need, helpful};
use crate::finding::{Evidence, Finding, Hop, Remedy, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB113",
    name: "pods-denied-by-pod-security",
    hop: Hop::Extension,
    title: "the namespace's pod security level lets the extension's pods in",
    needs: &[EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS, helpful(Need::Namespace)],
    explains: &[
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "UserErrorKubernetesBackupExtensionHasErrors",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the pod security level that the extension's namespace enforces forbids pods of the
  extension.

Why it matters
  The pods are never created, so there is no pod to look at; helm waits in vain, gives up, and takes
  the installation back. No node is short of anything, so more nodes do not help.

How it is found
  The words of the refusal, in events on the extension's ReplicaSets and Jobs, in the conditions of
  ReplicaSets and Deployments, and in the ExtensionConfig after helm has taken everything back. A
  refusal of something that has been created since is no finding. The advice about policies that the
  service adds to every failed installation is no evidence.
  The level is read from the namespace's label pod-security.kubernetes.io/enforce.

What to do
  Enforce a lower level in the extension's namespace, and see to it that what set the label does not
  set it again.

Sources
  The Kubernetes documentation of the pod security standards and of their admission.
";

/// The label that says which level a namespace enforces.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

fn run(facts: &Facts) -> Judgement {
    // One namespace, one level: whatever it says of each pod is one thing to mend.
    let groups = grouped(refusals(facts, &[Sign::DeniedByPodSecurity])?, denier);
    Ok(groups.iter().take(1).map(|refused| denied(refused, facts)).collect())
}

fn denied(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let namespace = &facts.extension.namespace;
    let level = refused.by.as_deref().unwrap_or("that it enforces");
    // It demands the same of every pod and names its containers; one pod is enough to see what.
    let said = refused.said_first();
    let label = facts.namespace.known().and_then(|known| known.metadata.label(ENFORCE));
    let mut message = format!(
        "Namespace {namespace} enforces the pod security level {level}, which forbids {}{}.",
        refused.whose(),
        quoted(&said)
    );
    let is_labelled = label.is_some();
    if facts.namespace.known().is_some() && !is_labelled {
        message.push_str(&format!(
            "\nThe namespace has no label {ENFORCE} now: the level comes from elsewhere, or the label is gone since."
        ));
    }
    message.push_str(&refused.ending());
    let mut finding = refused.finding(facts, Subject::cluster_wide("v1", "Namespace", namespace), message);
    if let Some(label) = label {
        finding =
            finding.seen(Evidence::quoted(format!("namespace/{namespace} .metadata.labels[\"{ENFORCE}\"]"), label));
    }
    finding = finding.without(
        facts
            .unread(Need::Namespace)
            .map(|unread| format!("whether the level is a label of the namespace: {}", unread.why)),
    );
    let (lower, then) = if level.starts_with("restricted") {
        ("baseline", "; if the refusal then names baseline, the pods need privileged")
    } else {
        ("privileged", "")
    };
    finding.mended_by(
        Remedy::guided(format!(
            "Enforce level {lower} in this namespace{then}. Where a tool or an Azure Policy sets the label, leave the namespace out there, or it comes back.{}",
            refused.afterwards()
        ))
        .documented(format!("kubectl label namespace {namespace} --overwrite {ENFORCE}={lower}")),
    )
}
