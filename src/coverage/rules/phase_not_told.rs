//! The claim has a volume, and does not say that it is bound to it.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;
use crate::facts::Unread;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB530",
    name: "phase-not-told",
    title: "the claim does not say whether it is bound",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let why = || "whether the claim is bound to its volume is not told".to_owned();
    (!sight.is("Bound")).then(|| Said::unknown(Unread { why: why(), missing: Vec::new() }))
}
