//! Operations that take a while: they go on by each time that somebody asks for them, or for what they change.
//!
//! So a test's time depends on how often it polls, never on a clock.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::healthy::installed;
use super::world::World;
use super::writes;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Update,
    Delete,
}

impl Verb {
    /// Returns the provisioning state meanwhile.
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Create => "Creating",
            Self::Update => "Updating",
            Self::Delete => "Deleting",
        }
    }
}

#[derive(Debug, Clone)]
struct Operation {
    target: String,
    verb: Verb,
    left: u32,
    fails: Option<(String, String)>,
}

/// All operations, over or not, by their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operations(BTreeMap<String, Operation>);

impl World {
    /// Begins an operation and returns its id. The resource must be there already, or still.
    pub(crate) fn begin(&mut self, target: &str, verb: Verb) -> String {
        let id = self.invent();
        let operation = Operation {
            target: target.to_lowercase(),
            verb,
            left: self.operation_polls.max(1),
            fails: self.operation_fails.take(),
        };
        self.operations.0.insert(id.clone(), operation);
        if let Some(resource) = self.get_mut(target) {
            resource["properties"]["provisioningState"] = json!(verb.state());
        }
        id
    }

    /// Says whether something changes a resource now.
    pub(crate) fn is_busy(&self, target: &str) -> bool {
        self.operations.0.values().any(|operation| operation.left > 0 && operation.target.eq_ignore_ascii_case(target))
    }

    /// Somebody asked for a resource: what changes it goes on.
    pub(crate) fn asked_for(&mut self, target: &str) {
        let running = self.operations.0.iter();
        let running =
            running.filter(|(_, operation)| operation.left > 0 && operation.target.eq_ignore_ascii_case(target));
        let ids: Vec<String> = running.map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.advance(&id);
        }
    }

    /// Somebody asked for an operation: it goes on. The answer is as far as it came, or none if there is no such.
    pub(crate) fn asked_operation(&mut self, id: &str) -> Option<Value> {
        self.advance(id);
        let operation = self.operations.0.get(id)?;
        Some(match (&operation.fails, operation.left) {
            (_, 1..) => json!({"name": id, "status": "InProgress"}),
            (None, 0) => json!({"name": id, "status": "Succeeded"}),
            (Some((code, message)), 0) => {
                json!({"name": id, "status": "Failed", "error": {"code": code, "message": message}})
            }
        })
    }

    fn advance(&mut self, id: &str) {
        let Some(operation) = self.operations.0.get_mut(id).filter(|operation| operation.left > 0) else { return };
        operation.left -= 1;
        if operation.left == 0 {
            let operation = operation.clone();
            self.finish(&operation);
        }
    }

    fn finish(&mut self, operation: &Operation) {
        let target = &operation.target;
        let is_extension = target.contains("/providers/microsoft.kubernetesconfiguration/extensions/");
        match (&operation.fails, operation.verb) {
            (None, Verb::Delete) if is_extension => writes::uninstall(self, target),
            (None, Verb::Delete) => self.remove(target),
            (None, _) => {
                if let Some(resource) = self.get_mut(target) {
                    if is_extension {
                        installed(&mut resource["properties"]);
                    }
                    set_state(resource, "Succeeded");
                }
            }
            (Some((code, message)), _) => {
                if let Some(resource) = self.get_mut(target) {
                    set_state(resource, "Failed");
                    if is_extension {
                        let time = crate::world::minutes_ago(0);
                        resource["properties"]["errorInfo"] = json!({"code": code, "message": message, "target": null, "details": [], "additionalInfo": null});
                        resource["properties"]["statuses"] = json!([{
                            "code": code, "displayStatus": "Failed", "level": "Error", "message": message, "time": time,
                        }]);
                    }
                }
            }
        }
    }
}

/// Sets the state of a resource, and of its pools if it is a cluster.
fn set_state(resource: &mut Value, state: &str) {
    resource["properties"]["provisioningState"] = json!(state);
    for pool in
        resource.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut).into_iter().flatten()
    {
        pool["provisioningState"] = json!(state);
    }
}
