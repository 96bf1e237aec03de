//! Admission webhooks, the Services behind them, and what admission says of a pod on trial.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{LabelSelector, Meta, name, null_as_default, optional_name};
use super::served::ServiceReference;
use crate::facts::Text;

/// A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookConfiguration {
    /// `ValidatingWebhookConfiguration` or `MutatingWebhookConfiguration`.
    #[serde(deserialize_with = "name")]
    pub kind: String,
    /// Name and labels.
    pub metadata: Meta,
    /// The webhooks.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub webhooks: Vec<Webhook>,
}

/// One admission webhook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Webhook {
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// `Fail` or `Ignore`: what happens to a request when it does not answer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub failure_policy: Option<String>,
    /// Who is called.
    pub client_config: WebhookClient,
    /// Which requests it is called for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub rules: Vec<WebhookRule>,
    /// Which namespaces it is called for; null for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Which objects it is called for; null for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_selector: Option<LabelSelector>,
    /// Further conditions, in a language that is not judged here: their names.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub match_conditions: Vec<MatchCondition>,
}

/// A condition under which a webhook is called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MatchCondition {
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

/// Who answers for a webhook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookClient {
    /// A Service of the cluster; null where it is an address outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceReference>,
    /// An address outside the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Text>,
}

/// Which requests a webhook is called for; `*` stands for any.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookRule {
    /// The API groups; empty text for the core group.
    #[serde(deserialize_with = "texts")]
    pub api_groups: Vec<String>,
    /// The plural resources.
    #[serde(deserialize_with = "texts")]
    pub resources: Vec<String>,
    /// The operations: `CREATE`, `UPDATE`, `DELETE`, `CONNECT`.
    #[serde(deserialize_with = "texts")]
    pub operations: Vec<String>,
    /// `Cluster`, `Namespaced` or `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Text>,
}

impl WebhookRule {
    /// Returns whether the rule takes in an operation on a resource.
    #[must_use]
    pub fn takes_in(&self, operation: &str, group: &str, resource: &str) -> bool {
        let any = |list: &[String], wanted: &str| list.iter().any(|one| one == "*" || one == wanted);
        any(&self.operations, operation)
            && any(&self.api_groups, group)
            && self.resources.iter().any(|one| one == "*" || one == "*/*" || one == resource)
    }
}

/// The endpoints of a Service that the API server calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceEndpoints {
    /// The Service.
    #[serde(flatten)]
    pub service: ServiceReference,
    /// Whether the Service exists.
    pub exists: bool,
    /// Whether it stands for a name outside the cluster, and so has no endpoints here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_external: bool,
    /// How many of its endpoints are ready.
    pub ready: u32,
    /// How many are not.
    pub unready: u32,
    /// When a pod behind it, or it itself, last changed so that its endpoints did, where Kubernetes says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
}

/// What admission says of a pod like the install hook's, asked by a dry run that leaves nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdmissionTrial {
    /// Whether the pod would be let in.
    pub allowed: bool,
    /// The server's words where it would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// Warnings that came with the answer.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub warnings: Vec<Text>,
}

/// Reads words that may hold `*` besides what names hold.
fn texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let raw: Vec<String> = null_as_default(deserializer)?;
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '*');
    Ok(raw.iter().map(|one| one.chars().filter(is_allowed).take(253).collect()).collect())
}
