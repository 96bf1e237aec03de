//! Another Velero is in the cluster, beside the extension's own.
//!
//! Knowledge: Azure Backup's support matrix (no other Velero, or product that is built on it, beside the extension);
//! velero issue 5737 (a labelled snapshot class is chosen for the whole cluster, so instances fight for it); diagnosis.md
//! section 5, row 15. `velero uninstall` takes the shared definitions with it.

use super::check::{Check, Judgement};
use super::reading::other_veleros::{image, is_extensions, is_up, other_veleros, subject};
use crate::facts::objects::{SnapshotClass, StorageLocation, Workload};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB127",
    name: "second-velero",
    hop: Hop::Extension,
    title: "the extension's Velero is the only one",
    needs: &[required(Need::VeleroWorkloads), helpful(Need::StorageLocations), helpful(Need::SnapshotClasses)],
    explains: &["EXT_RESOURCE_ALREADY_EXISTS"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether another Deployment than the extension's own runs Velero's image.

Why it matters
  Two Veleros work each in a namespace of its own, but they share the definitions of velero.io, and
  whatever is labelled for Velero in the whole cluster: a snapshot class is taken by both, and whoever
  uninstalls the one with its definitions takes the other's backups out of the cluster. Microsoft does not
  support it.

How it is found
  The images of all Deployments. One that is scaled to 0 is a remark only. Where both keep their backups in
  the same place of the same container, that is said too.

What to do
  Decide which of the two is wanted. If the other goes, its definitions stay.

Sources
  Azure Backup's support matrix for AKS; velero issue 5737; Velero's documentation of its removal.
";

/// The label by which Velero chooses a snapshot class.
const CLASS_LABEL: &str = "velero.io/csi-volumesnapshot-class";

fn run(facts: &Facts) -> Judgement {
    let veleros = facts.velero_workloads.rows(Need::VeleroWorkloads.what())?;
    // Without the extension's own there is no second one.
    if !veleros.iter().any(|velero| is_extensions(velero, facts)) {
        return Ok(Vec::new());
    }
    Ok(other_veleros(facts).map(|velero| of_velero(facts, velero)).collect())
}

fn of_velero(facts: &Facts, velero: &Workload) -> Finding {
    let (namespace, name) = (velero.metadata.namespace(), velero.metadata.name.as_str());
    let runs = is_up(velero);
    let mut message = format!(
        "Another Velero is in this cluster beside the extension's: Deployment {name} in namespace {namespace}{}.",
        if runs { "" } else { ", scaled to 0" }
    );
    message.push_str(
        "\nThe two share the definitions of velero.io: whoever removes the one with its definitions takes the other's \
         backups out of the cluster. Microsoft does not support another Velero beside the extension.",
    );
    let classes: Vec<&SnapshotClass> = facts
        .snapshot_classes
        .known_rows()
        .iter()
        .filter(|class| class.metadata.label(CLASS_LABEL).is_some())
        .collect();
    if runs && !classes.is_empty() {
        let names: Vec<&str> = classes.iter().map(|class| class.metadata.name.as_str()).collect();
        let (what, is) = if names.len() == 1 { ("The snapshot class", "is") } else { ("The snapshot classes", "are") };
        message.push_str(&format!(
            "\n{what} {} {is} labelled for Velero; the label counts in the whole cluster, so a backup of either that names no class of its own is made by it.",
            listing(names.iter().copied(), 3)
        ));
    }
    let shared = shared_location(facts, namespace);
    if let Some((own, other)) = shared {
        message.push_str(&format!(
            "\nBoth keep their backups in one place: {} has the container and prefix of the extension's location {}. Each lists the other's backups as its own, and deletes those that are past their time.",
            other.metadata.name, own.metadata.name
        ));
    }
    let severity = if runs { Severity::Warning } else { Severity::Info };
    let mut finding = Finding::new(severity, subject(velero), message).seen(Evidence::quoted(
        format!("deployment.apps/{namespace}/{name} .spec.template.spec.containers[].image"),
        image(velero).unwrap_or("velero"),
    ));
    for class in classes.iter().filter(|_| runs).take(3) {
        let at = format!("volumesnapshotclass/{} .metadata.labels[\"{CLASS_LABEL}\"]", class.metadata.name);
        finding = finding.seen(Evidence::quoted(at, class.metadata.label(CLASS_LABEL).unwrap_or_default())).concerning(
            Subject::cluster_wide("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", class.metadata.name.as_str()),
        );
    }
    if let Some((_, other)) = shared {
        let at = format!("backupstoragelocation.velero.io/{namespace}/{} .spec.objectStorage", other.metadata.name);
        finding = finding.seen(Evidence::quoted(at, other.container().unwrap_or_default()));
    }
    let finding = finding.without(
        facts
            .unread(Need::StorageLocations)
            .map(|unread| format!("whether both keep their backups in one place: {}", unread.why)),
    );
    let finding = finding.without(
        facts
            .unread(Need::SnapshotClasses)
            .map(|unread| format!("whether both take the same snapshot class: {}", unread.why)),
    );
    finding.mended_by(remedy(namespace, name))
}

/// Returns a location of the extension and one of the other Velero that are one and the same place.
fn shared_location<'f>(facts: &'f Facts, namespace: &str) -> Option<(&'f StorageLocation, &'f StorageLocation)> {
    let place = |location: &'f StorageLocation| {
        let prefix = location.spec.object_storage.as_ref().and_then(|storage| storage.prefix.as_deref());
        let prefix = prefix.unwrap_or_default().trim_matches('/');
        Some((location.setting("storageAccount")?, location.container()?, prefix))
    };
    let mut others = facts.storage_locations.known_rows().iter().filter(|l| l.metadata.namespace() == namespace);
    others.find_map(|other| {
        let wanted = place(other)?;
        let own = facts.locations().filter(|own| own.metadata.namespace() != namespace);
        own.into_iter().find(|own| place(own) == Some(wanted)).map(|own| (own, other))
    })
}

fn remedy(namespace: &str, name: &str) -> Remedy {
    Remedy::guided(
        "Decide which of the two is wanted, and what backs up what until then. If the other one goes, remove it by the tool \
         that installed it, and keep the definitions of velero.io: velero uninstall deletes them too, and with them all \
         backups and restores of the extension as the cluster knows them; some charts do the same on demand.",
    )
    .documented(format!("kubectl --namespace {namespace} get deployment {name} --output wide"))
    .documented("kubectl get backupstoragelocations.velero.io --all-namespaces")
    .documented("kubectl get volumesnapshotclasses.snapshot.storage.k8s.io --show-labels")
}
