//! The node's metadata service, where the extension asks for its token, does not answer.
//!
//! Knowledge: IMDS is 169.254.169.254 on every node. A NetworkPolicy can keep a pod from it; AKS' IMDS
//! restriction does, and is not supported together with Azure Backup; NMI redirects the request to
//! 127.0.0.1, which a policy must allow as well (aad-pod-identity issue 1195).

use super::check::{Check, Judgement};
use super::reading::extension_parts::agent_subject;
use super::reading::location_message::{Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::objects::Workload;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB210",
    name: "imds-unreachable",
    hop: Hop::Identity,
    title: "the extension reaches the node's metadata service",
    needs: &[
        required(Need::StorageLocations),
        helpful(Need::Logs),
        helpful(Need::Pods),
        helpful(Need::Nodes),
        helpful(Need::NetworkPolicies),
        helpful(Need::NodeIdentity),
    ],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension's token request to the node's metadata service (169.254.169.254) goes without an
  answer.

Why it matters
  Without a token the location is Unavailable and nothing is backed up.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. Nobody answered:
  nothing is known about identities or roles.

What to do
  Let the extension's pods reach 169.254.169.254 on port 80, and 127.0.0.1 too where pod identity is on the
  cluster. AKS' IMDS restriction is not supported together with Azure Backup: switch it off.

Sources
  AKS' documents on IMDS restriction; aad-pod-identity issue 1195.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::ImdsUnreachable], |said| Some(say(facts, said)))
}

fn say(facts: &Facts, said: &Said<'_, '_>) -> Verdict {
    let mut message = "The node's metadata service (169.254.169.254), where the extension asks for its token, does not answer. Nothing is known yet about its identity or roles.".to_owned();
    let policies: Vec<&str> =
        facts.network_policies.known_rows().iter().map(|policy| policy.metadata.name.as_str()).collect();
    let namespace = said.complaint.location.metadata.namespace();
    if policies.is_empty() {
        if facts.network_policies.known().is_some() {
            message.push_str(&format!("\nThere is no NetworkPolicy in {namespace}."));
        }
    } else {
        message.push_str(&format!(
            "\n{namespace} has NetworkPolicies: {}. See whether they let the request out.",
            listing(policies, 4)
        ));
    }
    if facts.node_identity.known_rows().iter().any(Workload::is_node_managed_identity) {
        message.push_str("\nPod identity (NMI) is on the cluster and redirects the request to 127.0.0.1, which a policy has to let out too.");
    }
    let remedy = Remedy::guided(
        "Let the extension's pods reach 169.254.169.254 on port 80. If AKS' IMDS restriction is on, switch it off: Azure Backup is not supported with it.",
    )
    .documented(format!("kubectl --namespace {namespace} get networkpolicies.networking.k8s.io --output yaml"))
    .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query networkProfile")
    .documented(said.account.watch());
    Verdict::error(message, remedy).concerning(agent_subject(facts))
}
