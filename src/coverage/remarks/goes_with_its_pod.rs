//! The claim was made with a pod and goes with it: a restored pod gets a new, empty one.
//!
//! Knowledge: generic ephemeral volumes.

use crate::coverage::index::Sight;
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB554", name: "goes-with-its-pod", title: "the claim goes with its pod", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let pod = sight.claim.of_pod.as_deref()?;
    Some(format!("an ephemeral volume of pod {pod}: it goes with its pod, and so may what a restore brings back"))
}
