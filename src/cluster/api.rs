//! Calls to the API server: each with a time limit and a limit on what it reads.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::Duration;

use futures::StreamExt as _;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER, WARNING};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::flags::Flags;
use super::path::{About, Path};
use super::refusal::{NOT_ASKED_FOR, Refusal, WEB_PAGE, innermost, is_cut};
use super::trace::Trace;
use super::trouble::{self, Way};
use crate::error::Error;
use crate::facts::{Clocks, Fetched, Text};

/// How many objects one page of a list holds.
///
/// Wall time is the number of pages, memory is the size of one (docs/performance.md).
const PAGE: u32 = 500;
/// The smaller pages that are asked for where an answer is too large.
const SMALLER_PAGES: [u32; 3] = [100, 20, 4];
/// The largest answer that is read, so that no server can fill the memory; a page that is larger is asked for in parts.
const LARGEST_ANSWER: usize = 12 << 20;
/// What may be read of several answers at once; of those that are larger, one at a time goes on.
const LARGE_ANSWER: usize = 1 << 20;
/// How much is read of an answer that is a refusal: its words stand at its beginning.
const LARGEST_REFUSAL: usize = 64 << 10;
/// How many pages are read at most: two million objects.
const MOST_PAGES: usize = 4000;
/// How long to wait before a call is tried again, where the server does not say so itself. Only what reads is tried again.
const WAITS: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// The longest that the server may ask to be waited for; what would take longer is told instead.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How many calls are under way at once; under HTTP/1.1 each is a connection of its own.
const AT_ONCE: usize = 8;

/// The API server, reached as the user.
pub struct Api {
    pub(super) client: Client,
    limit: Option<Duration>,
    permits: Semaphore,
    /// Held by the one answer that is large: eight of the largest would fill a small machine.
    large: Semaphore,
    way: Way,
    /// What the server's clock and the one here said when the last answer came.
    clocks: Cell<Option<Clocks>>,
    trace: Trace,
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
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(default)]
    metadata: PageMeta,
    /// Nothing where there is no such field; an empty list may be null.
    #[serde(borrow, default, deserialize_with = "present")]
    items: Option<Vec<&'a RawValue>>,
}

fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<&'a RawValue>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// What every object says of itself.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Head {
    kind: String,
    metadata: HeadMeta,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HeadMeta {
    name: String,
}

/// A question to the server, which can be asked again.
struct Ask {
    method: Method,
    uri: String,
    body: Vec<u8>,
    is_built_in: bool,
}

impl Ask {
    fn get(path: &Path) -> Self {
        Self { method: Method::GET, uri: path.uri(), body: Vec::new(), is_built_in: path.is_built_in }
    }

    fn request(&self) -> Result<Request<Body>, Trouble> {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.uri);
        if !self.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request
            .body(Body::from(self.body.clone()))
            .map_err(|error| Trouble::Refused(Refusal::Failed(error.to_string())))
    }
}

/// Why a try brought nothing.
enum Trouble {
    /// It would bring nothing again.
    Refused(Refusal),
    /// It may do better in a moment; the server may have said when.
    Again(Refusal, Option<Duration>),
    /// The answer is larger than what is read.
    TooLarge,
}

impl Trouble {
    fn words(&self) -> String {
        match self {
            Self::Refused(refusal) | Self::Again(refusal, _) => refusal.words(),
            Self::TooLarge => "too large".to_owned(),
        }
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(refusal) | Trouble::Again(refusal, _) => refusal,
            Trouble::TooLarge => Self::Failed(format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20)),
        }
    }
}

/// Which part of an answer is kept, and of what type it must be.
#[derive(Clone, Copy)]
enum Keep {
    /// All of it; it is JSON.
    Json,
    /// So many bytes of its end; it is text.
    TextEnd(usize),
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
        Self {
            client,
            limit,
            permits: Semaphore::new(AT_ONCE),
            large: Semaphore::new(1),
            way,
            clocks: Cell::new(None),
            trace: Trace::default(),
        }
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

    /// Makes the error that ends a run because the first question had no answer, with what to do about it.
    #[must_use]
    pub fn unreachable(&self, why: &str, flags: &Flags) -> Error {
        self.way.unreachable(why, flags)
    }

