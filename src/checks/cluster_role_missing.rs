//! The cluster's identity may not make snapshots in the snapshot resource group.
//!
//! Knowledge: the FAQ's table of roles; reports of AuthorizationFailed on Microsoft.Compute/snapshots/write. The identity
//! is the cluster's own or one that was given to it: of a user-assigned cluster identity.principalId is null.

use super::check::{Check, Judgement};
use super::permissions::{What, Who};
use super::reading::role_rows::{NEEDS, missing, rows};
use crate::facts::Facts;
use crate::finding::Hop;

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB223",
    name: "cluster-role-missing",
    hop: Hop::Identity,
    title: "the cluster's identity may make snapshots",
    needs: NEEDS,
    explains: &["CSISnapshottingTimedOut"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the cluster's identity, its own or the one that was given to it, may write, read and delete
  snapshots in the snapshot resource group of the backup instance.

Why it matters
  The disk driver makes the snapshots as the cluster. Without the right each snapshot fails with
  AuthorizationFailed, and the backup holds no data of the volumes.

How it is found
  All role assignments of the identity in the group's subscription are read, those of its groups and from
  above among them, and each role is judged by the actions that it allows.

What to do
  Grant the cluster's identity Contributor at the snapshot resource group.

Sources
  Azure Backup's FAQ for AKS (table of roles); public reports of AuthorizationFailed on snapshots/write.
";

fn run(facts: &Facts) -> Judgement {
    let rows = rows(facts, Who::Cluster, &[What::Snapshot])?;
    missing(facts, &rows, "Without, its disk driver cannot make the snapshots that a backup consists of.")
}
