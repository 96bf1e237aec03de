//! The file share is used by NFS.
//!
//! Knowledge: azure-backup.md section 2: only SMB is backed up.

use crate::coverage::index::{FILE, Sight, is_nfs};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule =
    Rule { code: "AKSB516", name: "file-share-nfs", title: "the file share speaks NFS", explains: &[], judge };

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let volume = sight.volume_of(FILE)?;
    is_nfs(volume).then(|| {
        Said::skipped("azurefile over NFS: only SMB shares are backed up")
            .seen(format!("persistentvolume/{} .spec.csi.volumeAttributes", volume.name), "nfs")
    })
}
