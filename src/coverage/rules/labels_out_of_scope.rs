//! The backup takes in only what bears certain labels, and neither the claim nor a pod that uses it does.
//!
//! Knowledge: Velero takes a claim along with a pod that is backed up.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::scope::Out;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB504",
    name: "labels-out-of-scope",
    title: "the backup asks for labels that the claim does not bear",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    (sight.stand.out == Some(Out::Labels)).then(|| {
        let labels = sight.index.scope.labels_in_words(&sight.claim.namespace);
        Said::intended(format!("it does not bear the label that the backup asks for: {labels}"))
    })
}
