//! The facts themselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::arm::{
    ArmExtension, ArmId, AzureCloud, BackupInstance, BackupJob, BackupPolicy, CallerRights, Container, DenyAssignment,
    Disk, FederatedCredential, Held, LeftBehind, Lock, ManagedCluster, NodeGroup, Registration, RoleDefinition,
    ScaleSet, SignIn, SnapshotTrial, StorageAccount, TrustedAccess, UserIdentity, Vault, ZoneLink,
};
use super::azure_half::Named;
use super::extension::{Extension, Presence};
use super::fetched::{Fetched, Right, Unread};
use super::need::Need;
use super::objects::{
    AdmissionTrial, ApiGroup, ApiService, Backup, Claim, ClaimRow, ClaimUser, ConfigMap, DeleteRequest, DnsAnswer,
    Event, ExtensionConfig, Hook, HookTarget, IdentityException, Lease, Leftover, LimitRange, Log, Meta, Namespace,
    NetworkPolicy, Node, NodeUsage, Operation, Pod, Quota, Restore, ServedGroup, Service, ServiceAccount,
    ServiceEndpoints, Snapshot, SnapshotClass, SnapshotContent, StorageClass, StorageLocation, Target, Volume,
    VolumeRow, WebhookConfiguration, Workload, optional_name,
};

