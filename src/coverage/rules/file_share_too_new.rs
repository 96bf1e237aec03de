//! The extension is older than the first one that backs up file shares.
//!
//! Knowledge: azure-backup.md section 2: from version 0.0.3004.544 on.

use crate::coverage::index::{FILE, Sight};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB518",
    name: "file-share-too-new",
    title: "the extension is too old for file shares",
    explains: &[],
    judge,
};

/// The first version that backs up file shares.
const FIRST: [u64; 4] = [0, 0, 3004, 544];

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let volume = sight.volume_of(FILE)?;
    let version = sight.index.facts.extension.version.as_deref()?;
    let is_older = parts(version)? < FIRST.to_vec();
    is_older.then(|| {
        Said::skipped(format!(
            "azurefile: the backup extension {version} is older than 0.0.3004.544, the first that backs up shares"
        ))
        .seen(format!("persistentvolume/{} .spec.csi.driver", volume.name), FILE)
    })
}

/// Reads `0.0.3004-544`, however its parts are parted.
fn parts(version: &str) -> Option<Vec<u64>> {
    version.split(['.', '-']).map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{FIRST, parts};

    #[test]
    fn versions_are_read_as_azure_writes_them() {
        assert_eq!(parts("0.0.3004-544"), Some(FIRST.to_vec()));
        assert_eq!(parts("0.0.03004.544"), Some(FIRST.to_vec()));
        assert!(parts("0.0.2912.1").is_some_and(|older| older < FIRST.to_vec()));
        assert_eq!(parts("latest"), None);
    }
}
