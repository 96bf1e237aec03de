//! Where the extension is, found and never assumed.

use serde::{Deserialize, Serialize};

use super::objects::{ExtensionConfig, StorageLocation, name, optional_name};
use super::{DEFAULT_NAMESPACE, Fetched};

/// Where the extension is and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Extension {
    /// The extension's name, which is its helm release's name too.
    #[serde(deserialize_with = "optional_name")]
    pub name: Option<String>,
    /// The version.
    #[serde(deserialize_with = "optional_name")]
    pub version: Option<String>,
    /// The namespace that it lives in, or would.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// What said so.
    pub found_by: FoundBy,
}

/// What said where the extension lives; the first that knows wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FoundBy {
    /// The person who runs the command.
    Flag,
    /// An ExtensionConfig of the backup extension.
    ExtensionConfig,
    /// A BackupStorageLocation.
    StorageLocation,
    /// Nothing: it is the namespace that Microsoft's tools use.
    #[default]
    Customary,
}

impl Default for Extension {
    fn default() -> Self {
        Self { name: None, version: None, namespace: DEFAULT_NAMESPACE.to_owned(), found_by: FoundBy::Customary }
    }
}

/// Whether the extension is on the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Something of it is.
    Present,
    /// Nothing of it is, and everything that would show it was read.
    Absent,
    /// Nothing of it was seen, but not everything could be read.
    Unknown,
}

impl Extension {
    /// Finds the extension in what the first stage read.
    ///
    /// The order is that of design section 2: a flag, then an ExtensionConfig, then where a
    /// BackupStorageLocation lives, then the custom. A location elsewhere may belong to a Velero
    /// of somebody's own, so one in the customary namespace goes first.
    #[must_use]
    pub fn discover(
        flag: Option<&str>,
        configs: &Fetched<Vec<ExtensionConfig>>,
        locations: &Fetched<Vec<StorageLocation>>,
    ) -> Self {
        let backup = || configs.known_rows().iter().filter(|config| config.is_backup());
        // Two records can exist (an old group and a new one); the one that is installed counts.
        let config =
            backup().find(|config| config.status.status.as_deref() == Some("Installed")).or_else(|| backup().next());
        let name = config.map(|config| config.metadata.name.clone()).filter(|name| !name.is_empty());
        let version = config.and_then(ExtensionConfig::version).map(str::to_owned);
        let found = |namespace: &str, found_by| Self {
            name: name.clone(),
            version: version.clone(),
            namespace: namespace.to_owned(),
            found_by,
        };
        if let Some(namespace) = flag {
            return found(namespace, FoundBy::Flag);
        }
        if let Some(namespace) = config.map(|c| c.metadata.namespace()).filter(|ns| !ns.is_empty()) {
            return found(namespace, FoundBy::ExtensionConfig);
        }
        let locations = locations.known_rows();
        if locations.iter().any(|location| location.metadata.namespace() == DEFAULT_NAMESPACE) {
            return found(DEFAULT_NAMESPACE, FoundBy::StorageLocation);
        }
        if let Some(namespace) = locations.iter().map(|l| l.metadata.namespace()).find(|ns| is_extension_like(ns)) {
            return found(namespace, FoundBy::StorageLocation);
        }
        found(DEFAULT_NAMESPACE, FoundBy::Customary)
    }
}

/// Tells whether a location's namespace may be the extension's; `velero` is where people put their own.
fn is_extension_like(namespace: &str) -> bool {
    namespace.contains("dataprotection")
}
