//! The disk has as many snapshots as Azure allows: no further one is made.
//!
//! Knowledge: the founding page: 500 snapshots of one disk.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB524",
    name: "snapshots-at-limit",
    title: "the disk has as many snapshots as Azure allows",
    explains: &["UserErrorPVSnapshotLimitReached"],
    judge,
};

const LIMIT: u64 = 500;

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let disk = sight.volume_of(DISK)?.handle.as_ref()?;
    let count = sight.index.snapshots(disk).filter(|count| *count >= LIMIT)?;
    Some(
        Said::will_fail(format!("its disk has {LIMIT} snapshots or more, which is all that Azure allows"))
            .seen(format!("snapshots of {disk} in Azure's index"), count.to_string()),
    )
}