    /// Asks by a dry run whether the server would take a new object; nothing is left of it.
    ///
    /// # Errors
    /// The refusal, where the question itself was not answered.
    pub async fn try_out(&self, path: &Path, object: &serde_json::Value) -> Result<Verdict, Refusal> {
        let path = path.clone().with("dryRun", "All");
        let ask = Ask { method: Method::POST, body: object.to_string().into_bytes(), ..Ask::get(&path) };
        let kind = object.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
        self.within(async {
            // It makes nothing, so that it can be asked again.
            for wait in WAITS {
                match self.try_once(&ask, kind).await {
                    Err(Trouble::Again(..)) => tokio::time::sleep(wait).await,
                    outcome => return outcome.map_err(Refusal::from),
                }
            }
            self.try_once(&ask, kind).await.map_err(Refusal::from)
        })
        .await
    }

    async fn try_once(&self, ask: &Ask, kind: &str) -> Result<Verdict, Trouble> {
        let response = self.send(ask).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body: Vec<u8> = Vec::new();
        let mut chunks = response.into_body().into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.failed(&error))?;
            // What is of use stands at the beginning of either answer.
            let room = LARGEST_REFUSAL.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
            if room <= chunk.len() {
                break;
            }
        }
        self.trace.body(&body);
        if status == StatusCode::UNAUTHORIZED {
            return Err(Trouble::Refused(Refusal::Failed(self.way.unauthorized())));
        }
        if !status.is_success() {
            return match Refusal::of_trial(status.as_u16(), &body) {
                Ok(message) => Ok(Verdict::Denied(message)),
                Err(_) if matches!(status.as_u16(), 404 | 429 | 503 | 504) => {
                    Err(refused(status.as_u16(), &headers, &body, ask.is_built_in, false))
                }
                Err(refusal) => Err(Trouble::Refused(refusal)),
            };
        }
        let told = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if told.starts_with("text/html") {
            return Err(Trouble::Refused(Refusal::Failed(WEB_PAGE.to_owned())));
        }
        // Anything may answer 200: what was accepted comes back as what was sent.
        if !serde_json::from_slice::<Head>(&body).is_ok_and(|head| head.kind == kind) {
            return Err(Trouble::Refused(Refusal::Failed(NOT_ASKED_FOR.to_owned())));
        }
        let warnings = headers.get_all(WARNING).iter().filter_map(|value| value.to_str().ok());
        Ok(Verdict::Accepted { warnings: warnings.map(warning_text).collect() })
    }

    /// Reads one object.
    ///
    /// # Errors
    /// The refusal.
    pub async fn get<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Refusal> {
        let body = self.call(&Ask::get(path)).await?;
        object(&body, &path.about)
    }

    /// Sends an object and reads the answer; for the reviews of the API, which leave nothing behind.
    ///
    /// # Errors
    /// The refusal.
    pub async fn post<T: DeserializeOwned>(&self, path: &Path, question: &serde_json::Value) -> Result<T, Refusal> {
        let ask = Ask { method: Method::POST, body: question.to_string().into_bytes(), ..Ask::get(path) };
        let body = self.call(&ask).await?;
        let kind = question.get("kind").and_then(serde_json::Value::as_str);
        object(&body, &kind.map_or(About::Anything, |kind| About::Kind(kind.to_owned())))
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
        let mut size = PAGE;
        let mut smaller = SMALLER_PAGES.into_iter();
        for _ in 0..MOST_PAGES {
            let mut page_path = path.clone().with("limit", size.to_string());
            if let Some(token) = &next {
                page_path = page_path.with("continue", token);
            }
            let read = match self.ask(&Ask::get(&page_path), Keep::Json).await {
                Err(Trouble::TooLarge) => match smaller.next() {
                    Some(less) => {
                        size = less;
                        continue;
                    }
                    None => Err(Refusal::from(Trouble::TooLarge)),
                },
                Err(trouble) => Err(Refusal::from(trouble)),
                Ok(body) => Ok(body),
            };
            let page = read.as_deref().map_err(Clone::clone).and_then(page);
            let page = match page {
                Ok(page) => page,
                Err(refusal) if next.is_none() => return Err(refusal),
                Err(refusal) => return Ok(Some(format!("a later page was refused: {}", refusal.words()))),
            };
            for item in page.items.unwrap_or_default() {
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
        Ok(Some(format!("it has more than {MOST_PAGES} pages")))
    }

    /// Reads the end of a container's log, as lines.
    ///
    /// # Errors
    /// The refusal; not found where the pod is gone, or the container has no such log.
    pub async fn log(&self, wanted: &LogRequest<'_>) -> Result<Vec<String>, Refusal> {
        let path = Path::object("", "v1", Some(wanted.namespace), "pods", wanted.pod);
        let path = Path { base: format!("{}/log", path.base), ..path }
            .with("container", wanted.container)
            .with("tailLines", wanted.lines.to_string())
            .with("timestamps", "true");
        let path = if wanted.previous { path.with("previous", "true") } else { path };
        let body = self.ask(&Ask::get(&path), Keep::TextEnd(wanted.bytes)).await?;
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

    async fn call(&self, ask: &Ask) -> Result<Vec<u8>, Refusal> {
        Ok(self.ask(ask, Keep::Json).await?)
    }

    /// Asks within the limit of a call, and again where that may help and there is time for it.
    async fn ask(&self, ask: &Ask, keep: Keep) -> Result<Vec<u8>, Trouble> {
        // The limit begins when the question is put, not while it waits for its turn.
        let outcome = self
            .within(async {
                let end = self.limit.map(|limit| Instant::now() + limit);
                let mut waits = WAITS.iter();
                loop {
                    let (refusal, wish) = match self.exchange(ask, keep).await {
                        // Only a question may be put twice: what makes something could make it twice.
                        Err(Trouble::Again(refusal, wish)) if ask.method == Method::GET => (refusal, wish),
                        outcome => return Ok(outcome),
                    };
                    let Some(wait) = waits.next().map(|wait| wish.unwrap_or(*wait)) else { return Err(refusal) };
                    // What was said is told, rather than that the limit was reached while it was waited for.
                    if wait > LONGEST_WAIT || end.is_some_and(|end| Instant::now() + wait >= end) {
                        return Err(refusal);
                    }
                    tokio::time::sleep(wait).await;
                }
            })
            .await;
        outcome.unwrap_or_else(|refusal| Err(Trouble::Refused(refusal)))
    }

    /// Sends a question and waits for the head of its answer.
    async fn send(&self, ask: &Ask) -> Result<Response<Body>, Trouble> {
        let request = ask.request()?;
        let call = self.trace.begin(&request);
        match self.client.send(request).await {
            Ok(response) => {
                self.trace.answered(call, &response);
                let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
                if let Some(server) = date.and_then(http_date) {
                    self.clocks.set(Some(Clocks { server, here: jiff::Timestamp::now() }));
                }
                Ok(response)
            }
            Err(error) => {
                let trouble = self.failed(&error);
                self.trace.told(call, &trouble.words());
                Err(trouble)
            }
        }
    }

    /// Tells what an error of the client means, and whether to ask again.
    fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Trouble {
        // One that was cut off can be made again.
        if is_cut(error) {
            return Trouble::Again(Refusal::Failed(innermost(error)), None);
        }
        Trouble::Refused(Refusal::Failed(trouble::words(error).unwrap_or_else(|| innermost(error))))
    }

    /// Asks once.
    async fn exchange(&self, ask: &Ask, keep: Keep) -> Result<Vec<u8>, Trouble> {
        let response = self.send(ask).await?;
        let status = response.status();
        let headers = response.headers().clone();
        let most = if status.is_success() { LARGEST_ANSWER } else { LARGEST_REFUSAL };
        let mut kept: Vec<u8> = Vec::new();
        let mut read = 0_usize;
        let mut is_cut_short = false;
        let mut alone = None;
        let mut chunks = response.into_body().into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.failed(&error))?;
            read += chunk.len();
            if read > most {
                if status.is_success() {
                    return Err(Trouble::TooLarge);
                }
                break;
            }
            if kept.len() + chunk.len() > LARGE_ANSWER && alone.is_none() {
                alone = self.large.acquire().await.ok();
                // Once, rather than by doubling, which holds the old and the new; what is not written takes no room.
                kept.reserve_exact(LARGEST_ANSWER.saturating_sub(kept.len()));
            }
            kept.extend_from_slice(&chunk);
            if let Keep::TextEnd(wanted) = keep
                && kept.len() > 2 * wanted
            {
                kept.drain(..kept.len() - wanted);
                is_cut_short = true;
            }
        }
        self.trace.body(&kept);
        if status == StatusCode::UNAUTHORIZED {
            return Err(Trouble::Refused(Refusal::Failed(self.way.unauthorized())));
        }
        if !status.is_success() {
            return Err(refused(status.as_u16(), &headers, &kept, ask.is_built_in, matches!(keep, Keep::TextEnd(_))));
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") {
            return Err(Trouble::Refused(Refusal::Failed(WEB_PAGE.to_owned())));
        }
        if let Keep::TextEnd(wanted) = keep {
            // JSON in place of a log would be read as what a container wrote.
            if !kind.is_empty() && !kind.starts_with("text/plain") {
                return Err(Trouble::Refused(Refusal::Failed(NOT_ASKED_FOR.to_owned())));
            }
            if is_cut_short || kept.len() > wanted {
                kept.drain(..kept.len().saturating_sub(wanted));
                // The first line is a part of one: a secret that is cut in two would not be known as one.
                let line = kept.iter().position(|byte| *byte == b'\n').map_or(kept.len(), |at| at + 1);
                kept.drain(..line);
            }
        }
        Ok(kept)
    }
}

