//! What a sign is: one family of messages, its words, and what they mean.
//!
//! The families and their words stand in [`super::signs`], one file per part of the backup path.

use super::captured::Captured;
use super::scene::Scene;

/// A family of messages with one meaning; [`Sign::about`] says which. The order is that of the table in [`super::SIGNS`].
#[expect(missing_docs, reason = "the meaning of each variant stands in its entry of the table")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    // identity
    NmiRefused,
    ImdsIdentityNotFound,
    ImdsUnreachable,
    SeveralIdentities,
    WorkloadIdentityNotInjected,
    OidcIssuerOff,
    FederatedCredentialMismatch,
    ServicePrincipalExpired,
    ClientSecretWrong,
    AppNotInTenant,
    ConditionalAccess,
    SignInExpired,
    TokenFailed,
    // rights
    DataRoleMissing,
    ListKeysDenied,
    SnapshotRightMissing,
    CallerCannotGrant,
    ActionDenied,
    LinkedAuthorization,
    DenyAssignment,
    PrincipalNotFound,
    TrustedAccessMissing,
    ClusterRightMissing,
    // storage
    StorageNetworkDenied,
    FileShareNetworkDenied,
    SharedKeyDisabled,
    StorageKeyWrong,
    KeySettingHoldsKey,
    Throttled,
    ContainerNotFound,
    AccountNotFound,
    ResourceGroupNotFound,
    SubscriptionNotFound,
    AzureResourceNotFound,
    CredentialsMissing,
    CredentialsMalformed,
    LocationSettingMissing,
    LocationNotFound,
    ReadOnlyLocation,
    ImmutableContainer,
    AccountInOtherRegion,
    SettingMissing,
    SettingIgnored,
    KeyModeFailed,
    LocationUnavailable,
    // network
    DnsNoSuchHost,
    DnsServerFailure,
    DnsTimeout,
    ConnectTimeout,
    ConnectRefused,
    ConnectReset,
    NoRoute,
    TlsUntrusted,
    TlsExpired,
    ProxyAuthRequired,
    ProxyUnreachable,
    PrivateLinkForbidden,
    AgentForbidden,
    AgentUnauthorized,
    AgentAnswered,
    KubeletUnreachable,
    // CoreDNS
    CorefilePluginTwice,
    CorefileUnknownProperty,
    CorefileUnknownDirective,
    CorefileZoneTwice,
    CorefileImportMissing,
    CorefileUnreadable,
    CorefileMalformed,
    CorefileReloadFailed,
    CorefileReloaded,
    // extension
    HelmWaitTimeout,
    HelmHookFailed,
    ResourceExists,
    DuplicateExtension,
    HelmInProgress,
    ChartDownloadFailed,
    ChartNotPublished,
    ChartRenderFailed,
    AgentNoAnswer,
    ExtensionStatusEmpty,
    CustomResourcesIgnored,
    ExtensionUnhealthy,
    NamespaceTerminating,
    ImageNotFound,
    ImageUnauthorized,
    ImageNoRoute,
    ImagePullFailed,
    WrongArchitecture,
    // admission and capacity
    DeniedByAzurePolicy,
    DeniedByConstraint,
    DeniedByAdmissionPolicy,
    DeniedByPodSecurity,
    DeniedByWebhook,
    WebhookUnreachable,
    QuotaExceeded,
    QuotaWantsLimits,
    LimitRange,
    RequestAboveLimit,
    InsufficientRoom,
    TaintNotTolerated,
    SelectorUnmatched,
    VolumeZoneConflict,
    ClaimUnbound,
    NodesCordoned,
    AzureQuotaExceeded,
    AzureCapacityShort,
    // Azure Resource Manager and vault
    RequestDisallowedByPolicy,
    ScopeLocked,
    ProviderNotRegistered,
    ClusterStopped,
    InstanceIncomplete,
    InputRejected,
    ErrorHidden,
    CliDefect,
    // volumes and snapshots
    SnapshotCrdMissing,
    SnapshotClassMissing,
    InTreeVolume,
    VolumeSkipped,
    ClaimWithoutVolume,
    ClaimNotFound,
    StorageClassNotFound,
    DiskNotFound,
    SnapshotNotFound,
    DiskAttachedElsewhere,
    SnapshotLimit,
    SnapshotCopying,
    SnapshotTimedOut,
    SnapshotFailed,
    // runs
    PluginKilled,
    OutOfMemory,
    RestartedDuringRun,
    HookPodNotRunning,
    HookContainerMissing,
    HookCommandMissing,
    HookFailed,
    FlowControlVersionMismatch,
    ApiVersionNotServed,
    StaleApiService,
    NamespaceNotFound,
    RoleBindingDangles,
    ObjectInvalid,
    // harmless
    BlobAbsent,
    ImportPatternUnmatched,
}

/// How much a sign says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It names what is wrong.
    Cause,
    /// It says that something is wrong; the cause is elsewhere.
    Symptom,
    /// It looks like trouble and is none.
    Harmless,
}

/// What a sign means, and by which words it is known.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The sign.
    pub sign: Sign,
    /// Its name in kebab-case; it names the trouble.
    pub name: &'static str,
    /// How much it says.
    pub weight: Weight,
    /// What the words mean, in one line.
    pub meaning: &'static str,
    /// What must not be concluded from them.
    pub not: &'static str,
    /// Codes of [`super::CODES`] that it may stand behind.
    pub codes: &'static [&'static str],
    /// The words.
    pub(super) tells: &'static [Tell],
}

/// Telling words, what must or must not stand near them, and how to read the rest. All phrases are lower case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tell {
    /// Any of these.
    pub(super) says: &'static [&'static str],
    /// Nearby, any of these; empty asks nothing.
    pub(super) with: &'static [&'static str],
    /// Nearby, any of these as well; empty asks nothing.
    pub(super) and: &'static [&'static str],
    /// Nearby, none of these.
    pub(super) without: &'static [&'static str],
    /// Whether what follows the words is a secret, which must not be quoted.
    pub(super) secret_follows: bool,
    /// Reads the typed bits, or refuses.
    pub(super) read: fn(&Scene) -> Option<Captured>,
}

/// Begins a tell.
pub(super) const fn says(phrases: &'static [&'static str]) -> Tell {
    Tell { says: phrases, with: &[], and: &[], without: &[], secret_follows: false, read: super::capture::nothing }
}

impl Tell {
    pub(super) const fn with(mut self, phrases: &'static [&'static str]) -> Self {
        self.with = phrases;
        self
    }

    pub(super) const fn and(mut self, phrases: &'static [&'static str]) -> Self {
        self.and = phrases;
        self
    }

    pub(super) const fn without(mut self, phrases: &'static [&'static str]) -> Self {
        self.without = phrases;
        self
    }

    pub(super) const fn secret_follows(mut self) -> Self {
        self.secret_follows = true;
        self
    }

    pub(super) const fn read(mut self, read: fn(&Scene) -> Option<Captured>) -> Self {
        self.read = read;
        self
    }
}

impl Sign {
    /// Returns what the sign means.
    #[must_use]
    pub fn about(self) -> &'static About {
        &super::SIGNS[self as usize]
    }

    /// Returns the sign's name in kebab-case.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.about().name
    }
}
