//! The backup leaves PersistentVolumeClaims out, as a type of objects.
//!
//! Knowledge: `includedResourceTypes` and `excludedResourceTypes` of the backup instance; Velero takes nothing of a type that
//! is left out, also where something else would bring it along.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::scope::Out;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB525",
    name: "claims-not-selected",
    title: "the backup leaves claims out as a type of objects",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    (sight.stand.out == Some(Out::Types)).then(|| Said::intended("the backup leaves PersistentVolumeClaims out"))
}
