//! The vault and what it protects: instances, policies, jobs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cluster::ClusterIdentity;
use super::id::ArmId;
use super::lenient::{flag, moment, null_as_default, words};
use crate::facts::Text;
use crate::facts::objects::{name, names, optional_name};

/// A backup vault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Vault {
    /// Its id.
    pub id: ArmId,
    /// Its region.
    #[serde(deserialize_with = "super::lenient::region")]
    pub location: String,
    /// What it acts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<ClusterIdentity>,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: VaultProperties,
}

/// The properties of a vault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VaultProperties {
    /// Where what it keeps is kept.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub storage_settings: Vec<StorageSetting>,
    /// How it guards what it keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_settings: Option<SecuritySettings>,
}

/// Where a vault keeps what it keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageSetting {
    /// `VaultStore`, `OperationalStore` or `ArchiveStore`.
    #[serde(deserialize_with = "name")]
    pub datastore_type: String,
    /// `LocallyRedundant`, `ZoneRedundant` or `GeoRedundant`.
    #[serde(rename = "type", deserialize_with = "name")]
    pub kind: String,
}

/// How a vault guards what it keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecuritySettings {
    /// What happens to what is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_delete_settings: Option<State>,
    /// Whether what is kept can be deleted early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutability_settings: Option<State>,
}

/// The state of a setting.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// One word: `On`, `Off`, `AlwaysOn`, `Locked` and so on.
    #[serde(deserialize_with = "name")]
    pub state: String,
}

/// What a vault does for one cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupInstance {
    /// Its id; the vault's is part of it.
    pub id: ArmId,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: InstanceProperties,
}

/// The properties of a backup instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InstanceProperties {
    /// What a person calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<Text>,
    /// What is protected.
    pub data_source_info: DataSource,
    /// By which policy, and how.
    pub policy_info: PolicyInfo,
    /// What the vault acts as for it, where that is not its own identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_details: Option<IdentityDetails>,
    /// How far protection is: `ProtectionConfigured`, `ProtectionError` and others.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub current_protection_state: Option<String>,
    /// What stands in its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection_error_details: Option<ServiceError>,
}

/// What a vault acts as for one instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentityDetails {
    /// The identity that was given to the vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_assigned_identity_arm_url: Option<ArmId>,
}

/// What is protected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataSource {
    /// The cluster.
    #[serde(rename = "resourceID")]
    pub resource_id: ArmId,
}

/// By which policy a cluster is protected, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyInfo {
    /// The policy.
    pub policy_id: ArmId,
    /// How.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_parameters: Option<PolicyParameters>,
}

/// How a cluster is protected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyParameters {
    /// Where snapshots go.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub data_store_parameters_list: Vec<DataStoreParameters>,
    /// What is in scope.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub backup_datasource_parameters_list: Vec<DatasourceParameters>,
}

/// Where snapshots go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataStoreParameters {
    /// The snapshot resource group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_group_id: Option<ArmId>,
}

/// What of a cluster is backed up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatasourceParameters {
    /// The namespaces; none named means all.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub included_namespaces: Vec<String>,
    /// The namespaces that are left out.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub excluded_namespaces: Vec<String>,
    /// The types of objects that are in; none named means all.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub included_resource_types: Vec<String>,
    /// The types of objects that are left out.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub excluded_resource_types: Vec<String>,
    /// Only what bears one of these labels.
    #[serde(deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    pub label_selectors: Vec<Text>,
    /// Whether volumes are in.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub snapshot_volumes: Option<bool>,
    /// The kinds of volumes that are in.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub included_volume_types: Vec<String>,
}

/// An error as Azure Backup tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceError {
    /// Microsoft's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Text>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// What Azure Backup advises.
    #[serde(deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    pub recommended_action: Vec<Text>,
    /// What stands behind it.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ServiceError>,
}

impl ServiceError {
    /// Returns this error and all that stand behind it, the outermost first.
    #[must_use]
    pub fn all(&self) -> Vec<&Self> {
        std::iter::once(self).chain(self.details.iter().flat_map(Self::all)).collect()
    }

    /// Returns whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_blank = |text: &Option<Text>| text.as_ref().is_none_or(|text| text.trim().is_empty());
        is_blank(&self.code) && is_blank(&self.message) && self.details.is_empty()
    }
}

impl BackupInstance {
    /// Returns the vault.
    #[must_use]
    pub fn vault(&self) -> Option<ArmId> {
        self.id.parent()
    }

    /// Returns the cluster that it protects.
    #[must_use]
    pub const fn cluster(&self) -> &ArmId {
        &self.properties.data_source_info.resource_id
    }

    /// Returns what a person calls it, else its name.
    #[must_use]
    pub fn label(&self) -> &str {
        let friendly = self.properties.friendly_name.as_ref().map(|name| name.trim()).filter(|name| !name.is_empty());
        friendly.unwrap_or_else(|| self.id.name())
    }

