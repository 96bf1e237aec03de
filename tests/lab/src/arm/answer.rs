//! The answers of Azure Resource Manager, and its errors.
//!
//! How much an error's words can be trusted differs:
//! - seen in published messages: AuthorizationFailed, ScopeLocked, UnsupportedQuery, RoleAssignmentExists, and EtagMismatch with the
//!   flat form of the container service, which has no `error`;
//! - well known, but written from memory: the api-versions', what is not found, registration, tokens, the other role assignments';
//! - our guess, of which only the status should be relied on: ContainerNotFound, PreconditionFailed's message, and Conflict,
//!   InvalidParameter, QuotaExceeded, InvalidSkipToken, BadRequest, InvalidCheckRestrictionsRequest; NotSimulated is ours.

use serde_json::{Value, json};

/// An answer of the simulator.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// No body where there is none.
    pub(crate) body: Option<Value>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::new(status, json!({"error": {"code": code, "message": message}}))
    }

    /// An error of the container service.
    pub(crate) fn flat_error(status: u16, code: &str, message: &str, details: &Value) -> Self {
        Self::new(status, json!({"code": code, "details": details, "message": message, "subcode": ""}))
    }

    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn unknown_path() -> Self {
        Self::error(404, "InvalidResourceType", "The resource type could not be found in the request's path.")
    }

    pub(crate) fn unknown_type(namespace: &str, kind: &str, version: &str) -> Self {
        let message = format!(
            "The resource type '{kind}' could not be found in the namespace '{namespace}' for api version '{version}'."
        );
        Self::error(404, "InvalidResourceType", &message)
    }

    pub(crate) fn unknown_namespace(namespace: &str) -> Self {
        Self::error(404, "InvalidResourceNamespace", &format!("The resource namespace '{namespace}' is invalid."))
    }

    pub(crate) fn not_allowed(method: &str) -> Self {
        let message = format!("The requested resource does not support http method '{method}'.");
        Self::new(405, json!({"error": {"code": "UnsupportedHttpMethod", "message": message}}))
    }

    pub(crate) fn resource_not_found(kind: &str, name: &str, group: Option<&str>) -> Self {
        let under = group.map(|group| format!(" under resource group '{group}'")).unwrap_or_default();
        let message = format!(
            "The Resource '{kind}/{name}'{under} was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        );
        Self::error(404, "ResourceNotFound", &message)
    }

    pub(crate) fn parent_not_found(kind: &str, parent: &str) -> Self {
        let message = format!(
            "Failed to perform 'read' on resource(s) of type '{kind}', because the parent resource '{parent}' could not be found."
        );
        Self::error(404, "ParentResourceNotFound", &message)
    }

    pub(crate) fn group_not_found(name: &str) -> Self {
        Self::error(404, "ResourceGroupNotFound", &format!("Resource group '{name}' could not be found."))
    }

    pub(crate) fn subscription_not_found(id: &str) -> Self {
        Self::error(404, "SubscriptionNotFound", &format!("The subscription '{id}' could not be found."))
    }

    pub(crate) fn bad_request(code: &str, message: &str) -> Self {
        Self::error(400, code, message)
    }
}
