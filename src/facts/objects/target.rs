//! The cluster that a restore is to go to: what of it decides whether it can.

use serde::{Deserialize, Serialize};

use super::meta::{name, names, optional_name};
use super::{Namespace, Node, ServiceEndpoints, StorageClass, WebhookConfiguration};
use crate::facts::{Fetched, shell_word};

/// Another cluster, as far as a restore into it depends on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Target {
    /// The name of its context in the kubeconfig.
    #[serde(deserialize_with = "name")]
    pub context: String,
    /// Its version, with the `v`, where it tells it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub version: Option<String>,
    /// The API groups that it serves.
    pub api_groups: Fetched<Vec<ApiGroup>>,
    /// Its nodes.
    pub nodes: Fetched<Vec<Node>>,
    /// Its namespaces.
    pub namespaces: Fetched<Vec<Namespace>>,
    /// The classes that its volumes are made by.
    pub storage_classes: Fetched<Vec<StorageClass>>,
    /// Its admission webhooks.
    pub webhooks: Fetched<Vec<WebhookConfiguration>>,
    /// The endpoints of the Services behind them.
    pub webhook_endpoints: Fetched<Vec<ServiceEndpoints>>,
}

/// An API group, as discovery shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiGroup {
    /// The group.
    #[serde(deserialize_with = "name")]
    pub group: String,
    /// Its versions, the preferred one first.
    #[serde(deserialize_with = "names")]
    pub versions: Vec<String>,
}

impl Target {
    /// Returns a command of kubectl that goes to this cluster.
    #[must_use]
    pub fn kubectl(&self, command: &str) -> String {
        format!("kubectl --context {} {command}", shell_word(&self.context))
    }

    /// Returns the cluster in words, for the middle of a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.version {
            Some(version) => format!("the target {} (Kubernetes {})", self.context, version.trim_start_matches('v')),
            None => format!("the target {}", self.context),
        }
    }
}
