//! Slim types of the objects that are read: only the fields that a check uses.
//!
//! They have the shape of the API's own JSON, so that a live answer, a saved file and a test's
//! file are read by the same code. None holds `ObjectMeta`: its managed fields alone cost more
//! than everything that is kept. Every field may be missing; unknown ones are ignored.

mod config_map;
mod extension;
mod identity;
mod inventory;
mod lease;
mod meta;
mod namespace;
mod network;
mod node;
mod operation;
mod pod;
mod restore;
mod served;
mod snapshot;
mod target;
mod velero;
mod volume;
mod webhook;
mod workload;

pub use config_map::ConfigMap;

pub use extension::{ExtensionConfig, ExtensionConfigSpec, ExtensionConfigStatus, HelmReleaseStatus, SyncStatus};
pub use identity::{IdentityException, IdentityExceptionSpec, ServiceAccount};
pub use inventory::{ClaimRow, ClaimUser, SeenClaim, SeenPod, SeenVolume, VolumeRow, Words};
pub use lease::{Lease, LeaseSpec};
pub use meta::{Condition, LabelDemand, LabelSelector, Labels, Meta, OwnerReference, is_dns_label, plain_name};
pub(super) use meta::{name, names, optional_name};
pub use namespace::{
    Event, InvolvedObject, Leftover, LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, NamespaceStatus, Quota,
    QuotaStatus,
};
pub use network::{Answer, DnsAnswer, NetworkPolicy, OtherAnswer, Service, ServiceSpec};
pub use node::{Node, NodeInfo, NodeSpec, NodeStatus, NodeUsage, Taint, Used};
pub use operation::{Hook, HookAction, HookEntry, HookExec, HookSpec, HookTarget, Operation, OperationStatus};
pub use pod::{
    Affinity, Container, ContainerState, ContainerStatus, EnvVar, Log, NodeAffinity, NodeSelector,
    NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, PodStatus, PodVolume, Probe, Resources, SecurityContext,
    Terminated, Toleration, VolumeClaim, Waiting,
};
pub use restore::{
    DeleteRequest, DeleteRequestSpec, DeleteRequestStatus, HookStatus, Restore, RestoreSpec, RestoreStatus,
};
pub use served::{ApiService, ApiServiceSpec, ApiServiceStatus, ServedGroup, ServedVersion, ServiceReference};
pub use snapshot::{
    ClaimSource, Snapshot, SnapshotClass, SnapshotContent, SnapshotContentSpec, SnapshotError, SnapshotReference,
    SnapshotSource, SnapshotSpec, SnapshotStatus, StorageClass,
};
pub use target::{ApiGroup, Target};
pub use velero::{
    Backup, BackupSpec, BackupStatus, ObjectStorage, Progress, StorageLocation, StorageLocationSpec,
    StorageLocationStatus,
};
pub use volume::{Claim, ClaimReference, ClaimSpec, ClaimStatus, CsiVolume, Volume, VolumeNodeAffinity, VolumeSpec};
pub use webhook::{
    AdmissionTrial, MatchCondition, ServiceEndpoints, Webhook, WebhookClient, WebhookConfiguration, WebhookRule,
};
pub use workload::{PodTemplate, Workload, WorkloadSpec, WorkloadStatus};
