//! Calls to the API server: each with a time limit and a limit on what it reads.

use std::time::Duration;

use futures::StreamExt as _;
use http::header::{HeaderMap, RETRY_AFTER};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::flags::Flags;
use super::refusal::{Refusal, innermost};
use super::trouble::{self, Way};
use crate::error::Error;
use crate::facts::Fetched;

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
/// How often a busy server is asked again, and how long is waited before that at most.
const TRIES: u32 = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The API server, reached as the user.
pub struct Api {
    pub(super) client: Client,
    limit: Option<Duration>,
    permits: Semaphore,
    way: Way,
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
    pub(super) fn new(client: Client, limit: Option<Duration>, way: Way) -> Self {
        Self { client, limit, permits: Semaphore::new(AT_ONCE), way }
    }

    /// Makes the error that ends a run because the first question had no answer, with what to do about it.
    #[must_use]
    pub fn unreachable(&self, why: &str, flags: &Flags) -> Error {
        self.way.unreachable(why, flags)
    }

    /// Reads one object.
    ///
    /// # Errors
    /// The refusal.
    pub async fn get<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Refusal> {
        let body = self.call(Method::GET, &path.uri(), &[]).await?;
        serde_json::from_slice(&body).map_err(|error| Refusal::Failed(unreadable(&error)))
    }

    /// Sends an object and reads the answer; for the reviews of the API, which leave nothing behind.
    ///
    /// # Errors
    /// The refusal.
    pub async fn post<T: DeserializeOwned>(&self, path: &Path, object: &serde_json::Value) -> Result<T, Refusal> {
        let body = self.call(Method::POST, &path.uri(), object.to_string().as_bytes()).await?;
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
            let body = match self.call(Method::GET, &page_path.uri(), &[]).await {
                Ok(body) => body,
                Err(refusal) if number == 0 => return Err(refusal),
                Err(refusal) => return Ok(Some(format!("a later page was refused: {}", words(&refusal)))),
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
        let body = self.call_limited(&path.uri(), wanted.bytes).await?;
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

    /// Asks, and asks again where a busy server wants that. Only a question may be sent twice: what makes something
    /// could make it twice.
    async fn call(&self, method: Method, uri: &str, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.within(async {
            let mut tried = 0;
            loop {
                tried += 1;
                let answer = self.exchange(&method, uri, body).await?;
                if tried < TRIES && method == Method::GET && is_busy(answer.status) {
                    tokio::time::sleep(answer.pause.unwrap_or(Duration::from_millis(250) * tried)).await;
                    continue;
                }
                return match (answer.status.is_success(), answer.body) {
                    (true, Some(body)) => Ok(body),
                    (true, None) => {
                        Err(Refusal::Failed(format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20)))
                    }
                    (false, body) => Err(self.refused(answer.status, &body.unwrap_or_default())),
                };
            }
        })
        .await
    }

    /// Like `call`, but keeps the last `most` bytes of an answer that is longer.
    async fn call_limited(&self, uri: &str, most: usize) -> Result<Vec<u8>, Refusal> {
        self.within(async {
            let response = self.send(&Method::GET, uri, &[]).await?;
            let status = response.status();
            let mut kept: Vec<u8> = Vec::new();
            let mut is_cut = false;
            let mut chunks = response.into_body().into_data_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|error| broken_off(&error))?;
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
            if status.is_success() { Ok(kept) } else { Err(self.refused(status, &kept)) }
        })
        .await
    }

    async fn send(&self, method: &Method, uri: &str, body: &[u8]) -> Result<http::Response<Body>, Refusal> {
        let mut request = Request::builder().method(method).uri(uri);
        if !body.is_empty() {
            request = request.header(http::header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(Body::from(body.to_vec())).map_err(|error| Refusal::Failed(error.to_string()))?;
        self.client.send(request).await.map_err(|error| Refusal::of_error(&error))
    }

    async fn exchange(&self, method: &Method, uri: &str, body: &[u8]) -> Result<Answer, Refusal> {
        let response = self.send(method, uri, body).await?;
        let status = response.status();
        let pause = pause(response.headers());
        match Limited::new(response.into_body(), LARGEST_ANSWER).collect().await {
            Ok(collected) => Ok(Answer { status, pause, body: Some(collected.to_bytes().into()) }),
            Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
                Ok(Answer { status, pause, body: None })
            }
            Err(error) => Err(broken_off(error.as_ref())),
        }
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Refusal {
        match status {
            StatusCode::UNAUTHORIZED => Refusal::Failed(self.way.unauthorized()),
            status => Refusal::of_answer(status.as_u16(), body),
        }
    }
}

/// What came back of one request; `body` is `None` where it is too large.
struct Answer {
    status: StatusCode,
    pause: Option<Duration>,
    body: Option<Vec<u8>>,
}

fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

/// Returns how long the server wants to be left alone, within bounds.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let wanted = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(wanted).min(LONGEST_PAUSE))
}

fn broken_off(error: &(dyn std::error::Error + 'static)) -> Refusal {
    Refusal::Failed(trouble::words(error).unwrap_or_else(|| innermost(error)))
}

/// Returns the refusal in words, for the middle of a sentence.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Forbidden => "forbidden".to_owned(),
        Refusal::NotFound | Refusal::NoSuchKind => "not found".to_owned(),
        Refusal::Failed(why) => why.clone(),
    }
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
