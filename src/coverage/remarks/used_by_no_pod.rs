//! No pod uses the claim: it may be a left-over, or its workload may be scaled down.

use crate::coverage::index::Sight;
use crate::coverage::remark::Remark;
use crate::facts::Need;

/// The remark.
pub const REMARK: Remark = Remark { code: "AKSB557", name: "used-by-no-pod", title: "no pod uses the claim", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let is_read =
        sight.index.facts.claim_users.known().is_some() && sight.index.facts.unread(Need::ClaimUsers).is_none();
    let is_bound = sight.volume().is_some();
    (is_read && is_bound && sight.users.is_empty()).then(|| "no pod uses it".to_owned())
}
