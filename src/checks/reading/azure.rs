//! A resource of Azure as the subject of a finding.

use crate::facts::arm::ArmId;
use crate::finding::Subject;

/// Returns the resource as a subject: its kind is the last word of its type.
pub fn azure_subject(id: &ArmId) -> Subject {
    let kind = id.as_str().rsplit('/').nth(1).filter(|kind| !kind.is_empty()).map(str::to_owned);
    Subject { kind, name: Some(id.name().to_owned()), id: Some(id.to_string()), ..Subject::default() }
}
