//! The cluster issues tokens in a name that Entra ID cannot know: its OIDC issuer is off.
//!
//! Knowledge: AADSTS700211 with the issuer `https://kubernetes.default.svc`: a service account's token has
//! that issuer as long as the cluster's OIDC issuer is not enabled. No federated credential can match it.

use super::check::{Check, Judgement};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::{Captured, Sign};
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB208",
    name: "oidc-issuer-off",
    hop: Hop::Identity,
    title: "the cluster's tokens come from an issuer that Entra ID can know",
    needs: NEEDS,
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Entra ID refuses the token of the extension's service account, because its issuer is
  kubernetes.default.svc.

Why it matters
  Without a token the location is Unavailable and nothing is backed up. Such a token can never be
  accepted: no federated credential helps.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. They quote the
  issuer.

What to do
  Enable the cluster's OIDC issuer (it cannot be disabled again), make the federated credential with the
  new issuer, and let the agent's pod be made again so that it gets a new token. Or let the extension sign
  in with its own identity, which needs no issuer.

Sources
  Entra ID's error codes; the documents on workload identity.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::OidcIssuerOff], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let issuer = match said.captured {
        Captured::Federation { issuer: Some(issuer), .. } => issuer.as_str(),
        _ => "kubernetes.default.svc",
    };
    let namespace = said.complaint.location.metadata.namespace();
    let message = format!(
        "The token of the extension's service account says issuer {issuer}: the cluster's OIDC issuer is off, or the token is from before it was switched on. No federated credential can fit such a token."
    );
    let remedy = Remedy::guided(
        "See whether the issuer is on. If it is not and workload identity is meant, enable it, which cannot be undone, and make the federated credential with the new issuer. Then let the agent's pod be made again while no backup or restore runs: it gets a new token.",
    )
    .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query oidcIssuerProfile")
    .documented("az aks update --resource-group RESOURCE_GROUP --name CLUSTER --enable-oidc-issuer")
    .documented(format!("kubectl --namespace {namespace} rollout restart deployment/dataprotection-microsoft-kubernetes-agent"))
    .documented(said.account.watch());
    Verdict::error(message, remedy)
}
