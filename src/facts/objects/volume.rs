//! Volume claims and the volumes behind them.

use serde::{Deserialize, Serialize};

use super::meta::{Meta, optional_name};
use super::pod::NodeSelector;

/// A PersistentVolumeClaim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Claim {
    /// Name and namespace.
    pub metadata: Meta,
    /// What it asks for.
    pub spec: ClaimSpec,
    /// How it is.
    pub status: ClaimStatus,
}

/// What a claim asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSpec {
    /// The volume that it was given.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub volume_name: Option<String>,
    /// The class of the volume that it asks for.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub storage_class_name: Option<String>,
}

/// How a claim is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimStatus {
    /// `Pending`, `Bound` or `Lost`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub phase: Option<String>,
}

/// A PersistentVolume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Name.
    pub metadata: Meta,
    /// Where it can be used.
    pub spec: VolumeSpec,
}

/// Where a volume can be used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeSpec {
    /// The nodes that can reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<VolumeNodeAffinity>,
}

/// The nodes that can reach a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeNodeAffinity {
    /// The demands that a node must meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<NodeSelector>,
}
