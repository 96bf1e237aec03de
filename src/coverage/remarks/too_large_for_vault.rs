//! The disk is too large for a copy in the vault.
//!
//! Knowledge: azure-backup.md section 2: 1 TB, which is 1024 GiB, in the vault tier.

use crate::coverage::index::{DISK, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB561", name: "too-large-for-vault", title: "the disk is too large for the vault tier", judge };

/// The largest disk that is copied to a vault.
const LARGEST: u64 = 1024 << 30;

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let volume = sight.volume_of(DISK).filter(|_| sight.index.has_vault_tier)?;
    let of_azure = volume.handle.as_ref().and_then(|id| sight.index.disk(id)?.size_gb);
    let size = of_azure.map(|size| size.saturating_mul(1 << 30)).or(volume.capacity).or(sight.claim.requested);
    let size = size.filter(|size| *size > LARGEST)?;
    Some(format!(
        "{} GiB: only the snapshot in the operational tier holds it, the vault tier takes disks up to 1024 GiB",
        size >> 30
    ))
}
