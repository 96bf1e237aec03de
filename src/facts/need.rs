//! The facts that a check can ask for: one need, one question, one field of [`super::Facts`].
//!
//! Sources fetch the union of what the selected checks need and nothing else. The same
//! declarations say which rights a reading takes.

use std::collections::BTreeSet;

use super::SYSTEM_NAMESPACE;
use super::fetched::Right;

/// The group of the extension's own custom resources.
pub const MICROSOFT_GROUP: &str = "clusterbackup.dataprotection.microsoft.com";
/// The group of volume snapshots.
pub const SNAPSHOT_GROUP: &str = "snapshot.storage.k8s.io";
/// The namespace of the nodes' Leases.
pub const NODE_LEASES: &str = "kube-node-lease";
/// The custom resources by which Azure asks something of the extension.
pub const OPERATIONS: &[&str] = &["backups", "restores", "deletebackups", "validateforbackups", "validateforrestores"];

/// When a fact can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// First, to find the extension and its namespace.
    Discover,
    /// Then, everything whose name is known by now.
    List,
    /// Last, what the lists pointed at.
    Follow,
    /// Beside these, of Azure: in waves of its own.
    Azure,
}

/// How far a reading goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Plain reading: get, list and logs.
    Read,
    /// Asking by way of a pod: a right that a careful admin may not give.
    Ask,
}

macro_rules! needs {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $what:literal, $stage:ident, $tier:ident;)+) => {
        /// One fact that a check can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Need { $($(#[$doc])* $variant,)+ }

        impl Need {
            /// Every need, in the order in which they are asked.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the name of the field in a saved file of facts.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Returns the fact in words, as the object of "reading … needs".
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)+ }
            }

            /// Returns when it can be asked for.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)+ }
            }

            /// Returns how far the reading goes.
            #[must_use]
            pub const fn tier(self) -> Tier {
                match self { $(Self::$variant => Tier::$tier,)+ }
            }
        }
    };
}

