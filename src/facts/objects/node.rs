//! Nodes, and how much of them is in use.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::meta::{Condition, Labels, Meta, name, null_as_default, optional_name};
use crate::facts::Quantity;

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// Name and labels.
    pub metadata: Meta,
    /// What it is.
    pub spec: NodeSpec,
    /// What it can hold and how it is.
    pub status: NodeStatus,
}

/// What a node is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// The cloud's own id of the machine: `azure:///subscriptions/…`.
    #[serde(rename = "providerID", skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub provider_id: Option<String>,
    /// What keeps pods away.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub taints: Vec<Taint>,
    /// Whether new pods are kept away altogether.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unschedulable: bool,
}

/// What keeps pods away from a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    /// The key.
    #[serde(deserialize_with = "name")]
    pub key: String,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    #[serde(deserialize_with = "name")]
    pub effect: String,
}

/// What a node can hold and how it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// What pods may use, by resource.
    #[serde(deserialize_with = "null_as_default")]
    pub allocatable: Labels,
    /// How it is.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// What runs on it.
    pub node_info: NodeInfo,
}

/// What runs on a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeInfo {
    /// The kubelet's version, with the `v`.
    #[serde(deserialize_with = "name")]
    pub kubelet_version: String,
}

impl Node {
    /// Returns the pool, from AKS' label; `?` where there is none.
    #[must_use]
    pub fn pool(&self) -> &str {
        self.metadata
            .label("kubernetes.azure.com/agentpool")
            .or_else(|| self.metadata.label("agentpool"))
            .unwrap_or("?")
    }

    /// Returns the operating system.
    #[must_use]
    pub fn os(&self) -> Option<&str> {
        self.metadata.label("kubernetes.io/os")
    }

    /// Returns the processor architecture.
    #[must_use]
    pub fn arch(&self) -> Option<&str> {
        self.metadata.label("kubernetes.io/arch")
    }

    /// Returns whether the node is no machine: what stands for it has a version, a Lease and a zone of its own, or none.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.metadata.label("type") == Some("virtual-kubelet") || self.status.node_info.kubelet_version.contains("-vk-")
    }

    /// Returns the region.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.metadata.label("topology.kubernetes.io/region")
    }

    /// Returns the zone.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.metadata.label("topology.kubernetes.io/zone")
    }

    /// Returns how much of a resource pods may use; nothing where it is not said.
    #[must_use]
    pub fn allocatable(&self, resource: &str) -> Quantity {
        self.status.allocatable.get(resource).and_then(|text| Quantity::parse(text)).unwrap_or_default()
    }

    /// Returns whether the node says that it is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status.conditions.iter().any(|c| c.kind == "Ready" && c.status == "True")
    }
}

/// What the running pods of the cluster ask of their nodes, by node.
pub type NodeUsage = BTreeMap<String, Used>;

/// What the running pods of one node ask of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Used {
    /// How many pods there are.
    pub pods: u32,
    /// Processor time, in thousandths of a core.
    pub cpu_millis: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
}
