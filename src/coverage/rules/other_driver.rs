//! The driver is none of the two that Azure Backup supports.
//!
//! Knowledge: azure-backup.md section 2: blob, Azure Container Storage, NetApp, Lustre and third parties are skipped in silence.

use crate::coverage::index::{DISK, FILE, Sight};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB515",
    name: "other-driver",
    title: "Azure Backup does not know the driver of the volume",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let volume = sight.volume()?;
    if [DISK, FILE].contains(&volume.driver.as_str()) {
        return None;
    }
    Some(
        Said::skipped(format!("volume of {}, which Azure Backup does not support", volume.driver))
            .seen(format!("persistentvolume/{} .spec.csi.driver", volume.name), volume.driver.as_str()),
    )
}
