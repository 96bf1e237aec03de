//! What Azure asks of the extension: Microsoft's own custom resources, and the hooks that users write.
//!
//! The schemas of the operations are not public: what is read is what any of the known shapes has, so that an
//! unknown shape reads as "nothing said" and not as an error.

use serde::{Deserialize, Serialize};

use super::meta::{LabelSelector, Meta, name, names, null_as_default, optional_name, optional_word};
use crate::facts::{MICROSOFT_GROUP, Text};
use crate::finding::Subject;

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

impl Operation {
    /// Returns the kind, as far as it is known.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self.resource.as_str() {
            "backups" => "Backup",
            "restores" => "Restore",
            "deletebackups" => "DeleteBackup",
            "validateforbackups" => "ValidateForBackup",
            "validateforrestores" => "ValidateForRestore",
            other => other,
        }
    }

    /// Returns the operation as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject(&format!("{MICROSOFT_GROUP}/{}", self.version), self.kind())
    }

    /// Returns the operation as evidence points at it; the group is needed, since Velero has kinds of the same names.
    #[must_use]
    pub fn at(&self) -> String {
        format!("{}.{MICROSOFT_GROUP}/{}/{}", self.resource, self.metadata.namespace(), self.metadata.name)
    }
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
    /// Returns the hook as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject(&format!("{MICROSOFT_GROUP}/v1alpha1"), &self.kind)
    }

    /// Returns the hook as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        let kind = self.kind.to_lowercase();
        format!("{kind}.{MICROSOFT_GROUP}/{}/{}", self.metadata.namespace(), self.metadata.name)
    }

    /// Returns whether it is a RestoreHook, for pods that a restore makes.
    #[must_use]
    pub fn is_of_restores(&self) -> bool {
        self.kind == "RestoreHook"
    }

    /// Returns the list of its own kind; `None` where the object has no such list.
    #[must_use]
    pub fn list(&self) -> Option<&[HookEntry]> {
        if self.is_of_restores() { self.spec.restore_hook.as_deref() } else { self.spec.backup_hook.as_deref() }
    }

    /// Returns the entries, whichever form the hook has: the list of its own kind, or the flat form as one entry.
    pub fn entries(&self) -> impl Iterator<Item = &HookEntry> {
        let list = self.list();
        let flat = Some(&self.spec.flat).filter(|flat| list.is_none() && **flat != HookEntry::default());
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

impl HookEntry {
    /// Returns whether the entry is for a namespace of this name.
    #[must_use]
    pub fn is_for(&self, namespace: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|pattern| fits(pattern, namespace));
        (self.included_namespaces.is_empty() || named(&self.included_namespaces)) && !named(&self.excluded_namespaces)
    }

    /// Returns the namespaces that it names, where it names them one by one; nothing where it is for all, or for a pattern.
    #[must_use]
    pub fn plain_namespaces(&self) -> Option<&[String]> {
        let is_plain = self.included_namespaces.iter().all(|name| !name.contains('*'));
        (is_plain && !self.included_namespaces.is_empty()).then_some(&self.included_namespaces)
    }

    /// Returns the commands that it runs, those before a volume's snapshot first.
    pub fn commands(&self) -> impl Iterator<Item = &HookExec> {
        self.pre_hooks.iter().chain(&self.post_hooks).filter_map(|action| action.exec.as_ref())
    }
}

/// Tells whether a name fits a pattern in which `*` stands for anything, as Velero reads lists of namespaces.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut middle: Vec<&str> = parts.collect();
    let Some(last) = middle.pop() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_namespace_stands_for_anything() {
        for (pattern, name, expected) in [
            ("shop", "shop", true),
            ("shop", "shop-1", false),
            ("shop-*", "shop-1", true),
            ("shop-*", "crm", false),
            ("*", "shop", true),
            ("*-prod", "shop-prod", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c", false),
            ("aa*a", "aa", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
        let entry = HookEntry {
            included_namespaces: vec!["shop-*".to_owned()],
            excluded_namespaces: vec!["shop-test".to_owned()],
            ..HookEntry::default()
        };
        assert!(entry.is_for("shop-1") && !entry.is_for("shop-test") && !entry.is_for("crm"));
        assert_eq!(entry.plain_namespaces(), None);
    }

    #[test]
    fn a_hook_without_anything_has_no_entry() {
        let hook: Hook = serde_json::from_str(r#"{"kind":"BackupHook","spec":{}}"#).unwrap();
        assert_eq!(hook.entries().count(), 0);
        let flat: Hook = serde_json::from_str(r#"{"kind":"BackupHook","spec":{"name":"hook1"}}"#).unwrap();
        assert_eq!(flat.entries().count(), 1);
    }
}
