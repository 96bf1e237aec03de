//! The extension's identity may not write into the storage account.
//!
//! Knowledge: the troubleshooting page (UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation); which role it is
//! depends on how the extension signs in: azure-docs issue 121928 is a new role on an old installation.

use super::check::{Check, Judgement};
use super::permissions::{What, Who, signs_in_as_itself};
use super::reading::azure_account::{working, works_all_the_same};
use super::reading::role_rows::{missing, rows};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB220",
    name: "extension-role-missing",
    hop: Hop::Identity,
    title: "the extension's identity may write into the storage account",
    needs: &[
        required(Need::ManagedCluster),
        required(Need::ArmExtensions),
        helpful(Need::RoleAssignments),
        helpful(Need::RoleDefinitions),
        helpful(Need::DenyAssignments),
        helpful(Need::CallerRights),
        helpful(Need::BackupInstances),
        helpful(Need::TrustedAccess),
        helpful(Need::Vaults),
        helpful(Need::BackupPolicies),
        helpful(Need::AzureSignIn),
        helpful(Need::StorageLocations),
    ],
    explains: &[
        "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
        "UserErrorBackupStorageLocationNotReady",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the identity that Azure gave the extension (aksAssignedIdentity) may do at the storage account
  what its way of signing in needs: read, write and delete blobs, or list the account's keys.

Why it matters
  Without, the storage location stays Unavailable and no backup is made. A reinstallation gives the
  extension a new identity, so that the old role is of no use any more.

How it is found
  The extension's settings in Azure tell the account and, by useAAD, the way of signing in. All role
  assignments of the identity in the account's subscription are read, those of its groups and those
  inherited from above among them, and each role is judged by the actions that it allows.

What to do
  Grant Storage Blob Data Contributor (useAAD true) or Storage Account Contributor (keys) at the account.
  A new role takes up to an hour.

Sources
  Azure Backup's troubleshooting page for AKS; Velero's pkg/util/azure/storage.go; azure-docs issue 121928.
";

fn run(facts: &Facts) -> Judgement {
    let rows = rows(facts, Who::Extension, &[What::Store])?;
    let mode = match signs_in_as_itself(facts, facts.backup_extension()?) {
        true => "It signs in as itself (useAAD), for which it needs a role for the blobs",
        false => "It asks for the account's keys (useAAD is not true), for which a role for the blobs is of no use",
    };
    let mut findings =
        missing(facts, &rows, &format!("{mode}; without, its storage location cannot become available."))?;
    // What Velero just did without it is told with it: a role may have been taken away a moment ago.
    for finding in &mut findings {
        let account = facts.backup_extension()?.account();
        if let Some(location) = account.and_then(|account| working(facts, &account).cloned()) {
            finding.severity = Severity::Warning;
            finding.message.push_str(&works_all_the_same(&location));
        }
    }
    Ok(findings)
}