    /// Returns the snapshot resource group.
    #[must_use]
    pub fn snapshot_group(&self) -> Option<&ArmId> {
        let stores = &self.properties.policy_info.policy_parameters.as_ref()?.data_store_parameters_list;
        stores.iter().find_map(|store| store.resource_group_id.as_ref()).filter(|group| !group.is_empty())
    }

    /// Returns what of the cluster is backed up.
    #[must_use]
    pub fn scope(&self) -> Option<&DatasourceParameters> {
        self.properties.policy_info.policy_parameters.as_ref()?.backup_datasource_parameters_list.first()
    }
}

/// A backup policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupPolicy {
    /// Its id.
    pub id: ArmId,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: PolicyProperties,
}

/// The properties of a policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyProperties {
    /// What kinds of sources it is for.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub datasource_types: Vec<String>,
    /// Its rules: when a backup is made, and how long which copy is kept.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub policy_rules: Vec<Rule>,
}

/// A rule of a policy; what is kept of it is in which stores it keeps copies.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The stores that it names, wherever in it they stand: `OperationalStore`, `VaultStore`, `ArchiveStore`.
    pub stores: Vec<String>,
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Rules differ in shape by their kind; the stores are what matters, and where they stand has changed.
        let whole = Value::deserialize(deserializer)?;
        let mut stores = Vec::new();
        match whole.get("stores").and_then(Value::as_array) {
            // One that was saved.
            Some(saved) => stores.extend(saved.iter().filter_map(Value::as_str).map(crate::facts::objects::plain_name)),
            None => stores_in(&whole, &mut stores),
        }
        let name = whole.get("name").and_then(Value::as_str).unwrap_or_default();
        Ok(Self { name: crate::facts::objects::plain_name(name), stores })
    }
}

fn stores_in(value: &Value, stores: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(store) = map.get("dataStoreType").and_then(Value::as_str) {
                let store = crate::facts::objects::plain_name(store);
                if !stores.contains(&store) {
                    stores.push(store);
                }
            }
            map.values().for_each(|value| stores_in(value, stores));
        }
        Value::Array(items) => items.iter().for_each(|value| stores_in(value, stores)),
        _ => {}
    }
}

/// Returns whether a rule keeps copies in the vault.
#[must_use]
pub fn is_vault_tier_rule(rule: &Rule) -> bool {
    rule.stores.iter().any(|store| store.eq_ignore_ascii_case("VaultStore"))
}

impl BackupPolicy {
    /// Returns whether it keeps copies in the vault.
    #[must_use]
    pub fn has_vault_tier(&self) -> bool {
        self.properties.policy_rules.iter().any(is_vault_tier_rule)
    }
}

/// One run of a vault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupJob {
    /// Its id.
    pub id: ArmId,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: JobProperties,
}

/// The properties of a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobProperties {
    /// The cluster.
    pub data_source_id: ArmId,
    /// The backup instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_instance_id: Option<ArmId>,
    /// `Backup`, `Restore`, `Tiering` and so on.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub operation_category: Option<String>,
    /// `Completed`, `CompletedWithWarnings`, `Failed`, `InProgress` and so on.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When it began.
    #[serde(deserialize_with = "moment", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ended.
    #[serde(deserialize_with = "moment", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// Why it failed.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub error_details: Vec<ServiceError>,
    /// What only the answer about one job holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_info: Option<JobDetails>,
}

/// What only the answer about one job holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobDetails {
    /// What did not go as it should.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub warning_details: Vec<JobWarning>,
}

/// Something that did not go as it should in a job that went on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobWarning {
    /// The object that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<Text>,
    /// What.
    pub warning: ServiceError,
}

impl BackupJob {
    /// Returns whether it ran a backup into the operational tier.
    #[must_use]
    pub fn is_backup(&self) -> bool {
        self.properties.operation_category.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("Backup"))
    }

    /// Returns whether its state is this word.
    #[must_use]
    pub fn is(&self, status: &str) -> bool {
        self.properties.status.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(status))
    }

    /// Returns when it ended, or began where it has not.
    #[must_use]
    pub fn when(&self) -> Option<Timestamp> {
        self.properties.end_time.or(self.properties.start_time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_its_stores_wherever_they_stand_and_survives_a_file() {
        let raw = serde_json::json!({"properties": {"policyRules": [
            {"name": "Default", "lifecycles": [{"sourceDataStore": {"dataStoreType": "VaultStore"}}]},
            {"name": "Daily", "dataStore": {"dataStoreType": "OperationalStore"}, "x": {"dataStoreType": "OperationalStore"}},
        ]}});
        let policy: BackupPolicy = serde_json::from_value(raw).unwrap();
        assert!(policy.has_vault_tier());
        assert_eq!(policy.properties.policy_rules[1].stores, ["OperationalStore"]);
        let again: BackupPolicy = serde_json::from_value(serde_json::to_value(&policy).unwrap()).unwrap();
        assert_eq!(again, policy);
    }
}
