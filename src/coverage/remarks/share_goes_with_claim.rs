//! A file share of reclaim policy Delete goes with its claim, and its snapshots with it.
//!
//! Knowledge: azure-backup.md section 2, "Files PV with reclaimPolicy Delete".

use crate::coverage::index::{FILE, Sight};
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB550", name: "share-goes-with-claim", title: "the file share is deleted with its claim", judge };

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let volume = sight.volume_of(FILE)?;
    (volume.reclaim.as_deref() == Some("Delete")).then(|| {
        format!(
            "the share and its snapshots go when the claim is deleted; keep them with: kubectl patch persistentvolume {} --patch '{{\"spec\":{{\"persistentVolumeReclaimPolicy\":\"Retain\"}}}}'",
            volume.name
        )
    })
}
