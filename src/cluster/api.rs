//! Calls to the API server: each with a time limit and a limit on what it reads.

use std::cell::Cell;
use std::time::Duration;

use futures::StreamExt as _;
use http::header::{CONTENT_TYPE, DATE};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::answer::{object, page, place};
use super::ask::{Ask, Keep, LARGEST_ANSWER, Trouble, refused};
use super::flags::Flags;
use super::path::{About, Path};
use super::refusal::{NOT_ASKED_FOR, Refusal, WEB_PAGE, innermost, is_cut};
use super::trace::Trace;
use super::trouble::{self, Way};
use crate::error::Error;
use crate::facts::{Clocks, Fetched};

/// How many objects one page of a list holds.
///
/// Wall time is the number of pages, memory is the size of one (docs/performance.md).
const PAGE: u32 = 500;
/// The smaller pages that are asked for where an answer is too large.
const SMALLER_PAGES: [u32; 3] = [100, 20, 4];
/// What may be read of several answers at once; of those that are larger, one at a time goes on.
const LARGE_ANSWER: usize = 1 << 20;
/// How much is read of an answer that is a refusal: its words stand at its beginning.
pub(super) const LARGEST_REFUSAL: usize = 64 << 10;
/// How much of a list is kept at most, as the server sent it; what is kept of each object is a small part of it.
const MOST_KEPT: usize = 16 << 20;
/// How many objects of a list are kept at most: the smallest take a kilobyte here, and each is judged.
const MOST_ROWS: usize = 5000;
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
    pub(super) way: Way,
    /// What the server's clock and the one here said when the last answer came.
    clocks: Cell<Option<Clocks>>,
    pub(super) trace: Trace,
}

/// How much of a list is read, and in pages of how many objects.
#[derive(Clone, Copy)]
struct Bound {
    page: u32,
    rows: usize,
    bytes: usize,
}

/// Why a list is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The reason.
    pub why: String,
    /// Whether the server has let the list go between two pages: begun anew, it may come whole.
    pub is_expired: bool,
}

impl Cut {
    const fn new(why: String) -> Self {
        Self { why, is_expired: false }
    }
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

    /// Returns the name or address that the server is reached by.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.way.host
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
    pub async fn each<T: DeserializeOwned>(&self, path: &Path, take: impl FnMut(T)) -> Result<Option<String>, Refusal> {
        Ok(self.each_of(path, PAGE, take).await?.map(|cut| cut.why))
    }

    /// Reads a list as [`Api::each`] does, in pages of `page` objects: fewer round trips, and more memory for each.
    ///
    /// # Errors
    /// As [`Api::each`].
    pub async fn each_of<T: DeserializeOwned>(
        &self,
        path: &Path,
        page: u32,
        take: impl FnMut(T),
    ) -> Result<Option<Cut>, Refusal> {
        self.pages(path, Bound { page, rows: usize::MAX, bytes: usize::MAX }, take).await
    }

    /// Reads a list until it ends, or until the bound is reached.
    async fn pages<T: DeserializeOwned>(
        &self,
        path: &Path,
        most: Bound,
        mut take: impl FnMut(T),
    ) -> Result<Option<Cut>, Refusal> {
        let (mut rows, mut bytes) = (0_usize, 0_usize);
        let mut next: Option<String> = None;
        let mut broken = 0_usize;
        let mut why_broken = String::new();
        let mut size = most.page;
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
                Err(refusal) => {
                    let why = format!("a later page was refused: {}", refusal.words());
                    return Ok(Some(Cut { why, is_expired: refusal.is_expired() }));
                }
            };
            let before = next.take();
            for item in page.items.unwrap_or_default() {
                rows = rows.saturating_add(1);
                bytes = bytes.saturating_add(item.get().len());
                if rows > most.rows {
                    return Ok(Some(Cut::new(format!("the list has more than {} objects", most.rows))));
                }
                if bytes > most.bytes {
                    return Ok(Some(Cut::new(format!("the list is larger than {} MiB", most.bytes >> 20))));
                }
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
            if next.is_some() && next == before {
                return Ok(Some(Cut::new("the list did not end: its next page is the same one again".to_owned())));
            }
            if next.is_none() {
                let why = || format!("{broken} of its objects have a shape that is not known: {why_broken}");
                return Ok((broken > 0).then(|| Cut::new(why())));
            }
        }
        Ok(Some(Cut::new(format!("it has more than {MOST_PAGES} pages"))))
    }

    /// Reads a whole list.
    ///
    /// # Errors
    /// As [`Api::each`].
    pub async fn list<T: DeserializeOwned>(&self, path: &Path) -> Result<Fetched<Vec<T>>, Refusal> {
        let mut rows = Vec::new();
        let why =
            self.pages(path, Bound { page: PAGE, rows: MOST_ROWS, bytes: MOST_KEPT }, |row| rows.push(row)).await?;
        Ok(Fetched::of(rows, why.map(|cut| cut.why)))
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

    async fn ask(&self, ask: &Ask, keep: Keep) -> Result<Vec<u8>, Trouble> {
        self.again(ask.method == Method::GET, async || self.exchange(ask, keep).await).await
    }

    /// Tries within the limit of a call, and again where that may help and there is time for it.
    ///
    /// Only a question `may_repeat`: what makes something could make it twice.
    pub(super) async fn again<T>(
        &self,
        may_repeat: bool,
        once: impl AsyncFn() -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        // The limit begins when the question is put, not while it waits for its turn.
        let outcome = self
            .within(async {
                let end = self.limit.map(|limit| Instant::now() + limit);
                let mut waits = WAITS.iter();
                loop {
                    let (refusal, wish) = match once().await {
                        Err(Trouble::Again(refusal, wish)) if may_repeat => (refusal, wish),
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
    pub(super) async fn send(&self, ask: &Ask) -> Result<Response<Body>, Trouble> {
        let request = ask.request()?;
        let call = self.trace.begin(&self.way.url(), &request);
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
    pub(super) fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Trouble {
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

/// Reads a date as HTTP writes it: `Tue, 24 Nov 2026 10:00:00 GMT`.
fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// Returns a duration as a person would say it.
pub(super) fn seconds(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}
