//! The vault's identity may not read the snapshots, or not move copies of them into the vault.
//!
//! Knowledge: the FAQ's table of roles; UserErrorMissingVaultMSIPermissionsOnSnapshotRG and its sister for the storage
//! location were seen in tiering jobs while backup jobs stayed green.

use super::check::{Check, Judgement};
use super::permissions::{What, Who};
use super::reading::role_rows::{NEEDS, missing, rows};
use crate::facts::Facts;
use crate::finding::Hop;

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB222",
    name: "vault-role-missing",
    hop: Hop::Vault,
    title: "the vault may read the snapshots, and copy them where the policy wants that",
    needs: NEEDS,
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the vault's identity may read the snapshot resource group; and, where the policy keeps copies in
  the vault, whether it may export snapshots there, download their data and read the storage account.

Why it matters
  Without the first no backup is configured. Without the rest backups are made, and the jobs that move
  copies into the vault fail.

How it is found
  The group and the policy are those of the backup instance. Each role of the identity is judged by the
  actions that it allows.

What to do
  Grant Reader, and for the vault tier Disk Snapshot Contributor and Data Operator for Managed Disks at the
  snapshot resource group, and Storage Blob Data Reader at the account.

Sources
  Azure Backup's FAQ for AKS (table of roles); reports of UserErrorMissingVaultMSIPermissionsOnSnapshotRG and
  UserErrorMissingVaultMSIPermissionsOnBackupStorageLocation.
";

fn run(facts: &Facts) -> Judgement {
    let rows = rows(facts, Who::Vault, &[What::LookAtSnapshots, What::MoveToVault])?;
    missing(facts, &rows, "Without, configuring protection or moving copies into the vault fails.")
}
