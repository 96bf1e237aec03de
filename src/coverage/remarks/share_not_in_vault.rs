//! File shares have no copy in the vault tier.
//!
//! Knowledge: azure-backup.md section 2: the operational tier only.

use crate::coverage::index::{FILE, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB563", name: "share-not-in-vault", title: "file shares have no copy in the vault", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    sight.volume_of(FILE).filter(|_| sight.index.has_vault_tier)?;
    Some("a file share: the vault tier takes disks only, its snapshots stay in the operational tier".to_owned())
}
