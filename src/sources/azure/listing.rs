//! How one question becomes one fact: single answers, lists of several pages, and Azure's index.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Arm;
use crate::azure::{Az, Question, Trouble};
use crate::facts::{Fetched, Unread};

/// So many pages of a list are read: thousands of rows.
const MOST_PAGES: usize = 10;
/// So many rows are kept.
const MOST_ROWS: usize = 20_000;

/// One page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    value: Vec<Box<RawValue>>,
    next_link: Option<String>,
}

/// One page of Azure's index.
#[derive(Deserialize)]
struct GraphPage {
    #[serde(default)]
    data: Vec<Box<RawValue>>,
    #[serde(rename = "$skipToken")]
    skip_token: Option<String>,
    #[serde(rename = "resultTruncated", default)]
    truncated: Option<Value>,
}

/// Rows, and how many could not be read.
struct Rows<T> {
    rows: Vec<T>,
    odd: usize,
    /// How many were too many.
    surplus: usize,
}

impl<T: DeserializeOwned> Rows<T> {
    const fn new() -> Self {
        Self { rows: Vec::new(), odd: 0, surplus: 0 }
    }

    /// Reads each row by itself: one of an unexpected shape costs only itself.
    fn add(&mut self, page: &[Box<RawValue>]) {
        self.surplus += page.len().saturating_sub(MOST_ROWS.saturating_sub(self.rows.len()));
        for row in page.iter().take(MOST_ROWS.saturating_sub(self.rows.len())) {
            match serde_json::from_str(row.get()) {
                Ok(row) => self.rows.push(row),
                Err(_) => self.odd += 1,
            }
        }
    }

    fn lack(&self) -> Option<String> {
        if self.surplus > 0 {
            return Some(format!("of its rows {} more than {MOST_ROWS} were not kept", self.surplus));
        }
        (self.odd > 0).then(|| format!("{} of its rows have an unexpected shape", self.odd))
    }
}

impl Arm<'_> {
    /// Asks for one resource.
    pub(super) async fn one<T: DeserializeOwned>(&self, az: &Az<'_>, question: Question) -> Fetched<T> {
        if let Err(trouble) = self.take_read() {
            return refused(&trouble);
        }
        match az.ask(&question).await {
            Ok(answer) => Fetched::Got(answer),
            Err(trouble) => refused(&trouble),
        }
    }

    /// Asks for a list, page by page.
    pub(super) async fn list<T: DeserializeOwned>(&self, az: &Az<'_>, question: Question) -> Fetched<Vec<T>> {
        let (mut all, mut next) = (Rows::new(), Some(question));
        for page in 0.. {
            let Some(question) = next.take() else { break };
            if page == MOST_PAGES {
                return Fetched::of(all.rows, Some(format!("there is more behind its {MOST_PAGES} first pages")));
            }
            // Further pages belong to the one question.
            let open = if page == 0 { self.take_read() } else { Ok(()) };
            let answer: Result<Page, Trouble> = match open {
                Ok(()) => match (az.ask(&question).await, question.in_older()) {
                    // The same question, for a cloud that lags behind.
                    (Err(Trouble::Unsupported(_)), Some(older)) => az.ask(&older).await,
                    (answer, _) => answer,
                },
                Err(trouble) => Err(trouble),
            };
            match answer {
                Ok(answer) => {
                    all.add(&answer.value);
                    next = match answer.next_link.filter(|link| !link.is_empty()) {
                        None => None,
                        Some(link) => match Question::next(&link) {
                            Some(next) if next != question => Some(next),
                            _ => {
                                return Fetched::of(
                                    all.rows,
                                    Some("the address of its next page cannot be used".to_owned()),
                                );
                            }
                        },
                    };
                }
                Err(trouble) if page == 0 => return refused(&trouble),
                Err(trouble) => return Fetched::of(all.rows, Some(format!("a later page: {}", trouble.words()))),
            }
        }
        let lack = all.lack();
        Fetched::of(all.rows, lack)
    }

    /// Asks Azure's index; no subscription named means all that the sign-in sees.
    pub(super) async fn graph<T: DeserializeOwned>(
        &self,
        az: &Az<'_>,
        subscriptions: &[&str],
        query: &str,
    ) -> Fetched<Vec<T>> {
        if let Err(trouble) = self.take_read() {
            return refused(&trouble);
        }
        let (mut all, mut token) = (Rows::new(), None::<String>);
        for page in 0..MOST_PAGES {
            let mut body =
                serde_json::json!({"query": query, "options": {"resultFormat": "objectArray", "$top": 1000}});
            if !subscriptions.is_empty() {
                body["subscriptions"] = serde_json::json!(subscriptions);
            }
            if let Some(token) = &token {
                body["options"]["$skipToken"] = serde_json::json!(token);
            }
            let question = Question::post("/providers/Microsoft.ResourceGraph/resources", body);
            match az.ask::<GraphPage>(&question).await {
                Err(trouble) if page == 0 => return refused(&trouble),
                Err(trouble) => return Fetched::of(all.rows, Some(format!("a later page: {}", trouble.words()))),
                Ok(answer) => {
                    all.add(&answer.data);
                    token = answer.skip_token.filter(|token| !token.is_empty());
                    if token.is_none() {
                        let is_cut = answer.truncated.is_some_and(|cut| cut == "true" || cut == true);
                        let lack =
                            all.lack().or_else(|| is_cut.then(|| "Azure's index cut its answer short".to_owned()));
                        return Fetched::of(all.rows, lack);
                    }
                }
            }
        }
        Fetched::of(all.rows, Some(format!("there is more behind its {MOST_PAGES} first pages")))
    }
}

/// Returns the state of a fact whose question went wrong.
pub(super) fn refused<T>(trouble: &Trouble) -> Fetched<T> {
    match (trouble, trouble.right()) {
        (_, Some(right)) => Fetched::Denied(right),
        (Trouble::NotFound(_), _) => Fetched::Absent,
        _ => Fetched::Failed(trouble.words()),
    }
}

/// Returns the state of what stands on a fact that could not be read; `None` where it was.
pub(super) fn stands_on<T, U>(base: &Fetched<T>, what: &str) -> Option<Fetched<U>> {
    let unread = match base {
        Fetched::Got(_) | Fetched::Partial { .. } => return None,
        Fetched::Absent | Fetched::NoSuchKind => {
            return Some(Fetched::Failed(format!("Azure finds nothing where {what} would be")));
        }
        other => other.unread(what)?,
    };
    Some(match unread.missing.into_iter().next() {
        Some(right) => Fetched::Denied(right),
        None => Fetched::Failed(unread.why),
    })
}

/// Returns why a list is not whole; an absent one counts as unread here, since nobody knows what it would hold.
pub(super) fn unread<T>(list: &Fetched<Vec<T>>) -> Option<Unread> {
    match list {
        Fetched::Absent | Fetched::NoSuchKind => {
            Some(Unread { why: "Azure finds no such scope".to_owned(), missing: Vec::new() })
        }
        Fetched::Failed(why) | Fetched::Partial { why, .. } => Some(Unread { why: why.clone(), missing: Vec::new() }),
        Fetched::Denied(right) => {
            Some(Unread { why: format!("reading a part needs {}", right.words()), missing: vec![right.clone()] })
        }
        Fetched::NotAsked => Some(Unread { why: "a part was not asked for".to_owned(), missing: Vec::new() }),
        Fetched::Got(_) => None,
    }
}
