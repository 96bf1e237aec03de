//! A storage class of the in-tree drivers: its volumes are not backed up, and a restore into it may bring an empty disk.
//!
//! Knowledge: Azure Backup's support matrix of 01/2026 (in-tree volumes and classes are skipped);
//! azuredisk-csi-driver issue 1031 (a claim that names a snapshot and an in-tree class gets an empty disk, and is bound);
//! diagnosis.md section 2, entry 15. Newer clusters pass such classes on to the CSI driver, so what they do with the
//! snapshot is not certain.

use super::check::{Check, Judgement};
use crate::facts::objects::StorageClass;
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB532",
    name: "storage-class-ignores-snapshots",
    hop: Hop::Volumes,
    title: "the storage classes are of drivers that can restore snapshots",
    needs: &[required(Need::StorageClasses)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the default storage class, or another one, is of the in-tree drivers kubernetes.io/azure-disk and
  kubernetes.io/azure-file.

Why it matters
  Azure Backup leaves out the volumes of such classes and says so nowhere but in the job's warnings. And a
  restored claim that names such a class, or none while such a class is the default, can get an empty disk: the
  in-tree driver does not look at the snapshot, the claim is bound, and the restore looks good.

How it is found
  The provisioner of every storage class. The default class is a warning, others are a remark: only claims that
  name them are concerned. Newer clusters hand such classes to the CSI driver; whether a snapshot is heeded then is
  for you to try.

What to do
  Make a class of disk.csi.azure.com or file.csi.azure.com the default, move the volumes to it, and map the class
  when restoring. After a restore, look into the volumes.

Sources
  Azure Backup's support matrix for AKS (01/2026); azuredisk-csi-driver, issue 1031; AKS documentation on migrating
  from in-tree storage classes to CSI drivers.
";

/// The in-tree provisioners, and the drivers that took their place.
const IN_TREE: &[(&str, &str)] =
    &[("kubernetes.io/azure-disk", "disk.csi.azure.com"), ("kubernetes.io/azure-file", "file.csi.azure.com")];

fn run(facts: &Facts) -> Judgement {
    let classes = facts.storage_classes.rows(Need::StorageClasses.what())?;
    let successor =
        |class: &StorageClass| IN_TREE.iter().find(|(old, _)| *old == class.provisioner).map(|(_, new)| *new);
    Ok(classes.iter().filter_map(|class| Some(say(class, successor(class)?, classes))).collect())
}

const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

fn is_default(class: &StorageClass) -> bool {
    class.metadata.annotation(DEFAULT) == Some("true")
}

fn say(class: &StorageClass, successor: &str, all: &[StorageClass]) -> Finding {
    let name = &class.metadata.name;
    let is_default = is_default(class);
    let (severity, which) = if is_default {
        (Severity::Warning, "The default storage class,")
    } else {
        (Severity::Info, "The storage class")
    };
    let comma = if is_default { "," } else { "" };
    let message = format!(
        "{which} {name}{comma} is of the in-tree driver {}. Azure Backup leaves the volumes of such classes out. A claim that \
         is restored into it{} can be bound to an empty disk: the in-tree driver does not look at the snapshot.",
        class.provisioner,
        if is_default { ", also by naming no class," } else { "" },
    );
    let new = all.iter().find(|other| other.provisioner == successor);
    let mut remedy = Remedy::guided(match (is_default, new) {
        (true, Some(new)) => format!(
            "Make {} ({successor}) the default class; that concerns new claims only. Move volumes that matter to it, and \
             after any restore look into the volumes.",
            new.metadata.name
        ),
        (true, None) => format!(
            "Make a class of {successor} and make it the default; that concerns new claims only. Move volumes that matter \
             to it, and after any restore look into the volumes."
        ),
        (false, _) => format!(
            "Move the volumes of claims that name it to a class of {successor}, and map the class when they are restored."
        ),
    });
    if is_default {
        let mark = |name: &str, value: &str| {
            format!(
                "kubectl patch storageclass {name} --patch '{{\"metadata\": {{\"annotations\": {{\"{DEFAULT}\": \"{value}\"}}}}}}'"
            )
        };
        remedy = remedy.documented(mark(name, "false"));
        if let Some(new) = new {
            remedy = remedy.documented(mark(&new.metadata.name, "true"));
        }
    }
    remedy = remedy.documented(
        "kubectl get persistentvolumeclaims --all-namespaces --output custom-columns=NAMESPACE:.metadata.namespace,\
         NAME:.metadata.name,CLASS:.spec.storageClassName",
    );
    Finding::new(severity, Subject::cluster_wide("storage.k8s.io/v1", "StorageClass", name), message)
        .seen(Evidence::quoted(format!("storageclass/{name} .provisioner"), class.provisioner.as_str()))
        .mended_by(remedy)
}
