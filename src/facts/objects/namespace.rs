//! A namespace, what happens in it, what it limits and what is left of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{Condition, Labels, Meta, name, null_as_default, optional_name};
use crate::facts::Text;

/// A namespace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Namespace {
    /// Name and labels.
    pub metadata: Meta,
    /// How it is.
    pub status: NamespaceStatus,
}

/// How a namespace is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamespaceStatus {
    /// `Active` or `Terminating`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub phase: Option<String>,
    /// What its deletion waits for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}

/// An object that is left in a namespace whose deletion was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Leftover {
    /// The group and version.
    #[serde(deserialize_with = "name")]
    pub api_version: String,
    /// The plural resource, with its group.
    #[serde(deserialize_with = "name")]
    pub resource: String,
    /// Name, and the finalizers that it waits for.
    pub metadata: Meta,
}

/// An event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// Name and namespace.
    pub metadata: Meta,
    /// The object that it is about.
    pub involved_object: InvolvedObject,
    /// One word for what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// What happened, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// `Normal` or `Warning`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub kind: Option<String>,
    /// How often it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// When it last happened, from components that count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_timestamp: Option<Timestamp>,
    /// When it happened, from components that do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_time: Option<Timestamp>,
}

/// The object that an event is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InvolvedObject {
    /// The kind.
    #[serde(deserialize_with = "name")]
    pub kind: String,
    /// The name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

impl Event {
    /// Returns when it last happened.
    #[must_use]
    pub fn when(&self) -> Option<Timestamp> {
        self.last_timestamp.or(self.event_time).or(self.metadata.creation_timestamp)
    }

    /// Returns the event as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!(
            "event/{}/{} on {}/{}",
            self.metadata.namespace(),
            self.metadata.name,
            self.involved_object.kind.to_lowercase(),
            self.involved_object.name
        )
    }
}

/// A ResourceQuota.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quota {
    /// Name and namespace.
    pub metadata: Meta,
    /// What it allows and what is used.
    pub status: QuotaStatus,
}

/// What a ResourceQuota allows and what is used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuotaStatus {
    /// What it allows, by resource.
    #[serde(deserialize_with = "null_as_default")]
    pub hard: Labels,
    /// What is used, by resource.
    #[serde(deserialize_with = "null_as_default")]
    pub used: Labels,
}

/// A LimitRange.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRange {
    /// Name and namespace.
    pub metadata: Meta,
    /// What it demands.
    pub spec: LimitRangeSpec,
}

/// What a LimitRange demands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeSpec {
    /// The demands, one for each kind of thing.
    #[serde(deserialize_with = "null_as_default")]
    pub limits: Vec<LimitRangeItem>,
}

/// One demand of a LimitRange.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeItem {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    #[serde(rename = "type", deserialize_with = "name")]
    pub kind: String,
    /// The most that one may ask for.
    #[serde(skip_serializing_if = "Labels::is_empty", deserialize_with = "null_as_default")]
    pub max: Labels,
    /// The least that one must ask for.
    #[serde(skip_serializing_if = "Labels::is_empty", deserialize_with = "null_as_default")]
    pub min: Labels,
    /// How many times its request a limit may be.
    #[serde(skip_serializing_if = "Labels::is_empty", deserialize_with = "null_as_default")]
    pub max_limit_request_ratio: Labels,
}
