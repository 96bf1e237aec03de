//! What of a cluster's protection is still there where the cluster itself is gone.

use serde::{Deserialize, Serialize};

use super::id::ArmId;
use super::lenient::null_as_default;

/// What is left, as far as Azure was asked for it; empty where the cluster is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeftBehind {
    /// The snapshots in the snapshot resource groups.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<SnapshotsLeft>,
    /// The containers of the storage accounts at which the vault has a role.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ArmId>,
}

/// Snapshots of one resource group's disks; a row of Resource Graph.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotsLeft {
    /// The resource group that they lie in.
    pub lie_in: ArmId,
    /// The resource group that their disks lie in, or lay in.
    pub disks_of: ArmId,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}
