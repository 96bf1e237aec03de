//! Waits for what a world says must be seen.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::api::Api;
use crate::world::Condition;

/// Waits until the condition is seen.
pub(crate) async fn wait(api: &Api, condition: &Condition, bound: Duration) -> Result<()> {
    let about = format!("{condition:?}");
    match condition {
        Condition::Ready { namespace, name } => {
            let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
            api.wait(&about, &path, bound, |object| {
                object["spec"]["replicas"] == object["status"]["readyReplicas"]
                    && object["metadata"]["generation"] == object["status"]["observedGeneration"]
            })
            .await?;
        }
        Condition::Pod { namespace, prefix, says } => {
            api.wait(&about, &format!("/api/v1/namespaces/{namespace}/pods"), bound, |list| {
                items(list).any(|pod| {
                    pod["metadata"]["name"].as_str().is_some_and(|name| name.starts_with(prefix.as_str()))
                        && contains(&pod["status"], says)
                })
            })
            .await?;
        }
        Condition::Event { namespace, says } => {
            let path = format!("/api/v1/namespaces/{namespace}/events");
            api.wait(&about, &path, bound, |list| items(list).any(|event| contains(event, says))).await?;
        }
        Condition::Object { path, says } => {
            api.wait(&about, path, bound, |object| contains(object, says)).await?;
        }
    }
    Ok(())
}

/// Returns the items of a list.
pub(crate) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

/// Tells whether any text inside the value contains this one.
pub(crate) fn contains(value: &Value, says: &str) -> bool {
    match value {
        Value::String(text) => text.contains(says),
        Value::Array(values) => values.iter().any(|value| contains(value, says)),
        Value::Object(fields) => fields.values().any(|value| contains(value, says)),
        _ => false,
    }
}
