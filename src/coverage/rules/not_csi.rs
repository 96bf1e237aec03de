//! The volume is of no CSI driver, so that no snapshot of it can be taken.
//!
//! Knowledge: azure-backup.md section 2.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule =
    Rule { code: "AKSB514", name: "not-csi", title: "the volume is of no CSI driver", explains: &[], judge };

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let volume = sight.volume()?;
    if volume.driver.contains('.') {
        return None;
    }
    let kind = if volume.driver.is_empty() { "unknown" } else { volume.driver.as_str() };
    Some(
        Said::skipped(format!("{kind} volume: a backup takes snapshots of CSI volumes only"))
            .seen(format!("persistentvolume/{} .spec", volume.name), kind),
    )
}
