//! Which sign gives way to which: the one table of what is more specific.
//!
//! A generic sign is dropped when a more specific one stands near it in the same log line or event. Elsewhere in the text it stays.

use super::sign::Sign;

/// A generic sign and what it gives way to.
pub(super) struct Yield {
    pub(super) generic: Sign,
    pub(super) to: To,
}

/// What a sign gives way to.
pub(super) enum To {
    /// Any sign that names a cause: the generic one only says that there is one.
    AnyCause,
    /// These.
    These(&'static [Sign]),
}

const fn yields(generic: Sign, to: &'static [Sign]) -> Yield {
    Yield { generic, to: To::These(to) }
}

const fn echo(generic: Sign) -> Yield {
    Yield { generic, to: To::AnyCause }
}

/// The table.
pub(super) static YIELDS: &[Yield] = &[
    // These only announce the inner error.
    echo(Sign::TokenFailed),
    echo(Sign::KeyModeFailed),
    echo(Sign::LocationUnavailable),
    echo(Sign::ExtensionUnhealthy),
    echo(Sign::ImagePullFailed),
    echo(Sign::CorefileReloadFailed),
    echo(Sign::HookFailed),
    echo(Sign::SnapshotFailed),
    echo(Sign::ChartDownloadFailed),
    // A connection that somebody made on purpose for something.
    yields(
        Sign::ConnectTimeout,
        &[Sign::WebhookUnreachable, Sign::KubeletUnreachable, Sign::ProxyUnreachable, Sign::ImdsUnreachable],
    ),
    yields(
        Sign::ConnectRefused,
        &[Sign::WebhookUnreachable, Sign::KubeletUnreachable, Sign::ProxyUnreachable, Sign::ImdsUnreachable],
    ),
    yields(
        Sign::ConnectReset,
        &[Sign::WebhookUnreachable, Sign::KubeletUnreachable, Sign::ProxyUnreachable, Sign::ImdsUnreachable],
    ),
    yields(
        Sign::NoRoute,
        &[Sign::WebhookUnreachable, Sign::KubeletUnreachable, Sign::ProxyUnreachable, Sign::ImdsUnreachable],
    ),
    yields(Sign::DnsNoSuchHost, &[Sign::WebhookUnreachable]),
    yields(Sign::DnsTimeout, &[Sign::WebhookUnreachable]),
    yields(Sign::TlsUntrusted, &[Sign::WebhookUnreachable, Sign::TlsExpired]),
    yields(Sign::TlsExpired, &[Sign::WebhookUnreachable]),
    // NMI may pass on what the metadata service said; then both are true, but the request was not unreachable.
    yields(Sign::ImdsUnreachable, &[Sign::NmiRefused, Sign::ImdsIdentityNotFound]),
    yields(Sign::WorkloadIdentityNotInjected, &[Sign::ImdsIdentityNotFound, Sign::NmiRefused]),
    // Every denial of a webhook has these words.
    yields(
        Sign::DeniedByWebhook,
        &[Sign::DeniedByAzurePolicy, Sign::DeniedByConstraint, Sign::DeniedByAdmissionPolicy],
    ),
    yields(Sign::AgentForbidden, &[Sign::PrivateLinkForbidden]),
    yields(Sign::ObjectInvalid, &[Sign::RequestAboveLimit]),
    yields(Sign::ImageNotFound, &[Sign::ImageUnauthorized]),
    yields(Sign::AzureResourceNotFound, &[Sign::ChartNotPublished]),
    yields(Sign::SnapshotTimedOut, &[Sign::InTreeVolume]),
    yields(Sign::NamespaceNotFound, &[Sign::NamespaceTerminating]),
];
