//! Volume claims and the volumes behind them.

use serde::{Deserialize, Serialize};

use super::meta::{Meta, name, optional_name};
use super::pod::NodeSelector;
use crate::facts::arm::ArmId;

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
    /// The volume of a driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csi: Option<CsiVolume>,
    /// The claim that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_ref: Option<ClaimReference>,
}

/// The volume of a driver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiVolume {
    /// The driver.
    #[serde(deserialize_with = "name")]
    pub driver: String,
    /// What the driver knows it by: of a disk its id in Azure.
    pub volume_handle: ArmId,
}

/// A claim, as the volume that is bound to it names it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimReference {
    /// Its namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

impl Volume {
    /// Returns the id of the disk that it is, where the driver of Azure's disks made it.
    #[must_use]
    pub fn disk(&self) -> Option<&ArmId> {
        let csi = self.spec.csi.as_ref().filter(|csi| csi.driver == "disk.csi.azure.com")?;
        Some(&csi.volume_handle).filter(|id| id.has_type("Microsoft.Compute/disks"))
    }
}

/// The nodes that can reach a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeNodeAffinity {
    /// The demands that a node must meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<NodeSelector>,
}
