//! Calls to the API server: each with a time limit and a limit on what it reads.

use std::borrow::Cow;
use std::time::Duration;

use futures::StreamExt as _;
use http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::refusal::{NOT_ASKED_FOR, Refusal, WEB_PAGE, innermost, is_cut};
use crate::facts::Fetched;

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
/// How long to wait before a call is tried again, where the server does not say so itself. Every call only reads.
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
}

/// Where in the API a question goes.
#[derive(Debug, Clone)]
pub struct Path {
    base: String,
    query: Vec<(String, String)>,
    /// Whether the resource comes with Kubernetes itself, so that no server lacks it.
    is_built_in: bool,
    /// What the answer must be about.
    about: About,
}

/// What an answer must be about, so that anything else is not taken for an empty one.
#[derive(Debug, Clone)]
enum About {
    /// An object of this name.
    Object(String),
    /// An object of this kind.
    Kind(String),
    /// Whatever the caller makes of it.
    Anything,
}

/// Tells whether an API group comes with Kubernetes itself: no server lacks it, so a 404 for it is no word of one.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    // One without a dot is Kubernetes' own by its own rule. Groups of others may end in `.k8s.io` too.
    const OWN: [&str; 15] = [
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "scheduling",
        "storage",
    ];
    !group.contains('.') || group.strip_suffix(".k8s.io").is_some_and(|name| OWN.contains(&name))
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
        Self { base, query: Vec::new(), is_built_in: is_built_in(group), about: About::Anything }
    }

    /// Makes the path of one object.
    #[must_use]
    pub fn object(group: &str, version: &str, namespace: Option<&str>, resource: &str, name: &str) -> Self {
        let mut path = Self::list(group, version, namespace, resource);
        path.base = format!("{}/{}", path.base, escape(name));
        path.about = About::Object(name.to_owned());
        path
    }

    /// Makes the path of the server's version.
    #[must_use]
    pub fn version() -> Self {
        Self { base: "/version".to_owned(), query: Vec::new(), is_built_in: false, about: About::Anything }
    }

    /// Makes the path of what is known of an API group.
    #[must_use]
    pub fn group(group: &str) -> Self {
        let about = About::Kind("APIGroup".to_owned());
        Self { base: format!("/apis/{}", escape(group)), query: Vec::new(), is_built_in: false, about }
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
    pub fn new(client: Client, limit: Option<Duration>) -> Self {
        Self { client, limit, permits: Semaphore::new(AT_ONCE), large: Semaphore::new(1) }
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
                Err(refusal) => return Ok(Some(format!("a later page was refused: {}", words(&refusal)))),
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
                        Err(Trouble::Again(refusal, wish)) => (refusal, wish),
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

    /// Asks once.
    async fn exchange(&self, ask: &Ask, keep: Keep) -> Result<Vec<u8>, Trouble> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            let refusal = Refusal::Failed(innermost(error));
            // Every call only reads: one that was cut off can be made again.
            if is_cut(error) { Trouble::Again(refusal, None) } else { Trouble::Refused(refusal) }
        };
        let response = self.client.send(ask.request()?).await.map_err(|error| failed(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let most = if status.is_success() { LARGEST_ANSWER } else { LARGEST_REFUSAL };
        let mut kept: Vec<u8> = Vec::new();
        let mut read = 0_usize;
        let mut is_cut_short = false;
        let mut alone = None;
        let mut chunks = response.into_body().into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| failed(&error))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_others_may_end_like_kubernetes_own() {
        for group in ["", "apps", "batch", "storage.k8s.io", "networking.k8s.io", "authorization.k8s.io"] {
            assert!(is_built_in(group), "{group}");
        }
        for group in ["velero.io", "snapshot.storage.k8s.io", "aadpodidentity.k8s.io", "metrics.k8s.io"] {
            assert!(!is_built_in(group), "{group}");
        }
    }

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
