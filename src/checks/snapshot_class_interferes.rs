//! A snapshot class of somebody else's carries Velero's label, by which Velero chooses the class.
//!
//! Knowledge: Velero takes the class that the backup names for a driver, else the one with the label
//! velero.io/csi-volumesnapshot-class, cluster-wide (velero#5737); Azure's backups make a class of their own
//! (azure-backup.md section 3.1), and its FAQ says that custom ones interfere. A class that is missing is no finding.

use std::collections::BTreeMap;

use super::check::{Check, Judgement};
use super::reading::snapshots::OWN_CLASSES;
use crate::facts::objects::SnapshotClass;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB533",
    name: "snapshot-class-interferes",
    hop: Hop::Volumes,
    title: "no snapshot class of somebody else's is marked for Velero",
    needs: &[required(Need::SnapshotClasses), helpful(Need::SnapshotContents), helpful(Need::VeleroWorkloads)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a VolumeSnapshotClass that the extension did not make carries the label
  velero.io/csi-volumesnapshot-class, whether there are two for one driver, and whether such a class deletes its
  snapshots with their VolumeSnapshot.

Why it matters
  The label counts for the whole cluster. With two classes for a driver, nobody knows which is taken: the snapshots
  may land in a resource group on which the identity has no role. With deletionPolicy Delete, a snapshot goes when
  its VolumeSnapshot or the namespace around it is deleted, which is when it would be needed.

How it is found
  The labels of the VolumeSnapshotClasses; the extension's own classes (azbackup-…) are left out. One class with the
  label that retains its snapshots is a remark, two for one driver or one that deletes are warnings. No class at all
  is fine: the extension makes its own.

What to do
  Take the label off, unless another Velero on this cluster needs it; then let that one name its class in its
  backups instead.

Sources
  Azure Backup's FAQ and support matrix for AKS; Velero's documentation of CSI snapshots; velero issue 5737.
";

const LABEL: &str = "velero.io/csi-volumesnapshot-class";

fn run(facts: &Facts) -> Judgement {
    if facts.snapshot_classes.is_absent() {
        return Err(Stop::not_applicable("the cluster does not know VolumeSnapshotClasses"));
    }
    let classes = facts.snapshot_classes.rows(Need::SnapshotClasses.what())?;
    let mut drivers: BTreeMap<&str, Vec<&SnapshotClass>> = BTreeMap::new();
    for class in classes {
        // Velero asks whether the label is there, whatever its value.
        if class.metadata.label(LABEL).is_some() && !class.metadata.name.starts_with(OWN_CLASSES) {
            drivers.entry(class.driver.as_str()).or_default().push(class);
        }
    }
    Ok(drivers.into_iter().map(|(driver, classes)| say(facts, driver, &classes)).collect())
}

fn say(facts: &Facts, driver: &str, classes: &[&SnapshotClass]) -> Finding {
    let names = listing(classes.iter().map(|class| class.metadata.name.as_str()), 3);
    let is_one = classes.len() == 1;
    let mut message = if is_one {
        format!("The snapshot class {names} ({driver}) carries the label by which Velero chooses a class.")
    } else {
        format!(
            "{} snapshot classes of {driver} carry the label by which Velero chooses one: {names}. Which of them is taken is chance.",
            classes.len()
        )
    };
    message.push_str(
        " The label counts for every Velero on the cluster, the extension's too where a backup names no class.",
    );
    let deleting: Vec<&str> = classes
        .iter()
        .filter(|class| class.deletion_policy.as_deref() == Some("Delete"))
        .map(|class| class.metadata.name.as_str())
        .collect();
    if !deleting.is_empty() {
        message.push_str(&format!(
            "\n{} {} deletionPolicy Delete: a snapshot made by it goes with its VolumeSnapshot, also when its namespace is \
             deleted.",
            if is_one { "It".to_owned() } else { listing(deleting.iter().copied(), 3) },
            if deleting.len() == 1 { "has" } else { "have" },
        ));
    }
    let made = facts.snapshot_contents.known_rows().iter().filter(|content| {
        let by = content.spec.volume_snapshot_class_name.as_deref();
        content.metadata.labels.contains_key("velero.io/backup-name")
            && classes.iter().any(|class| by == Some(class.metadata.name.as_str()))
    });
    match made.count() {
        0 => {}
        1 => message.push_str("\nOne snapshot of a Velero backup was made by it."),
        many => message.push_str(&format!(
            "\n{many} snapshots of Velero backups were made by {}.",
            if is_one { "it" } else { "them" }
        )),
    }
    let foreign: Vec<&str> = facts
        .velero_workloads
        .known_rows()
        .iter()
        .map(|workload| workload.metadata.namespace())
        .filter(|namespace| *namespace != facts.extension.namespace)
        .collect();
    if !foreign.is_empty() {
        message
            .push_str(&format!("\nAnother Velero runs in {}, and may need it.", listing(foreign.iter().copied(), 3)));
    }
    let severity = if is_one && deleting.is_empty() { Severity::Info } else { Severity::Warning };
    let subject = |class: &SnapshotClass| {
        Subject::cluster_wide("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", class.metadata.name.as_str())
    };
    let first = classes.first().map(|class| subject(class)).unwrap_or_default();
    let mut finding = Finding::new(severity, first, message);
    finding.concerns = classes.iter().skip(1).map(|class| subject(class)).collect();
    for class in classes.iter().take(3) {
        let at = format!("volumesnapshotclass/{} .metadata.labels", class.metadata.name);
        finding =
            finding.seen(Evidence::quoted(at, format!("{LABEL}={}", class.metadata.label(LABEL).unwrap_or_default())));
    }
    for name in deleting.iter().take(2) {
        finding = finding.seen(Evidence::quoted(format!("volumesnapshotclass/{name} .deletionPolicy"), "Delete"));
    }
    let text = if foreign.is_empty() {
        "Take the label off: the extension makes a class of its own for its backups, as far as is known, and needs none that \
         is marked."
            .to_owned()
    } else {
        format!(
            "Let the backups of the other Velero name their class (the annotation {LABEL}_{driver}), then take the label off: \
             the extension makes a class of its own for its backups, as far as is known, and needs none that is marked."
        )
    };
    let mut remedy = Remedy::guided(text);
    for class in classes.iter().take(3) {
        remedy = remedy.documented(format!("kubectl label volumesnapshotclass {} {LABEL}-", class.metadata.name));
    }
    finding
        .mended_by(remedy)
        .without(
            facts
                .unread(Need::SnapshotContents)
                .map(|unread| format!("whether snapshots were made by it: {}", unread.why)),
        )
        .without(
            facts
                .unread(Need::VeleroWorkloads)
                .map(|unread| format!("whether another Velero needs it: {}", unread.why)),
        )
}
