//! A dry run: whether the server would take a new object. Nothing is left of it.

use futures::StreamExt as _;
use http::header::{CONTENT_TYPE, WARNING};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;

use super::answer::Head;
use super::api::{Api, LARGEST_REFUSAL};
use super::ask::{Ask, Trouble, refused};
use super::path::Path;
use super::refusal::{NOT_ASKED_FOR, Refusal, WEB_PAGE};
use crate::facts::Text;

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

impl Api {
    /// Asks by a dry run whether the server would take a new object; nothing is left of it.
    ///
    /// # Errors
    /// The refusal, where the question itself was not answered.
    pub async fn try_out(&self, path: &Path, object: &serde_json::Value) -> Result<Verdict, Refusal> {
        let path = path.clone().with("dryRun", "All");
        let ask = Ask { method: Method::POST, body: object.to_string().into_bytes(), ..Ask::get(&path) };
        let kind = object.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
        // It makes nothing, so that it can be asked again.
        Ok(self.again(true, async || self.try_once(&ask, kind).await).await?)
    }

    async fn try_once(&self, ask: &Ask, kind: &str) -> Result<Verdict, Trouble> {
        let response = self.send(ask).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body: Vec<u8> = Vec::new();
        let mut is_cut_short = false;
        let mut chunks = response.into_body().into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.failed(&error))?;
            // What is of use stands at the beginning of either answer.
            let room = LARGEST_REFUSAL.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
            if room <= chunk.len() {
                is_cut_short = true;
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
        if is_cut_short {
            let why = format!("the answer is larger than {} KiB", LARGEST_REFUSAL >> 10);
            return Err(Trouble::Refused(Refusal::Failed(why)));
        }
        // Anything may answer 200: what was accepted comes back as what was sent.
        if !serde_json::from_slice::<Head>(&body).is_ok_and(|head| head.kind == kind) {
            return Err(Trouble::Refused(Refusal::Failed(NOT_ASKED_FOR.to_owned())));
        }
        let warnings = headers.get_all(WARNING).iter().filter_map(|value| value.to_str().ok());
        Ok(Verdict::Accepted { warnings: warnings.map(warning_text).collect() })
    }
}

/// Returns the text of a `Warning` header: `299 - "the text"`.
fn warning_text(header: &str) -> Text {
    let inner = header.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map_or(header, |(text, _)| text);
    Text::new(&inner.replace("\\\"", "\""))
}