needs! {
    /// The nodes, with labels, taints and what they can hold.
    Nodes = "nodes", "the nodes", Discover, Read;
    /// The cluster's own record of the extensions installed on it.
    ExtensionConfigs = "extensionConfigs", "the ExtensionConfigs", Discover, Read;
    /// Where Velero keeps its backups.
    StorageLocations = "storageLocations", "the BackupStorageLocations", Discover, Read;
    /// The extension's namespace.
    Namespace = "namespace", "the extension's namespace", List, Read;
    /// The pods of the extension's namespace.
    Pods = "pods", "the extension's pods", List, Read;
    /// The Deployments of the extension's namespace.
    Deployments = "deployments", "the extension's Deployments", List, Read;
    /// The ReplicaSets of the extension's namespace.
    ReplicaSets = "replicaSets", "the extension's ReplicaSets", List, Read;
    /// The Jobs of the extension's namespace.
    Jobs = "jobs", "the extension's Jobs", List, Read;
    /// The events of the extension's namespace.
    Events = "events", "the events of the extension's namespace", List, Read;
    /// The ResourceQuotas of the extension's namespace.
    Quotas = "quotas", "the ResourceQuotas of the extension's namespace", List, Read;
    /// The LimitRanges of the extension's namespace.
    LimitRanges = "limitRanges", "the LimitRanges of the extension's namespace", List, Read;
    /// The service accounts of the extension's namespace.
    ServiceAccounts = "serviceAccounts", "the service accounts of the extension's namespace", List, Read;
    /// The network policies of the extension's namespace.
    NetworkPolicies = "networkPolicies", "the NetworkPolicies of the extension's namespace", List, Read;
    /// The volume claims of the extension's namespace.
    Claims = "claims", "the volume claims of the extension's namespace", List, Read;
    /// Velero's backups.
    Backups = "backups", "the Velero backups", List, Read;
    /// What every running pod of the cluster asks of its node, summed by node.
    NodeUsage = "nodeUsage", "the pods of all namespaces", List, Read;
    /// The pods of the extension manager in kube-system.
    AgentPods = "agentPods", "the extension agent's pods", List, Read;
    /// The DaemonSets of kube-system that answer for the metadata service, and Cilium's.
    NodeIdentity = "nodeIdentity", "the DaemonSets of kube-system", List, Read;
    /// The exceptions from pod identity.
    IdentityExceptions = "identityExceptions", "the AzurePodIdentityExceptions", List, Read;
    /// The cluster's DNS service.
    DnsService = "dnsService", "the Service kube-dns", List, Read;
    /// The CoreDNS replicas.
    DnsPods = "dnsPods", "the CoreDNS pods", List, Read;
    /// The tail of the logs of the extension's containers.
    Logs = "logs", "the logs of the extension's pods", Follow, Read;
    /// The tail of the extension agent's logs.
    AgentLogs = "agentLogs", "the extension agent's log", Follow, Read;
    /// The volumes behind the extension's claims.
    Volumes = "volumes", "the volumes behind the extension's claims", Follow, Read;
    /// What is left in a namespace that does not go away.
    Leftovers = "leftovers", "what is left in the extension's namespace", Follow, Read;
    /// The API groups that the extension depends on, as discovery shows them.
    ServedGroups = "servedGroups", "which custom resources the server serves", List, Read;
    /// The parts of the API, and who answers for each.
    ApiServices = "apiServices", "the APIServices", List, Read;
    /// The Deployments of all namespaces that run Velero.
    VeleroWorkloads = "veleroWorkloads", "the Deployments of all namespaces", List, Read;
    /// The admission webhooks, validating and mutating.
    Webhooks = "webhooks", "the admission webhooks", List, Read;
    /// All namespaces.
    Namespaces = "namespaces", "the namespaces", List, Read;
    /// When each node last said that it is alive, by its own clock.
    NodeLeases = "nodeLeases", "the nodes' Leases", List, Read;
    /// The ConfigMaps coredns and coredns-custom, those that exist.
    DnsConfig = "dnsConfig", "the ConfigMaps of CoreDNS", List, Read;
    /// Velero's restores.
    Restores = "restores", "the Velero restores", List, Read;
    /// Velero's requests to delete a backup.
    DeleteRequests = "deleteRequests", "the DeleteBackupRequests", List, Read;
    /// What Azure asked of the extension: its backups, restores, deletions and validations.
    Operations = "operations", "the extension's own custom resources", List, Read;
    /// The hooks that users wrote.
    Hooks = "hooks", "the BackupHooks and RestoreHooks", List, Read;
    /// The snapshots, as the drivers know them.
    SnapshotContents = "snapshotContents", "the VolumeSnapshotContents", List, Read;
    /// The snapshots, as their users know them.
    Snapshots = "snapshots", "the VolumeSnapshots", List, Read;
    /// The classes that snapshots are made by.
    SnapshotClasses = "snapshotClasses", "the VolumeSnapshotClasses", List, Read;
    /// The classes that volumes are made by.
    StorageClasses = "storageClasses", "the StorageClasses", List, Read;
    /// The DaemonSets of Azure's CSI drivers in kube-system.
    CsiDrivers = "csiDrivers", "the DaemonSets of the CSI drivers", List, Read;
    /// The endpoints of the Services that webhooks and APIServices name.
    WebhookEndpoints = "webhookEndpoints", "the endpoints of the webhooks' Services", Follow, Read;
    /// The pods that each entry of a hook selects.
    HookTargets = "hookTargets", "the pods that the hooks select", Follow, Read;
    /// The tail of the logs of the CoreDNS replicas.
    DnsLogs = "dnsLogs", "the logs of the CoreDNS pods", Follow, Read;
    /// What admission says of a pod like the install hook's; a dry run that leaves nothing.
    AdmissionTrial = "admissionTrial", "a dry run of a pod in the extension's namespace", Follow, Ask;
    /// The API groups that the server serves, with their versions.
    ApiGroups = "apiGroups", "the API groups that the server serves", List, Read;
    /// The volumes of the whole cluster that not every node can reach; for comparing with the target of a restore.
    ZonedVolumes = "zonedVolumes", "the PersistentVolumes", List, Read;
    /// The cluster that a restore is to go to, where one was named.
    Target = "target", "the target cluster", Follow, Read;
    /// What each CoreDNS replica answers for the name that the agent needs.
    DnsAnswers = "dnsAnswers", "the answers of the CoreDNS replicas", Follow, Ask;
    /// The volumes of the whole cluster that are disks of Azure.
    DiskVolumes = "diskVolumes", "the PersistentVolumes of disks", List, Read;
    /// The claims of all namespaces.
    AllClaims = "allClaims", "the PersistentVolumeClaims", List, Read;
    /// The volumes of the whole cluster.
    AllVolumes = "allVolumes", "the PersistentVolumes", List, Read;
    /// The pods of all namespaces that use claims.
    ClaimUsers = "claimUsers", "the pods that use claims", List, Read;
    /// What was said last of the claims that are still waiting.
    ClaimEvents = "claimEvents", "the events of the claims that wait", Follow, Read;
    /// Who is signed in to Azure.
    AzureSignIn = "azureSignIn", "the sign-in to Azure", Azure, Read;
    /// The resource group of the nodes, which names the cluster that it belongs to.
    NodeGroup = "nodeGroup", "the resource group of the nodes", Azure, Read;
    /// The cluster, as Azure has it.
    ManagedCluster = "managedCluster", "the cluster in Azure", Azure, Read;
    /// The cluster's extensions, as Azure has them.
    ArmExtensions = "armExtensions", "the cluster's extensions in Azure", Azure, Read;
    /// What vaults do for the cluster.
    BackupInstances = "backupInstances", "the backup instances of the cluster", Azure, Read;
    /// Who has trusted access to the cluster.
    TrustedAccess = "trustedAccess", "the trusted access bindings of the cluster", Azure, Read;
    /// The locks of the subscriptions that a backup needs.
    Locks = "locks", "the locks", Azure, Read;
    /// The storage account that the extension's settings name.
    StorageAccount = "storageAccount", "the storage account", Azure, Read;
    /// The container that the extension's settings name.
    Container = "container", "the blob container", Azure, Read;
    /// The vaults that protect the cluster, or may.
    Vaults = "vaults", "the backup vault", Azure, Read;
    /// The policies by which the cluster is protected, or may be.
    BackupPolicies = "backupPolicies", "the backup policies", Azure, Read;
    /// The last jobs of the vaults about the cluster.
    BackupJobs = "backupJobs", "the backup jobs", Azure, Read;
    /// The role assignments of the identities that a backup needs.
    RoleAssignments = "roleAssignments", "the role assignments", Azure, Read;
    /// What the roles allow that are not Azure's own.
    RoleDefinitions = "roleDefinitions", "the role definitions", Azure, Read;
    /// What is denied whatever roles say.
    DenyAssignments = "denyAssignments", "the deny assignments", Azure, Read;
    /// The scale sets of the nodes, with the identities that their machines may take.
    ScaleSets = "scaleSets", "the scale sets of the nodes", Azure, Read;
    /// The identities in the nodes' group; asked only where no scale set has the extension's.
    Identities = "identities", "the identities in the nodes' resource group", Azure, Read;
    /// The disks of the cluster, and how many snapshots each has.
    Disks = "disks", "the disks and their snapshots", Azure, Read;
    /// What Azure's policies say of a snapshot; nothing is made.
    SnapshotTrial = "snapshotTrial", "what Azure's policies say of a snapshot", Azure, Read;
    /// What the person who runs the command may do in Azure.
    CallerRights = "callerRights", "your own rights in Azure", Azure, Read;
    /// Whether the subscription may use the resource providers; asked only where something of theirs is missing.
    Registrations = "registrations", "the resource providers' registrations", Azure, Read;
    /// Which disks of claims Azure itself says are not there; asked only of those that its index lacks.
    GoneDisks = "goneDisks", "the disks that Azure's index lacks", Azure, Read;
    /// What is left of the cluster's protection; asked only where the cluster is gone.
    LeftBehind = "leftBehind", "what is left of the cluster's protection", Azure, Read;
    /// The links of the private DNS zones that may answer for blobs and for the agent's endpoint.
    PrivateZoneLinks = "privateZoneLinks", "the links of private DNS zones", Azure, Read;
    /// Whose tokens are taken for the extension's identity; asked only where no scale set has it.
    FederatedCredentials = "federatedCredentials", "the federated credentials of the extension's identity", Azure, Read;
}

