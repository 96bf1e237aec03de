//! Snapshots of volumes, and the classes of storage and snapshots.

use serde::{Deserialize, Serialize};

use super::meta::{Meta, name, optional_name, optional_word};
use crate::facts::Text;
use jiff::Timestamp;

/// A VolumeSnapshotContent: one snapshot as the driver knows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotContent {
    /// Name and age.
    pub metadata: Meta,
    /// What it is of.
    pub spec: SnapshotContentSpec,
    /// How it is.
    pub status: SnapshotStatus,
}

impl SnapshotContent {
    /// Returns the driver; empty where nothing says it.
    #[must_use]
    pub fn driver(&self) -> &str {
        self.spec.driver.as_deref().unwrap_or_default()
    }

    /// Returns the content as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!("volumesnapshotcontent/{}", self.metadata.name)
    }
}

/// What a VolumeSnapshotContent is of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotContentSpec {
    /// `Delete` or `Retain`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub deletion_policy: Option<String>,
    /// The driver.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub driver: Option<String>,
    /// The class that it was made by.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub volume_snapshot_class_name: Option<String>,
    /// The volume or the snapshot that it stands for.
    pub source: SnapshotSource,
    /// The VolumeSnapshot that it belongs to.
    pub volume_snapshot_ref: SnapshotReference,
}

/// The volume or the snapshot that a VolumeSnapshotContent stands for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotSource {
    /// The volume, in the driver's words: an ARM id for disks.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub volume_handle: Option<String>,
    /// The snapshot, in the driver's words.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub snapshot_handle: Option<String>,
}

/// The VolumeSnapshot that a content belongs to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotReference {
    /// Its namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

/// How a snapshot is; the same for a VolumeSnapshot and its content, as far as it is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotStatus {
    /// Whether it can be restored from; null where nobody has said so yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_to_use: Option<bool>,
    /// The snapshot, in the driver's words.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub snapshot_handle: Option<String>,
    /// The last trouble.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<SnapshotError>,
}

/// The last trouble of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotError {
    /// The driver's or the controller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// When it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

/// A VolumeSnapshot: one snapshot as its user knows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Snapshot {
    /// Name, namespace, labels and age.
    pub metadata: Meta,
    /// What it is of.
    pub spec: SnapshotSpec,
    /// How it is.
    pub status: SnapshotStatus,
}

/// What a VolumeSnapshot is of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotSpec {
    /// The claim whose volume it is of.
    pub source: ClaimSource,
}

/// The claim whose volume a VolumeSnapshot is of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSource {
    /// The claim's name; missing where the snapshot was there before its VolumeSnapshot.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub persistent_volume_claim_name: Option<String>,
}

/// A VolumeSnapshotClass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotClass {
    /// Name, labels and the annotations that are read.
    pub metadata: Meta,
    /// The driver.
    #[serde(deserialize_with = "name")]
    pub driver: String,
    /// `Delete` or `Retain`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub deletion_policy: Option<String>,
}

/// A StorageClass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageClass {
    /// Name, labels and the annotations that are read.
    pub metadata: Meta,
    /// Who makes its volumes.
    #[serde(deserialize_with = "name")]
    pub provisioner: String,
    /// `Delete` or `Retain`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub reclaim_policy: Option<String>,
    /// `Immediate` or `WaitForFirstConsumer`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub volume_binding_mode: Option<String>,
}
