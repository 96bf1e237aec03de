//! What the API server serves, and who stands behind it.

use serde::{Deserialize, Serialize};

use super::meta::{Condition, Meta, name, names, null_as_default};

/// One API group that the extension depends on, as discovery shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServedGroup {
    /// The group.
    #[serde(deserialize_with = "name")]
    pub group: String,
    /// Its versions, the preferred one first; none where the group is not served.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub versions: Vec<ServedVersion>,
}

/// One version of a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServedVersion {
    /// The version, without the group.
    #[serde(deserialize_with = "name")]
    pub version: String,
    /// The plural names of its resources, without subresources.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub resources: Vec<String>,
}

impl ServedGroup {
    /// Returns the versions that serve a resource, by its plural name.
    pub fn versions_of<'g>(&'g self, resource: &'g str) -> impl Iterator<Item = &'g str> {
        let serving = self.versions.iter().filter(move |version| version.resources.iter().any(|r| r == resource));
        serving.map(|version| version.version.as_str())
    }
}

/// An APIService: a part of the API, and who answers for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiService {
    /// Name: `VERSION.GROUP`.
    pub metadata: Meta,
    /// What it is for.
    pub spec: ApiServiceSpec,
    /// How it is.
    pub status: ApiServiceStatus,
}

/// What an APIService is for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiServiceSpec {
    /// The group.
    #[serde(deserialize_with = "name")]
    pub group: String,
    /// The version.
    #[serde(deserialize_with = "name")]
    pub version: String,
    /// The Service that answers; null where the API server does so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceReference>,
}

/// A Service that the API server calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceReference {
    /// Its namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

/// How an APIService is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiServiceStatus {
    /// `Available`, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}
