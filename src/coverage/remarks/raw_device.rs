//! The claim is a raw device: what is on it is as its program left it.
//!
//! Knowledge: `volumeMode: Block`.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark = Remark { code: "AKSB553", name: "raw-device", title: "the claim is a raw device", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    sight.volume_of(DISK)?;
    sight
        .claim
        .is_block
        .then(|| "a raw device: its snapshot holds what the program had written out at that moment".to_owned())
}