/// Everything that is known of one cluster at one time.
///
/// One field for each [`Need`], named alike. The whole is one JSON file, so that
/// `doctor --bundle FILE` sees what a live run saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// When the reading began: the only clock that a check knows.
    pub observed_at: Timestamp,
    /// The name of the kubeconfig's context.
    pub context: Option<String>,
    /// The API server.
    pub server: Server,
    /// Where the extension is.
    pub extension: Extension,
    /// The one namespace that was searched for the extension, where the user may not look everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searched_only: Option<String>,
    /// What the user named of Azure, where it was not to be found by itself.
    #[serde(skip_serializing_if = "Named::is_nothing")]
    pub named: Named,
    /// The host that the kubeconfig reaches the API server by.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub server_host: Option<String>,

    /// [`Need::Nodes`]
    pub nodes: Fetched<Vec<Node>>,
    /// [`Need::ExtensionConfigs`]
    pub extension_configs: Fetched<Vec<ExtensionConfig>>,
    /// [`Need::StorageLocations`]
    pub storage_locations: Fetched<Vec<StorageLocation>>,
    /// [`Need::Namespace`]
    pub namespace: Fetched<Namespace>,
    /// [`Need::Pods`]
    pub pods: Fetched<Vec<Pod>>,
    /// [`Need::Deployments`]
    pub deployments: Fetched<Vec<Workload>>,
    /// [`Need::ReplicaSets`]
    pub replica_sets: Fetched<Vec<Workload>>,
    /// [`Need::Jobs`]
    pub jobs: Fetched<Vec<Workload>>,
    /// [`Need::Events`]
    pub events: Fetched<Vec<Event>>,
    /// [`Need::Quotas`]
    pub quotas: Fetched<Vec<Quota>>,
    /// [`Need::LimitRanges`]
    pub limit_ranges: Fetched<Vec<LimitRange>>,
    /// [`Need::ServiceAccounts`]
    pub service_accounts: Fetched<Vec<ServiceAccount>>,
    /// [`Need::NetworkPolicies`]
    pub network_policies: Fetched<Vec<NetworkPolicy>>,
    /// [`Need::Claims`]
    pub claims: Fetched<Vec<Claim>>,
    /// [`Need::Backups`]
    pub backups: Fetched<Vec<Backup>>,
    /// [`Need::NodeUsage`]
    pub node_usage: Fetched<NodeUsage>,
    /// [`Need::AgentPods`]
    pub agent_pods: Fetched<Vec<Pod>>,
    /// [`Need::NodeIdentity`]
    pub node_identity: Fetched<Vec<Workload>>,
    /// [`Need::IdentityExceptions`]
    pub identity_exceptions: Fetched<Vec<IdentityException>>,
    /// [`Need::DnsService`]
    pub dns_service: Fetched<Service>,
    /// [`Need::DnsPods`]
    pub dns_pods: Fetched<Vec<Pod>>,
    /// [`Need::Logs`]
    pub logs: Fetched<Vec<Log>>,
    /// [`Need::AgentLogs`]
    pub agent_logs: Fetched<Vec<Log>>,
    /// [`Need::Volumes`]
    pub volumes: Fetched<Vec<Volume>>,
    /// [`Need::Leftovers`]
    pub leftovers: Fetched<Vec<Leftover>>,
    /// [`Need::ServedGroups`]
    pub served_groups: Fetched<Vec<ServedGroup>>,
    /// [`Need::ApiServices`]
    pub api_services: Fetched<Vec<ApiService>>,
    /// [`Need::VeleroWorkloads`]
    pub velero_workloads: Fetched<Vec<Workload>>,
    /// [`Need::Webhooks`]
    pub webhooks: Fetched<Vec<WebhookConfiguration>>,
    /// [`Need::Namespaces`]
    pub namespaces: Fetched<Vec<Namespace>>,
    /// [`Need::NodeLeases`]
    pub node_leases: Fetched<Vec<Lease>>,
    /// [`Need::DnsConfig`]
    pub dns_config: Fetched<Vec<ConfigMap>>,
    /// [`Need::Restores`]
    pub restores: Fetched<Vec<Restore>>,
    /// [`Need::DeleteRequests`]
    pub delete_requests: Fetched<Vec<DeleteRequest>>,
    /// [`Need::Operations`]
    pub operations: Fetched<Vec<Operation>>,
    /// [`Need::Hooks`]
    pub hooks: Fetched<Vec<Hook>>,
    /// [`Need::SnapshotContents`]
    pub snapshot_contents: Fetched<Vec<SnapshotContent>>,
    /// [`Need::Snapshots`]
    pub snapshots: Fetched<Vec<Snapshot>>,
    /// [`Need::SnapshotClasses`]
    pub snapshot_classes: Fetched<Vec<SnapshotClass>>,
    /// [`Need::StorageClasses`]
    pub storage_classes: Fetched<Vec<StorageClass>>,
    /// [`Need::CsiDrivers`]
    pub csi_drivers: Fetched<Vec<Workload>>,
    /// [`Need::WebhookEndpoints`]
    pub webhook_endpoints: Fetched<Vec<ServiceEndpoints>>,
    /// [`Need::HookTargets`]
    pub hook_targets: Fetched<Vec<HookTarget>>,
    /// [`Need::DnsLogs`]
    pub dns_logs: Fetched<Vec<Log>>,
    /// [`Need::AdmissionTrial`]
    pub admission_trial: Fetched<AdmissionTrial>,
    /// [`Need::ApiGroups`]
    pub api_groups: Fetched<Vec<ApiGroup>>,
    /// [`Need::ZonedVolumes`]
    pub zoned_volumes: Fetched<Vec<Volume>>,
    /// [`Need::Target`]
    pub target: Fetched<Target>,
    /// [`Need::DnsAnswers`]
    pub dns_answers: Fetched<Vec<DnsAnswer>>,
    /// [`Need::DiskVolumes`]
    pub disk_volumes: Fetched<Vec<Volume>>,
    /// [`Need::AllClaims`]
    pub all_claims: Fetched<Vec<ClaimRow>>,
    /// [`Need::AllVolumes`]
    pub all_volumes: Fetched<Vec<VolumeRow>>,
    /// [`Need::ClaimUsers`]
    pub claim_users: Fetched<Vec<ClaimUser>>,
    /// [`Need::ClaimEvents`]
    pub claim_events: Fetched<Vec<Event>>,
    /// [`Need::AzureSignIn`]
    pub azure_sign_in: Fetched<SignIn>,
    /// [`Need::NodeGroup`]
    pub node_group: Fetched<NodeGroup>,
    /// [`Need::ManagedCluster`]
    pub managed_cluster: Fetched<ManagedCluster>,
    /// [`Need::ArmExtensions`]
    pub arm_extensions: Fetched<Vec<ArmExtension>>,
    /// [`Need::BackupInstances`]
    pub backup_instances: Fetched<Vec<BackupInstance>>,
    /// [`Need::TrustedAccess`]
    pub trusted_access: Fetched<Vec<TrustedAccess>>,
    /// [`Need::Locks`]
    pub locks: Fetched<Vec<Lock>>,
    /// [`Need::StorageAccount`]
    pub storage_account: Fetched<StorageAccount>,
    /// [`Need::Container`]
    pub container: Fetched<Container>,
    /// [`Need::Vaults`]
    pub vaults: Fetched<Vec<Vault>>,
    /// [`Need::BackupPolicies`]
    pub backup_policies: Fetched<Vec<BackupPolicy>>,
    /// [`Need::BackupJobs`]
    pub backup_jobs: Fetched<Vec<BackupJob>>,
    /// [`Need::RoleAssignments`]
    pub role_assignments: Fetched<Vec<Held>>,
    /// [`Need::RoleDefinitions`]
    pub role_definitions: Fetched<Vec<RoleDefinition>>,
    /// [`Need::DenyAssignments`]
    pub deny_assignments: Fetched<Vec<DenyAssignment>>,
    /// [`Need::ScaleSets`]
    pub scale_sets: Fetched<Vec<ScaleSet>>,
    /// [`Need::Identities`]
    pub identities: Fetched<Vec<UserIdentity>>,
    /// [`Need::Disks`]
    pub disks: Fetched<Vec<Disk>>,
    /// [`Need::SnapshotTrial`]
    pub snapshot_trial: Fetched<SnapshotTrial>,
    /// [`Need::CallerRights`]
    pub caller_rights: Fetched<CallerRights>,
    /// [`Need::Registrations`]
    pub registrations: Fetched<Vec<Registration>>,
    /// [`Need::GoneDisks`]
    pub gone_disks: Fetched<Vec<ArmId>>,
    /// [`Need::LeftBehind`]
    pub left_behind: Fetched<LeftBehind>,
    /// [`Need::PrivateZoneLinks`]
    pub private_zone_links: Fetched<Vec<ZoneLink>>,
    /// [`Need::FederatedCredentials`]
    pub federated_credentials: Fetched<Vec<FederatedCredential>>,
}

