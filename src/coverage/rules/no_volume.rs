//! The claim names no volume, though it does not wait for one.
//!
//! Knowledge: the founding page's UserErrorPVCHasNoVolume.

use crate::coverage::index::{Sight, VolumeSeen};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB509",
    name: "no-volume",
    title: "the claim names no volume",
    explains: &["UserErrorPVCHasNoVolume"],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    matches!(sight.volume, VolumeSeen::None).then(|| {
        let phase = sight.claim.phase.as_deref().unwrap_or("no phase");
        Said::will_fail("the claim names no volume").seen(format!("{} .status.phase", sight.at()), phase)
    })
}
