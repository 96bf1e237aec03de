//! The backup instance takes in certain kinds of volumes, and this is none of them.
//!
//! Knowledge: `includedVolumeTypes` of the backup instance (DataProtection API 2025-07-01); file shares must be chosen.
//! What no choice could take in, such as a share over NFS, is left to the rules about that.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::rule::Rule;
use crate::coverage::scope::Out;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB506",
    name: "kind-not-selected",
    title: "the backup does not take in volumes of this kind",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    (sight.stand.out == Some(Out::Kinds)).then(|| {
        let name = if sight.volume_of(DISK).is_some() { "disks" } else { "file shares" };
        let kinds = sight.index.scope.kinds_in_words(&sight.claim.namespace);
        Said::intended(format!("the backup takes in {kinds} only, and no {name}"))
    })
}
