//! The extension looks for workload identity's variables in its pod, and they are not there.
//!
//! Knowledge: the webhook of workload identity adds AZURE_CLIENT_ID, AZURE_TENANT_ID and
//! AZURE_FEDERATED_TOKEN_FILE to pods with the label azure.workload.identity/use=true, when the pod is
//! made. Whether the extension is meant to use workload identity differs between versions (Velero issue
//! 6510, Microsoft's documents say nothing): the pod is looked at, and nothing is assumed.

use super::check::{Check, Judgement};
use super::reading::extension_parts::{agent, lasting_subject};
use super::reading::location_message::{Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::objects::Pod;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB206",
    name: "workload-identity-not-injected",
    hop: Hop::Identity,
    title: "the agent has the variables that its sign-in needs",
    needs: &[required(Need::StorageLocations), helpful(Need::Logs), helpful(Need::Pods), helpful(Need::Nodes)],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension finds neither workload identity's variables in its pod nor a default identity on
  its node.

Why it matters
  Without a token the location is Unavailable and nothing is backed up.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log; and the agent's pod:
  its label azure.workload.identity/use and the names of its variables. The values are not read.

What to do
  Where the label is there and the variables are not, the webhook of workload identity did not see the pod:
  see that it runs, then let the pod be made again. Where the label is not there, nothing asked for workload
  identity, and the client id of the extension's own identity is what is missing.

Sources
  Velero issue 6510; the documents on workload identity.
";

const LABEL: &str = "azure.workload.identity/use";
const VARIABLES: [&str; 3] = ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"];

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::WorkloadIdentityNotInjected], |said| Some(say(facts, said)))
}

fn say(facts: &Facts, said: &Said<'_, '_>) -> Verdict {
    let namespace = said.complaint.location.metadata.namespace();
    let mut message = "The extension got no token: it found neither workload identity's variables in its pod nor a default identity on its node.".to_owned();
    let pod = agent(facts);
    let is_labelled = pod.is_some_and(|pod| pod.metadata.label(LABEL) == Some("true"));
    if let Some(pod) = pod {
        let missing = missing(pod);
        let name = &pod.metadata.name;
        message.push_str(&match (is_labelled, missing.as_slice()) {
            (true, []) => format!("\n{name} is labelled {LABEL}=true and has all three variables now: it may have been made again since."),
            (true, missing) => format!("\n{name} is labelled {LABEL}=true, but lacks {}: the webhook of workload identity did not see the pod when it was made.", listing(missing.iter().copied(), 3)),
            (false, _) => format!("\n{name} is not labelled {LABEL}=true, so nothing asks for workload identity here; then the client id of the extension's own identity is what is missing in the request."),
        });
    } else if facts.pods.known().is_some() {
        message.push_str("\nThe agent has no pod now.");
    }
    let remedy = if is_labelled {
        Remedy::guided("See that the webhook of workload identity runs in kube-system; then let the agent's pod be made again while no backup or restore runs, and see whether it has the variables.")
            .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query \"{workloadIdentity:securityProfile.workloadIdentity, oidcIssuer:oidcIssuerProfile}\"")
            .documented("kubectl --namespace kube-system get pods --selector azure-workload-identity.io/system=true")
            .documented(format!("kubectl --namespace {namespace} rollout restart deployment/dataprotection-microsoft-kubernetes-agent"))
    } else {
        Remedy::guided("See that Azure shows an identity for the extension. If it does and the message stays after a restart of the agent, delete and reinstall the extension with the same four settings, and grant its new identity the role at the account.")
            .documented(said.account.show_identity())
            .documented(format!("kubectl --namespace {namespace} rollout restart deployment/dataprotection-microsoft-kubernetes-agent"))
    };
    Verdict::error(message, remedy.documented(said.account.watch())).concerning(pod.map(lasting_subject))
}

/// Returns the variables that none of the pod's containers has.
fn missing(pod: &Pod) -> Vec<&'static str> {
    let has = |name: &str| {
        pod.spec.containers.iter().flat_map(|container| &container.env).any(|variable| variable.name == name)
    };
    VARIABLES.into_iter().filter(|name| !has(name)).collect()
}
