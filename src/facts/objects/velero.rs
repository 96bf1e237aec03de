//! Velero's objects: where backups are kept, and the backups.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::HookStatus;
use super::meta::{LabelSelector, Meta, names, null_as_default, optional_name, optional_word};
use crate::facts::Text;
use crate::finding::Subject;

/// A BackupStorageLocation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageLocation {
    /// Name and namespace.
    pub metadata: Meta,
    /// Where it is.
    pub spec: StorageLocationSpec,
    /// How it is.
    pub status: StorageLocationStatus,
}

/// Where a BackupStorageLocation is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageLocationSpec {
    /// The object store's plugin.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub provider: Option<String>,
    /// The container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_storage: Option<ObjectStorage>,
    /// The plugin's settings: account, group, subscription and so on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "settings")]
    pub config: BTreeMap<String, Text>,
    /// `ReadWrite` or `ReadOnly`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub access_mode: Option<String>,
    /// Whether backups that name no location use this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// How often it is checked, as Go writes a duration.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub validation_frequency: Option<String>,
    /// How often its backups are read into the cluster, as Go writes a duration.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub backup_sync_period: Option<String>,
}

/// The container of a BackupStorageLocation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectStorage {
    /// The container's name.
    #[serde(deserialize_with = "container_name")]
    pub bucket: String,
    /// The folder in it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub prefix: Option<String>,
}

/// How a BackupStorageLocation is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageLocationStatus {
    /// `Available` or `Unavailable`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub phase: Option<String>,
    /// Why it is unavailable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// When it was last checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_validation_time: Option<Timestamp>,
    /// When its backups were last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_synced_time: Option<Timestamp>,
}

impl StorageLocation {
    /// Returns the location as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject("velero.io/v1", "BackupStorageLocation")
    }

    /// Returns the location as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!("backupstoragelocation.velero.io/{}/{}", self.metadata.namespace(), self.metadata.name)
    }

    /// Returns whether Velero says that it cannot use the location.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.status.phase.as_deref() == Some("Unavailable")
    }

    /// Returns the setting, where there is one that is not empty.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.spec.config.get(key).map(Text::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the container's name.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        self.spec.object_storage.as_ref().map(|storage| storage.bucket.as_str()).filter(|name| !name.is_empty())
    }
}

/// A Velero backup.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Backup {
    /// Name and namespace.
    pub metadata: Meta,
    /// What was to be backed up.
    pub spec: BackupSpec,
    /// How it went.
    pub status: BackupStatus,
}

/// What was to be backed up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupSpec {
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub storage_location: Option<String>,
    /// The namespaces that are backed up; none means all.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub included_namespaces: Vec<String>,
    /// The namespaces that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub excluded_namespaces: Vec<String>,
    /// The types of objects that are backed up; none means all.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub included_resources: Vec<String>,
    /// The types of objects that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub excluded_resources: Vec<String>,
    /// Which objects are backed up, by their labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// The same, where one of several is enough.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub or_label_selectors: Vec<LabelSelector>,
    /// Whether volumes are backed up; null where nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_volumes: Option<bool>,
    /// How long what goes on in the background may take, as Go writes a duration.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub item_operation_timeout: Option<String>,
}

/// How a backup went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupStatus {
    /// Velero's word for how it went.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub phase: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<Text>,
    /// What was wrong with the request.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub validation_errors: Vec<Text>,
    /// How many errors there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<u32>,
    /// How many warnings there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnings: Option<u32>,
    /// How much of it there is, where Velero has counted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// How its hooks went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_status: Option<HookStatus>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_timestamp: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_timestamp: Option<Timestamp>,
}

/// How far a backup has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// How many objects it takes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_items: Option<u64>,
}

impl Backup {
    /// Returns the backup as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject("velero.io/v1", "Backup")
    }

    /// Returns the backup as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!("backup.velero.io/{}/{}", self.metadata.namespace(), self.metadata.name)
    }

    /// Returns what the backup has in common with those before it: its schedule, else the namespaces that it takes in.
    #[must_use]
    pub fn series(&self) -> (Option<&str>, Vec<&str>) {
        if let Some(schedule) = self.metadata.label("velero.io/schedule-name").filter(|name| !name.is_empty()) {
            return (Some(schedule), Vec::new());
        }
        let mut namespaces: Vec<&str> = self.spec.included_namespaces.iter().map(String::as_str).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        // All namespaces are all, however it is written.
        namespaces.retain(|name| *name != "*");
        (None, namespaces)
    }

    /// Returns when the backup began, or was asked for.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        self.status.start_timestamp.or(self.metadata.creation_timestamp)
    }
}

fn container_name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_word(deserializer).map(Option::unwrap_or_default)
}

/// Reads the plugin's settings. One of them names an environment variable, and people put the key itself there.
fn settings<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Text>, D::Error> {
    let mut settings: BTreeMap<String, Text> = null_as_default(deserializer)?;
    if let Some(variable) = settings.get_mut("storageAccountKeyEnvVar") {
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !variable.chars().all(is_name) || variable.starts_with(|c: char| c.is_ascii_digit()) {
            *variable = Text::new("[redacted]");
        }
    }
    Ok(settings)
}
