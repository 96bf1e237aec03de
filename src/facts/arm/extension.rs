//! The extension as Azure Resource Manager has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::ArmId;
use super::lenient::{moment, null_as_default, settings};
use crate::facts::objects::{name, optional_name};
use crate::facts::{EXTENSION_TYPE, Text};

/// An extension of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArmExtension {
    /// Its id.
    pub id: ArmId,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: ExtensionProperties,
}

/// The properties of an extension.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionProperties {
    /// The type; the case varies.
    #[serde(deserialize_with = "name")]
    pub extension_type: String,
    /// `Succeeded`, `Failed`, `Canceled`, `Creating`, `Updating` or `Deleting`.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// The version that was asked for; null where Azure chooses.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version that is there.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub current_version: Option<String>,
    /// Where its release lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Its settings, by their full keys.
    #[serde(deserialize_with = "settings", skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration_settings: BTreeMap<String, Text>,
    /// What the agent reported.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<StatusLine>,
    /// Why its last change failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_info: Option<ErrorInfo>,
    /// What it acts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aks_assigned_identity: Option<AssignedIdentity>,
}

/// Where an extension's release lives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Scope {
    /// For the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterScope>,
}

/// Where the release of an extension for the whole cluster lives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterScope {
    /// Its namespace.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub release_namespace: Option<String>,
}

/// One line of what the agent reported.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusLine {
    /// One word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Text>,
    /// `Error`, `Warning` or `Information`.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// When.
    #[serde(deserialize_with = "moment", skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

/// An error of Azure, which may hold others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorInfo {
    /// One word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Text>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// What stands behind it.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorInfo>,
}

impl ErrorInfo {
    /// Returns this error and all that stand behind it, the outermost first.
    #[must_use]
    pub fn all(&self) -> Vec<&Self> {
        // Recursion goes as deep as the answer; serde's own bound on depth is what limits it.
        std::iter::once(self).chain(self.details.iter().flat_map(Self::all)).collect()
    }
}

/// What an extension acts as.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AssignedIdentity {
    /// Its object id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// Its resource, in newer answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<ArmId>,
}

impl ArmExtension {
    /// Returns whether it is the backup extension.
    #[must_use]
    pub fn is_backup(&self) -> bool {
        self.properties.extension_type.eq_ignore_ascii_case(EXTENSION_TYPE)
    }

    /// Returns the object id that it acts as.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.properties.aks_assigned_identity.as_ref()?.principal_id.as_deref().filter(|id| !id.is_empty())
    }

    /// Returns a setting of its storage location by the last part of its key, whatever the case: `storageAccount`.
    #[must_use]
    pub fn storage_setting(&self, key: &str) -> Option<&str> {
        let wanted = match key {
            "bucket" => format!("{LOCATION}bucket"),
            _ => format!("{LOCATION}config.{key}"),
        };
        let settings = &self.properties.configuration_settings;
        let found = settings.iter().find(|(name, _)| name.eq_ignore_ascii_case(&wanted))?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    /// Returns the id of the storage account that its settings name.
    #[must_use]
    pub fn account(&self) -> Option<ArmId> {
        let account = self.storage_setting("storageAccount")?;
        let group = self.storage_setting("resourceGroup")?;
        let subscription = self.storage_setting("subscriptionId").or_else(|| self.id.subscription())?;
        Some(ArmId::new(&format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"
        )))
    }

    /// Returns whether it signs in with its own identity; in the other mode it asks for the account's keys.
    ///
    /// Knowledge: Velero's pkg/util/azure/storage.go and the settings of the extension: unset is no.
    #[must_use]
    pub fn uses_aad(&self) -> bool {
        self.storage_setting("useAAD").is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// Returns whether its last change ended well.
    #[must_use]
    pub fn has_succeeded(&self) -> bool {
        self.properties.provisioning_state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("Succeeded"))
    }
}

/// What the keys of the storage location's settings begin with.
const LOCATION: &str = "configuration.backupStorageLocation.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_whatever_their_case_and_secrets_are_not_kept() {
        let extension: ArmExtension = serde_json::from_value(serde_json::json!({
            "id": "/subscriptions/s/x",
            "properties": {"configurationSettings": {
                "Configuration.BackupStorageLocation.Config.StorageAccount": "acc",
                "configuration.backupStorageLocation.config.resourceGroup": "g",
                "configuration.backupStorageLocation.config.useAAD": true,
                "configuration.backupStorageLocation.config.subscriptionId": "00000000-1111-2222-3333-444444444444",
                "a.b.password": "hunter2", "odd": {"a": 1},
            }}
        }))
        .unwrap();
        assert_eq!(extension.account().unwrap().name(), "acc");
        assert_eq!(extension.account().unwrap().subscription(), Some("00000000-1111-2222-3333-444444444444"));
        assert!(extension.uses_aad());
        assert!(!format!("{extension:?}").contains("hunter2"));
    }
}
