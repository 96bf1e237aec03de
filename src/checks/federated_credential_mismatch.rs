//! Entra ID knows no federated credential for the token of the extension's service account.
//!
//! Knowledge: AADSTS70021 and 700211 to 700213: issuer, subject and audience of the token must be those of
//! one federated credential of the identity. The issuer changes when a cluster is made anew; with the
//! issuer kubernetes.default.svc it is another trouble, which has a check of its own.

use super::check::{Check, Judgement};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::{Captured, Sign};
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB207",
    name: "federated-credential-mismatch",
    hop: Hop::Identity,
    title: "a federated credential fits the extension's service account",
    needs: NEEDS,
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Entra ID refuses the token of the extension's service account, because no federated credential
  has its issuer, subject and audience (AADSTS70021, 700211, 700212, 700213).

Why it matters
  Without a token the location is Unavailable and nothing is backed up.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. They quote what the
  token claims.

What to do
  Compare the issuer with the cluster's present one, and the subject with the service account, letter by
  letter; then correct the federated credential of the identity. It can take some minutes until it counts.

Sources
  Entra ID's error codes; the documents on workload identity.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::FederatedCredentialMismatch], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let (issuer, subject) = match said.captured {
        Captured::Federation { issuer, subject } => (issuer.as_deref(), subject.as_deref()),
        _ => (None, None),
    };
    let mut message =
        "Entra ID knows no federated credential that fits the token of the extension's service account.".to_owned();
    match (issuer, subject) {
        (Some(issuer), Some(subject)) => {
            message.push_str(&format!("\nThe token says issuer {issuer} and subject {subject}."));
        }
        (Some(issuer), None) => message.push_str(&format!("\nThe token says issuer {issuer}.")),
        (None, Some(subject)) => message.push_str(&format!("\nThe token says subject {subject}.")),
        (None, None) => {}
    }
    message.push_str(" No role was asked about.");
    let remedy = Remedy::guided(
        "Compare with the cluster's present issuer, which a cluster made anew changes, and with the federated credentials of the identity; correct the one that is meant. Allow some minutes until it counts.",
    )
    .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query oidcIssuerProfile.issuerUrl --output tsv")
    .documented("az identity federated-credential list --identity-name IDENTITY --resource-group IDENTITY_GROUP --output table")
    .documented(said.account.watch());
    Verdict::error(message, remedy)
}
