//! What discovery says of an API group: its versions, and which of them is preferred.

use serde::Deserialize;

use super::Live;
use crate::cluster::{Path, Refusal};
use crate::facts::objects::plain_name;

/// An API group, as the server describes it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Group {
    versions: Vec<Version>,
    #[serde(rename = "preferredVersion")]
    preferred: Version,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(default)]
struct Version {
    version: String,
}

impl Group {
    /// Returns the names of the versions, the preferred one first.
    pub(super) fn versions(self) -> Vec<String> {
        let Self { versions, preferred } = self;
        let others = versions.into_iter().filter(|version| *version != preferred).map(|version| version.version);
        let names = std::iter::once(preferred.version.clone()).chain(others).map(|name| plain_name(&name));
        names.filter(|name| !name.is_empty()).collect()
    }
}

impl Live<'_> {
    /// Asks for the versions of a group, the preferred one first.
    pub(super) async fn versions(&self, group: &str) -> Result<Vec<String>, Refusal> {
        Ok(self.api.get::<Group>(&Path::group(group)).await?.versions())
    }

    /// Asks for the preferred version of a group.
    pub(super) async fn preferred_version(&self, group: &str) -> Result<String, Refusal> {
        let first = self.versions(group).await?.into_iter().next();
        first.ok_or_else(|| Refusal::Failed(format!("the group {group} has no version")))
    }
}
