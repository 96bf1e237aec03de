//! The backup was set up without volumes.
//!
//! Knowledge: `snapshotVolumes` of the backup instance.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::scope::Out;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB505",
    name: "volumes-not-selected",
    title: "the backup leaves all volumes out",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    (sight.stand.out == Some(Out::Volumes)).then(|| Said::intended("the backup leaves all volumes out"))
}
