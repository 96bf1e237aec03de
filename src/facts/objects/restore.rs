//! Velero's restores and deletions, and how the hooks of a run went.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{Meta, labels, name, names, null_as_default, optional_name, optional_word};
use crate::facts::Text;
use crate::finding::Subject;

/// A Velero restore.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Restore {
    /// Name, namespace and age.
    pub metadata: Meta,
    /// What was to be restored.
    pub spec: RestoreSpec,
    /// How it went.
    pub status: RestoreStatus,
}

/// What was to be restored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestoreSpec {
    /// The backup that it restores from.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub backup_name: Option<String>,
    /// The namespaces that it takes in; none means all.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub included_namespaces: Vec<String>,
    /// Namespaces that get another name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "labels")]
    pub namespace_mapping: BTreeMap<String, String>,
}

/// How a restore went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestoreStatus {
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

impl Restore {
    /// Returns the restore as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject("velero.io/v1", "Restore")
    }

    /// Returns the words that Velero left in it about what went wrong, each with where it stands.
    pub fn reasons(&self) -> impl Iterator<Item = (String, &str)> {
        let status = &self.status;
        let failed = status.failure_reason.iter().map(|text| ("failureReason", text.as_str()));
        let invalid = status.validation_errors.iter().map(|text| ("validationErrors", text.as_str()));
        let told = failed.chain(invalid).filter(|(_, text)| !text.trim().is_empty());
        told.map(|(field, text)| (format!("{} .status.{field}", self.at()), text))
    }

    /// Returns the restore as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!("restore.velero.io/{}/{}", self.metadata.namespace(), self.metadata.name)
    }

    /// Returns when the restore began, or was asked for.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        self.status.start_timestamp.or(self.metadata.creation_timestamp)
    }

    /// Returns what the restore has in common with those that were tried before it: what goes where.
    #[must_use]
    pub fn series(&self) -> (Vec<&str>, &BTreeMap<String, String>) {
        let mut namespaces: Vec<&str> = self.spec.included_namespaces.iter().map(String::as_str).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        // All namespaces are all, however it is written.
        namespaces.retain(|name| *name != "*");
        (namespaces, &self.spec.namespace_mapping)
    }

    /// Returns the namespaces that it restores into, as far as it names them.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        let named = self.spec.included_namespaces.iter().filter(|name| *name != "*");
        let renamed = |name: &String| self.spec.namespace_mapping.contains_key(name);
        named.filter(move |name| !renamed(name)).chain(self.spec.namespace_mapping.values()).map(String::as_str)
    }
}

/// How the hooks of a backup or a restore went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HookStatus {
    /// How many were run.
    pub hooks_attempted: u32,
    /// How many of them failed.
    pub hooks_failed: u32,
}

/// A DeleteBackupRequest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteRequest {
    /// Name, namespace and age.
    pub metadata: Meta,
    /// What is to be deleted.
    pub spec: DeleteRequestSpec,
    /// How it went.
    pub status: DeleteRequestStatus,
}

impl DeleteRequest {
    /// Returns the request as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject("velero.io/v1", "DeleteBackupRequest")
    }

    /// Returns the request as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!("deletebackuprequest.velero.io/{}/{}", self.metadata.namespace(), self.metadata.name)
    }
}

/// What a DeleteBackupRequest is to delete.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteRequestSpec {
    /// The backup.
    #[serde(deserialize_with = "name")]
    pub backup_name: String,
}

/// How a deletion went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteRequestStatus {
    /// `New`, `InProgress` or `Processed`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub phase: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub errors: Vec<Text>,
}
