//! The node's metadata service does not know the identity that the extension asks a token for.
//!
//! Knowledge: IMDS answers 400 with "Identity not found" or "the requested identity isn't assigned to this
//! resource". NMI answers 404 in other words: that is scenario 2, and this is not. vmware-tanzu/helm-charts
//! issue 651.

use super::check::{Check, Judgement};
use super::reading::extension_parts::{agent, agent_subject};
use super::reading::location_message::{Said, Verdict, judge};
use crate::catalogue::{Captured, Sign};
use crate::facts::objects::Node;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB204",
    name: "imds-identity-not-found",
    hop: Hop::Identity,
    title: "the extension's identity is known on its node",
    needs: &[required(Need::StorageLocations), helpful(Need::Logs), helpful(Need::Pods), helpful(Need::Nodes)],
    explains: &["UserErrorKubernetesBackupExtensionIdentityNotFound", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the metadata service of the node says that it has no identity of the client id that the
  extension asks for.

Why it matters
  Without a token the location is Unavailable and nothing is backed up.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. They prove that
  Azure's own metadata service answered, not pod identity: an exception does not help. Whether the
  identity is gone, or only not assigned to this pool's scale set, stands in Azure.

What to do
  See whether the extension has an identity, and whether it is assigned to the scale set of the node that
  the agent runs on. If it is gone, delete and reinstall the extension: that makes a new one, which needs
  its role at the account anew.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorKubernetesBackupExtensionIdentityNotFound; Azure's
  metadata service; vmware-tanzu/helm-charts issue 651.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::ImdsIdentityNotFound], |said| Some(say(facts, said)))
}

fn say(facts: &Facts, said: &Said<'_, '_>) -> Verdict {
    let client = match said.captured {
        Captured::Identity { client_id: Some(client), .. } => format!(" (client id {client})"),
        _ => String::new(),
    };
    let node = agent(facts).and_then(|pod| {
        let name = pod.spec.node_name.as_deref()?;
        facts.nodes.known_rows().iter().find(|node| node.metadata.name == name)
    });
    let place = node.map(|node| format!(" of {} (pool {})", node.metadata.name, node.pool())).unwrap_or_default();
    let message = format!(
        "The metadata service{place} does not know the identity that the extension asks for{client}: it is gone, or is not assigned to that node's scale set. Azure's own service answered, not pod identity: an exception does not help, and no role was asked about."
    );
    let account = &said.account;
    let mut remedy = Remedy::guided(
        "See whether the extension has an identity and whether the scale set of the node has it too. If it is assigned to other pools only, assign it to this one as well. If it is gone, delete and reinstall the extension with the same four settings, and grant its new identity the role at the account.",
    )
    .documented(account.show_identity());
    if let Some((subscription, group, set)) = node.and_then(scale_set) {
        remedy = remedy.documented(format!(
            "az vmss identity show --subscription {subscription} --resource-group {group} --name {set}"
        ));
    }
    Verdict::error(message, remedy.documented(account.watch())).concerning(agent_subject(facts))
}

/// Reads a node's scale set out of its provider id: subscription, group and name.
fn scale_set(node: &Node) -> Option<(&str, &str, &str)> {
    let id = node.spec.provider_id.as_deref()?;
    let mut parts = id.split('/').skip_while(|part| !part.eq_ignore_ascii_case("subscriptions"));
    let subscription = parts.nth(1)?;
    let group = parts.nth(1)?;
    let mut parts = parts.skip_while(|part| !part.eq_ignore_ascii_case("virtualMachineScaleSets"));
    let set = parts.nth(1)?;
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    [subscription, group, set].into_iter().all(is_plain).then_some((subscription, group, set))
}
