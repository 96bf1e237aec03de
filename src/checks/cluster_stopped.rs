//! The cluster is stopped.
//!
//! Knowledge: azure-backup.md section 1.2 (UserErrorKubernetesBackupClusterIsStopped) and section 2, rule 13: cluster and
//! extension must run for every backup and restore, and for deleting expired recovery points.

use super::check::{Check, Judgement};
use super::reading::azure_words::{cluster_options, cluster_subject};
use crate::facts::objects::Node;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB707",
    name: "cluster-stopped",
    hop: Hop::Cluster,
    title: "the cluster runs",
    needs: &[required(Need::ManagedCluster), helpful(Need::BackupInstances), helpful(Need::Nodes)],
    explains: &["UserErrorKubernetesBackupClusterIsStopped", "BackupPluginDeleteBackupOperationFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure says that the cluster is stopped.

Why it matters
  Backups, restores and the deletion of expired recovery points need the cluster to run. The schedule goes on
  while it is stopped, and every job fails.

How it is found
  powerState of the cluster in Azure. Where the list of backup instances is empty, no backup fails by it, and
  it is a remark.

What to do
  Start the cluster and run a backup on demand, or choose a schedule inside the hours in which it runs.

Sources
  Public reports of UserErrorKubernetesBackupClusterIsStopped; Azure Backup's support matrix for AKS.
";

fn run(facts: &Facts) -> Judgement {
    let cluster = facts.azure_cluster()?;
    if cluster.is_stopped() != Some(true) {
        return Ok(Vec::new());
    }
    let state = cluster.properties.power_state.as_ref().map(|state| state.code.clone()).unwrap_or_default();
    let is_unprotected =
        facts.unread(Need::BackupInstances).is_none() && facts.backup_instances.known_rows().is_empty();
    let (severity, ends) = if is_unprotected {
        (Severity::Info, "No backup instance of it exists, so no backup fails by it.")
    } else {
        (
            Severity::Error,
            "No backup or restore comes through while it is, and expired recovery points are not deleted.",
        )
    };
    // What answers is not stopped: Azure's record may be behind, or it has just been started.
    let answers = facts.server.version.is_some() && facts.nodes.known_rows().iter().any(Node::is_ready);
    let severity = if answers { severity.max(Severity::Warning) } else { severity };
    let ends = if answers {
        format!("{ends} Its API server answers all the same, with nodes that are ready: it may have just been started.")
    } else {
        ends.to_owned()
    };
    let remedy = if is_unprotected {
        Remedy::guided("Nothing is to be done for backups. Where the cluster is to be protected, start it first.")
    } else {
        Remedy::guided(
            "Start the cluster and run a backup on demand. Where it is stopped at certain hours on purpose, choose a schedule \
             outside them.",
        )
    };
    let remedy = remedy.documented(format!("az aks start {}", cluster_options(facts, "--name")));
    Ok(vec![
        Finding::new(severity, cluster_subject(facts), format!("Cluster {} is stopped. {ends}", cluster.name))
            .seen(Evidence::quoted(format!("{} properties.powerState.code", cluster.id), state))
            .mended_by(remedy),
    ])
}
