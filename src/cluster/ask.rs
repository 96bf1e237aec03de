//! A question to the API server, and what its failures mean: whether to ask again, and when.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use http::{Method, Request};
use kube::client::Body;

use super::path::Path;
use super::refusal::Refusal;

/// The largest answer that is read, so that no server can fill the memory; a page that is larger is asked for in parts.
pub(super) const LARGEST_ANSWER: usize = 12 << 20;

/// A question to the server, which can be asked again.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) body: Vec<u8>,
    pub(super) is_built_in: bool,
    /// What may come back.
    pub(super) accept: &'static str,
}

/// What may come back where nothing is said of it, and where only metadata is wanted.
const JSON: &str = "application/json";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

impl Ask {
    pub(super) fn get(path: &Path) -> Self {
        let accept = if path.is_metadata_only { METADATA_LIST } else { JSON };
        Self { method: Method::GET, uri: path.uri(), body: Vec::new(), is_built_in: path.is_built_in, accept }
    }

    pub(super) fn request(&self) -> Result<Request<Body>, Trouble> {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.uri).header(ACCEPT, self.accept);
        if !self.body.is_empty() {
            request = request.header(CONTENT_TYPE, JSON);
        }
        request
            .body(Body::from(self.body.clone()))
            .map_err(|error| Trouble::Refused(Refusal::Failed(error.to_string())))
    }
}

/// Why a try brought nothing.
pub(super) enum Trouble {
    /// It would bring nothing again.
    Refused(Refusal),
    /// It may do better in a moment; the server may have said when.
    Again(Refusal, Option<Duration>),
    /// The answer is larger than what is read.
    TooLarge,
}

impl Trouble {
    pub(super) fn words(&self) -> String {
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
pub(super) enum Keep {
    /// All of it; it is JSON.
    Json,
    /// So many bytes of its end; it is text.
    TextEnd(usize),
}

/// Tells what an answer that was no success means, and whether to ask again.
pub(super) fn refused(status: u16, headers: &HeaderMap, body: &[u8], is_built_in: bool, is_log: bool) -> Trouble {
    let wish = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.trim().parse().ok());
    let wish = wish.map(Duration::from_secs);
    match (Refusal::of_answer(status, body), status) {
        (refusal, 503 | 504) => Trouble::Again(refusal, wish),
        (refusal, 429) => Trouble::Again(refusal.wishing(wish), wish),
        // The container has not begun, or was never begun before.
        (Refusal::Failed(_), 400) if is_log && Refusal::is_of_kubernetes(body) => Trouble::Refused(Refusal::NotFound),
        (Refusal::NoSuchKind, status) if is_built_in => Trouble::Refused(Refusal::Failed(format!(
            "the API server says that it does not know what every API server knows ({status})"
        ))),
        (refusal, _) => Trouble::Refused(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_lacks_pods_is_none() {
        let body = br#"{"kind":"Status","code":404,"details":{}}"#;
        let said = |is_built_in| Refusal::from(refused(404, &HeaderMap::new(), body, is_built_in, false));
        assert_eq!(said(false), Refusal::NoSuchKind);
        assert!(matches!(said(true), Refusal::Failed(why) if why.contains("404")));
    }
}
