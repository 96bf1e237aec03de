//! Nothing stands against the claim, but nobody knows whether a backup takes it in.
//!
//! Asked last: what no backup could hold is left out whatever the scope is.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB529",
    name: "scope-not-known",
    title: "whether a backup takes the claim in is not known",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    sight.stand.doubt.clone().map(Said::unknown)
}
