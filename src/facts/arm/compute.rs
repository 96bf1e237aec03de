//! The machines of the nodes, the identities, and the disks.

use serde::{Deserialize, Serialize};

use super::cluster::ClusterIdentity;
use super::id::ArmId;
use super::lenient::null_as_default;
use crate::facts::objects::{name, names, optional_name};

/// A scale set of nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleSet {
    /// Its id.
    pub id: ArmId,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// The identities that its machines may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<ClusterIdentity>,
}

impl ScaleSet {
    /// Returns whether its machines may take the identity with this object id.
    #[must_use]
    pub fn may_be(&self, principal: &str) -> bool {
        let identity = self.identity.as_ref();
        identity.is_some_and(|own| own.principals().iter().any(|id| id.eq_ignore_ascii_case(principal)))
    }
}

/// An identity that is a resource of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserIdentity {
    /// Its id.
    pub id: ArmId,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What it is known by.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: IdentityOf,
}

/// What an identity is known by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentityOf {
    /// Its object id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// Its client id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// Whose tokens Entra ID takes for an identity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FederatedCredential {
    /// Its id; its parent is the identity.
    pub id: ArmId,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What a token must say.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: Federation,
}

/// What a token must say for a federated credential; all of it is compared letter by letter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Federation {
    /// Who issued it.
    #[serde(deserialize_with = "name")]
    pub issuer: String,
    /// Whom it is about.
    #[serde(deserialize_with = "name")]
    pub subject: String,
    /// Whom it is for.
    #[serde(deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
}

/// A disk of the cluster, or one that has snapshots in the subscription; a row of Resource Graph.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Disk {
    /// The disk's id.
    pub id: ArmId,
    /// `disk` for one that is there, `snapshots` for a count of its snapshots.
    #[serde(deserialize_with = "name")]
    pub kind: String,
    /// How many snapshots it has, in a row that counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// `Premium_LRS` and so on.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_gb: Option<u64>,
}
