//! What Azure asks of the extension: Microsoft's own custom resources, and the hooks that users write.
//!
//! The schemas of the operations are not public: what is read is what any of the known shapes has, so that an
//! unknown shape reads as "nothing said" and not as an error.

use serde::{Deserialize, Serialize};

use super::meta::{LabelSelector, Meta, name, names, null_as_default, optional_name, optional_word};
use crate::facts::Text;

/// An object of `clusterbackup.dataprotection.microsoft.com`: a backup, a restore, a deletion or a validation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Operation {
    /// The plural resource.
    #[serde(deserialize_with = "name")]
    pub resource: String,
    /// The group's version that it was read in.
    #[serde(deserialize_with = "name")]
    pub version: String,
    /// Name, namespace and age.
    pub metadata: Meta,
    /// How it is; null where the extension has not touched it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<OperationStatus>,
}

/// How an operation is, in whichever of the known words it says so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationStatus {
    /// The word for how far it is.
    #[serde(skip_serializing_if = "Option::is_none", alias = "state", deserialize_with = "optional_word")]
    pub phase: Option<String>,
    /// What went wrong, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Text>,
}

/// A BackupHook or a RestoreHook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hook {
    /// `BackupHook` or `RestoreHook`.
    #[serde(deserialize_with = "name")]
    pub kind: String,
    /// Name and namespace.
    pub metadata: Meta,
    /// What it does.
    pub spec: HookSpec,
}

impl Hook {
    /// Returns the entries, whichever form the hook has: the list of its own kind, or the flat form as one entry.
    pub fn entries(&self) -> impl Iterator<Item = &HookEntry> {
        let list = match self.kind.as_str() {
            "RestoreHook" => self.spec.restore_hook.as_deref(),
            _ => self.spec.backup_hook.as_deref(),
        };
        let flat = list.is_none().then_some(&self.spec.flat);
        list.unwrap_or_default().iter().chain(flat)
    }
}

/// What a hook does: the documented list, or the flat form of older pages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HookSpec {
    /// The entries of a BackupHook; null where the object has no such list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_hook: Option<Vec<HookEntry>>,
    /// The entries of a RestoreHook; null where the object has no such list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_hook: Option<Vec<HookEntry>>,
    /// The flat form.
    #[serde(flatten)]
    pub flat: HookEntry,
}

/// One entry of a hook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HookEntry {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub name: Option<String>,
    /// The namespaces that it is for; none means all.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub included_namespaces: Vec<String>,
    /// The namespaces that it is not for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    pub excluded_namespaces: Vec<String>,
    /// The pods that it is for; null means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// What runs before the pod's volumes are snapshotted.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub pre_hooks: Vec<HookAction>,
    /// What runs after it, or after a restore.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub post_hooks: Vec<HookAction>,
}

/// One action of a hook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HookAction {
    /// The command; null where the entry has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<HookExec>,
}

/// A command that a hook runs in a container, without a shell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HookExec {
    /// The container; null means the pod's first.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub container: Option<String>,
    /// The command's words.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub command: Vec<Text>,
    /// `Continue` or `Fail`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub on_error: Option<String>,
    /// How long it may take, as Go writes a duration.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_word")]
    pub timeout: Option<String>,
}

/// The pods that one entry of a hook would run in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HookTarget {
    /// The hook's kind.
    #[serde(deserialize_with = "name")]
    pub kind: String,
    /// The hook's namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// The hook's name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// The entry's place in the hook's list, from 0.
    pub entry: usize,
    /// The pods that it selects, with phase and containers.
    #[serde(deserialize_with = "null_as_default")]
    pub pods: Vec<super::Pod>,
}
