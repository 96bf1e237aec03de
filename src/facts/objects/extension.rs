//! ExtensionConfig: the cluster's own record of an extension installed on it.
//!
//! On AKS the group is `aks.clusterconfig.azure.com`; Arc, and some older AKS clusters, use
//! `clusterconfig.azure.com`. After helm's atomic rollback it is the only witness that is left
//! inside the cluster.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{Meta, name, optional_word};
use crate::facts::Text;
use crate::finding::Subject;

/// An ExtensionConfig.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionConfig {
    /// The group and version that it was read in.
    #[serde(deserialize_with = "name")]
    pub api_version: String,
    /// Name and namespace.
    pub metadata: Meta,
    /// What is to be installed.
    pub spec: ExtensionConfigSpec,
    /// How far that has come.
    pub status: ExtensionConfigStatus,
}

/// What is to be installed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionConfigSpec {
    /// The type of the extension.
    #[serde(deserialize_with = "name")]
    pub extension_type: String,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub version: Option<String>,
}

/// How far an installation has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionConfigStatus {
    /// `Installed`, `Failed`, `Pending`, `Deleting` or nothing.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub status: Option<String>,
    /// What the agent says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// What went wrong when the agent last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconciliation_error: Option<Text>,
    /// What helm says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helm_release_status: Option<HelmReleaseStatus>,
    /// Whether Azure and the cluster agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_status: Option<SyncStatus>,
}

/// What helm says of a release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmReleaseStatus {
    /// `deployed`, `failed` and so on.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub last_release_status: Option<String>,
    /// The version of the chart that is installed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub installed_chart_version: Option<String>,
}

/// Whether Azure and the cluster agree about an extension.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncStatus {
    /// Whether they agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_synced_with_azure: Option<bool>,
    /// When they last spoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sync_time: Option<Timestamp>,
}

impl ExtensionConfig {
    /// Returns whether it is about the backup extension; the type's case varies.
    #[must_use]
    pub fn is_backup(&self) -> bool {
        self.spec.extension_type.eq_ignore_ascii_case(crate::facts::EXTENSION_TYPE)
    }

    /// Returns the object as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject(&self.api_version, "ExtensionConfig")
    }

    /// Returns the object as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        let group = self.api_version.split('/').next().unwrap_or_default();
        format!("extensionconfig.{group}/{}/{}", self.metadata.namespace(), self.metadata.name)
    }

    /// Returns the version, from what helm installed or else from what was asked for.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        let installed = self.status.helm_release_status.as_ref().and_then(|s| s.installed_chart_version.as_deref());
        installed.or(self.spec.version.as_deref()).filter(|version| !version.is_empty())
    }

    /// Returns what went wrong in the agent's words: the newest error, else the message.
    #[must_use]
    pub fn failure(&self) -> Option<&Text> {
        let error = self.status.reconciliation_error.as_ref().filter(|text| !text.trim().is_empty());
        error.or(self.status.message.as_ref()).filter(|text| !text.trim().is_empty())
    }
}
