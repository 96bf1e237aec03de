//! Speaks to the lab's API server over one HTTP client: creates many objects at once, patches, reads, waits.
//!
//! Works on plain JSON, so a world can hold any kind; it finds the path of an object by its kind's name alone.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use http::{Method, Request};
use kube::Client;
use serde_json::{Value, json};

/// How many objects are created at the same time. Each is a connection of its own, and there are few cores.
const AT_ONCE: usize = 8;

/// The time between two looks at something that is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(40);

/// How long an object waits for its namespace or its definition.
const ARRIVES: Duration = Duration::from_secs(10);

/// A client of one lab.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
}

impl Api {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    async fn ask(&self, method: Method, path: &str, content: &str, body: Option<&Value>) -> kube::Result<Value> {
        let body = body.map(|body| serde_json::to_vec(body).expect("JSON can be written")).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("content-type", content).body(body);
        self.client.request(request.expect("paths are well formed")).await
    }

    pub(crate) async fn get(&self, path: &str) -> kube::Result<Value> {
        self.ask(Method::GET, path, "application/json", None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        let body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
        self.ask(Method::DELETE, path, "application/json", Some(&body))
            .await
            .with_context(|| format!("DELETE {path}"))?;
        Ok(())
    }

    /// Creates an object with its status, or merges it over one that is there.
    pub(crate) async fn apply(&self, object: &Value) -> Result<()> {
        let path = path(object)?;
        let (collection, _) = path.rsplit_once('/').expect("a path has a name");
        let start = Instant::now();
        let stored = loop {
            let attempt = if is_custom(object) {
                // For two seconds after it has accepted a definition, the API server holds every creation back for two
                // seconds. Server-side apply creates, too, and is not held back.
                let apply = format!("{path}?fieldManager=lab&force=true");
                self.ask(Method::PATCH, &apply, "application/apply-patch+yaml", Some(object)).await
            } else {
                self.ask(Method::POST, collection, "application/json", Some(object)).await
            };
            match attempt {
                Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => {
                    break self.ask(Method::PATCH, &path, "application/merge-patch+json", Some(object)).await;
                }
                // Its namespace or its definition is on the way: objects are created in no order.
                Err(kube::Error::Api(status)) if matches!(status.code, 404 | 429) && start.elapsed() < ARRIVES => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                answer => break answer,
            }
        };
        let stored = stored.with_context(|| format!("cannot create {path}"))?;
        // Kinds with a status subresource drop the status on creation; what was dropped is patched in.
        if let Some(status) = object.get("status").filter(|status| !contains(&stored["status"], status)) {
            let patch = json!({ "status": status });
            self.ask(Method::PATCH, &format!("{path}/status"), "application/merge-patch+json", Some(&patch))
                .await
                .with_context(|| format!("cannot set the status of {path}"))?;
        }
        Ok(())
    }

    /// Applies many objects at once, in no order.
    pub(crate) async fn apply_all<'a>(&self, objects: impl IntoIterator<Item = &'a Value>) -> Result<()> {
        let tasks: Vec<_> = objects.into_iter().map(|object| self.apply(object)).collect();
        stream::iter(tasks).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    /// Waits until the API server refuses an object in a dry run: policies and quotas take a moment to be in force.
    pub(crate) async fn wait_refused(&self, object: &Value, bound: Duration) -> Result<()> {
        let path = path(object)?;
        let (collection, _) = path.rsplit_once('/').expect("a path has a name");
        let start = Instant::now();
        while !matches!(
            self.ask(Method::POST, &format!("{collection}?dryRun=All"), "application/json", Some(object)).await,
            // A webhook that cannot be called is an internal error, and refuses all the same.
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 422) || status.message.contains("failed calling webhook")
        ) {
            ensure!(start.elapsed() < bound, "{path} is not refused within {bound:?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Waits until an access review allows: roles take a moment to be in force.
    pub(crate) async fn wait_allowed(&self, review: &Value, bound: Duration) -> Result<()> {
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let start = Instant::now();
        while self.ask(Method::POST, path, "application/json", Some(review)).await?["status"]["allowed"] != true {
            ensure!(start.elapsed() < bound, "not allowed within {bound:?}: {review}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Looks at a path until the test holds; after the bound it fails and shows what was there.
    pub(crate) async fn wait(
        &self,
        what: &str,
        path: &str,
        bound: Duration,
        test: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let start = Instant::now();
        loop {
            let seen = self.get(path).await;
            match seen {
                Ok(value) if test(&value) => return Ok(value),
                Err(ref error) if start.elapsed() > bound => bail!("{what}: not seen within {bound:?}: {error}"),
                Ok(ref value) if start.elapsed() > bound => {
                    bail!("{what}: not seen within {bound:?}; GET {path} gave {}", shorten(&value.to_string()))
                }
                _ => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(6000).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Tells whether all that is wanted is there.
fn contains(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| there.get(key).is_some_and(|one| contains(one, value)))
        }
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len() && there.iter().zip(wanted).all(|(one, other)| contains(one, other))
        }
        _ => there == wanted,
    }
}

/// Tells whether an object's kind comes from a definition, and not with the API server.
fn is_custom(object: &Value) -> bool {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let builtin =
        ["rbac.authorization", "storage", "networking", "admissionregistration", "apiextensions", "scheduling"];
    group.contains('.') && !builtin.iter().any(|name| group.strip_suffix(".k8s.io") == Some(*name))
}

/// Returns the path of an object, from its apiVersion, kind, namespace and name.
pub(crate) fn path(object: &Value) -> Result<String> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let version = text("/apiVersion").with_context(|| format!("no apiVersion in {object}"))?;
    let kind = text("/kind").with_context(|| format!("no kind in {object}"))?;
    let name = text("/metadata/name").with_context(|| format!("no name in {object}"))?;
    let root = if version.contains('/') { "/apis" } else { "/api" };
    let namespace = text("/metadata/namespace").map(|name| format!("/namespaces/{name}")).unwrap_or_default();
    Ok(format!("{root}/{version}{namespace}/{}/{name}", plural(kind)))
}

/// Returns the resource's name of a kind, by English rules. They hold for every kind that is used here.
fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    if lower == "endpoints" || lower == "clusterlogs" || lower == "logs" {
        lower
    } else if let Some(stem) = lower.strip_suffix('y') {
        format!("{stem}ies")
    } else if lower.ends_with('s') {
        format!("{lower}es")
    } else {
        format!("{lower}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_from_the_kind() {
        let object = |version: &str, kind: &str| {
            path(&json!({"apiVersion": version, "kind": kind, "metadata": {"name": "n", "namespace": "s"}})).unwrap()
        };
        assert_eq!(object("v1", "Pod"), "/api/v1/namespaces/s/pods/n");
        assert_eq!(
            object("networking.k8s.io/v1", "NetworkPolicy"),
            "/apis/networking.k8s.io/v1/namespaces/s/networkpolicies/n"
        );
        assert_eq!(
            object("storage.k8s.io/v1", "StorageClass"),
            "/apis/storage.k8s.io/v1/namespaces/s/storageclasses/n"
        );
    }

    #[test]
    fn a_status_that_was_kept_is_recognised() {
        assert!(contains(&json!({"a": 1, "b": [{"c": 2, "d": 3}]}), &json!({"b": [{"c": 2}]})));
        assert!(!contains(&json!({"a": 1}), &json!({"b": 1})));
    }
}
