//! The vault's identity may not read the cluster and its extension.
//!
//! Knowledge: the troubleshooting page (KubernetesBackupListExtensionsError): the vault lists the extensions as Reader.

use super::check::{Check, Judgement};
use super::permissions::{What, Who};
use super::reading::role_rows::{NEEDS, missing, rows};
use crate::facts::Facts;
use crate::finding::Hop;

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB221",
    name: "vault-reader-missing",
    hop: Hop::Vault,
    title: "the vault may read the cluster and its extension",
    needs: NEEDS,
    explains: &["KubernetesBackupListExtensionsError"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the vault's identity may read the managed cluster and list its extensions.

Why it matters
  The vault looks for the extension before it configures protection, and before each backup. Without that
  right it ends with KubernetesBackupListExtensionsError.

How it is found
  The vault is that of the cluster's backup instance, else the one with trusted access, else --vault. All
  role assignments of its identity are read, those of its groups and from above among them, and each role
  is judged by the actions that it allows.

What to do
  Grant the vault's identity Reader at the cluster. If it has it already and the error stays, remove that
  assignment and grant it again: the page says so.

Sources
  Azure Backup's troubleshooting page for AKS, KubernetesBackupListExtensionsError; the FAQ's table of roles.
";

fn run(facts: &Facts) -> Judgement {
    let rows = rows(facts, Who::Vault, &[What::LookAtCluster])?;
    missing(facts, &rows, "Without, it cannot find the extension: KubernetesBackupListExtensionsError.")
}
