//! What the simulator knows of Azure's interface: each type with its one api-version, where it lives, and what may be done.
//!
//! Real Azure takes many versions of each; the plugin is held to the one that its design names.

/// Where a type's resources live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a resource group; listed by group and by subscription.
    Group,
    /// Under another resource, by whose name it is called.
    Child,
    /// At any scope.
    Anywhere,
    /// At a managed cluster.
    Cluster,
    /// Nowhere: a call of the tenant's or a subscription's own.
    Tenant,
}

/// A type of resources.
#[derive(Debug)]
pub(crate) struct Api {
    /// The namespace and the types, as Azure spells them.
    pub(crate) kind: &'static str,
    pub(crate) version: &'static str,
    pub(crate) place: Place,
    pub(crate) methods: &'static [&'static str],
    /// Whether there is only the list, and no single one.
    pub(crate) only_list: bool,
}

/// The api-version of subscriptions, resource groups and provider registrations.
pub(crate) const RESOURCES: &str = "2021-04-01";

const READ: &[&str] = &["GET"];
const CONTAINER_SERVICE: &str = "2025-05-01";
const EXTENSIONS: &str = "2023-05-01";
const DATA_PROTECTION: &str = "2024-04-01";
/// The first that tells the kinds of volumes of an instance.
const BACKUP_INSTANCES: &str = "2025-07-01";
const AUTHORIZATION: &str = "2022-04-01";
const STORAGE: &str = "2023-05-01";
const DISKS: &str = "2024-03-02";
const IDENTITIES: &str = "2023-01-31";
/// The first that has the resolution policy of a link.
const PRIVATE_ZONES: &str = "2024-06-01";

const fn api(kind: &'static str, version: &'static str, place: Place, methods: &'static [&'static str]) -> Api {
    Api { kind, version, place, methods, only_list: false }
}

const fn list(kind: &'static str, version: &'static str, place: Place, methods: &'static [&'static str]) -> Api {
    Api { kind, version, place, methods, only_list: true }
}

/// Every type that the simulator has.
pub(crate) const APIS: &[Api] = &[
    api("Microsoft.ContainerService/managedClusters", CONTAINER_SERVICE, Place::Group, &["GET", "PUT"]),
    api("Microsoft.ContainerService/managedClusters/agentPools", CONTAINER_SERVICE, Place::Child, &["GET", "PUT"]),
    api(
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings",
        CONTAINER_SERVICE,
        Place::Child,
        &["GET", "PUT", "DELETE"],
    ),
    api("Microsoft.ContainerService/locations/operations", CONTAINER_SERVICE, Place::Tenant, READ),
    api("Microsoft.KubernetesConfiguration/extensions", EXTENSIONS, Place::Cluster, &["GET", "PUT", "PATCH", "DELETE"]),
    api("Microsoft.KubernetesConfiguration/extensions/operations", EXTENSIONS, Place::Tenant, READ),
    list("Microsoft.DataProtection/backupInstances", BACKUP_INSTANCES, Place::Cluster, READ),
    api("Microsoft.DataProtection/backupVaults", DATA_PROTECTION, Place::Group, READ),
    api("Microsoft.DataProtection/backupVaults/backupInstances", DATA_PROTECTION, Place::Child, READ),
    api("Microsoft.DataProtection/backupVaults/backupPolicies", DATA_PROTECTION, Place::Child, READ),
    api("Microsoft.DataProtection/backupVaults/backupJobs", DATA_PROTECTION, Place::Child, READ),
    api("Microsoft.Authorization/roleAssignments", AUTHORIZATION, Place::Anywhere, &["GET", "PUT", "DELETE"]),
    api("Microsoft.Authorization/roleDefinitions", AUTHORIZATION, Place::Anywhere, READ),
    api("Microsoft.Authorization/denyAssignments", AUTHORIZATION, Place::Anywhere, READ),
    list("Microsoft.Authorization/permissions", AUTHORIZATION, Place::Anywhere, READ),
    api("Microsoft.Authorization/locks", "2020-05-01", Place::Anywhere, READ),
    api("Microsoft.Storage/storageAccounts", STORAGE, Place::Group, READ),
    api("Microsoft.Storage/storageAccounts/blobServices", STORAGE, Place::Child, READ),
    api("Microsoft.Storage/storageAccounts/blobServices/containers", STORAGE, Place::Child, READ),
    api("Microsoft.Compute/disks", DISKS, Place::Group, READ),
    api("Microsoft.Compute/snapshots", DISKS, Place::Group, READ),
    api("Microsoft.Compute/virtualMachineScaleSets", "2024-07-01", Place::Group, READ),
    api("Microsoft.ManagedIdentity/userAssignedIdentities", IDENTITIES, Place::Group, READ),
    api(
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        IDENTITIES,
        Place::Child,
        READ,
    ),
    api("Microsoft.Network/privateEndpoints", "2024-05-01", Place::Group, READ),
    api("Microsoft.Network/privateDnsZones", PRIVATE_ZONES, Place::Group, READ),
    api("Microsoft.Network/privateDnsZones/virtualNetworkLinks", PRIVATE_ZONES, Place::Child, READ),
    list("Microsoft.PolicyInsights/checkPolicyRestrictions", "2022-03-01", Place::Anywhere, &["POST"]),
    list("Microsoft.ResourceGraph/resources", "2021-03-01", Place::Tenant, &["POST"]),
];

/// Returns the type of a name in any case.
pub(crate) fn find(kind: &str) -> Option<&'static Api> {
    APIS.iter().find(|api| api.kind.eq_ignore_ascii_case(kind))
}

/// Says whether Azure has a namespace, as far as the simulator knows.
pub(crate) fn has_namespace(namespace: &str) -> bool {
    APIS.iter().any(|api| api.kind.split('/').next().is_some_and(|known| known.eq_ignore_ascii_case(namespace)))
}

impl Api {
    /// Returns the last of the types, `extensions`.
    pub(crate) fn last_type(&self) -> &'static str {
        super::id::name_of(self.kind)
    }

    pub(crate) fn namespace(&self) -> &'static str {
        self.kind.split('/').next().unwrap_or(self.kind)
    }

    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
}
