//! Resources of Azure, as findings name them.

use crate::facts::arm::ArmId;
use crate::finding::Subject;

/// Makes the subject of a resource of Azure.
pub fn azure_subject(id: &ArmId) -> Subject {
    let kind = id.as_str().rsplit('/').nth(1).filter(|kind| !kind.is_empty());
    Subject {
        kind: kind.map(str::to_owned),
        name: Some(id.name().to_owned()).filter(|name| !name.is_empty()),
        id: Some(id.to_string()),
        ..Subject::default()
    }
}