/// The API server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Server {
    /// Its version, as it says it, with the `v`.
    pub version: Option<String>,
    /// What its clock and the one here said at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Clocks>,
}

/// What two clocks said at the same time, give or take a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Clocks {
    /// The server's, from the `Date` of an answer: whole seconds.
    pub server: Timestamp,
    /// The one here, when the answer came.
    pub here: Timestamp,
}

/// Does the same with the field of a need, whatever its type.
macro_rules! with_field {
    ([$($borrow:tt)+] $facts:expr, $need:expr, $field:ident => $body:expr) => {
        match $need {
            Need::Nodes => {
                let $field = $($borrow)+ $facts.nodes;
                $body
            }
            Need::ExtensionConfigs => {
                let $field = $($borrow)+ $facts.extension_configs;
                $body
            }
            Need::StorageLocations => {
                let $field = $($borrow)+ $facts.storage_locations;
                $body
            }
            Need::Namespace => {
                let $field = $($borrow)+ $facts.namespace;
                $body
            }
            Need::Pods => {
                let $field = $($borrow)+ $facts.pods;
                $body
            }
            Need::Deployments => {
                let $field = $($borrow)+ $facts.deployments;
                $body
            }
            Need::ReplicaSets => {
                let $field = $($borrow)+ $facts.replica_sets;
                $body
            }
            Need::Jobs => {
                let $field = $($borrow)+ $facts.jobs;
                $body
            }
            Need::Events => {
                let $field = $($borrow)+ $facts.events;
                $body
            }
            Need::Quotas => {
                let $field = $($borrow)+ $facts.quotas;
                $body
            }
            Need::LimitRanges => {
                let $field = $($borrow)+ $facts.limit_ranges;
                $body
            }
            Need::ServiceAccounts => {
                let $field = $($borrow)+ $facts.service_accounts;
                $body
            }
            Need::NetworkPolicies => {
                let $field = $($borrow)+ $facts.network_policies;
                $body
            }
            Need::Claims => {
                let $field = $($borrow)+ $facts.claims;
                $body
            }
            Need::Backups => {
                let $field = $($borrow)+ $facts.backups;
                $body
            }
            Need::NodeUsage => {
                let $field = $($borrow)+ $facts.node_usage;
                $body
            }
            Need::AgentPods => {
                let $field = $($borrow)+ $facts.agent_pods;
                $body
            }
            Need::NodeIdentity => {
                let $field = $($borrow)+ $facts.node_identity;
                $body
            }
            Need::IdentityExceptions => {
                let $field = $($borrow)+ $facts.identity_exceptions;
                $body
            }
            Need::DnsService => {
                let $field = $($borrow)+ $facts.dns_service;
                $body
            }
            Need::DnsPods => {
                let $field = $($borrow)+ $facts.dns_pods;
                $body
            }
            Need::Logs => {
                let $field = $($borrow)+ $facts.logs;
                $body
            }
            Need::AgentLogs => {
                let $field = $($borrow)+ $facts.agent_logs;
                $body
            }
            Need::Volumes => {
                let $field = $($borrow)+ $facts.volumes;
                $body
            }
            Need::Leftovers => {
                let $field = $($borrow)+ $facts.leftovers;
                $body
            }
            Need::ServedGroups => {
                let $field = $($borrow)+ $facts.served_groups;
                $body
            }
            Need::ApiServices => {
                let $field = $($borrow)+ $facts.api_services;
                $body
            }
            Need::VeleroWorkloads => {
                let $field = $($borrow)+ $facts.velero_workloads;
                $body
            }
            Need::Webhooks => {
                let $field = $($borrow)+ $facts.webhooks;
                $body
            }
            Need::Namespaces => {
                let $field = $($borrow)+ $facts.namespaces;
                $body
            }
            Need::NodeLeases => {
                let $field = $($borrow)+ $facts.node_leases;
                $body
            }
            Need::DnsConfig => {
                let $field = $($borrow)+ $facts.dns_config;
                $body
            }
            Need::Restores => {
                let $field = $($borrow)+ $facts.restores;
                $body
            }
            Need::DeleteRequests => {
                let $field = $($borrow)+ $facts.delete_requests;
                $body
            }
            Need::Operations => {
                let $field = $($borrow)+ $facts.operations;
                $body
            }
            Need::Hooks => {
                let $field = $($borrow)+ $facts.hooks;
                $body
            }
            Need::SnapshotContents => {
                let $field = $($borrow)+ $facts.snapshot_contents;
                $body
            }
            Need::Snapshots => {
                let $field = $($borrow)+ $facts.snapshots;
                $body
            }
            Need::SnapshotClasses => {
                let $field = $($borrow)+ $facts.snapshot_classes;
                $body
            }
            Need::StorageClasses => {
                let $field = $($borrow)+ $facts.storage_classes;
                $body
            }
            Need::CsiDrivers => {
                let $field = $($borrow)+ $facts.csi_drivers;
                $body
            }
            Need::WebhookEndpoints => {
                let $field = $($borrow)+ $facts.webhook_endpoints;
                $body
            }
            Need::HookTargets => {
                let $field = $($borrow)+ $facts.hook_targets;
                $body
            }
            Need::DnsLogs => {
                let $field = $($borrow)+ $facts.dns_logs;
                $body
            }
            Need::AdmissionTrial => {
                let $field = $($borrow)+ $facts.admission_trial;
                $body
            }
            Need::ApiGroups => {
                let $field = $($borrow)+ $facts.api_groups;
                $body
            }
            Need::ZonedVolumes => {
                let $field = $($borrow)+ $facts.zoned_volumes;
                $body
            }
            Need::Target => {
                let $field = $($borrow)+ $facts.target;
                $body
            }
            Need::DnsAnswers => {
                let $field = $($borrow)+ $facts.dns_answers;
                $body
            }
            Need::DiskVolumes => {
                let $field = $($borrow)+ $facts.disk_volumes;
                $body
            }
            Need::AllClaims => {
                let $field = $($borrow)+ $facts.all_claims;
                $body
            }
            Need::AllVolumes => {
                let $field = $($borrow)+ $facts.all_volumes;
                $body
            }
            Need::ClaimUsers => {
                let $field = $($borrow)+ $facts.claim_users;
                $body
            }
            Need::ClaimEvents => {
                let $field = $($borrow)+ $facts.claim_events;
                $body
            }
            Need::AzureSignIn => {
                let $field = $($borrow)+ $facts.azure_sign_in;
                $body
            }
            Need::NodeGroup => {
                let $field = $($borrow)+ $facts.node_group;
                $body
            }
            Need::ManagedCluster => {
                let $field = $($borrow)+ $facts.managed_cluster;
                $body
            }
            Need::ArmExtensions => {
                let $field = $($borrow)+ $facts.arm_extensions;
                $body
            }
            Need::BackupInstances => {
                let $field = $($borrow)+ $facts.backup_instances;
                $body
            }
            Need::TrustedAccess => {
                let $field = $($borrow)+ $facts.trusted_access;
                $body
            }
            Need::Locks => {
                let $field = $($borrow)+ $facts.locks;
                $body
            }
            Need::StorageAccount => {
                let $field = $($borrow)+ $facts.storage_account;
                $body
            }
            Need::Container => {
                let $field = $($borrow)+ $facts.container;
                $body
            }
            Need::Vaults => {
                let $field = $($borrow)+ $facts.vaults;
                $body
            }
            Need::BackupPolicies => {
                let $field = $($borrow)+ $facts.backup_policies;
                $body
            }
            Need::BackupJobs => {
                let $field = $($borrow)+ $facts.backup_jobs;
                $body
            }
            Need::RoleAssignments => {
                let $field = $($borrow)+ $facts.role_assignments;
                $body
            }
            Need::RoleDefinitions => {
                let $field = $($borrow)+ $facts.role_definitions;
                $body
            }
            Need::DenyAssignments => {
                let $field = $($borrow)+ $facts.deny_assignments;
                $body
            }
            Need::ScaleSets => {
                let $field = $($borrow)+ $facts.scale_sets;
                $body
            }
            Need::Identities => {
                let $field = $($borrow)+ $facts.identities;
                $body
            }
            Need::Disks => {
                let $field = $($borrow)+ $facts.disks;
                $body
            }
            Need::SnapshotTrial => {
                let $field = $($borrow)+ $facts.snapshot_trial;
                $body
            }
            Need::CallerRights => {
                let $field = $($borrow)+ $facts.caller_rights;
                $body
            }
            Need::Registrations => {
                let $field = $($borrow)+ $facts.registrations;
                $body
            }
            Need::GoneDisks => {
                let $field = $($borrow)+ $facts.gone_disks;
                $body
            }
            Need::LeftBehind => {
                let $field = $($borrow)+ $facts.left_behind;
                $body
            }
            Need::PrivateZoneLinks => {
                let $field = $($borrow)+ $facts.private_zone_links;
                $body
            }
            Need::FederatedCredentials => {
                let $field = $($borrow)+ $facts.federated_credentials;
                $body
            }
        }
    };
}

