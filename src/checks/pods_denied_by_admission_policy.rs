//! A ValidatingAdmissionPolicy denies the extension's pods, or what these want to create.
//!
//! Knowledge: reports of AKS Automatic, whose own policy aks-managed-protect-system-namespaces stopped other extensions
//! (AKS issues 5645 and 5726): there the pods are created, and end because they may not create a ConfigMap.

use super::check::{Check, Judgement};
use super::reading::denier::admission_policy;
use super::reading::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::reading::refused::{Refused, denier, grouped, quoted};
use super::reading::waiting::workload_of;
use crate::catalogue::{Captured, Sign, classify};
use crate::facts::objects::Pod;
use crate::facts::{Facts, Need, helpful};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB112",
    name: "pods-denied-by-admission-policy",
    hop: Hop::Extension,
    title: "admission policies let the extension's pods in",
    needs: &[EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS, helpful(Need::Pods), helpful(Need::Logs)],
    explains: &[
        "POLICY_IMAGE_NOT_ALLOWED_GATEKEEPER",
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "UserErrorKubernetesBackupExtensionHasErrors",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a ValidatingAdmissionPolicy denies pods of the extension, its Jobs, or what its pods want
  to create.

Why it matters
  The pods are never created, so there is no pod to look at; helm waits in vain, gives up, and takes
  the installation back. No node is short of anything, so more nodes do not help.

How it is found
  The words of the refusal, in events on the extension's ReplicaSets and Jobs, in the conditions of
  ReplicaSets and Deployments, and in the ExtensionConfig after helm has taken everything back. A
  refusal of something that has been created since is no finding. The advice about policies that the
  service adds to every failed installation is no evidence.
  A pod that is not ready and whose log ends with such a denial counts too.

What to do
  A policy of the cluster's owners: leave the extension's namespace out in the policy's binding. A
  policy of AKS itself (its name begins with aks-managed) cannot be changed: the exemption is made on
  Microsoft's side.

Sources
  The Kubernetes documentation of validating admission policies; public reports of AKS Automatic.
";

fn run(facts: &Facts) -> Judgement {
    let groups = grouped(refusals(facts, &[Sign::DeniedByAdmissionPolicy])?, denier);
    let mut findings: Vec<Finding> = groups.iter().map(|refused| denied(refused, facts)).collect();
    for pod in facts.own_pods().filter(|pod| !pod.is_ready() && !pod.has_ended()) {
        let found = in_log(pod, facts);
        findings.extend(found.filter(|found| !findings.iter().any(|known| known.subject == found.subject)));
    }
    Ok(findings)
}

/// Tells whether a policy is one of AKS itself.
fn is_of_aks(name: &str) -> bool {
    name.starts_with("aks-managed")
}

fn called(name: &str, binding: Option<&str>) -> String {
    let binding = binding.map(|binding| format!(" (binding {binding})")).unwrap_or_default();
    format!("ValidatingAdmissionPolicy {name}{binding}")
}

fn whose_policy(name: &str) -> &'static str {
    if is_of_aks(name) {
        "\nThe policy is AKS' own (AKS Automatic has such policies); it lets in only what Microsoft has named in it and \
         cannot be changed in the cluster."
    } else {
        ""
    }
}

fn denied(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let name = refused.by.as_deref().unwrap_or("POLICY");
    let binding = refused.all.iter().find_map(|refusal| binding(&refusal.told.captured));
    let mut message = format!(
        "{} denies {}. It says{}.{}",
        called(name, binding),
        refused.whose(),
        quoted(&refused.said()),
        whose_policy(name)
    );
    message.push_str(&refused.ending());
    refused.finding(facts, admission_policy(name), message).mended_by(remedy(
        name,
        binding,
        refused.afterwards(),
        facts,
    ))
}

fn binding(captured: &Captured) -> Option<&str> {
    match captured {
        Captured::Denial { binding, .. } => binding.as_deref(),
        _ => None,
    }
}

/// How far back in a log a denial can be what keeps the pod from being ready now.
const MOST_LINES: usize = 30;

/// Tells of a pod that is denied what it wants to create.
fn in_log(pod: &Pod, facts: &Facts) -> Option<Finding> {
    let logs = facts.logs.known_rows().iter();
    let mut own: Vec<_> =
        logs.filter(|log| log.pod == pod.metadata.name && log.namespace == pod.metadata.namespace()).collect();
    // A run that has only begun says nothing yet; then the run before tells.
    own.sort_by_key(|log| log.previous);
    let (log, line, captured) = own.into_iter().find_map(|log| {
        log.lines.iter().rev().take(MOST_LINES).find_map(|line| {
            let told = classify(line).into_iter().find(|told| told.sign == Sign::DeniedByAdmissionPolicy)?;
            Some((log, line, told.captured))
        })
    })?;
    let Captured::Denial { by, binding, said } = captured else { return None };
    let name = by.as_deref().unwrap_or("POLICY");
    let message = format!(
        "{} denies what pod {} wants to create, and the pod is not ready. It says{}.{}\nMore nodes would not help.",
        called(name, binding.as_deref()),
        pod.metadata.name,
        quoted(said.as_deref().unwrap_or_default().trim_end_matches('.')),
        whose_policy(name)
    );
    let mut finding = Finding::new(Severity::Error, admission_policy(name), message)
        .seen(Evidence::quoted(log.at(), line.as_str()))
        .concerning(pod.subject());
    finding.concerns.extend(workload_of(pod));
    let afterwards = " The pod then goes on by itself; if helm has given up by then, install the extension again.";
    Some(finding.mended_by(remedy(name, binding.as_deref(), afterwards, facts)))
}

fn remedy(name: &str, binding: Option<&str>, afterwards: &str, facts: &Facts) -> Remedy {
    if is_of_aks(name) {
        return Remedy::guided(format!(
            "Ask Microsoft support to let the backup extension (microsoft.dataprotection.kubernetes) through policy {name}; \
             for other extensions such an exemption came with a release of AKS. See also whether a newer version of the \
             extension or of the cluster is offered.{afterwards}"
        ))
        .documented(format!("kubectl get validatingadmissionpolicy {name} --output yaml"));
    }
    let remedy = Remedy::guided(format!(
        "Have the policy's owner leave namespace {} out, in the binding's spec.matchResources.namespaceSelector: label \
         kubernetes.io/metadata.name, operator NotIn.{afterwards}",
        facts.extension.namespace
    ))
    .documented(format!("kubectl get validatingadmissionpolicy {name} --output yaml"));
    match binding {
        Some(binding) => remedy.documented(format!("kubectl edit validatingadmissionpolicybinding {binding}")),
        None => remedy.documented(
            "kubectl get validatingadmissionpolicybindings --output custom-columns=NAME:.metadata.name,POLICY:.spec.policyName",
        ),
    }
}
