//! The deletion of the claim was asked for.

use crate::coverage::index::Sight;
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB555", name: "being-deleted", title: "the deletion of the claim was asked for", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    sight.claim.is_going.then(|| "its deletion was asked for: the next backup may not find it".to_owned())
}