impl Facts {
    /// Returns why the fact could not be read, or could be read only in part.
    #[must_use]
    pub fn unread(&self, need: Need) -> Option<Unread> {
        with_field!([&] self, need, field => field.unread(need.what()))
    }

    /// Returns whether nobody has asked for the fact yet.
    #[must_use]
    pub fn is_unasked(&self, need: Need) -> bool {
        with_field!([&] self, need, field => field.is_unasked())
    }

    /// Forgets the fact, as if nobody had asked for it.
    pub fn forget(&mut self, need: Need) {
        with_field!([&mut] self, need, field => *field = Fetched::NotAsked);
    }

    /// Takes what another reading found of Azure; what this one knows of it is dropped.
    pub fn take_azure(&mut self, mut other: Self) {
        macro_rules! take {
            ($($field:ident),+) => { $(self.$field = std::mem::take(&mut other.$field);)+ };
        }
        take!(
            azure_sign_in,
            node_group,
            managed_cluster,
            arm_extensions,
            backup_instances,
            trusted_access,
            locks,
            storage_account,
            container,
            vaults,
            backup_policies,
            backup_jobs,
            role_assignments,
            role_definitions,
            deny_assignments,
            scale_sets,
            identities,
            disks,
            snapshot_trial,
            caller_rights,
            registrations,
            gone_disks,
            left_behind,
            private_zone_links,
            federated_credentials
        );
    }

