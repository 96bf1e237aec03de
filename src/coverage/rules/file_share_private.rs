//! The file share is reached by a private endpoint.
//!
//! Knowledge: azure-backup.md section 2: that is not supported.

use crate::coverage::index::{FILE, Sight, private_endpoint};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB517",
    name: "file-share-private",
    title: "the file share is reached by a private endpoint",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let volume = sight.volume_of(FILE)?;
    let (key, value) = private_endpoint(volume)?;
    Some(
        Said::skipped("azurefile by a private endpoint, which Azure Backup does not support")
            .seen(format!("persistentvolume/{} .spec.csi.volumeAttributes.{key}", volume.name), value),
    )
}
