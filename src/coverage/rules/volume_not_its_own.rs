//! The volume that the claim names is not bound to it: it is another claim's, or was.
//!
//! Knowledge: the snapshot controller takes no snapshot of a claim whose volume names another one; the phases Released
//! and Failed say that the claim which the volume names is gone, even where one of the same name is there again.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB526",
    name: "volume-not-its-own",
    title: "the volume is not bound to the claim",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let volume = sight.volume()?;
    if let Some(other) = sight.other_claim() {
        let said = Said::skipped("its volume is bound to another claim: no snapshot is taken for this one");
        let at = format!("persistentvolume/{} .spec.claimRef", volume.name);
        return Some(said.seen(at, format!("{}/{}", other.namespace, other.name)));
    }
    let phase = volume.phase.as_deref().filter(|phase| matches!(*phase, "Released" | "Failed"))?;
    Some(
        Said::skipped(format!(
            "its volume is {phase}, left by a claim that is gone: no snapshot is taken for this one"
        ))
        .seen(format!("persistentvolume/{} .status.phase", volume.name), phase),
    )
}
