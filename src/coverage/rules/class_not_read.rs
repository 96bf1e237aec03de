//! Nothing stands against the claim, but nobody could read whether its class is there.
//!
//! Asked late: what no backup could hold is left out whatever the class is.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;
use crate::facts::Need;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB528",
    name: "class-not-read",
    title: "whether the class is there could not be read",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let is_there = sight.class().is_some_and(|name| sight.index.class(name).is_some());
    sight.index.lacks(Need::StorageClasses).filter(|_| !is_there).map(Said::unknown)
}
