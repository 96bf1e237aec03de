//! Entra ID refuses the extension's sign-in: an expired or wrong secret, an unknown application, a policy.
//!
//! Knowledge: Entra ID's codes AADSTS7000222 (secret expired), 7000215 (secret wrong), 700016 and 90002
//! (application or tenant unknown), 53003 and its like (conditional access). The extension by itself has a
//! managed identity and no secret: with one of these somebody gave it credentials of a service principal.

use super::check::{Check, Judgement};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB209",
    name: "login-refused",
    hop: Hop::Identity,
    title: "Entra ID accepts the extension's sign-in",
    needs: NEEDS,
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Entra ID refuses the sign-in of the extension by a code that concerns its credentials or a
  policy.

Why it matters
  Without a token the location is Unavailable and nothing is backed up.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log.

What to do
  A secret that has expired or is wrong: put a new one where the extension reads it. An application or
  tenant that is unknown: correct the ids. A conditional access policy: exempt the service principal from
  it. Best of all let the extension sign in with its own managed identity, which has no secret.

Sources
  Entra ID's error codes.
";

const SIGNS: &[Sign] =
    &[Sign::ServicePrincipalExpired, Sign::ClientSecretWrong, Sign::AppNotInTenant, Sign::ConditionalAccess];

fn run(facts: &Facts) -> Judgement {
    judge(facts, SIGNS, |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let (what, text) = match said.sign {
        Sign::ServicePrincipalExpired => (
            "Entra ID refuses the extension's sign-in: the secret of its service principal has expired.",
            "Make a new secret for the service principal and put it where the extension reads it.",
        ),
        Sign::ClientSecretWrong => (
            "Entra ID refuses the extension's sign-in: the secret of its service principal is wrong. The id of a secret is often taken for its value.",
            "Put the value of a valid secret where the extension reads it.",
        ),
        Sign::AppNotInTenant => (
            "Entra ID refuses the extension's sign-in: it does not know the application, or not in this tenant.",
            "Compare the client id and the tenant id that the extension has with the application's.",
        ),
        _ => (
            "Entra ID refuses the extension's sign-in by a conditional access policy, which no program can satisfy.",
            "Find the policy in Entra ID's sign-in log and exempt the service principal from it.",
        ),
    };
    let message = format!("{what} No role was asked about.");
    let remedy = Remedy::guided(format!("{text} The extension's own managed identity needs no secret: let it sign in with that if nothing speaks against it."))
        .documented(said.account.show_identity())
        .documented(said.account.use_identity())
        .documented(said.account.watch());
    Verdict::error(message, remedy)
}
