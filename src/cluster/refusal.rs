//! What went wrong with a call, told once.

use std::io;
use std::time::Duration;

use serde::Deserialize;

use super::trouble;
use crate::facts::Text;

/// How a refused login is marked in what is told of it.
pub(super) const UNAUTHORIZED: &str = "(401 Unauthorized)";
/// What answered with a web page: a portal, a proxy or a gateway.
pub(super) const WEB_PAGE: &str = "what answered with a web page is not the Kubernetes API";
/// What answered with something else than the question was about.
pub(super) const NOT_ASKED_FOR: &str = "what came is not what was asked for";
/// How it is told that the user may not act as somebody else.
pub(super) const IMPERSONATE: &str = "the login may not act as the one that was asked for";
/// What ended a connection too early; the layers below say it in many ways.
const CUT_OFF: &str = "the connection was cut off";

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The user may not.
    Forbidden,
    /// The object does not exist.
    NotFound,
    /// The server does not know the kind.
    NoSuchKind,
    /// Anything else, in words.
    Failed(String),
}

/// The part of `metav1.Status` that tells refusals apart.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    kind: String,
    reason: Option<String>,
    message: Option<Text>,
    details: Option<Details>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    name: Option<String>,
}

impl Status {
    /// Returns whether not the question was refused, but that somebody puts it as somebody else.
    ///
    /// Knowledge: the API server's own words, `User "…" cannot impersonate resource "users" in API group "" …`.
    fn is_about_impersonation(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.contains(" cannot impersonate resource "))
    }
}

/// Why a later page is refused whose list the server has let go.
const EXPIRED: &str = "the list expired while it was read (410 Gone)";

impl Refusal {
    /// Returns whether it is of a page whose list the server has let go: begun anew, the list may come whole.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        matches!(self, Self::Failed(why) if why == EXPIRED)
    }

    /// Returns the refusal in words, for the middle of a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Forbidden => "forbidden".to_owned(),
            Self::NotFound | Self::NoSuchKind => "not found".to_owned(),
            Self::Failed(why) => why.clone(),
        }
    }

    /// Returns whether a refusal's body is a Kubernetes API's own.
    #[must_use]
    pub(super) fn is_of_kubernetes(body: &[u8]) -> bool {
        serde_json::from_slice::<Status>(body).is_ok_and(|status| status.kind == "Status")
    }

    /// Reads the refusal out of an answer that was not a success.
    #[must_use]
    pub fn of_answer(status: u16, body: &[u8]) -> Self {
        let told: Option<Status> = serde_json::from_slice(body).ok().filter(|status: &Status| status.kind == "Status");
        let names_object = told.as_ref().and_then(|s| s.details.as_ref()).is_some_and(|d| d.name.is_some());
        let is_page = body.trim_ascii_start().starts_with(b"<");
        match status {
            403 if told.as_ref().is_some_and(Status::is_about_impersonation) => {
                Self::Failed(format!("{IMPERSONATE}: {}", told.and_then(|status| status.message).unwrap_or_default()))
            }
            403 if told.is_some() => Self::Forbidden,
            300..=399 => Self::Failed(format!("what answered with a redirect ({status}) is not the Kubernetes API")),
            // Without an object's name the path itself is unknown: the kind is not installed.
            404 if names_object => Self::NotFound,
            404 if told.is_some() || body.starts_with(b"404 page not found") => Self::NoSuchKind,
            // Any web server answers 404 to what it does not know; that is no word of a Kubernetes API.
            // And any proxy may forbid: which right would be missing is only known from a Kubernetes API.
            403 | 404 => Self::Failed(format!("what answered {status} is not the Kubernetes API")),
            _ if is_page => Self::Failed(format!("what answered {status} with a web page is not the Kubernetes API")),
            401 => Self::Failed(format!("the API server does not accept the login {UNAUTHORIZED}")),
            410 => Self::Failed(EXPIRED.to_owned()),
            429 => Self::Failed("the API server is too busy (429 Too Many Requests)".to_owned()),
            _ => {
                let why = told.and_then(|s| s.message.map(|m| m.to_string()).or(s.reason)).unwrap_or_default();
                let colon = if why.is_empty() { "" } else { ": " };
                Self::Failed(format!("the API server answered {status}{colon}{why}"))
            }
        }
    }

    /// Tells why a dry run came to nothing: the object was denied, or the question was not answered.
    ///
    /// # Errors
    /// The refusal of the question itself: the user may not ask, or the server did not say.
    pub fn of_trial(status: u16, body: &[u8]) -> Result<Text, Self> {
        let told: Option<Status> = serde_json::from_slice(body).ok().filter(|status: &Status| status.kind == "Status");
        let message = told.and_then(|status| status.message).unwrap_or_default();
        // Words of the API server's own: authorization refuses the user, admission refuses the object.
        let is_user = message.contains("User \"") && message.contains(" cannot ");
        let is_webhook_failure = message.contains("failed calling webhook");
        // The account of the pod on trial, in a namespace that is seconds old; the extension's pods have their own.
        if message.contains("error looking up service account") {
            return Err(Self::Failed("the namespace has no default service account yet".to_owned()));
        }
        // A bad request is one that could not be judged (a webhook that has side effects cannot be asked by a dry run),
        // unless a webhook chose that code for its no.
        let is_denial = message.contains("denied the request") || message.contains("denied request");
        match status {
            400 if !is_denial => Err(Self::of_answer(status, body)),
            400 | 403 | 422 if !is_user && !message.is_empty() => Ok(message),
            _ if is_webhook_failure => Ok(message),
            _ => Err(Self::of_answer(status, body)),
        }
    }

    /// Reads the refusal out of an error of the client: what is known by its kind, else the innermost causes.
    #[must_use]
    pub fn of_error(error: &kube::Error) -> Self {
        use kube::client::UpgradeConnectionError::ProtocolSwitch;
        match error {
            // The client makes a status of its own out of what is none, and keeps the words as its message.
            kube::Error::Api(status) if status.reason == "Failed to parse error data" => {
                Self::of_answer(status.code, status.message.as_bytes())
            }
            // JSON that is no status either.
            kube::Error::Api(status) if status.code == 0 => Self::Failed(NOT_ASKED_FOR.to_owned()),
            kube::Error::Api(status) => {
                let mut body = serde_json::to_value(status).unwrap_or_default();
                if let Some(fields) = body.as_object_mut() {
                    fields.insert("kind".to_owned(), "Status".into());
                }
                Self::of_answer(status.code, body.to_string().as_bytes())
            }
            kube::Error::UpgradeConnection(ProtocolSwitch(status)) if !status.is_redirection() => {
                Self::Failed(format!("what answered {} to a port-forward is not the Kubernetes API", status.as_u16()))
            }
            kube::Error::UpgradeConnection(ProtocolSwitch(status)) => Self::of_answer(status.as_u16(), b""),
            error if is_cut(error) => Self::Failed(innermost(error)),
            error => Self::Failed(trouble::words(error).unwrap_or_else(|| innermost(error))),
        }
    }

    /// Adds when the server wishes to be asked again (`Retry-After`).
    #[must_use]
    pub(super) fn wishing(self, after: Option<Duration>) -> Self {
        match (self, after) {
            (Self::Failed(why), Some(after)) if after.as_secs() > 1 => {
                Self::Failed(format!("{why}, and asks to be tried again after {} s", after.as_secs()))
            }
            (refusal, _) => refusal,
        }
    }
}

