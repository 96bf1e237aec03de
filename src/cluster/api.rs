//! Calls to the API server: each with a time limit and a limit on what it reads.

use std::cell::Cell;
use std::time::Duration;

use futures::StreamExt as _;
use http::Request;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::refusal::{Refusal, innermost};
use super::trace::Trace;
use crate::facts::{Clocks, Fetched, Text};

/// How many objects one page of a list holds.
///
/// Wall time is the number of pages, memory is the size of one (docs/performance.md).
const PAGE: u32 = 500;
/// The largest answer that is read: a page of 500 objects of the largest size that etcd takes would not fit, real ones do.
const LARGEST_ANSWER: usize = 64 << 20;
/// How many pages are read at most: two million objects.
const MOST_PAGES: usize = 4000;
/// How many calls are under way at once; under HTTP/1.1 each is a connection of its own.
const AT_ONCE: usize = 8;

/// The API server, reached as the user.
pub struct Api {
    pub(super) client: Client,
    limit: Option<Duration>,
    permits: Semaphore,
    /// What the server's clock and the one here said when the last answer came.
    clocks: Cell<Option<Clocks>>,
    trace: Trace,
}

/// Where in the API a question goes.
#[derive(Debug, Clone)]
pub struct Path {
    base: String,
    query: Vec<(String, String)>,
}

impl Path {
    /// Makes the path of a list: `group` is empty for the core group, `namespace` is `None` for all of them.
    #[must_use]
    pub fn list(group: &str, version: &str, namespace: Option<&str>, resource: &str) -> Self {
        let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let base = match namespace {
            Some(namespace) => format!("{root}/namespaces/{}/{resource}", escape(namespace)),
            None => format!("{root}/{resource}"),
        };
        Self { base, query: Vec::new() }
    }

    /// Makes the path of one object.
    #[must_use]
    pub fn object(group: &str, version: &str, namespace: Option<&str>, resource: &str, name: &str) -> Self {
        let mut path = Self::list(group, version, namespace, resource);
        path.base = format!("{}/{}", path.base, escape(name));
        path
    }

    /// Makes the path of the server's version.
    #[must_use]
    pub fn version() -> Self {
        Self { base: "/version".to_owned(), query: Vec::new() }
    }

    /// Makes the path of what is known of an API group.
    #[must_use]
    pub fn group(group: &str) -> Self {
        Self { base: format!("/apis/{}", escape(group)), query: Vec::new() }
    }

    /// Makes the path of what is known of all API groups.
    #[must_use]
    pub fn groups() -> Self {
        Self { base: "/apis".to_owned(), query: Vec::new() }
    }

