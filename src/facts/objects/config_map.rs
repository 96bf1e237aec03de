//! ConfigMaps whose text is read: those of CoreDNS.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::meta::{Meta, null_as_default};
use crate::facts::Text;

/// A ConfigMap.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMap {
    /// Name and namespace.
    pub metadata: Meta,
    /// The texts, by key; redacted like every text.
    #[serde(deserialize_with = "null_as_default")]
    pub data: BTreeMap<String, Text>,
}
