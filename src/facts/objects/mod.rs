//! Slim types of the objects that are read: only the fields that a check uses.
//!
//! They have the shape of the API's own JSON, so that a live answer, a saved file and a test's
//! file are read by the same code. None holds `ObjectMeta`: its managed fields alone cost more
//! than everything that is kept. Every field may be missing; unknown ones are ignored.

mod extension;
mod identity;
mod meta;
mod namespace;
mod network;
mod node;
mod pod;
mod velero;
mod volume;
mod workload;

pub use extension::{ExtensionConfig, ExtensionConfigSpec, ExtensionConfigStatus, HelmReleaseStatus, SyncStatus};
pub use identity::{IdentityException, IdentityExceptionSpec, ServiceAccount};
pub use meta::{Condition, Labels, Meta, OwnerReference};
pub(super) use meta::{name, optional_name};
pub use namespace::{
    Event, InvolvedObject, Leftover, LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, NamespaceStatus, Quota,
    QuotaStatus,
};
pub use network::{Answer, DnsAnswer, NetworkPolicy, Service, ServiceSpec};
pub use node::{Node, NodeSpec, NodeStatus, NodeUsage, Taint, Used};
pub use pod::{
    Affinity, Container, ContainerState, ContainerStatus, EnvVar, Log, NodeAffinity, NodeSelector,
    NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, PodStatus, PodVolume, Resources, Terminated, Toleration,
    VolumeClaim, Waiting,
};
pub use velero::{
    Backup, BackupSpec, BackupStatus, ObjectStorage, StorageLocation, StorageLocationSpec, StorageLocationStatus,
};
pub use volume::{Claim, ClaimSpec, ClaimStatus, Volume, VolumeNodeAffinity, VolumeSpec};
pub use workload::{PodTemplate, Workload, WorkloadSpec, WorkloadStatus};
