//! The claim's volume is gone, or the disk behind it.
//!
//! Knowledge: the founding page's UserErrorPVNotFound; a claim that has lost its volume is Lost.

use crate::coverage::index::{DISK, IN_TREE_DISK, Sight, VolumeSeen};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;
use crate::facts::arm::ArmId;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB507",
    name: "volume-gone",
    title: "the volume, or its disk, is gone",
    explains: &["UserErrorPVNotFound"],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let name = sight.claim.volume.as_deref().unwrap_or_default();
    if sight.is("Lost") {
        let reason = "the claim has lost its volume: its data is not in the cluster any more";
        return Some(Said::will_fail(reason).seen(format!("{} .status.phase", sight.at()), "Lost"));
    }
    // A claim that waits was never bound: it has lost nothing, and what it names may be made yet.
    if matches!(sight.volume, VolumeSeen::Gone) && !sight.is("Pending") {
        let reason = "the volume that the claim names does not exist";
        return Some(Said::will_fail(reason).seen(format!("{} .spec.volumeName", sight.at()), name));
    }
    let volume = sight.volume_of(DISK).or_else(|| sight.volume_of(IN_TREE_DISK))?;
    let disk = volume.handle.as_ref().filter(|id| sight.index.is_disk_gone(id))?;
    let reason = "Azure has no such disk any more: the data is gone unless a recovery point has it";
    let field = if volume.driver == DISK { "csi.volumeHandle" } else { "azureDisk.diskURI" };
    Some(Said::will_fail(reason).seen(format!("persistentvolume/{name} .spec.{field}"), ArmId::as_str(disk)))
}
