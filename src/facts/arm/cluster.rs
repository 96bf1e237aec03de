//! The managed cluster, the group of its nodes, and who has trusted access to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::BACKUP_OPERATOR;
use super::id::ArmId;
use super::lenient::{flag, null_as_default};
use crate::facts::Text;
use crate::facts::objects::{name, optional_name};

/// The resource group of the cluster's nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeGroup {
    /// Its id.
    pub id: ArmId,
    /// The cluster that it belongs to, as Azure has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<ArmId>,
    /// Its region.
    #[serde(deserialize_with = "super::lenient::region")]
    pub location: String,
}

/// A managed cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedCluster {
    /// Its id.
    pub id: ArmId,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Its region.
    #[serde(deserialize_with = "super::lenient::region")]
    pub location: String,
    /// What it acts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<ClusterIdentity>,
    /// Everything else.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: ClusterProperties,
}

/// The properties of a managed cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterProperties {
    /// The state of its last change.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// Whether it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_state: Option<PowerState>,
    /// The version that it runs.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub current_kubernetes_version: Option<String>,
    /// The name of the group of its nodes.
    #[serde(deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub node_resource_group: Option<String>,
    /// The API server's public name.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// The API server's private name.
    #[serde(rename = "privateFQDN", deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub private_fqdn: Option<String>,
    /// The name that the portal uses.
    #[serde(rename = "azurePortalFQDN", deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub azure_portal_fqdn: Option<String>,
    /// The node pools.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub agent_pool_profiles: Vec<AgentPool>,
    /// The identities of its parts, by the part: the kubelet's is `kubeletidentity`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub identity_profile: BTreeMap<String, PartIdentity>,
    /// The service principal; `msi` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal_profile: Option<ServicePrincipal>,
    /// The drivers of its volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_profile: Option<StorageProfile>,
    /// Its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_profile: Option<NetworkProfile>,
    /// The managed pod identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_identity_profile: Option<Switch>,
    /// Where its nodes take what they start with from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_profile: Option<BootstrapProfile>,
    /// Who issues the tokens of its service accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_issuer_profile: Option<IssuerProfile>,
}

/// Whether a cluster runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PowerState {
    /// `Running` or `Stopped`.
    #[serde(deserialize_with = "name")]
    pub code: String,
}

/// A node pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentPool {
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// `System` or `User`.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The state of its last change.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// Whether it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_state: Option<PowerState>,
    /// The subnet of its nodes; none where AKS made the network.
    #[serde(rename = "vnetSubnetID", skip_serializing_if = "Option::is_none")]
    pub vnet_subnet_id: Option<ArmId>,
}

/// What a resource acts as: its own identity, or those that were given to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterIdentity {
    /// `SystemAssigned`, `UserAssigned`, both or `None`.
    #[serde(rename = "type", deserialize_with = "name_of_kind")]
    pub kind: String,
    /// The object id of its own identity.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// The identities that were given to it, by their ids.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub user_assigned_identities: BTreeMap<String, GivenIdentity>,
}

/// An identity that was given to a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GivenIdentity {
    /// Its object id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// Its client id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

impl ClusterIdentity {
    /// Returns the object ids that it acts as: its own first, then those given to it, in the order of their ids.
    #[must_use]
    pub fn principals(&self) -> Vec<&str> {
        let own = self.principal_id.as_deref().filter(|_| self.kind.to_ascii_lowercase().contains("systemassigned"));
        let given = self.user_assigned_identities.values().filter_map(|given| given.principal_id.as_deref());
        own.into_iter().chain(given).filter(|id| !id.is_empty()).collect()
    }
}

/// The identity of a part of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartIdentity {
    /// Its resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<ArmId>,
    /// Its client id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its object id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
}

/// The service principal of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePrincipal {
    /// Its client id; `msi` where the cluster has a managed identity.
    #[serde(deserialize_with = "name")]
    pub client_id: String,
}

/// The drivers of a cluster's volumes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageProfile {
    /// The driver of disks.
    #[serde(rename = "diskCSIDriver", skip_serializing_if = "Option::is_none")]
    pub disk_csi_driver: Option<Switch>,
    /// The driver of file shares.
    #[serde(rename = "fileCSIDriver", skip_serializing_if = "Option::is_none")]
    pub file_csi_driver: Option<Switch>,
    /// The controller of snapshots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_controller: Option<Switch>,
}

/// Something that is on or off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Switch {
    /// Whether it is on.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// The network of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkProfile {
    /// How its nodes get out: `loadBalancer`, `userDefinedRouting`, `none`, `block` and others.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub outbound_type: Option<String>,
}

