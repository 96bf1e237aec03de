//! Pod-managed identity on a cluster whose network is Cilium's.
//!
//! Knowledge: diagnosis.md section 5, row 11, and a change to Microsoft's own page (azure-aks-docs, pull request 11):
//! with Cilium's data plane pods could not reach the metadata service while pod identity was on, so that scenario 2's
//! remedy could not work. A later change took the sentence away again, without saying why: so it is no certainty.

use super::check::{Check, Judgement};
use super::reading::pod_identity::{Refused, refusals};
use crate::facts::objects::Workload;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB211",
    name: "pod-identity-with-cilium",
    hop: Hop::Identity,
    title: "pod identity, if present, is not beside Cilium",
    needs: &[required(Need::NodeIdentity), helpful(Need::StorageLocations), helpful(Need::Pods), helpful(Need::Logs)],
    explains: &["SCENARIO_2_POD_IDENTITY_NMI"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether pod-managed identity (NMI) and Cilium's data plane are both on the cluster.

Why it matters
  With both, pods may not reach the metadata service at all, whatever exception they have: the documented
  remedy of scenario 2 then does not help.

How it is found
  The DaemonSets nmi and cilium of kube-system. It is a remark, and a warning once NMI has refused the
  extension a token.

What to do
  Move what uses pod identity to workload identity and switch the add-on off: it has not been supported since
  September 2025.

Sources
  A change to Microsoft's documents on pod-managed identity (azure-aks-docs, pull request 11), taken back
  later; Azure Backup's troubleshooting page for AKS, scenario 2.
";

fn run(facts: &Facts) -> Judgement {
    let sets = facts.node_identity.rows(Need::NodeIdentity.what())?;
    let find = |is: fn(&Workload) -> bool| sets.iter().find(|set| is(set));
    let (Some(nmi), Some(cilium)) = (find(Workload::is_node_managed_identity), find(Workload::is_cilium)) else {
        return match facts.unread(Need::NodeIdentity) {
            Some(unread) => Err(Stop::Inconclusive(unread)),
            None => Err(Stop::not_applicable("pod-managed identity (NMI) and Cilium are not both on this cluster")),
        };
    };
    let refusals = refusals(facts);
    let mut message = "Pod-managed identity (NMI) and Cilium's data plane are both on this cluster. A page of Microsoft's said for a time that \
                       pods cannot reach the metadata service then; the sentence was taken away later, without a reason."
        .to_owned();
    message.push_str(if refusals.is_empty() {
        "\nNMI has refused the extension nothing so far."
    } else {
        "\nNMI has refused the extension a token. If an exception that fits its pods does not help, this may be why."
    });
    let severity = if refusals.is_empty() { Severity::Info } else { Severity::Warning };
    let subject = |set: &Workload| set.metadata.subject("apps/v1", "DaemonSet");
    let at = |set: &Workload| format!("daemonset/{}/{}", set.metadata.namespace(), set.metadata.name);
    let mut finding = Finding::new(severity, subject(nmi), message)
        .seen(Evidence::at(at(nmi)))
        .seen(Evidence::at(at(cilium)))
        .concerning(subject(cilium));
    finding.evidence.extend(refusals.into_iter().map(|Refused { evidence, .. }| evidence));
    Ok(vec![
        finding.mended_by(
            Remedy::guided(
                "See what still uses pod identity; once that has moved to workload identity, switch the add-on off. The extension itself \
                 does not need it.",
            )
            .documented("kubectl get azureidentitybindings.aadpodidentity.k8s.io,azurepodidentityexceptions.aadpodidentity.k8s.io --all-namespaces")
            .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query \"{dataplane:networkProfile.networkDataplane, podIdentity:podIdentityProfile.enabled}\""),
        ),
    ])
}
