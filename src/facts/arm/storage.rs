//! The storage account and the container that backups are kept in.

use serde::{Deserialize, Serialize};

use super::id::ArmId;
use super::lenient::{flag, null_as_default};
use crate::facts::objects::{name, optional_name};

/// A storage account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageAccount {
    /// Its id.
    pub id: ArmId,
    /// Its region.
    #[serde(deserialize_with = "super::lenient::region")]
    pub location: String,
    /// `StorageV2`, `BlobStorage` and so on.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `Standard_LRS` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: AccountProperties,
}

/// A performance tier and redundancy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sku {
    /// Both in one word.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

/// The properties of a storage account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountProperties {
    /// Whether its keys work; unset means yes.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub allow_shared_key_access: Option<bool>,
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`; unset means the first.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<String>,
    /// Where its parts are reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_endpoints: Option<Endpoints>,
    /// Whether it has folders.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub is_hns_enabled: Option<bool>,
    /// Who gets through its firewall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_acls: Option<NetworkAcls>,
    /// Whether versions cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_storage_with_versioning: Option<Immutability>,
    /// Its private endpoints.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub private_endpoint_connections: Vec<PrivateConnection>,
}

/// Where the parts of an account are reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoints {
    /// The blobs.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
}

/// Who gets through an account's firewall.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkAcls {
    /// `Allow` or `Deny`.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub default_action: Option<String>,
    /// Who gets through all the same: `AzureServices`, `None` and so on.
    #[serde(deserialize_with = "optional_words", skip_serializing_if = "Option::is_none")]
    pub bypass: Option<String>,
    /// The address ranges that get through.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ip_rules: Vec<IpRule>,
    /// The subnets that get through.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub virtual_network_rules: Vec<SubnetRule>,
    /// The resources that get through.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub resource_access_rules: Vec<ResourceRule>,
}

/// An address range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IpRule {
    /// The range.
    #[serde(deserialize_with = "name")]
    pub value: String,
}

/// A subnet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubnetRule {
    /// The subnet.
    pub id: ArmId,
}

/// A resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRule {
    /// The resource.
    pub resource_id: ArmId,
}

/// Whether something cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Immutability {
    /// Whether it is on.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// A private endpoint of an account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrivateConnection {
    /// What it says.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: PrivateConnectionProperties,
}

/// What a private endpoint says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrivateConnectionProperties {
    /// Whether the account's owner agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_link_service_connection_state: Option<ConnectionState>,
}

/// Whether the account's owner agreed to a private endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionState {
    /// `Approved`, `Pending`, `Rejected` and so on.
    #[serde(deserialize_with = "name")]
    pub status: String,
}

impl StorageAccount {
    /// Returns the address of its blobs.
    #[must_use]
    pub fn blob_endpoint(&self) -> Option<&str> {
        self.properties.primary_endpoints.as_ref()?.blob.as_deref().filter(|address| address.starts_with("https://"))
    }

    /// Returns whether its keys are refused.
    #[must_use]
    pub fn refuses_keys(&self) -> bool {
        self.properties.allow_shared_key_access == Some(false)
    }

    /// Returns whether it is closed to all but private endpoints.
    #[must_use]
    pub fn is_private(&self) -> bool {
        let access = self.properties.public_network_access.as_deref();
        access.is_some_and(|access| access.eq_ignore_ascii_case("Disabled"))
    }

    /// Returns whether its firewall lets in only whom it names.
    #[must_use]
    pub fn has_firewall(&self) -> bool {
        let acls = self.properties.network_acls.as_ref();
        acls.and_then(|acls| acls.default_action.as_deref()).is_some_and(|action| action.eq_ignore_ascii_case("Deny"))
    }

    /// Returns how many private endpoints its owner has agreed to.
    #[must_use]
    pub fn private_endpoints(&self) -> usize {
        let is_approved = |one: &&PrivateConnection| {
            let state = one.properties.private_link_service_connection_state.as_ref();
            state.is_some_and(|state| state.status.eq_ignore_ascii_case("Approved"))
        };
        self.properties.private_endpoint_connections.iter().filter(is_approved).count()
    }
}

/// A container of blobs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Its id.
    pub id: ArmId,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: ContainerProperties,
}

/// The properties of a container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerProperties {
    /// Whether a policy keeps its blobs from being changed for some time.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub has_immutability_policy: Option<bool>,
    /// Whether its blobs may not be changed until somebody says so.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub has_legal_hold: Option<bool>,
    /// Whether versions cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_storage_with_versioning: Option<Immutability>,
    /// Whether it is deleted and can still be recovered.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

/// Reads words with commas between them.
fn optional_words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = Option::<String>::deserialize(deserializer)?;
    let is_of_words = |c: &char| c.is_ascii_alphabetic() || matches!(c, ',' | ' ');
    Ok(raw.map(|raw| raw.chars().filter(is_of_words).take(128).collect()))
}
