//! The driver deletes the live share when a snapshot of it is deleted.
//!
//! Knowledge: azurefile-csi-driver, issue 2561: 1.32.0 to 1.32.2. A recovery point that expires is such a snapshot.

use crate::coverage::driver::{driver_version, loses_shares, share_driver};
use crate::coverage::index::{FILE, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark = Remark {
    code: "AKSB565",
    name: "share-may-be-lost",
    title: "the driver deletes the live share with a snapshot of it",
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    sight.volume_of(FILE)?;
    let image = sight.index.facts.csi_drivers.known_rows().iter().find_map(share_driver)?;
    let (major, minor, patch) = driver_version(image).filter(|version| loses_shares(*version))?;
    Some(format!(
        "the driver {major}.{minor}.{patch} deletes the live share when a snapshot of it is deleted, as expired recovery points are: \
         see kubectl aksbackup doctor --check AKSB531"
    ))
}