impl Need {
    /// Returns whether it is asked of Azure, and not of the cluster.
    #[must_use]
    pub const fn is_azure(self) -> bool {
        matches!(self.stage(), Stage::Azure)
    }

    /// What every reading of Azure asks, whatever the checks: who asks, and which cluster it is.
    pub const ALWAYS_OF_AZURE: [Self; 3] = [Self::AzureSignIn, Self::NodeGroup, Self::ManagedCluster];

    /// Returns the needs of Azure among these, what every reading of Azure asks, and all that they build on.
    ///
    /// Empty where none of them is of Azure.
    pub fn of_azure(needs: impl IntoIterator<Item = Self>) -> BTreeSet<Self> {
        let mut all: BTreeSet<Self> = needs.into_iter().filter(|need| need.is_azure()).collect();
        if !all.is_empty() {
            // Whether it is the same cluster must be known whatever is asked of Azure.
            all.extend(Self::ALWAYS_OF_AZURE);
        }
        let mut open: Vec<Self> = all.iter().copied().collect();
        while let Some(need) = open.pop() {
            open.extend(need.builds_on().iter().filter(|base| all.insert(**base)));
        }
        all
    }

    /// The actions that no list of Microsoft's names as far as we know: how Azure checks that read is our inference.
    pub const INFERRED_ACTIONS: &'static [&'static str] = &["Microsoft.DataProtection/backupInstances/read"];

    /// Returns the actions of Azure that the reading takes.
    ///
    /// Knowledge: Microsoft's lists of operations by resource provider; [`Self::INFERRED_ACTIONS`] stand in none.
    #[must_use]
    pub const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::NodeGroup => &["Microsoft.Resources/subscriptions/resourceGroups/read"],
            Self::ManagedCluster => &["Microsoft.ContainerService/managedClusters/read"],
            Self::ArmExtensions => &["Microsoft.KubernetesConfiguration/extensions/read"],
            // Inferred: they are read through the cluster, by the type that stands in the path, and not at their vault.
            Self::BackupInstances => &["Microsoft.DataProtection/backupInstances/read"],
            Self::TrustedAccess => &["Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings/read"],
            Self::Locks => &["Microsoft.Authorization/locks/read"],
            Self::StorageAccount => &["Microsoft.Storage/storageAccounts/read"],
            Self::Container => &["Microsoft.Storage/storageAccounts/blobServices/containers/read"],
            Self::Vaults => &["Microsoft.DataProtection/backupVaults/read"],
            Self::BackupPolicies => &["Microsoft.DataProtection/backupVaults/backupPolicies/read"],
            Self::BackupJobs => &["Microsoft.DataProtection/backupVaults/backupJobs/read"],
            Self::RoleAssignments => &["Microsoft.Authorization/roleAssignments/read"],
            Self::RoleDefinitions => &["Microsoft.Authorization/roleDefinitions/read"],
            Self::DenyAssignments => &["Microsoft.Authorization/denyAssignments/read"],
            Self::ScaleSets => &["Microsoft.Compute/virtualMachineScaleSets/read"],
            Self::Identities => &["Microsoft.ManagedIdentity/userAssignedIdentities/read"],
            // Resource Graph shows what its caller may read, and says nothing of the rest. Whether Azure asks for the right
            // to query is not told; Microsoft's list has it.
            Self::Disks => &[
                "Microsoft.ResourceGraph/resources/read",
                "Microsoft.Compute/disks/read",
                "Microsoft.Compute/snapshots/read",
            ],
            // A POST, but one that Microsoft's list calls a read.
            Self::SnapshotTrial => &["Microsoft.PolicyInsights/checkPolicyRestrictions/read"],
            // Of the same answer as the disks.
            Self::PrivateZoneLinks => &[
                "Microsoft.ResourceGraph/resources/read",
                "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
            ],
            Self::FederatedCredentials => {
                &["Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"]
            }
            Self::CallerRights => &["Microsoft.Authorization/permissions/read"],
            Self::Registrations => &["Microsoft.Resources/subscriptions/providers/read"],
            Self::GoneDisks => &["Microsoft.Compute/disks/read"],
            // The instances of a cluster that is gone are listed at the vault.
            Self::LeftBehind => &[
                "Microsoft.DataProtection/backupVaults/backupInstances/read",
                "Microsoft.Compute/snapshots/read",
                "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            ],
            _ => &[],
        }
    }

    /// Returns the names of the objects that are read, where they are known beforehand.
    #[must_use]
    pub fn only(self, namespace: &str) -> Option<Vec<&str>> {
        match self {
            Self::Namespace => Some(vec![namespace]),
            Self::DnsService => Some(vec!["kube-dns"]),
            Self::DnsConfig => Some(vec!["coredns", "coredns-custom"]),
            _ => None,
        }
    }

    /// Returns the rights that the reading takes when the extension lives in `namespace`.
    ///
    /// What the follow stage finds out only on the way (the kinds left in a namespace) is not here.
    #[must_use]
    pub fn rights(self, namespace: &str) -> Vec<Right> {
        let here = Some(namespace);
        let system = Some(SYSTEM_NAMESPACE);
        match self {
            Self::Nodes => vec![Right::kube("list", "", "nodes", None)],
            Self::ExtensionConfigs => vec![
                Right::kube("list", "aks.clusterconfig.azure.com", "extensionconfigs", None),
                Right::kube("list", "clusterconfig.azure.com", "extensionconfigs", None),
            ],
            Self::StorageLocations => vec![Right::kube("list", "velero.io", "backupstoragelocations", None)],
            Self::Namespace => vec![Right::kube("get", "", "namespaces", None)],
            Self::Pods => vec![Right::kube("list", "", "pods", here)],
            Self::Deployments => vec![Right::kube("list", "apps", "deployments", here)],
            Self::ReplicaSets => vec![Right::kube("list", "apps", "replicasets", here)],
            Self::Jobs => vec![Right::kube("list", "batch", "jobs", here)],
            Self::Events => vec![Right::kube("list", "", "events", here)],
            Self::Quotas => vec![Right::kube("list", "", "resourcequotas", here)],
            Self::LimitRanges => vec![Right::kube("list", "", "limitranges", here)],
            Self::ServiceAccounts => vec![Right::kube("list", "", "serviceaccounts", here)],
            Self::NetworkPolicies => vec![Right::kube("list", "networking.k8s.io", "networkpolicies", here)],
            Self::Claims => vec![Right::kube("list", "", "persistentvolumeclaims", here)],
            Self::Backups => vec![Right::kube("list", "velero.io", "backups", here)],
            Self::NodeUsage => vec![Right::kube("list", "", "pods", None)],
            Self::AgentPods | Self::DnsPods => vec![Right::kube("list", "", "pods", system)],
            Self::NodeIdentity => vec![Right::kube("list", "apps", "daemonsets", system)],
            Self::IdentityExceptions => {
                vec![Right::kube("list", "aadpodidentity.k8s.io", "azurepodidentityexceptions", None)]
            }
            Self::DnsService => vec![Right::kube("get", "", "services", system)],
            Self::Logs => vec![Right::kube("get", "", "pods/log", here)],
            Self::AgentLogs => vec![Right::kube("get", "", "pods/log", system)],
            Self::AllClaims => vec![Right::kube("list", "", "persistentvolumeclaims", None)],
            Self::ClaimUsers => vec![Right::kube("list", "", "pods", None)],
            Self::ClaimEvents => vec![Right::kube("list", "", "events", None)],
            Self::ZonedVolumes | Self::DiskVolumes | Self::AllVolumes => {
                vec![Right::kube("list", "", "persistentvolumes", None)]
            }
            Self::Volumes => vec![Right::kube("get", "", "persistentvolumes", None)],
            // What is left is known on the way only; discovery is open to whoever may sign in.
            Self::Leftovers | Self::ServedGroups | Self::ApiGroups | Self::Target => Vec::new(),
            // Azure's rights are actions at scopes that are found on the way.
            Self::AzureSignIn
            | Self::NodeGroup
            | Self::ManagedCluster
            | Self::ArmExtensions
            | Self::BackupInstances
            | Self::TrustedAccess
            | Self::Locks
            | Self::StorageAccount
            | Self::Container
            | Self::Vaults
            | Self::BackupPolicies
            | Self::BackupJobs
            | Self::RoleAssignments
            | Self::RoleDefinitions
            | Self::DenyAssignments
            | Self::ScaleSets
            | Self::Identities
            | Self::Disks
            | Self::SnapshotTrial
            | Self::CallerRights
            | Self::Registrations
            | Self::LeftBehind
            | Self::GoneDisks
            | Self::PrivateZoneLinks
            | Self::FederatedCredentials => Vec::new(),
            Self::ApiServices => vec![Right::kube("list", "apiregistration.k8s.io", "apiservices", None)],
            Self::VeleroWorkloads => vec![Right::kube("list", "apps", "deployments", None)],
            Self::Webhooks => ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]
                .map(|resource| Right::kube("list", "admissionregistration.k8s.io", resource, None))
                .to_vec(),
            Self::Namespaces => vec![Right::kube("list", "", "namespaces", None)],
            Self::NodeLeases => vec![Right::kube("list", "coordination.k8s.io", "leases", Some(NODE_LEASES))],
            Self::DnsConfig => vec![Right::kube("get", "", "configmaps", system)],
            Self::Restores => vec![Right::kube("list", "velero.io", "restores", here)],
            Self::DeleteRequests => vec![Right::kube("list", "velero.io", "deletebackuprequests", here)],
            Self::Operations => {
                OPERATIONS.iter().map(|resource| Right::kube("list", MICROSOFT_GROUP, resource, None)).collect()
            }
            Self::Hooks => ["backuphooks", "restorehooks"]
                .map(|resource| Right::kube("list", MICROSOFT_GROUP, resource, None))
                .to_vec(),
            Self::SnapshotContents => vec![Right::kube("list", SNAPSHOT_GROUP, "volumesnapshotcontents", None)],
            Self::Snapshots => vec![Right::kube("list", SNAPSHOT_GROUP, "volumesnapshots", None)],
            Self::SnapshotClasses => vec![Right::kube("list", SNAPSHOT_GROUP, "volumesnapshotclasses", None)],
            Self::StorageClasses => vec![Right::kube("list", "storage.k8s.io", "storageclasses", None)],
            Self::CsiDrivers => vec![Right::kube("list", "apps", "daemonsets", system)],
            Self::WebhookEndpoints => vec![
                Right::kube("list", "discovery.k8s.io", "endpointslices", None),
                Right::kube("get", "", "services", None),
            ],
            Self::HookTargets => vec![Right::kube("list", "", "pods", None)],
            Self::DnsLogs => vec![Right::kube("get", "", "pods/log", system)],
            Self::AdmissionTrial => vec![Right::kube("create", "", "pods", here)],
            // A port-forward is a WebSocket: a GET, for which newer servers also ask for the right to create.
            Self::DnsAnswers => {
                ["create", "get"].map(|verb| Right::kube(verb, "", "pods/portforward", system)).to_vec()
            }
        }
    }

    /// Returns the needs without which this one cannot be asked for.
    #[must_use]
    pub const fn builds_on(self) -> &'static [Self] {
        match self {
            Self::Logs => &[Self::Pods],
            Self::AgentLogs => &[Self::AgentPods],
            Self::Volumes => &[Self::Claims],
            Self::Leftovers => &[Self::Namespace],
            Self::WebhookEndpoints => &[Self::Webhooks, Self::ApiServices],
            Self::HookTargets => &[Self::Hooks],
            Self::DnsLogs => &[Self::DnsPods],
            Self::ClaimEvents => &[Self::AllClaims],
            Self::AdmissionTrial => &[Self::Deployments, Self::Namespace],
            Self::StorageAccount | Self::Container => &[Self::ArmExtensions],
            Self::Vaults | Self::BackupPolicies | Self::BackupJobs => &[Self::BackupInstances, Self::TrustedAccess],
            Self::RoleAssignments => &[Self::ArmExtensions, Self::ManagedCluster, Self::BackupInstances, Self::Vaults],
            Self::RoleDefinitions => &[Self::RoleAssignments],
            Self::SnapshotTrial => &[Self::ManagedCluster, Self::BackupInstances],
            Self::Disks | Self::PrivateZoneLinks => &[Self::ManagedCluster],
            Self::Identities => &[Self::ArmExtensions, Self::ScaleSets],
            Self::GoneDisks => &[Self::Disks],
            Self::LeftBehind => &[Self::BackupInstances, Self::Vaults, Self::RoleAssignments],
            Self::FederatedCredentials => &[Self::Identities],
            // Whose subscriptions matter is what the settings and the instances name.
            Self::Registrations | Self::CallerRights | Self::Locks | Self::DenyAssignments => {
                &[Self::ArmExtensions, Self::BackupInstances]
            }
            Self::DnsAnswers => &[Self::Nodes, Self::StorageLocations, Self::DnsPods, Self::AgentLogs, Self::AgentPods],
            _ => &[],
        }
    }
}

/// How much a check depends on a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// The fact.
    pub need: Need,
    /// Whether the check is inconclusive without it.
    pub required: bool,
}

/// Declares a fact without which a check can judge nothing.
#[must_use]
pub const fn required(need: Need) -> Requirement {
    Requirement { need, required: true }
}

/// Declares a fact that adds to what a check says.
#[must_use]
pub const fn helpful(need: Need) -> Requirement {
    Requirement { need, required: false }
}
