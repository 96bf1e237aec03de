//! The driver of file shares is older than the first one that Azure Backup takes shares of.
//!
//! Knowledge: azure-backup.md section 2: CSI driver 1.32 or newer. Where its image was not read, or tells no version, this
//! rule says nothing.

use crate::coverage::driver::{driver_version, share_driver};
use crate::coverage::index::{FILE, Sight};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB535",
    name: "share-driver-too-old",
    title: "the driver of file shares is too old",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    sight.volume_of(FILE)?;
    let sets = sight.index.facts.csi_drivers.known_rows();
    let (set, image) = sets.iter().find_map(|set| Some((set, share_driver(set)?)))?;
    let (major, minor, _) = driver_version(image)?;
    ((major, minor) < (1, 32)).then(|| {
        Said::skipped(format!(
            "azurefile: the CSI driver {major}.{minor} is older than 1.32, the first whose shares are backed up"
        ))
        .seen(format!("daemonset/{}/{} image", set.metadata.namespace(), set.metadata.name), image)
    })
}
