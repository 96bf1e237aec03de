//! The extension's identity may not write into the storage account.
//!
//! Knowledge: the troubleshooting page (UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation); which role it is
//! depends on how the extension signs in: azure-docs issue 121928 is a new role on an old installation.

use super::check::{Check, Judgement};
use super::permissions::{What, Who};
use super::reading::role_rows::{NEEDS, missing, rows};
use crate::facts::Facts;
use crate::finding::Hop;

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB220",
    name: "extension-role-missing",
    hop: Hop::Identity,
    title: "the extension's identity may write into the storage account",
    needs: NEEDS,
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
    let mode = match facts.backup_extension()?.uses_aad() {
        true => "It signs in as itself (useAAD), for which it needs a role for the blobs",
        false => "It asks for the account's keys (useAAD is not true), for which a role for the blobs is of no use",
    };
    missing(facts, &rows, &format!("{mode}; without, its storage location cannot become available."))
}