    /// Makes the path of what is known of one version of an API group.
    #[must_use]
    pub fn group_version(group: &str, version: &str) -> Self {
        Self { base: format!("/apis/{}/{}", escape(group), escape(version)), query: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.query.push((key.to_owned(), value.into()));
        self
    }

    fn uri(&self) -> String {
        let mut uri = self.base.clone();
        for (index, (key, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.push_str(key);
            uri.push('=');
            uri.push_str(&escape(value));
        }
        uri
    }
}

/// Escapes what may not stand in a URI; a name from a cluster must not end the path that it stands in.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Which log to read, and how much of it.
pub struct LogRequest<'r> {
    /// The namespace.
    pub namespace: &'r str,
    /// The pod.
    pub pod: &'r str,
    /// The container.
    pub container: &'r str,
    /// Whether it is the log of the run before this one.
    pub previous: bool,
    /// How many lines from the end.
    pub lines: u32,
    /// How many bytes at most; a log of fewer, longer lines is cut.
    pub bytes: usize,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    metadata: PageMeta,
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct PageMeta {
    #[serde(rename = "continue", default)]
    next: Option<String>,
}

impl Api {
    /// Makes the door to the API server; `limit` is that of one call, `None` for none.
    #[must_use]
    pub fn new(client: Client, limit: Option<Duration>) -> Self {
        Self { client, limit, permits: Semaphore::new(AT_ONCE), clocks: Cell::new(None), trace: Trace::default() }
    }

    /// Tells of every call from now on, as kubectl's `-v` does at this level; below 6 nothing is told.
    #[must_use]
    pub fn traced(mut self, level: u8, tell: impl Fn(&str) + 'static) -> Self {
        self.trace = Trace::new(level, tell);
        self
    }

    /// Returns who tells of the calls.
    pub(super) const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Returns what the server's clock and the one here said when the last answer came.
    pub const fn clocks(&self) -> Option<Clocks> {
        self.clocks.get()
    }

    /// Asks by a dry run whether the server would take a new object; nothing is left of it.
    ///
    /// # Errors
    /// The refusal, where the question itself was not answered.
    pub async fn try_out(&self, path: &Path, object: &serde_json::Value) -> Result<Verdict, Refusal> {
        let path = path.clone().with("dryRun", "All");
        let request = Request::post(path.uri()).header(http::header::CONTENT_TYPE, "application/json");
        let body = object.to_string().into_bytes();
        self.within(async {
            let answer = self.exchange(request, body, LARGEST_ANSWER).await?;
            if answer.status.is_success() {
                let warnings = answer.headers.get_all(http::header::WARNING).iter();
                let warnings = warnings.filter_map(|value| value.to_str().ok()).map(warning_text).collect();
                return Ok(Verdict::Accepted { warnings });
            }
            Refusal::of_trial(answer.status.as_u16(), &answer.body).map(Verdict::Denied)
        })
        .await
    }

    /// Reads one object.
    ///
    /// # Errors
    /// The refusal.
    pub async fn get<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Refusal> {
        let body = self.call(Request::get(path.uri()), Vec::new()).await?;
        serde_json::from_slice(&body).map_err(|error| Refusal::Failed(unreadable(&error)))
    }

    /// Sends an object and reads the answer; for the reviews of the API, which leave nothing behind.
    ///
    /// # Errors
    /// The refusal.
    pub async fn post<T: DeserializeOwned>(&self, path: &Path, object: &serde_json::Value) -> Result<T, Refusal> {
        let request = Request::post(path.uri()).header(http::header::CONTENT_TYPE, "application/json");
        let body = self.call(request, object.to_string().into_bytes()).await?;
        serde_json::from_slice(&body).map_err(|error| Refusal::Failed(unreadable(&error)))
    }

    /// Reads a list page by page and gives each object away; only what the caller keeps stays in memory.
    ///
    /// Returns why the list is not whole, if it is not.
    ///
    /// # Errors
    /// The refusal of the first page; a later one makes the list partial instead.
    pub async fn each<T: DeserializeOwned>(
        &self,
        path: &Path,
        mut take: impl FnMut(T),
    ) -> Result<Option<String>, Refusal> {
        let mut next: Option<String> = None;
        let mut broken = 0_usize;
        let mut why_broken = String::new();
        for number in 0..MOST_PAGES {
            let mut page_path = path.clone().with("limit", PAGE.to_string());
            if let Some(token) = next.take() {
                page_path = page_path.with("continue", token);
            }
            let body = match self.call(Request::get(page_path.uri()), Vec::new()).await {
                Ok(body) => body,
                Err(refusal) if number == 0 => return Err(refusal),
                Err(refusal) => return Ok(Some(format!("a later page was refused: {}", refusal.words()))),
            };
            let page: Page<'_> = match serde_json::from_slice(&body) {
                Ok(page) => page,
                Err(error) if number == 0 => return Err(Refusal::Failed(unreadable(&error))),
                Err(error) => return Ok(Some(unreadable(&error))),
            };
            for item in page.items {
                // One object of a strange shape must not hide the others.
                match serde_json::from_str(item.get()) {
                    Ok(object) => take(object),
                    Err(error) => {
                        broken += 1;
                        why_broken = place(&error);
                    }
                }
            }
            next = page.metadata.next.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok((broken > 0)
                    .then(|| format!("{broken} of its objects have a shape that is not known: {why_broken}")));
            }
        }
        Ok(Some(format!("it has more than {} objects", MOST_PAGES * PAGE as usize)))
    }

    /// Reads the end of a container's log, as lines.
    ///
    /// # Errors
    /// The refusal.
    pub async fn log(&self, wanted: &LogRequest<'_>) -> Result<Vec<String>, Refusal> {
        let path = Path::object("", "v1", Some(wanted.namespace), "pods", wanted.pod);
        let path = Path { base: format!("{}/log", path.base), query: path.query }
            .with("container", wanted.container)
            .with("tailLines", wanted.lines.to_string())
            .with("timestamps", "true");
        let path = if wanted.previous { path.with("previous", "true") } else { path };
        let body = self.call_limited(Request::get(path.uri()), Vec::new(), wanted.bytes).await?;
        Ok(String::from_utf8_lossy(&body).lines().map(str::to_owned).collect())
    }

