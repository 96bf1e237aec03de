//! The volume could not be read, so that nobody knows what kind it is.

use crate::coverage::index::{Sight, VolumeSeen};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule =
    Rule { code: "AKSB510", name: "volume-not-read", title: "the volume could not be read", explains: &[], judge };

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    match &sight.volume {
        VolumeSeen::Unread(unread) => Some(Said::unknown(unread.clone())),
        _ => None,
    }
}