/// Tells whether an error is that the connection ended before the answer did.
#[must_use]
pub(super) fn is_cut(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        let is_end = matches!(
            kind,
            Some(
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
            )
        );
        // The HTTP library's own words; its type is not ours to name.
        let told = error.to_string();
        if is_end || told.contains("before message completed") || told.contains("before message length reached") {
            return true;
        }
        next = error.source();
    }
    false
}

/// Returns the last two causes of an error, which say what happened without the layers around it.
#[must_use]
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    if is_cut(error) {
        return CUT_OFF.to_owned();
    }
    let mut chain = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        chain.push(cause.to_string());
        source = cause.source();
    }
    let last = chain.pop().unwrap_or_default();
    let told = match chain.pop() {
        // Wrappers repeat what they wrap; the plain cause is enough then.
        Some(before) if !before.contains(&last) && chain.len() > 1 => format!("{before}: {last}"),
        _ => last,
    };
    Text::new(&told).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_404_counts_only_from_a_kubernetes_api() {
        let kind = br#"{"kind":"Status","message":"the server could not find the requested resource","code":404,"details":{}}"#;
        let object = br#"{"kind":"Status","reason":"NotFound","code":404,"details":{"name":"x","kind":"pods"}}"#;
        assert_eq!(Refusal::of_answer(404, kind), Refusal::NoSuchKind);
        assert_eq!(Refusal::of_answer(404, b"404 page not found\n"), Refusal::NoSuchKind);
        assert_eq!(Refusal::of_answer(404, object), Refusal::NotFound);
        for body in [&b"<html>not here</html>"[..], b"", b"{}"] {
            assert!(matches!(Refusal::of_answer(404, body), Refusal::Failed(_)));
        }
    }

    #[test]
    fn a_missing_right_is_only_known_from_a_kubernetes_api() {
        assert_eq!(Refusal::of_answer(403, br#"{"kind":"Status","code":403}"#), Refusal::Forbidden);
        for body in [&b"<html>blocked by policy</html>"[..], b"Forbidden", b"{}", b""] {
            let said = Refusal::of_answer(403, body);
            assert!(matches!(&said, Refusal::Failed(why) if why.contains("not the Kubernetes API")), "{said:?}");
        }
    }

    #[test]
    fn a_dry_run_that_could_not_be_judged_is_no_denial() {
        let of = |status: u16, message: &str| {
            let body = serde_json::json!({"kind": "Status", "code": status, "message": message});
            Refusal::of_trial(status, body.to_string().as_bytes())
        };
        let webhook = "admission webhook \"aks-webhook-admission-controller.azmk8s.io\"";
        for words in [format!("{webhook} does not support dry run"), "error decoding the object".to_owned()] {
            let said = of(400, &words);
            assert!(matches!(&said, Err(Refusal::Failed(why)) if why.contains(&words)), "{said:?}");
        }
        assert!(of(400, &format!("{webhook} denied the request: no")).is_ok());
        assert!(of(403, "pods \"x\" is forbidden: exceeded quota: q").is_ok());
        assert!(of(422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no").is_ok());
    }

    #[test]
    fn the_clients_own_status_is_read_like_the_servers() {
        use kube::core::Status;
        let of = |status: Status| Refusal::of_error(&kube::Error::Api(status.boxed()));
        let forbidden = Status::failure("pods is forbidden", "Forbidden").with_code(403);
        assert_eq!(of(forbidden), Refusal::Forbidden);
        let page = Status::failure("<html>blocked</html>", "Failed to parse error data").with_code(403);
        assert!(matches!(of(page), Refusal::Failed(why) if why.contains("not the Kubernetes API")));
    }

    #[test]
    fn a_connection_that_was_cut_is_told_without_the_layers_below() {
        let error =
            io::Error::new(io::ErrorKind::UnexpectedEof, "peer closed without close_notify: https://example.com");
        assert_eq!(innermost(&error), CUT_OFF);
    }
}
