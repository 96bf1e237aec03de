//! The driver of disks, or the controller of snapshots, is switched off in the cluster's profile.
//!
//! Knowledge: azure-backup.md section 2, rule 5 (both are a prerequisite of Azure Backup for AKS). Look-alike: a driver that
//! somebody installed instead of AKS' own.

use super::check::{Check, Judgement};
use super::reading::azure_words::{cluster_options, cluster_subject};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB711",
    name: "snapshot-driver-disabled",
    hop: Hop::Cluster,
    title: "the disk driver and the snapshot controller are on",
    needs: &[required(Need::ManagedCluster), helpful(Need::CsiDrivers), helpful(Need::ServedGroups)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether AKS' driver of disks and its controller of snapshots are switched off.

Why it matters
  Without them no snapshot of a disk comes about: volumes are not backed up, nor restored.

How it is found
  diskCSIDriver and snapshotController of the cluster's storage profile say enabled: false. Where they say
  nothing, nothing is said. Where the cluster runs such a driver all the same, or serves the snapshots' kinds,
  somebody installed one, and it is a warning: Azure Backup asks for AKS' own.

What to do
  Switch both on. A driver of your own must be removed first.

Sources
  Azure Backup's support matrix for AKS; AKS' page on the CSI drivers.
";

fn run(facts: &Facts) -> Judgement {
    let cluster = facts.azure_cluster()?;
    let Some(profile) = &cluster.properties.storage_profile else { return Ok(Vec::new()) };
    let driver = profile.disk_csi_driver.as_ref().and_then(|switch| switch.enabled) == Some(false);
    let controller = profile.snapshot_controller.as_ref().and_then(|switch| switch.enabled) == Some(false);
    let what = match (driver, controller) {
        (false, false) => return Ok(Vec::new()),
        (true, true) => "AKS' driver of disks and its controller of snapshots are switched off",
        (true, false) => "AKS' driver of disks is switched off",
        (false, true) => "AKS' controller of snapshots is switched off",
    };
    let runs = facts.csi_drivers.known_rows().iter().any(|set| set.metadata.name == "csi-azuredisk-node");
    let serves = facts.served_groups.known_rows().iter().any(|group| group.group == "snapshot.storage.k8s.io");
    // Of each that is off, whether something in the cluster stands in for it.
    let is_replaced = (!driver || runs) && (!controller || serves);
    let mut message = format!("{what} on cluster {}.", cluster.name);
    message.push_str(if is_replaced {
        " The cluster seems to have others instead; Azure Backup asks for AKS' own."
    } else {
        " No snapshot of a disk comes about: volumes are not backed up."
    });
    let severity = if is_replaced { Severity::Warning } else { Severity::Error };
    let mut finding = Finding::new(severity, cluster_subject(facts), message);
    let mut options = Vec::new();
    for (is_off, name, option) in [
        (driver, "diskCSIDriver", "--enable-disk-driver"),
        (controller, "snapshotController", "--enable-snapshot-controller"),
    ] {
        if is_off {
            let at = format!("{} properties.storageProfile.{name}.enabled", cluster.id);
            finding = finding.seen(Evidence::quoted(at, "false"));
            options.push(option);
        }
    }
    Ok(vec![
        finding.mended_by(
            Remedy::guided(
                "Switch on what is off. Where a driver or controller of your own is installed, remove it first.",
            )
            .documented(format!(
                "az aks update {} {}",
                cluster_options(facts, "--name"),
                options.join(" ")
            )),
        ),
    ])
}