/// Where nodes take what they start with from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BootstrapProfile {
    /// `Direct` or `Cache`.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub artifact_source: Option<String>,
}

/// Who issues the tokens of a cluster's service accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IssuerProfile {
    /// Whether the issuer is on.
    #[serde(deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What the tokens name as their issuer.
    #[serde(rename = "issuerURL", deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub issuer_url: Option<String>,
}

impl ManagedCluster {
    /// Returns the networks that its pools name; none where AKS made the network, in the group of the nodes.
    #[must_use]
    pub fn named_networks(&self) -> Vec<ArmId> {
        let subnets = self.properties.agent_pool_profiles.iter().filter_map(|pool| pool.vnet_subnet_id.as_ref());
        let mut networks: Vec<ArmId> = Vec::new();
        for network in subnets.filter_map(ArmId::parent) {
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        networks
    }

    /// Returns the id of the group of its nodes.
    #[must_use]
    pub fn node_group_id(&self) -> Option<ArmId> {
        let (subscription, group) = (self.id.subscription()?, self.properties.node_resource_group.as_ref()?);
        Some(ArmId::new(&format!("/subscriptions/{subscription}/resourceGroups/{group}")))
    }

    /// Returns whether a network is the cluster's: one that its pools name, else one in the group of its nodes.
    #[must_use]
    pub fn is_in_network(&self, network: &ArmId) -> bool {
        let named = self.named_networks();
        if named.is_empty() {
            return !network.is_empty() && self.node_group_id().is_some_and(|group| group.holds(network));
        }
        named.contains(network)
    }

    /// Returns who issues the tokens of its service accounts, where that is on.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        let profile = self.properties.oidc_issuer_profile.as_ref().filter(|profile| profile.enabled != Some(false))?;
        profile.issuer_url.as_deref().filter(|url| !url.is_empty())
    }

    /// Returns the object ids that the cluster acts as when it makes snapshots.
    #[must_use]
    pub fn principals(&self) -> Vec<&str> {
        self.identity.as_ref().map(ClusterIdentity::principals).unwrap_or_default()
    }

    /// Returns whether it acts as a service principal, which Azure Backup does not support.
    #[must_use]
    pub fn has_service_principal(&self) -> bool {
        let principal = self.properties.service_principal_profile.as_ref().map(|of| of.client_id.as_str());
        self.principals().is_empty() && principal.is_some_and(|id| !id.is_empty() && !id.eq_ignore_ascii_case("msi"))
    }

    /// Returns whether it is stopped; `None` where Azure does not say.
    #[must_use]
    pub fn is_stopped(&self) -> Option<bool> {
        self.properties.power_state.as_ref().map(|state| state.code.eq_ignore_ascii_case("Stopped"))
    }

    /// Returns the names that its API server may be reached by.
    pub fn host_names(&self) -> impl Iterator<Item = &str> {
        let of = &self.properties;
        [&of.fqdn, &of.private_fqdn, &of.azure_portal_fqdn].into_iter().filter_map(|name| name.as_deref())
    }
}

/// A binding that lets another resource into the cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrustedAccess {
    /// Its id.
    pub id: ArmId,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What it says.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: TrustedAccessProperties,
}

impl TrustedAccess {
    /// Returns whether it lets a vault in as what backs up; where Azure names no role, nothing was seen to be wrong.
    #[must_use]
    pub fn is_for_backups(&self) -> bool {
        let roles = &self.properties.roles;
        roles.is_empty() || roles.iter().any(|role| role.trim().eq_ignore_ascii_case(BACKUP_OPERATOR))
    }

    /// Returns whether it is in force; where Azure does not say, nothing was seen to be wrong.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.properties
            .provisioning_state
            .as_deref()
            .is_none_or(|state| state.is_empty() || state.eq_ignore_ascii_case("Succeeded"))
    }
}

/// What a trusted access binding says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrustedAccessProperties {
    /// Who is let in.
    pub source_resource_id: ArmId,
    /// As what.
    #[serde(deserialize_with = "super::lenient::words", skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Text>,
    /// The state of its last change.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
}

/// Whether a subscription may use a resource provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Registration {
    /// The provider's namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// `Registered`, `NotRegistered`, `Registering` or `Unregistering`.
    #[serde(deserialize_with = "name")]
    pub registration_state: String,
}

/// Reads the kind of an identity, which may name two with a comma between them.
fn name_of_kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let raw = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(raw.chars().filter(|c| c.is_ascii_alphabetic() || matches!(c, ',' | ' ')).take(64).collect())
}

/// Reads the name of a resource group, which may hold parentheses.
fn optional_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<ArmId>::deserialize(deserializer)?.map(|id| id.as_str().to_owned()).filter(|name| !name.is_empty()))
}
