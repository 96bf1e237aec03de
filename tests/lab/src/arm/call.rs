//! What tests say to the simulator, and what it tells them: calls that came, faults, the rights of the caller.

use std::time::Duration;

use serde_json::{Value, json};

/// A call that came to the simulator of Azure Resource Manager. Calls for tokens are not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The path as it was written.
    pub path: String,
    /// The query as it was written, without its `?`.
    pub query: String,
    /// The status of the answer; 0 as long as there is none.
    pub status: u16,
    /// How many calls were under way when it came, this one included.
    pub active: usize,
}

/// A fault that strikes calls. Of several rules the first that fits counts.
#[derive(Debug, Clone, Default)]
pub struct FaultRule {
    /// Only calls of this method.
    pub method: Option<String>,
    /// Only calls whose path or query holds this, in any case. Empty is every call, those for tokens (`/msi/token`) too.
    pub path_contains: String,
    /// The status that is answered. 0 lets the call through, after the delay; 1 cuts the connection instead of an answer.
    pub status: u16,
    /// The body: a text as it is, anything else as JSON, null as none.
    pub body: Value,
    /// Headers of the answer.
    pub headers: Vec<(String, String)>,
    /// How often it strikes; `None` is always.
    pub times: Option<usize>,
    /// How long the answer is held back.
    pub delay: Duration,
}

impl FaultRule {
    /// Cuts the connection without an answer.
    pub const CUT: u16 = 1;

    /// Returns a fault with an error in Azure's form.
    pub fn error(path_contains: &str, status: u16, code: &str, message: &str) -> Self {
        Self {
            path_contains: path_contains.to_owned(),
            status,
            body: json!({"error": {"code": code, "message": message}}),
            ..Self::default()
        }
    }

    /// Returns a fault that holds calls back, and lets them through then.
    pub fn slow(path_contains: &str, delay: Duration) -> Self {
        Self { path_contains: path_contains.to_owned(), delay, ..Self::default() }
    }

    /// Returns what Azure answers to one who asks too often.
    pub fn throttled(path_contains: &str, seconds: u32) -> Self {
        let message = format!(
            "The request is being throttled as the limit has been reached for operation type - Read. Please try again after {seconds} seconds."
        );
        Self::error(path_contains, 429, "TooManyRequests", &message).header("Retry-After", &seconds.to_string())
    }

    /// Limits how often it strikes.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Limits it to a method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn strikes(&self, method: &str, target: &str) -> bool {
        self.times != Some(0)
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && target.to_lowercase().contains(&self.path_contains.to_lowercase())
    }
}

/// One right of the caller: an action at a scope and below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The action, which may hold `*` as in a role definition: `*/read`.
    pub action: String,
    /// The scope: an id of a resource, group or subscription, or `/`.
    pub scope: String,
}

impl Allowed {
    /// Returns a right.
    pub fn new(action: &str, scope: &str) -> Self {
        Self { action: action.to_owned(), scope: scope.to_owned() }
    }
}
