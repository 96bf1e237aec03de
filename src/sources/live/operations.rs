//! Microsoft's own custom resources.

use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use super::{Live, refused, together};
use crate::cluster::{Path, Refusal};
use crate::facts::objects::{Hook, Meta, Operation, OperationStatus};
use crate::facts::{Fetched, MICROSOFT_GROUP, OPERATIONS, Right, Text};

/// The version of the hooks, as Microsoft documents them.
const HOOK_VERSION: &str = "v1alpha1";
/// In how many versions a kind is looked for.
const MOST_VERSIONS: usize = 3;
/// How many messages of one object are kept, and how deep they are looked for.
const MOST_MESSAGES: usize = 8;
const DEEPEST: usize = 6;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Raw {
    metadata: Meta,
    status: Option<Value>,
}

impl Live<'_> {
    /// Reads what Azure asked of the extension, in whichever version is preferred.
    pub(super) async fn operations(&self) -> Fetched<Vec<Operation>> {
        let version = match self.preferred_version(MICROSOFT_GROUP).await {
            Ok(version) => version,
            Err(Refusal::NotFound | Refusal::NoSuchKind) => return Fetched::NoSuchKind,
            Err(refusal) => return refused(refusal, None),
        };
        let lists = join_all(OPERATIONS.iter().map(|resource| self.operations_of(resource, &version))).await;
        lists.into_iter().fold(Fetched::NoSuchKind, together)
    }

    async fn operations_of(&self, resource: &str, version: &str) -> Fetched<Vec<Operation>> {
        let mut rows = Vec::new();
        let path = Path::list(MICROSOFT_GROUP, version, None, resource);
        let outcome = self
            .api
            .each(&path, |raw: Raw| {
                rows.push(Operation {
                    resource: resource.to_owned(),
                    version: version.to_owned(),
                    metadata: raw.metadata,
                    status: raw.status.as_ref().and_then(status),
                });
            })
            .await;
        match outcome {
            Ok(lack) => Fetched::of(rows, lack),
            Err(refusal) => refused(refusal, Some(Right::kube("list", MICROSOFT_GROUP, resource, None))),
        }
    }

    /// Reads the hooks that users wrote, in the version that is preferred, else in another that is served.
    pub(super) async fn hooks(&self) -> Fetched<Vec<Hook>> {
        let versions = match self.versions(MICROSOFT_GROUP).await {
            Ok(versions) if !versions.is_empty() => versions,
            Err(Refusal::NotFound | Refusal::NoSuchKind) => return Fetched::NoSuchKind,
            // Where the server does not tell its versions, the documented one may do.
            _ => vec![HOOK_VERSION.to_owned()],
        };
        let lists = [("backuphooks", "BackupHook"), ("restorehooks", "RestoreHook")]
            .map(|(resource, kind)| self.hooks_of(resource, kind, &versions));
        join_all(lists).await.into_iter().fold(Fetched::NoSuchKind, together)
    }

    async fn hooks_of(&self, resource: &str, kind: &str, versions: &[String]) -> Fetched<Vec<Hook>> {
        for version in versions.iter().take(MOST_VERSIONS) {
            match self.api.list::<Hook>(&Path::list(MICROSOFT_GROUP, version, None, resource)).await {
                // The group's preferred version need not have every kind of it.
                Err(Refusal::NotFound | Refusal::NoSuchKind) => {}
                Ok(mut found) => {
                    if let Some(rows) = found.known_mut() {
                        rows.iter_mut().for_each(|row| kind.clone_into(&mut row.kind));
                    }
                    return found;
                }
                Err(refusal) => return refused(refusal, Some(Right::kube("list", MICROSOFT_GROUP, resource, None))),
            }
        }
        Fetched::NoSuchKind
    }
}

/// Reads a status of any shape; `None` where it is empty.
fn status(raw: &Value) -> Option<OperationStatus> {
    let fields = raw.as_object().filter(|fields| !fields.is_empty())?;
    let word = ["phase", "state", "status", "operationStatus"].iter().find_map(|key| fields.get(*key)?.as_str());
    let phase = word.map(|word| word.chars().filter(char::is_ascii_alphanumeric).take(64).collect());
    let mut messages = Vec::new();
    gather(raw, false, 0, &mut messages);
    Some(OperationStatus { phase, messages })
}

/// Gathers the texts below the keys that tell of errors.
fn gather(value: &Value, tells: bool, depth: usize, messages: &mut Vec<Text>) {
    if depth > DEEPEST || messages.len() >= MOST_MESSAGES {
        return;
    }
    match value {
        Value::String(text) if tells && !text.is_empty() => messages.push(Text::new(text)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, tells, depth + 1, messages)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = key.to_ascii_lowercase();
                let tells = tells || ["error", "message", "reason"].iter().any(|word| key.contains(word));
                gather(value, tells, depth + 1, messages);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn any_shape_of_a_status_is_read() {
        let read = status(&json!({"state": "Failed", "errorInfo": {"code": "X", "details": [{"message": "no"}]}}));
        let read = read.unwrap_or_default();
        assert_eq!(read.phase.as_deref(), Some("Failed"));
        assert_eq!(read.messages, [Text::new("X"), Text::new("no")]);
        assert_eq!(status(&json!({})), None);
        assert_eq!(status(&json!("text")), None);
    }

    #[test]
    fn a_deep_or_long_status_is_bounded() {
        let mut deep = json!("end");
        for _ in 0..100 {
            deep = json!({"error": deep});
        }
        assert!(status(&deep).unwrap_or_default().messages.is_empty());
        let long = json!({"errors": vec!["no"; 1000]});
        assert_eq!(status(&long).unwrap_or_default().messages.len(), MOST_MESSAGES);
    }
}
