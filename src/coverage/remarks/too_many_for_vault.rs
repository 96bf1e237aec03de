//! The backup instance takes in more disks than a vault copies.
//!
//! Knowledge: azure-backup.md section 2: 100 disks for each backup instance in the vault tier.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark = Remark {
    code: "AKSB562",
    name: "too-many-for-vault",
    title: "the backup instance has too many disks for the vault tier",
    judge,
};

const MOST: usize = 100;

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    sight.volume_of(DISK).filter(|_| sight.index.has_vault_tier)?;
    let count = sight.index.disks_in_scope;
    (count > MOST).then(|| format!("{count} disks are in scope: the vault tier takes {MOST} for each backup instance"))
}
