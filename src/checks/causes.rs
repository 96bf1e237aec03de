//! What explains what: the one place that knows more than one check.
//!
//! A row says that where both findings are there, the effect is no news of its own. The table has
//! no cycle; a test holds that, and that every name in it is a check's.

/// Whether cause and effect must be about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// They must share a subject.
    Subject,
    /// They need not.
    Anything,
}

/// One row: this cause explains that effect.
#[derive(Debug)]
pub struct Explains {
    /// The name of the check that finds the effect.
    pub effect: &'static str,
    /// The name of the check that finds the cause.
    pub cause: &'static str,
    /// Whether they must be about the same thing.
    pub same: Same,
}

const fn row(effect: &'static str, cause: &'static str, same: Same) -> Explains {
    Explains { effect, cause, same }
}

/// The table.
pub const CAUSES: &[Explains] = &[
    // Who answers a token request: an exception that is missing, or does not fit, explains NMI's refusal.
    row("pod-identity-refused", "pod-identity-exception-missing", Same::Anything),
    row("pod-identity-refused", "pod-identity-exception-mismatch", Same::Anything),
    // What stands against a location explains that it is unavailable.
    row("bsl-unavailable", "pod-identity-refused", Same::Subject),
    row("bsl-unavailable", "pod-identity-exception-missing", Same::Subject),
    row("bsl-unavailable", "pod-identity-exception-mismatch", Same::Subject),
    row("bsl-unavailable", "imds-identity-not-found", Same::Subject),
    row("bsl-unavailable", "several-identities", Same::Subject),
    row("bsl-unavailable", "workload-identity-not-injected", Same::Subject),
    row("bsl-unavailable", "federated-credential-mismatch", Same::Subject),
    row("bsl-unavailable", "oidc-issuer-off", Same::Subject),
    row("bsl-unavailable", "login-refused", Same::Subject),
    row("bsl-unavailable", "imds-unreachable", Same::Subject),
    row("bsl-unavailable", "storage-role-missing", Same::Subject),
    row("bsl-unavailable", "storage-listkeys-denied", Same::Subject),
    row("bsl-unavailable", "storage-network-denied", Same::Subject),
    row("bsl-unavailable", "storage-keys-disabled", Same::Subject),
    row("bsl-unavailable", "storage-throttled", Same::Subject),
    row("bsl-unavailable", "storage-container-missing", Same::Subject),
    row("bsl-unavailable", "storage-account-missing", Same::Subject),
    row("bsl-unavailable", "storage-unreachable", Same::Subject),
    row("bsl-unavailable", "storage-tls-untrusted", Same::Subject),
    row("bsl-unavailable", "bsl-settings-wrong", Same::Subject),
    row("bsl-unavailable", "storage-key-wrong", Same::Subject),
    // A location that cannot be used, written to or found stops the backups.
    row("backups-failing", "bsl-unavailable", Same::Subject),
    row("backups-failing", "bsl-read-only", Same::Subject),
    row("backups-failing", "bsl-missing", Same::Subject),
    row("backups-failing", "bsl-no-default", Same::Subject),
];
