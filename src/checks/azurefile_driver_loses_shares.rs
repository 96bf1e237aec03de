//! The Azure Files driver deletes the whole file share when a snapshot of it is deleted.
//!
//! Knowledge: azurefile-csi-driver issue 2561 and its mend, 2562: versions 1.32.0 to 1.32.2; 1.32.3 was in all regions by
//! 2025-05-15 (diagnosis.md section 2, entry 15). On no page of Microsoft's. An expired recovery point is a snapshot that
//! is deleted.

use super::check::{Check, Judgement};
use crate::coverage::{driver_version, loses_shares, share_driver};
use crate::facts::objects::{SnapshotClass, SnapshotContent, Workload};
use crate::facts::{Facts, Need, Stop, Unread, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB531",
    name: "azurefile-driver-loses-shares",
    hop: Hop::Volumes,
    title: "the Azure Files driver deletes snapshots, and not their shares",
    needs: &[required(Need::CsiDrivers), required(Need::SnapshotContents), required(Need::SnapshotClasses)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the Azure Files CSI driver is one of 1.32.0 to 1.32.2, and snapshots of file shares are taken here.

Why it matters
  These versions delete the file share when a snapshot of it is deleted: the live data, with all its other
  snapshots. A recovery point that expires is such a snapshot, so it happens without anybody's doing.

How it is found
  The image of the DaemonSet csi-azurefile-node; the driver's controller, which does it, is in AKS's control
  plane and of the same version as far as is known. Where there are snapshots of file shares, it is an error;
  where there is only a class for them, a warning; where neither, nothing.

What to do
  Let no snapshot of a file share be deleted until the driver is 1.32.3 or newer; AKS brings it with its
  releases. Soft delete of file shares on the storage account keeps a deleted share for some days.

Sources
  azurefile-csi-driver, issue 2561 and pull request 2562.
";

/// The driver's name in classes and snapshots.
const DRIVER: &str = "file.csi.azure.com";

fn run(facts: &Facts) -> Judgement {
    let sets = facts.csi_drivers.rows(Need::CsiDrivers.what())?;
    let found: Vec<(&Workload, &str)> = sets.iter().filter_map(|set| Some((set, share_driver(set)?))).collect();
    if found.is_empty() {
        return Err(Stop::not_applicable("the Azure Files CSI driver is not on this cluster"));
    }
    let bad = found.iter().find(|(_, image)| driver_version(image).is_some_and(loses_shares));
    let unknown = found.iter().find(|(_, image)| driver_version(image).is_none());
    let Some((set, image)) = bad.or(unknown) else { return Ok(Vec::new()) };

    let contents: Vec<&SnapshotContent> =
        facts.snapshot_contents.known_rows().iter().filter(|content| content.driver() == DRIVER).collect();
    let classes: Vec<&SnapshotClass> =
        facts.snapshot_classes.known_rows().iter().filter(|class| class.driver == DRIVER).collect();
    if contents.is_empty() && classes.is_empty() {
        let unread = [Need::SnapshotContents, Need::SnapshotClasses].into_iter().find_map(|need| unread(facts, need));
        return unread.map_or_else(|| Ok(Vec::new()), |unread| Err(Stop::Inconclusive(unread)));
    }
    if bad.is_none() {
        return Err(Stop::inconclusive(format!("the Azure Files driver's image does not tell its version: {image}")));
    }
    Ok(vec![say(set, image, &contents, &classes)])
}

/// A kind that the cluster does not know has no objects.
fn unread(facts: &Facts, need: Need) -> Option<Unread> {
    let is_absent = match need {
        Need::SnapshotContents => facts.snapshot_contents.is_absent(),
        _ => facts.snapshot_classes.is_absent(),
    };
    if is_absent { None } else { facts.unread(need) }
}

fn say(set: &Workload, image: &str, contents: &[&SnapshotContent], classes: &[&SnapshotClass]) -> Finding {
    let tag = image.rsplit(':').next().unwrap_or(image);
    let mut message = format!(
        "The Azure Files CSI driver on the nodes is {tag}. Versions 1.32.0 to 1.32.2 delete the whole file share, with the \
         live data, when a snapshot of it is deleted; recovery points that expire are deleted so."
    );
    let severity = if contents.is_empty() {
        message.push_str(&format!(
            " There are no snapshots of file shares yet, but {} for them: {}.",
            counted(classes.len(), "class", "classes"),
            listing(classes.iter().map(|class| class.metadata.name.as_str()), 3)
        ));
        Severity::Warning
    } else {
        message.push_str(&format!(
            " There {} {} of file shares.",
            if contents.len() == 1 { "is" } else { "are" },
            counted(contents.len(), "snapshot", "snapshots")
        ));
        Severity::Error
    };
    let going: Vec<&&SnapshotContent> =
        contents.iter().filter(|content| content.metadata.deletion_timestamp.is_some()).collect();
    if !going.is_empty() {
        message.push_str(&format!(" The deletion of {} of them has been asked for.", going.len()));
    }
    let at =
        format!("daemonset/{}/{} .spec.template.spec.containers[].image", set.metadata.namespace(), set.metadata.name);
    let mut finding =
        Finding::new(severity, set.metadata.subject("apps/v1", "DaemonSet"), message).seen(Evidence::quoted(at, image));
    for content in contents.iter().take(2) {
        finding = finding.seen(Evidence::quoted(format!("{} .spec.driver", content.at()), DRIVER));
    }
    let mut remedy = Remedy::guided(
        "Delete no snapshot of a file share, and see that none expires meanwhile: stop the protection in the vault and \
         retain its data. Switch on soft delete for file shares on the storage account, or see that it is on. Bring the \
         cluster to an AKS release whose driver is 1.32.3 or newer; if none is offered, ask Azure's support. Afterwards \
         look whether every share is still there.",
    )
    .documented("kubectl get volumesnapshotcontents --output wide")
    .documented(format!(
        "kubectl --namespace {} get daemonset {} --output jsonpath='{{.spec.template.spec.containers[*].image}}'",
        set.metadata.namespace(),
        set.metadata.name
    ))
    .documented("az aks get-upgrades --resource-group RESOURCE_GROUP --name CLUSTER --output table");
    if !going.is_empty() {
        remedy.text.insert_str(
            0,
            "Hurry: deletions have been asked for. Set the deletionPolicy of those to Retain, so that the driver is not \
             called. ",
        );
    }
    for content in going.iter().take(5) {
        remedy = remedy.documented(format!(
            "kubectl patch volumesnapshotcontent {} --type merge --patch '{{\"spec\": {{\"deletionPolicy\": \"Retain\"}}}}'",
            content.metadata.name
        ));
    }
    finding.mended_by(remedy)
}
