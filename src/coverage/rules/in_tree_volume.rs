//! The volume is of the plugin that Kubernetes had before CSI.
//!
//! Knowledge: azure-backup.md section 2: in-tree azureDisk and azureFile are skipped, by the volume's source and by the
//! class's provisioner. The volume keeps its source also where CSI has taken over (`pv.kubernetes.io/migrated-to`).

use crate::coverage::index::{DISK, FILE, IN_TREE_DISK, Sight};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB513",
    name: "in-tree-volume",
    title: "the volume is one of the plugin before CSI",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let volume = sight.volume()?;
    let of_volume = match volume.driver.as_str() {
        IN_TREE_DISK => Some(DISK),
        "azureFile" => Some(FILE),
        _ => None,
    };
    if let Some(driver) = of_volume {
        let said = Said::skipped(format!("in-tree {} volume; migrate to {driver}", volume.driver));
        return Some(said.seen(format!("persistentvolume/{} .spec.{}", volume.name, volume.driver), "present"));
    }
    // A class counts too, though CSI may have taken over what it makes.
    let class = sight.class().and_then(|name| sight.index.class(name))?;
    let driver = match class.provisioner.as_str() {
        "kubernetes.io/azure-disk" => DISK,
        "kubernetes.io/azure-file" => FILE,
        _ => return None,
    };
    Some(
        Said::skipped(format!("its StorageClass is of the in-tree {}; migrate to {driver}", class.provisioner))
            .seen(format!("storageclass/{} .provisioner", class.metadata.name), class.provisioner.as_str()),
    )
}