    /// Returns the facts without what is of Azure.
    #[must_use]
    pub fn without_azure(&self) -> Self {
        let mut own = self.clone();
        own.take_azure(Self::default());
        own
    }

    /// Notes that the user lacks a right of the fact's own.
    pub fn deny(&mut self, need: Need, right: Right) {
        with_field!([&mut] self, need, field => *field = Fetched::Denied(right));
    }

    /// Returns the right of the fact's own that the user lacks; what it builds on may lack others.
    #[must_use]
    pub fn denied(&self, need: Need) -> Option<Right> {
        let own = need.rights(&self.extension.namespace);
        with_field!([&] self, need, field => match field {
            Fetched::Denied(right) => own.into_iter().find(|one| one == right),
            _ => None,
        })
    }

    /// Notes why the fact was not read, where nobody has asked for it yet.
    pub fn give_up(&mut self, need: Need, why: &str) {
        with_field!([&mut] self, need, field => {
            if field.is_unasked() {
                *field = Fetched::Failed(why.to_owned());
            }
        });
    }

    /// Returns whether the extension is on the cluster, by everything that would show it.
    #[must_use]
    pub fn presence(&self) -> Presence {
        let has_config = self.extension_configs.known_rows().iter().any(ExtensionConfig::is_backup);
        let has_location = self.locations().next().is_some();
        let has_workload = self.deployments.known_rows().iter().any(|deployment| self.is_own(&deployment.metadata));
        let has_pod = self.pods.known_rows().iter().any(|pod| self.is_own(&pod.metadata));
        let has_job = self.jobs.known_rows().iter().any(|job| self.is_own(&job.metadata));
        // A namespace that does not go away keeps the next installation from coming: that is no empty cluster.
        let is_going = self.namespace.known().is_some_and(|ns| ns.status.phase.as_deref() == Some("Terminating"));
        if has_config || has_location || has_workload || has_pod || has_job || is_going {
            return Presence::Present;
        }
        let empty = |unread: Option<Unread>| unread.is_none();
        let inside_is_empty = self.namespace.is_absent()
            || [Need::Deployments, Need::Pods, Need::Jobs].into_iter().all(|need| empty(self.unread(need)));
        let outside_is_empty =
            [Need::ExtensionConfigs, Need::StorageLocations].into_iter().all(|need| empty(self.unread(need)));
        if inside_is_empty && outside_is_empty && self.searched_only.is_none() {
            Presence::Absent
        } else {
            Presence::Unknown
        }
    }

