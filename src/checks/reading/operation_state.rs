//! How an operation that Azure asked of the extension is, in whatever words it says so.
//!
//! Knowledge: the schemas of these custom resources are published nowhere, so only words that leave no doubt count.

use jiff::SignedDuration;

use crate::facts::Facts;
use crate::facts::objects::Operation;

/// Returns whether the operation says that it failed.
pub fn has_failed(operation: &Operation) -> bool {
    says(operation, &["fail", "error"])
}

/// Returns whether the operation says that it ended, well or not.
pub fn has_ended(operation: &Operation) -> bool {
    has_failed(operation) || says(operation, &["complete", "succe", "cancel", "done", "processed"])
}

fn says(operation: &Operation, words: &[&str]) -> bool {
    let phase = operation.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let phase = phase.to_ascii_lowercase();
    words.iter().any(|word| phase.contains(word))
}

/// Returns the operations of a resource in the extension's order, the newest first.
pub fn newest_first<'f>(facts: &'f Facts, resource: &str) -> Vec<&'f Operation> {
    let all = facts.operations.known_rows().iter();
    let mut found: Vec<&Operation> = all.filter(|operation| operation.resource == resource).collect();
    found.sort_by(|a, b| {
        (b.metadata.creation_timestamp, &b.metadata.name).cmp(&(a.metadata.creation_timestamp, &a.metadata.name))
    });
    found
}

/// Returns how long ago the operation was asked for.
pub fn age(facts: &Facts, operation: &Operation) -> Option<SignedDuration> {
    Some(super::elapsed::since(operation.metadata.creation_timestamp?, facts.observed_at))
}

/// Says in words what an operation asks for.
pub fn words(resource: &str) -> &'static str {
    match resource {
        "backups" => "backup",
        "restores" => "restore",
        "deletebackups" => "deletion of a backup",
        "validateforbackups" => "validation before a backup",
        "validateforrestores" => "validation before a restore",
        _ => "operation",
    }
}
