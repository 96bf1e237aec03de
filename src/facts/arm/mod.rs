//! Slim types of what Azure Resource Manager answers: only the fields that a check uses.
//!
//! They have the shape of ARM's own JSON, so that an answer, a saved file and a test's file are read by the same code.
//! Every field may be missing or null; unknown ones are ignored, and a time that is none is no time.
//! Knowledge: the models of Microsoft's management clients, and recorded answers of Azure (facts about ARM).

mod cluster;
mod compute;
mod extension;
mod id;
mod left_behind;
mod lenient;
mod network;
mod policy;
mod protection;
mod role;
mod sign_in;
mod storage;

pub use cluster::{
    AgentPool, ClusterIdentity, ClusterProperties, IssuerProfile, ManagedCluster, NodeGroup, PowerState, Registration,
    TrustedAccess,
};
pub use compute::{Disk, FederatedCredential, Federation, IdentityOf, ScaleSet, UserIdentity};
pub use extension::{ArmExtension, AssignedIdentity, ErrorInfo, StatusLine};
pub use id::ArmId;
pub use left_behind::{LeftBehind, SnapshotsLeft};
pub use network::ZoneLink;
pub use policy::{Lock, PolicyEvaluation, SnapshotTrial};
pub use protection::{
    BackupInstance, BackupJob, BackupPolicy, DatasourceParameters, JobWarning, ServiceError, Vault, is_vault_tier_rule,
};
pub use role::{
    BACKUP_OPERATOR, CallerRights, CallerRightsAt, DenyAssignment, Held, KnownRole, PermissionSet, RoleAssignment,
    RoleDefinition, known_role,
};
pub use sign_in::{AzureCloud, SignIn};
pub use storage::{Container, StorageAccount};
