//! The node has several identities, and the extension did not say which one it means.
//!
//! Knowledge: IMDS answers 400 "Multiple user assigned identities exist, please specify the clientId"
//! when a request names none and there is no system-assigned identity to fall back on.

use super::check::{Check, Judgement};
use super::reading::extension_parts::agent_subject;
use super::reading::location_message::{Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB205",
    name: "several-identities",
    hop: Hop::Identity,
    title: "the extension says which identity it means",
    needs: &[required(Need::StorageLocations), helpful(Need::Logs), helpful(Need::Pods), helpful(Need::Nodes)],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the node's metadata service says that it has several identities and was not told which one is
  meant.

Why it matters
  Without a token the location is Unavailable and nothing is backed up.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. The identities are
  there; the client id is missing in the request.

What to do
  The extension gets its client id when it is installed. See that Azure shows an identity for it, and let
  the agent start again; if the client id is still missing, reinstall the extension and grant its new
  identity the role at the account. Taking identities off the nodes is no cure: others need them.

Sources
  Azure's metadata service; Velero's settings for Azure.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::SeveralIdentities], |said| Some(say(facts, said)))
}

fn say(facts: &Facts, said: &Said<'_, '_>) -> Verdict {
    let account = &said.account;
    let namespace = said.complaint.location.metadata.namespace();
    let message = "The node has several identities, and the extension's token request named none: its client id is missing in the request. No identity and no role is missing.";
    let remedy = Remedy::guided(
        "See that Azure shows an identity for the extension. Start the agent again while no backup or restore runs; if the client id is still missing, delete and reinstall the extension with the same four settings, and grant its new identity the role at the account.",
    )
    .documented(account.show_identity())
    .documented(format!("kubectl --namespace {namespace} rollout restart deployment/dataprotection-microsoft-kubernetes-agent"))
    .documented(account.watch());
    Verdict::error(message, remedy).concerning(agent_subject(facts))
}