    /// Returns whether an object of the extension's namespace is the extension's own.
    ///
    /// The namespace need not be its alone: a release can be put into kube-system.
    #[must_use]
    pub fn is_own(&self, meta: &Meta) -> bool {
        meta.name.starts_with(NAME_PREFIX)
            || meta.label("app.kubernetes.io/name") == Some("dataprotection-microsoft-kubernetes")
            || (self.extension.name.is_some()
                && meta.label("app.kubernetes.io/instance") == self.extension.name.as_deref())
    }

    /// Returns the extension's own pods, as far as they are known.
    pub fn own_pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.known_rows().iter().filter(|pod| self.is_own(&pod.metadata))
    }

    /// Returns the BackupStorageLocations of the extension: those in its namespace.
    pub fn locations(&self) -> impl Iterator<Item = &StorageLocation> {
        let namespace = self.extension.namespace.as_str();
        self.storage_locations.known_rows().iter().filter(move |l| l.metadata.namespace() == namespace)
    }

    /// Returns the name of the endpoint that the extension agent takes its orders from.
    ///
    /// Knowledge: facts about the clouds' endpoints (public, US Gov, China); regions of the sovereign
    /// clouds are known by their names.
    #[must_use]
    pub fn data_plane_endpoint(&self) -> Option<String> {
        let region = self.region()?;
        // A label is free text: what is no region name must not become a question to DNS.
        let is_plain = !region.is_empty() && region.len() <= 63 && region.bytes().all(|b| b.is_ascii_alphanumeric());
        let region = region.to_ascii_lowercase();
        let end = match AzureCloud::of_region(&region) {
            AzureCloud::UsGovernment => "us",
            AzureCloud::China => "cn",
            AzureCloud::Public => "com",
        };
        is_plain.then(|| format!("{region}.dp.kubernetesconfiguration.azure.{end}"))
    }

    /// Returns whether the extension agent runs in the cluster; AKS has moved it to the control plane on many.
    #[must_use]
    pub fn has_agent(&self) -> Option<bool> {
        let pods = self.agent_pods.known()?;
        Some(pods.iter().any(|pod| pod.metadata.label("control-plane") == Some("extension-agent")))
    }

    /// Returns when the newest backup that completed was done: by the vault's jobs, since a restore is from the vault's
    /// recovery points; by Velero's backups where no vault was read.
    #[must_use]
    pub fn last_recovery_point(&self) -> Option<Timestamp> {
        if let Fetched::Got(jobs) = &self.backup_jobs {
            let is_good =
                |job: &&BackupJob| job.is_backup() && (job.is("Completed") || job.is("CompletedWithWarnings"));
            return jobs.iter().filter(is_good).filter_map(BackupJob::when).max();
        }
        let backups = self.backups.known_rows().iter();
        backups
            .filter(|backup| backup.status.phase.as_deref() == Some("Completed"))
            .filter_map(|backup| backup.status.completion_timestamp)
            .max()
    }

    /// Returns the region, from the nodes' own label.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.nodes.known_rows().iter().find_map(Node::region)
    }
}

/// What the names of the extension's own objects begin with.
const NAME_PREFIX: &str = "dataprotection-microsoft";
