//! Tells of the calls as they are made, like kubectl's `-v=6` to `9`.
//!
//! What is told is redacted like everything that comes from a cluster, and what is secret by where it stands as well. The
//! login is added below this layer, so that no token can be in what is told of a request.

use http::{HeaderMap, Request, Response};
use tokio::time::Instant;

use super::trace_body::shown;
use crate::facts::Text;

/// The level from which requests are told.
const REQUESTS: u8 = 6;
/// The level from which their headers are told.
const HEADERS: u8 = 7;
/// The level from which answers are told.
const ANSWERS: u8 = 8;
/// How much of an answer is told below level 9, in bytes, and at it.
const SHORT_BODY: usize = 1024;
const LONG_BODY: usize = 10 * 1024;

/// Takes a line of what is told.
type Tell = Box<dyn Fn(&str)>;

/// Whoever is told of the calls, if anybody is.
#[derive(Default)]
pub struct Trace {
    level: u8,
    tell: Option<Tell>,
}

/// A call that is under way.
pub struct Call {
    what: String,
    began: Instant,
}

impl Trace {
    /// Makes a trace of a level.
    pub fn new(level: u8, tell: impl Fn(&str) + 'static) -> Self {
        if level < REQUESTS { Self::default() } else { Self { level, tell: Some(Box::new(tell)) } }
    }

    fn say(&self, text: &str) {
        if let Some(tell) = &self.tell {
            tell(&Text::new(text));
        }
    }

    /// Notes that a request is sent; `None` where nobody is told.
    pub fn begin<B>(&self, server: &str, request: &Request<B>) -> Option<Call> {
        self.tell.as_ref()?;
        let what = format!("{} {server}{}", request.method(), request.uri());
        if self.level >= HEADERS {
            self.say(&what);
            self.headers("request", request.headers());
        }
        Some(Call { what, began: Instant::now() })
    }

    /// Notes that something other than a plain request is asked.
    pub fn begin_other(&self, what: String) -> Option<Call> {
        self.tell.as_ref().map(|_| Call { what, began: Instant::now() })
    }

    /// Tells of the head of an answer.
    pub fn answered<B>(&self, call: Option<Call>, response: &Response<B>) {
        let Some(call) = call else { return };
        self.say(&format!("{} {} in {} ms", call.what, response.status(), call.began.elapsed().as_millis()));
        if self.level >= ANSWERS {
            self.headers("response", response.headers());
        }
    }

    /// Tells what came of a call, in words.
    pub fn told(&self, call: Option<Call>, why: &str) {
        let Some(call) = call else { return };
        self.say(&format!("{} {why} in {} ms", call.what, call.began.elapsed().as_millis()));
    }

    /// Tells of the body of an answer.
    pub fn body(&self, body: &[u8]) {
        if self.tell.is_none() || self.level < ANSWERS {
            return;
        }
        let most = if self.level == ANSWERS { SHORT_BODY } else { LONG_BODY };
        // Redacted before it is cut: half a secret would not be known as one.
        let whole = shown(body);
        let shown = &whole[..whole.floor_char_boundary(most)];
        let cut = if shown.len() < whole.len() { " [cut]" } else { "" };
        self.say(&format!("answer body of {} bytes: {shown}{cut}", body.len()));
    }

    fn headers(&self, of: &str, headers: &HeaderMap) {
        for (name, value) in headers {
            let value = if value.is_sensitive() { "<masked>" } else { value.to_str().unwrap_or("<not text>") };
            self.say(&format!("{of} header {name}: {value}"));
        }
    }
}
