//! The cluster has no VolumeSnapshot API: no snapshot of any volume can be taken.
//!
//! Knowledge: Azure Backup works by the CSI drivers and the snapshot controller.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB519",
    name: "snapshot-api-missing",
    title: "the cluster does not know VolumeSnapshots",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let is_missing = matches!(sight.index.facts.snapshot_contents, crate::facts::Fetched::NoSuchKind);
    is_missing.then(|| Said::skipped("the cluster does not know VolumeSnapshots: no snapshot can be taken"))
}
