//! How far the protection of a cluster by one backup instance is.
//!
//! Knowledge: the states of Azure Backup's management client, and what it says of them: ProtectionStopped keeps all
//! recovery points for ever, BackupSchedulesSuspended lets them expire by the policy, all but the newest.

use crate::facts::arm::{BackupInstance, ServiceError};

/// How far protection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Backups are made.
    Configured,
    /// It is being set up or changed.
    Underway,
    /// It was to be, and something stands in its way.
    Failed,
    /// There is none.
    Lacking,
    /// Somebody stopped, suspended or deleted it.
    Stopped,
    /// Azure does not say, or in a word that is not known.
    Untold,
}

/// Returns how far the protection by an instance is.
pub fn protection(instance: &BackupInstance) -> Protection {
    let state = instance.properties.current_protection_state.as_deref().unwrap_or_default().to_ascii_lowercase();
    match state.as_str() {
        "protectionconfigured" => Protection::Configured,
        "configuringprotection" | "updatingprotection" => Protection::Underway,
        "protectionerror" | "configuringprotectionfailed" => Protection::Failed,
        "invalid" | "notprotected" => Protection::Lacking,
        "protectionstopped"
        | "backupschedulessuspended"
        | "retentionschedulessuspended"
        | "softdeleted"
        | "softdeleting" => Protection::Stopped,
        _ => Protection::Untold,
    }
}

/// Returns what stands in the way of protection, where Azure says something.
pub fn obstacle(instance: &BackupInstance) -> Option<&ServiceError> {
    instance.properties.protection_error_details.as_ref().filter(|error| !error.is_empty())
}
