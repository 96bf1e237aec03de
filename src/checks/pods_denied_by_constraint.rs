//! A Gatekeeper constraint of the cluster's owners denies the extension's pods.
//!
//! Knowledge: Gatekeeper's words `[name] …` and `[denied by name] …`; names that begin with `azurepolicy-` are Azure
//! Policy's and have a check of their own, since their remedy is elsewhere.

use super::check::{Check, Judgement};
use super::reading::denier::constraint;
use super::reading::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::reading::refused::{Refused, denier, grouped, quoted};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Finding, Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB111",
    name: "pods-denied-by-constraint",
    hop: Hop::Extension,
    title: "constraints of Gatekeeper let the extension's pods in",
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
  Whether a Gatekeeper constraint that does not come from Azure Policy denies pods of the extension,
  or its install, upgrade or delete Jobs.

Why it matters
  The pods are never created, so there is no pod to look at; helm waits in vain, gives up, and takes
  the installation back. No node is short of anything, so more nodes do not help.

How it is found
  The words of the refusal, in events on the extension's ReplicaSets and Jobs, in the conditions of
  ReplicaSets and Deployments, and in the ExtensionConfig after helm has taken everything back. A
  refusal of something that has been created since is no finding. The advice about policies that the
  service adds to every failed installation is no evidence.

What to do
  Leave the extension's namespace out of the constraint. It is changed where its owners keep it: by
  hand in the cluster, or in the repository that a GitOps tool applies. Gatekeeper itself stays.

Sources
  The documentation of Gatekeeper's constraints and of their match.excludedNamespaces.
";

fn run(facts: &Facts) -> Judgement {
    let groups = grouped(refusals(facts, &[Sign::DeniedByConstraint])?, denier);
    Ok(groups.iter().map(|refused| denied(refused, facts)).collect())
}

fn denied(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let namespace = &facts.extension.namespace;
    let name = refused.by.as_deref().unwrap_or("CONSTRAINT");
    let mut message = format!(
        "A Gatekeeper constraint of this cluster's own denies {}. Constraint {name} says{}.\nIts name is none of Azure \
         Policy's, so no assignment in Azure would change it.",
        refused.whose(),
        quoted(&refused.said())
    );
    message.push_str(&refused.ending());
    refused.finding(facts, constraint(name), message).mended_by(
        Remedy::guided(format!(
            "Have the constraint's owner leave namespace {namespace} out (spec.match.excludedNamespaces), in the cluster \
             or where a GitOps tool takes it from. The first command shows its kind.{}",
            refused.afterwards()
        ))
        .documented("kubectl get constraints --output custom-columns=KIND:.kind,NAME:.metadata.name")
        .documented(format!("kubectl edit KIND.constraints.gatekeeper.sh {name}")),
    )
}
