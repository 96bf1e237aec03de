//! The extension's identity has no role for the data of the storage account, or has had it for less than an hour.
//!
//! Knowledge: founding page, UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation and
//! UserErrorBackupStorageLocationNotReady; the storage service answers AuthorizationPermissionMismatch
//! when the token is good and the role is not there. AuthorizationFailure, without "PermissionMismatch",
//! is the network, and AuthorizationFailed is Azure Resource Manager: other checks.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::permissions::{self, Row, What, Who, permissions};
use super::reading::elapsed;
use super::reading::location_account::{DATA_ROLE, Mode};
use super::reading::location_message::{Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::arm::ArmId;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB407",
    name: "storage-role-missing",
    hop: Hop::Storage,
    title: "the extension's identity may work with the account's blobs",
    needs: &[
        required(Need::StorageLocations),
        helpful(Need::Logs),
        helpful(Need::Pods),
        helpful(Need::Nodes),
        // What Azure knows of the role.
        helpful(Need::ManagedCluster),
        helpful(Need::ArmExtensions),
        helpful(Need::RoleAssignments),
        helpful(Need::RoleDefinitions),
        helpful(Need::DenyAssignments),
        helpful(Need::BackupInstances),
        helpful(Need::TrustedAccess),
        helpful(Need::Vaults),
        helpful(Need::BackupPolicies),
        helpful(Need::CallerRights),
        helpful(Need::AzureSignIn),
    ],
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

/// Returns what Azure knows of the role, where it is there and old enough.
fn granted(facts: &Facts, account: &ArmId) -> Option<Row> {
    permissions(facts).into_iter().find(|row| {
        row.who == Who::Extension
            && row.what == What::Store
            && row.verdict == permissions::Verdict::Granted
            // The settings in Azure may name another account than the location does.
            && row.scope == *account
    })
}

/// Says that both halves disagree: granting again what is there would not help.
fn granted_all_the_same(said: &Said<'_, '_>, row: &Row) -> Verdict {
    let account = &said.account;
    let since = row.since.map_or_else(String::new, |since| format!(" since {}", minute(since)));
    let message = format!(
        "The storage service refuses the extension for want of a role for the data of {}. Azure shows one all the same: identity {} has {} at {}{since}. Its token was accepted and the account was reached: this is neither pod identity nor the network.\nSo the extension signs in as another identity than that, or a condition of the role refuses it, or what Azure shows is about another account.",
        account.words(),
        row.principal.as_deref().unwrap_or("without an id"),
        row.has.as_deref().unwrap_or(row.needed),
        row.scope.words()
    );
    let remedy = Remedy::guided(
        "Do not grant it again. See whether the role has a condition, and whether the location names the account that Azure shows. After a reinstallation the identity is a new one: compare it with the one that has the role.",
    )
    .documented(account.show_identity())
    .documented(account.show_roles())
    .documented(account.watch());
    Verdict::error(message, remedy)
}

fn say(said: &Said<'_, '_>, facts: &Facts) -> Verdict {
    let account = &said.account;
    if let Some(row) = granted(facts, &ArmId::new(&account.scope())) {
        return granted_all_the_same(said, &row);
    }
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
