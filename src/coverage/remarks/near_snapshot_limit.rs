//! The disk is near the number of snapshots that Azure allows of one.
//!
//! Knowledge: the founding page: 500 snapshots of one disk; from 450 on a word is due.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB551", name: "near-snapshot-limit", title: "the disk is near the limit of snapshots", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let disk = sight.volume_of(DISK)?.handle.as_ref()?;
    let count = sight.index.snapshots(disk).filter(|count| (450..500).contains(count))?;
    Some(format!("its disk has {count} snapshots; at 500 no further one is made"))
}
