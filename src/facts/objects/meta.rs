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
    /// The few annotations that a check uses; all others are not kept, since anything may stand in them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "known_annotations")]
    pub annotations: Labels,
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

    /// Returns the annotation's value, for one of those that are kept.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
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

/// A selector of objects by their labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that must be there with these values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "labels")]
    pub match_labels: Labels,
    /// Further demands, all of which must hold.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub match_expressions: Vec<LabelDemand>,
}

/// One demand of a selector.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelDemand {
    /// The label.
    #[serde(deserialize_with = "name")]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[serde(deserialize_with = "name")]
    pub operator: String,
    /// The values that it compares with.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// Returns whether the selector takes in an object with these labels; `None` for an operator that is not known.
    #[must_use]
    pub fn takes_in(&self, labels: &Labels) -> Option<bool> {
        let mut takes = self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
        for demand in &self.match_expressions {
            let value = labels.get(&demand.key);
            takes &= match demand.operator.as_str() {
                "In" => value.is_some_and(|value| demand.values.contains(value)),
                "NotIn" => value.is_none_or(|value| !demand.values.contains(value)),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => return None,
            };
        }
        Some(takes)
    }

    /// Returns whether it takes in everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Returns the selector as kubectl's `--selector` takes it.
    #[must_use]
    pub fn words(&self) -> String {
        let equal = self.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
        let demands = self.match_expressions.iter().map(|demand| {
            let (key, values) = (&demand.key, demand.values.join(","));
            match demand.operator.as_str() {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "DoesNotExist" => format!("!{key}"),
                _ => key.clone(),
            }
        });
        equal.chain(demands).collect::<Vec<_>>().join(",")
    }
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

/// Reads a list of names, as [`name`] does; `*` stays wherever it stands for all of them or for a part of a name.
pub(in crate::facts) fn names<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let raw: Vec<String> = null_as_default(deserializer)?;
    Ok(raw.iter().map(|raw| kept(raw, |c| is_of_names(c) || c == '*')).collect())
}

/// The annotations that are kept.
const KNOWN_ANNOTATIONS: &[&str] = &[
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
    "snapshot.storage.kubernetes.io/is-default-class",
    "storageclass.kubernetes.io/is-default-class",
    "velero.io/source-cluster-k8s-gitversion",
];

/// Reads the annotations that a check uses, as [`labels`] does.
fn known_annotations<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let mut raw: BTreeMap<String, Option<Text>> = null_as_default(deserializer)?;
    raw.retain(|key, _| KNOWN_ANNOTATIONS.contains(&key.as_str()));
    Ok(raw.into_iter().filter_map(|(key, value)| Some((key, clean(&value?)))).collect())
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

/// Returns a name from outside without what is in no name, as `name` reads one; for what is put together by hand.
#[must_use]
pub fn plain_name(raw: &str) -> String {
    clean(raw)
}

/// Returns whether a text is a label as RFC 1123 has it, which the names of namespaces must be.
#[must_use]
pub fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn clean(raw: &str) -> String {
    kept(raw, is_of_names)
}

fn is_of_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@')
}

fn kept(raw: &str, is_allowed: impl Fn(char) -> bool) -> String {
    /// No name that Kubernetes takes is longer: a label's key with its prefix is the longest.
    const LONGEST: usize = 317;
    raw.chars().filter(|c| is_allowed(*c)).take(LONGEST).collect()
}
