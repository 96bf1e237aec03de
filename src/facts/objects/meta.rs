//! What every object has.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::facts::Text;
use crate::finding::Subject;

/// Labels, or anything else of that shape.
pub type Labels = BTreeMap<String, String>;

/// The part of an object's metadata that a check uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// The name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// The namespace; null for objects that live in none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub namespace: Option<String>,
    /// The labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "labels")]
    pub labels: Labels,
    /// The objects that this one belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub owner_references: Vec<OwnerReference>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Timestamp>,
    /// When its deletion was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Timestamp>,
    /// What must happen before it goes away.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub finalizers: Vec<String>,
}

impl Meta {
    /// Returns the namespace, empty where there is none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// Returns the label's value.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    /// Returns the owner that manages the object, if it is of the given kind.
    #[must_use]
    pub fn owner(&self, kind: &str) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.kind == kind)
    }

    /// Returns the object as the subject of a finding.
    #[must_use]
    pub fn subject(&self, api_version: &str, kind: &str) -> Subject {
        Subject {
            api_version: Some(api_version.to_owned()),
            kind: Some(kind.to_owned()),
            namespace: self.namespace.clone(),
            name: Some(self.name.clone()),
            id: None,
        }
    }
}

/// An object that another one belongs to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// The owner's kind.
    #[serde(deserialize_with = "name")]
    pub kind: String,
    /// The owner's name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

/// One condition of an object's status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// What the condition is about.
    #[serde(rename = "type", deserialize_with = "name")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "name")]
    pub status: String,
    /// One word for why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// When the status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Timestamp>,
}

/// Reads a null as the empty value: the API server may write one for an empty list or map.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a name: what Kubernetes allows in names and labels stays, the rest goes.
///
/// Names end up in commands that people copy into a shell. The API server lets no other characters in, but a
/// bundle is somebody else's file.
pub(in crate::facts) fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(|raw| clean(&raw.unwrap_or_default()))
}

/// Reads a name that may be missing, as [`name`] does.
pub(in crate::facts) fn optional_name<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|raw| raw.map(|raw| clean(&raw)))
}

/// Reads labels, names and values as [`name`] does.
pub(in crate::facts) fn labels<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let raw: Labels = null_as_default(deserializer)?;
    Ok(raw.into_iter().map(|(key, value)| (clean(&key), clean(&value))).collect())
}

/// Reads a word that a custom resource may fill freely: redacted, and without what is in no name.
pub(in crate::facts) fn optional_word<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Option::<Text>::deserialize(deserializer).map(|raw| raw.map(|raw| clean(&raw)))
}

fn clean(raw: &str) -> String {
    /// No name that Kubernetes takes is longer: a label's key with its prefix is the longest.
    const LONGEST: usize = 317;
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@');
    raw.chars().filter(is_allowed).take(LONGEST).collect()
}
