//! Azure Policy denies the extension's pods, by a constraint that it has put into the cluster.
//!
//! Knowledge: a field report of the allowed-images policy against the upgrade-crds Job (azure-docs PR 121332), one of
//! deployment safeguards on AKS Automatic (AKS issue 5347), and of built-in policies that do not leave the extension's
//! namespace out (azure-policy PR 1410). None of this stands on Azure Backup's own page.

use super::check::{Check, Judgement};
use super::reading::denier::constraint;
use super::reading::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::reading::refused::{Refused, denier, grouped, quoted};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Finding, Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB110",
    name: "pods-denied-by-azure-policy",
    hop: Hop::Extension,
    title: "Azure Policy lets the extension's pods in",
    needs: &[EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS],
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
  Whether a constraint that Azure Policy has put into the cluster denies pods of the extension, or
  its install, upgrade or delete Jobs.

Why it matters
  The pods are never created, so there is no pod to look at; helm waits in vain, gives up, and takes
  the installation back. No node is short of anything, so more nodes do not help.

How it is found
  The words of the refusal, in events on the extension's ReplicaSets and Jobs, in the conditions of
  ReplicaSets and Deployments, and in the ExtensionConfig after helm has taken everything back. A
  refusal of something that has been created since is no finding. The advice about policies that the
  service adds to every failed installation is no evidence.

What to do
  Leave the extension's namespace out of the assignment, let its images in, or turn the assignment to
  audit. Deployment safeguards (AKS Automatic) have a list of excluded namespaces of their own. The
  constraint itself is not to be changed in the cluster: Azure Policy puts it back.

Sources
  Azure Policy for Kubernetes; AKS deployment safeguards; public reports named in the source.
";

fn run(facts: &Facts) -> Judgement {
    let groups = grouped(refusals(facts, &[Sign::DeniedByAzurePolicy])?, denier);
    Ok(groups.iter().map(|refused| denied(refused, facts)).collect())
}

fn denied(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let namespace = &facts.extension.namespace;
    let name = refused.by.as_deref().unwrap_or("azurepolicy");
    let mut message = format!(
        "Azure Policy denies {}. Constraint {name} says{}.\nThe constraint comes from an Azure Policy assignment, or \
         from the deployment safeguards of AKS (AKS Automatic has them on); a change to it in the cluster would be undone.",
        refused.whose(),
        quoted(&refused.said())
    );
    message.push_str(&refused.ending());
    refused.finding(facts, constraint(name), message).mended_by(
        Remedy::guided(format!(
            "Find the assignment (the first command shows its id beside the constraint) and have its owner leave \
             namespace {namespace} out (parameter excludedNamespaces), let in what it denies (images come from \
             mcr.microsoft.com/azurebackup), or set its effect to audit. Where deployment safeguards made it (the \
             second command shows level Enforce), leave the namespace out there: az aks safeguards update with --level \
             Enforce and --excluded-ns, naming the namespaces that are left out already as well. The cluster learns of a \
             change within about 15 minutes.{}",
            refused.afterwards()
        ))
        .documented(
            "kubectl get constraints --output custom-columns=KIND:.kind,NAME:.metadata.name,ASSIGNMENT:.metadata.annotations.azure-policy-assignment-id",
        )
        .documented("az aks safeguards show --resource-group RESOURCE_GROUP --name CLUSTER"),
    )
}
