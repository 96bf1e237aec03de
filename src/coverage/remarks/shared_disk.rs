//! Several nodes may write to the disk while its snapshot is taken.
//!
//! Knowledge: `maxShares` of a disk and the access mode ReadWriteMany; a snapshot stops nobody.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB552", name: "shared-disk", title: "several nodes may write to the disk at once", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let volume = sight.volume_of(DISK)?;
    let shares = volume.attributes.get("maxshares").and_then(|text| text.parse::<u32>().ok());
    (volume.has_many_writers || shares.is_some_and(|shares| shares > 1)).then(|| {
        "several nodes may write to the disk while its snapshot is taken: only what they have written out is in it"
            .to_owned()
    })
}