/// Tells what an answer that was no success means, and whether to ask again.
fn refused(status: u16, headers: &HeaderMap, body: &[u8], is_built_in: bool, is_log: bool) -> Trouble {
    let wish = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.trim().parse().ok());
    let wish = wish.map(Duration::from_secs);
    match (Refusal::of_answer(status, body), status) {
        (refusal, 503 | 504) => Trouble::Again(refusal, wish),
        (refusal, 429) => Trouble::Again(refusal.wishing(wish), wish),
        // The container has not begun, or was never begun before.
        (Refusal::Failed(_), 400) if is_log => Trouble::Refused(Refusal::NotFound),
        (Refusal::NoSuchKind, status) if is_built_in => Trouble::Refused(Refusal::Failed(format!(
            "the API server says that it does not know what every API server knows ({status})"
        ))),
        (refusal, _) => Trouble::Refused(refusal),
    }
}

/// Reads a page of a list; anything else is no empty list.
fn page(body: &[u8]) -> Result<Page<'_>, Refusal> {
    let page: Page<'_> = serde_json::from_slice(body).map_err(|error| Refusal::Failed(unreadable(&error)))?;
    // A definition may give its lists any kind.
    let is_list = !page.kind.is_empty() && page.items.is_some();
    if is_list { Ok(page) } else { Err(Refusal::Failed(NOT_ASKED_FOR.to_owned())) }
}

