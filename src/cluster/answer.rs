//! What an answer's body must be: a page of a list, or the object that was asked for.
//!
//! Anything may answer 200, a proxy's page included: what is neither is refused, and never taken for an empty list.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::path::About;
use super::refusal::{NOT_ASKED_FOR, Refusal};

/// A page of a list; its objects are not read yet.
#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(default)]
    pub(super) metadata: PageMeta,
    /// Nothing where there is no such field; an empty list may be null.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) items: Option<Vec<&'a RawValue>>,
}

fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<&'a RawValue>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// What every object says of itself.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Head {
    pub(super) kind: String,
    metadata: HeadMeta,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HeadMeta {
    name: String,
}

#[derive(Deserialize, Default)]
pub(super) struct PageMeta {
    #[serde(rename = "continue", default)]
    pub(super) next: Option<String>,
}

/// Reads a page of a list; anything else is no empty list.
pub(super) fn page(body: &[u8]) -> Result<Page<'_>, Refusal> {
    let page: Page<'_> = serde_json::from_slice(body).map_err(|error| Refusal::Failed(unreadable(&error)))?;
    // A definition may give its lists any kind.
    let is_list = !page.kind.is_empty() && page.items.is_some();
    if is_list { Ok(page) } else { Err(Refusal::Failed(NOT_ASKED_FOR.to_owned())) }
}

/// Reads an object; anything else is no object without content.
pub(super) fn object<T: DeserializeOwned>(body: &[u8], about: &About) -> Result<T, Refusal> {
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

fn unreadable(error: &serde_json::Error) -> String {
    format!("the answer is no JSON of the expected shape ({})", place(error))
}

/// Says where a document is wrong, and not what stands there: that may be a secret.
#[must_use]
pub(super) fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
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
}
