//! Snapshots of Premium SSD v2 and Ultra disks take long until they can be restored from.
//!
//! Knowledge: azure-backup.md section 2: since about 2026 they are supported.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB564", name: "slow-disk-kind", title: "snapshots of this kind of disk take long", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    sight.volume_of(DISK)?;
    let sku = sight.index.sku(sight)?;
    let is_slow = ["PremiumV2_LRS", "UltraSSD_LRS"].iter().any(|slow| slow.eq_ignore_ascii_case(sku));
    is_slow.then(|| format!("a disk of kind {sku}: its snapshots take long until they are whole"))
}