/// Reads an object; anything else is no object without content.
fn object<T: DeserializeOwned>(body: &[u8], about: &About) -> Result<T, Refusal> {
    let unreadable = |error: serde_json::Error| Refusal::Failed(unreadable(&error));
    let is_about = match about {
        About::Anything => true,
        About::Object(name) => serde_json::from_slice::<Head>(body).map_err(unreadable)?.metadata.name == *name,
        About::Kind(kind) => serde_json::from_slice::<Head>(body).map_err(unreadable)?.kind == *kind,
    };
    if !is_about {
        return Err(Refusal::Failed(NOT_ASKED_FOR.to_owned()));
    }
    serde_json::from_slice(body).map_err(unreadable)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_and_no_object_is_not_taken_for_an_empty_one() {
        for body in [&b"{}"[..], br#"{"kind":"Status","status":"Success"}"#, br#"{"items":[]}"#, b"", b"[]"] {
            assert!(page(body).is_err());
            assert!(object::<serde_json::Value>(body, &About::Object("x".to_owned())).is_err());
            assert!(object::<serde_json::Value>(body, &About::Kind("APIGroup".to_owned())).is_err());
        }
        for list in [&br#"{"kind":"PodList","items":null}"#[..], br#"{"kind":"AllOfThem","items":[]}"#] {
            assert!(page(list).is_ok_and(|page| page.items.is_some_and(|items| items.is_empty())));
        }
        let named = br#"{"kind":"Namespace","metadata":{"name":"x"}}"#;
        assert!(object::<serde_json::Value>(named, &About::Object("x".to_owned())).is_ok());
        assert!(object::<serde_json::Value>(named, &About::Object("y".to_owned())).is_err());
    }

    #[test]
    fn a_server_that_lacks_pods_is_none() {
        let body = br#"{"kind":"Status","code":404,"details":{}}"#;
        let said = |is_built_in| Refusal::from(refused(404, &HeaderMap::new(), body, is_built_in, false));
        assert_eq!(said(false), Refusal::NoSuchKind);
        assert!(matches!(said(true), Refusal::Failed(why) if why.contains("404")));
    }
}
