//! The claim bears the label by which Velero leaves an object out.
//!
//! Knowledge: Velero reads it as a label; an annotation of that name, which the portal speaks of, does nothing.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::scope::{EXCLUDED, is_left_out};
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB502",
    name: "excluded-by-label",
    title: "somebody has labelled the claim to be left out",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    is_left_out(&sight.claim.labels).then(|| {
        Said::intended(format!("labelled {EXCLUDED}=true"))
            .seen(format!("{} .metadata.labels", sight.at()), format!("{EXCLUDED}=true"))
    })
}
