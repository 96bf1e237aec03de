//! ConfigMaps whose text is read: those of CoreDNS.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

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
    /// The keys whose values are bytes. They are mounted as files like the others; what is in them is not kept.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub binary_data: BTreeMap<String, Bytes>,
}

/// Bytes that were there and are not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Bytes;

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(from).map(|_| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_not_kept() {
        let map: ConfigMap = serde_json::from_str(r#"{"binaryData": {"a.override": "aG9zdHMK"}}"#).unwrap();
        let saved = serde_json::to_string(&map).unwrap();
        assert!(saved.contains("a.override") && !saved.contains("aG9zdHMK"), "{saved}");
        assert_eq!(serde_json::from_str::<ConfigMap>(&saved).unwrap(), map);
    }
}
