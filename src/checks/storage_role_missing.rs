//! The extension's identity has no role for the data of the storage account, or has had it for less than an hour.
//!
//! Knowledge: founding page, UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation and
//! UserErrorBackupStorageLocationNotReady; the storage service answers AuthorizationPermissionMismatch
//! when the token is good and the role is not there. AuthorizationFailure, without "PermissionMismatch",
//! is the network, and AuthorizationFailed is Azure Resource Manager: other checks.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::elapsed;
use super::reading::location_account::{DATA_ROLE, Mode};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB407",
    name: "storage-role-missing",
    hop: Hop::Storage,
    title: "the extension's identity may work with the account's blobs",
    needs: NEEDS,
    explains: &[
        "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
        "UserErrorBackupStorageLocationNotReady",
        "UserErrorKubernetesBackupExtensionUnhealthy",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage service tells the extension that its identity has no role for the account's data
  (AuthorizationPermissionMismatch).

Why it matters
  The location stays Unavailable: no backup is written, none is deleted, no restore can read one.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. The answer proves
  that the token and the way to the account are good. It cannot be seen from the cluster whether the
  role was never given, was given to somebody else, or is less than an hour old.

What to do
  Look who has which role and since when. A role that was given within the last hour needs only time.
  Else give the identity of the extension (aksAssignedIdentity.principalId; after a reinstallation it is
  a new one) the role Storage Blob Data Contributor at the account.

Sources
  Azure Backup's troubleshooting page for AKS,
  UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation and
  UserErrorBackupStorageLocationNotReady; the error codes of Azure Storage.
";

/// How long a role takes at most until it counts everywhere, by the documentation.
const PROPAGATION: SignedDuration = SignedDuration::from_hours(1);

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::DataRoleMissing], |said| Some(say(said, facts)))
}

fn say(said: &Said<'_, '_>, facts: &Facts) -> Verdict {
    let account = &said.account;
    let mut message = format!(
        "The extension's identity has no role for the data of {}, or has had it for less than an hour. Its token was accepted and the account was reached: this is neither pod identity nor the network.",
        account.words()
    );
    if account.mode() != Mode::Identity {
        message.push_str(&format!(
            "\nThe message and the settings of the location disagree: the answer is about the identity's role, while {}. The settings may have changed since, or the extension has not taken them over.",
            account.mode_words()
        ));
    }
    let age = said.complaint.location.metadata.creation_timestamp.map(|made| elapsed::since(made, facts.observed_at));
    let is_fresh = age.is_some_and(|age| age < PROPAGATION);
    if let Some(age) = age.filter(|_| is_fresh) {
        message.push_str(&format!(
            "\nThe location was made {} ago: if the role was given together with it, it may only need time.",
            elapsed::words(age)
        ));
    }
    let first = if is_fresh {
        "Wait until the role is an hour old before changing anything."
    } else {
        "See first who has which role."
    };
    let text = format!(
        "{first} A role given within the last hour needs only time; if {DATA_ROLE} is missing for the extension's identity, grant it, and Velero takes the location up again by itself within the hour. After a reinstallation the identity is a new one."
    );
    let remedy = Remedy::guided(text)
        .documented(account.show_identity())
        .documented(account.show_roles())
        .documented(account.grant(DATA_ROLE))
        .documented(account.watch());
    Verdict::error(message, remedy)
}