    /// Runs a call that is not a plain request within the same limits.
    pub(super) async fn within<T>(&self, call: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let permit = self.permits.acquire().await;
        let outcome = match self.limit {
            Some(limit) => match tokio::time::timeout(limit, call).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Refusal::Failed(format!("no answer within {}", seconds(limit)))),
            },
            None => call.await,
        };
        drop(permit);
        outcome
    }

    async fn call(&self, request: http::request::Builder, body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        self.within(async {
            let Answer { status, body, whole, .. } = self.exchange(request, body, LARGEST_ANSWER).await?;
            match (status.is_success(), whole) {
                (true, true) => Ok(body),
                (true, false) => {
                    Err(Refusal::Failed(format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20)))
                }
                (false, _) => Err(Refusal::of_answer(status.as_u16(), &body)),
            }
        })
        .await
    }

    /// Like `call`, but keeps the last `most` bytes of an answer that is longer.
    async fn call_limited(
        &self,
        request: http::request::Builder,
        body: Vec<u8>,
        most: usize,
    ) -> Result<Vec<u8>, Refusal> {
        self.within(async {
            let response = self.send(request, body).await?;
            let status = response.status();
            let mut kept: Vec<u8> = Vec::new();
            let mut is_cut = false;
            let mut chunks = response.into_body().into_data_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|error| Refusal::Failed(innermost(&error)))?;
                kept.extend_from_slice(&chunk);
                if kept.len() > 2 * most {
                    kept.drain(..kept.len() - most);
                    is_cut = true;
                }
            }
            if is_cut || kept.len() > most {
                kept.drain(..kept.len().saturating_sub(most));
                // The first line is a part of one: a secret that is cut in two would not be known as one.
                let line = kept.iter().position(|byte| *byte == b'\n').map_or(kept.len(), |at| at + 1);
                kept.drain(..line);
            }
            self.trace.body(&kept);
            if status.is_success() { Ok(kept) } else { Err(Refusal::of_answer(status.as_u16(), &kept)) }
        })
        .await
    }

    /// Sends a request and waits for the head of its answer.
    async fn send(&self, request: http::request::Builder, body: Vec<u8>) -> Result<http::Response<Body>, Refusal> {
        let request = request.body(Body::from(body)).map_err(|error| Refusal::Failed(error.to_string()))?;
        let call = self.trace.begin(&request);
        match self.client.send(request).await {
            Ok(response) => {
                self.trace.answered(call, &response);
                Ok(response)
            }
            Err(error) => {
                let refusal = Refusal::of_error(&error);
                self.trace.told(call, &refusal.words());
                Err(refusal)
            }
        }
    }

    async fn exchange(&self, request: http::request::Builder, body: Vec<u8>, most: usize) -> Result<Answer, Refusal> {
        let response = self.send(request, body).await?;
        let status = response.status();
        let headers = response.headers().clone();
        if let Some(server) = headers.get(http::header::DATE).and_then(|date| date.to_str().ok()).and_then(http_date) {
            self.clocks.set(Some(Clocks { server, here: jiff::Timestamp::now() }));
        }
        match Limited::new(response.into_body(), most).collect().await {
            Ok(collected) => {
                let body: Vec<u8> = collected.to_bytes().into();
                self.trace.body(&body);
                Ok(Answer { status, headers, body, whole: true })
            }
            Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
                Ok(Answer { status, headers, body: Vec::new(), whole: false })
            }
            Err(error) => Err(Refusal::Failed(innermost(error.as_ref()))),
        }
    }
}

/// What the server said.
struct Answer {
    status: http::StatusCode,
    headers: http::HeaderMap,
    body: Vec<u8>,
    /// Whether the body is all of it, or was larger than what is read.
    whole: bool,
}

/// What came of a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The object would be taken.
    Accepted {
        /// What the server warned of.
        warnings: Vec<Text>,
    },
    /// The object would be refused, with the server's reason.
    Denied(Text),
}

/// Reads a date as HTTP writes it: `Tue, 24 Nov 2026 10:00:00 GMT`.
fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// Returns the text of a `Warning` header: `299 - "the text"`.
fn warning_text(header: &str) -> Text {
    let inner = header.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map_or(header, |(text, _)| text);
    Text::new(&inner.replace("\\\"", "\""))
}

fn unreadable(error: &serde_json::Error) -> String {
    format!("the answer is no JSON of the expected shape ({})", place(error))
}

/// Says where a document is wrong, and not what stands there: that may be a secret.
#[must_use]
pub(super) fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// Returns a duration as a person would say it.
pub(super) fn seconds(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}

impl Api {
    /// Reads a whole list.
    ///
    /// # Errors
    /// As [`Api::each`].
    pub async fn list<T: DeserializeOwned>(&self, path: &Path) -> Result<Fetched<Vec<T>>, Refusal> {
        let mut rows = Vec::new();
        let why = self.each(path, |row| rows.push(row)).await?;
        Ok(match why {
            None => Fetched::Got(rows),
            Some(why) => Fetched::Partial { got: rows, why },
        })
    }
}
