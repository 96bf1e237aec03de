//! What went wrong with a call, told once.

use serde::Deserialize;

use crate::facts::Text;

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

impl Refusal {
    /// Reads the refusal out of an answer that was not a success.
    #[must_use]
    pub fn of_answer(status: u16, body: &[u8]) -> Self {
        let told: Option<Status> = serde_json::from_slice(body).ok().filter(|status: &Status| status.kind == "Status");
        let names_object = told.as_ref().and_then(|s| s.details.as_ref()).is_some_and(|d| d.name.is_some());
        match status {
            403 => Self::Forbidden,
            // Without an object's name the path itself is unknown: the kind is not installed.
            404 if names_object => Self::NotFound,
            404 if told.is_some() || body.starts_with(b"404 page not found") => Self::NoSuchKind,
            // Any web server answers 404 to what it does not know; that is no word of a Kubernetes API.
            404 => Self::Failed("what answered 404 is not the Kubernetes API".to_owned()),
            401 => Self::Failed("the API server does not accept the login (401 Unauthorized)".to_owned()),
            410 => Self::Failed("the list expired while it was read (410 Gone)".to_owned()),
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
        let is_user = message.contains("cannot create resource");
        let is_webhook_failure = message.contains("failed calling webhook");
        // The account of the pod on trial, in a namespace that is seconds old; the extension's pods have their own.
        if message.contains("error looking up service account") {
            return Err(Self::Failed("the namespace has no default service account yet".to_owned()));
        }
        match status {
            400 | 403 | 422 if !is_user && !message.is_empty() => Ok(message),
            _ if is_webhook_failure => Ok(message),
            _ => Err(Self::of_answer(status, body)),
        }
    }

    /// Reads the refusal out of an error of the client: the innermost causes tell most.
    #[must_use]
    pub fn of_error(error: &kube::Error) -> Self {
        if let kube::Error::Api(status) = error {
            let body = serde_json::to_vec(status).unwrap_or_default();
            return Self::of_answer(status.code, &body);
        }
        Self::Failed(innermost(error))
    }
}

/// Returns the last two causes of an error, which say what happened without the layers around it.
#[must_use]
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
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
}
