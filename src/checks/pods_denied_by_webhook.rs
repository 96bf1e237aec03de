//! An admission webhook denies the extension's pods, or cannot be called and so lets nothing through.
//!
//! Knowledge: the API server's words for both. Public reports of webhooks that outlive what served them, and of webhooks
//! that keep a cluster from coming back after a stop (kyverno issue 4453).

use super::check::{Check, Judgement};
use super::reading::denier::webhook;
use super::reading::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, refusals};
use super::reading::refused::{Refused, denier, grouped, quoted};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Finding, Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB114",
    name: "pods-denied-by-webhook",
    hop: Hop::Extension,
    title: "admission webhooks answer, and let the extension's pods in",
    needs: &[EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS],
    explains: &[
        "POLICY_IMAGE_NOT_ALLOWED_GATEKEEPER",
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "KubernetesBackupGenericWarning",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a webhook other than Gatekeeper's constraints denies pods of the extension, or a webhook
  that must be asked cannot be called.

Why it matters
  The pods are never created, so there is no pod to look at; helm waits in vain, gives up, and takes
  the installation back. No node is short of anything, so more nodes do not help.

How it is found
  The words of the refusal, in events on the extension's ReplicaSets and Jobs, in the conditions of
  ReplicaSets and Deployments, and in the ExtensionConfig after helm has taken everything back. A
  refusal of something that has been created since is no finding. The advice about policies that the
  service adds to every failed installation is no evidence.

What to do
  A webhook that denies: have its owner leave the extension's namespace out. A webhook that cannot be
  called: bring back what serves it; if that is gone for good, its configuration is a left-over that
  its owner removes.

Sources
  The Kubernetes documentation of admission webhooks; public reports named in the source.
";

/// The webhook through which Gatekeeper, and with it Azure Policy, is asked.
const GATEKEEPER: &str = "validation.gatekeeper.sh";

fn run(facts: &Facts) -> Judgement {
    let unreachable = grouped(refusals(facts, &[Sign::WebhookUnreachable])?, denier);
    let denying = grouped(refusals(facts, &[Sign::DeniedByWebhook])?, denier);
    let mut findings: Vec<Finding> = unreachable.iter().map(|refused| uncalled(refused, facts)).collect();
    for refused in &denying {
        let finding = denied(refused, facts);
        if !findings.iter().any(|known| known.subject == finding.subject) {
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// Shows which configuration a webhook stands in and what serves it.
const CONFIGURATIONS: &str = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations --output \
                              'custom-columns=NAME:.metadata.name,WEBHOOKS:.webhooks[*].name,SERVICE:.webhooks[*].clientConfig.service.name,NAMESPACE:.webhooks[*].clientConfig.service.namespace,ON_FAILURE:.webhooks[*].failurePolicy'";

fn denied(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let name = refused.by.as_deref().unwrap_or("WEBHOOK");
    let mut message = format!(
        "Admission webhook {name} was asked about {} and denies the request. It says{}.",
        refused.whose(),
        quoted(&refused.said())
    );
    message.push_str(&refused.ending());
    refused.finding(facts, webhook(name), message).mended_by(
        Remedy::guided(format!(
            "Have the owner of the webhook, or of the rule behind it, leave namespace {} out. The command shows which \
             configuration it stands in and what serves it.{}",
            facts.extension.namespace,
            refused.afterwards()
        ))
        .documented(CONFIGURATIONS),
    )
}

fn uncalled(refused: &Refused<'_>, facts: &Facts) -> Finding {
    let name = refused.by.as_deref().unwrap_or("WEBHOOK");
    let mut message = format!(
        "Admission webhook {name} must be asked about {} and cannot be called, so the API server does not create them. It \
         has denied nothing: what serves it is away, or cannot be reached from the API server. The API server says{}.",
        refused.whose(),
        quoted(&refused.said())
    );
    message.push_str(&refused.ending());
    let mut remedy = Remedy::guided(format!(
        "See whether the webhook's Service exists and has ready pods, and bring them back. If what served it is gone for \
         good, its configuration is a left-over that its owner removes.{}",
        refused.afterwards()
    ));
    if name == GATEKEEPER {
        remedy = remedy.documented("kubectl get pods --namespace gatekeeper-system");
    }
    refused.finding(facts, webhook(name), message).mended_by(remedy.documented(CONFIGURATIONS))
}
