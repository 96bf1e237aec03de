//! The claim is bound, and has no class, or one that does not exist.
//!
//! Knowledge: the founding page's UserErrorStorageClassMissingForPVC; volumes that were made by hand have none.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;
use crate::facts::Need;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB511",
    name: "class-missing",
    title: "the claim has no class, or its class is gone",
    explains: &["UserErrorStorageClassMissingForPVC"],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let at = || format!("{} .spec.storageClassName", sight.at());
    match sight.class() {
        // A volume that nobody could read may name one.
        None if sight.volume().is_none() => None,
        None | Some("") => {
            Some(Said::will_fail("the claim has no StorageClass: its volume was made by hand").seen(at(), "none"))
        }
        Some(class) => {
            let is_gone = sight.index.class(class).is_none() && sight.index.lacks(Need::StorageClasses).is_none();
            is_gone.then(|| Said::will_fail(format!("its StorageClass {class} does not exist")).seen(at(), class))
        }
    }
}
