//! A snapshot class that bears the label of Velero may be taken in place of that of the extension.
//!
//! Knowledge: azure-backup.md section 2, rule 9: the extension makes a class of its own, as far as is known.

use crate::coverage::index::Sight;
use crate::coverage::remark::Remark;
use crate::facts::objects::SnapshotClass;
use crate::finding::listing;

/// The remark.
pub const REMARK: Remark = Remark {
    code: "AKSB559",
    name: "class-may-interfere",
    title: "a snapshot class of somebody else may be taken",
    judge,
};

const LABEL: &str = "velero.io/csi-volumesnapshot-class";
/// What the names of the classes begin with that Azure Backup makes itself.
const OWN: &str = "azbackup-";

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let driver = sight.volume()?.driver.as_str();
    let is_foreign = |class: &&SnapshotClass| {
        class.driver == driver && class.metadata.label(LABEL).is_some() && !class.metadata.name.starts_with(OWN)
    };
    let classes: Vec<&SnapshotClass> =
        sight.index.facts.snapshot_classes.known_rows().iter().filter(is_foreign).collect();
    let is_deleting = classes.iter().any(|class| class.deletion_policy.as_deref() == Some("Delete"));
    let names = listing(classes.iter().map(|class| class.metadata.name.as_str()), 3);
    match (classes.len(), is_deleting) {
        (0, _) => None,
        (1, false) => Some(format!(
            "snapshot class {names} bears Velero's label: it may be taken in place of that of the extension"
        )),
        (1, true) => Some(format!(
            "snapshot class {names} bears Velero's label and deletes: a snapshot made by it goes with its namespace"
        )),
        _ => Some(format!("the snapshot classes {names} bear Velero's label: which is taken is chance")),
    }
}
