//! The claim is being resized.

use crate::coverage::index::Sight;
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB556", name: "being-resized", title: "the claim is being resized", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    sight.claim.is_resizing.then(|| "it is being resized: a restore brings back the size of the snapshot".to_owned())
}
