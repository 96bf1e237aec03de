//! One question to Azure Resource Manager.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::versions;

/// What stands in no path as it is.
const OF_NAMES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A question: a path, its parameters, and a body where it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The path, from `/subscriptions` or `/providers` on.
    pub path: String,
    /// The parameters behind it, the version among them.
    pub parameters: Vec<(String, String)>,
    /// The body; a question that has one is a POST.
    pub body: Option<Value>,
    /// The version to ask in where the cloud does not know the newer one yet; what only that one tells is missing then.
    pub older: Option<&'static str>,
}

impl Question {
    /// Asks for what is at a path, in the version that is right for it.
    pub fn get(path: impl Into<String>) -> Self {
        // What ends a path must not come out of an answer: it would make another question of it.
        let path = utf8_percent_encode(&path.into(), OF_NAMES).to_string();
        let version = versions::of(&path).to_owned();
        Self { path, parameters: vec![("api-version".to_owned(), version)], body: None, older: None }
    }

    /// Lets it be asked in an older version, too.
    #[must_use]
    pub const fn or_in(mut self, version: &'static str) -> Self {
        self.older = Some(version);
        self
    }

    /// Returns the same question in the older version, where there is one.
    #[must_use]
    pub fn in_older(&self) -> Option<Self> {
        let version = self.older?;
        let mut question = Self { older: None, ..self.clone() };
        question
            .parameters
            .iter_mut()
            .filter(|(key, _)| key == "api-version")
            .for_each(|(_, of)| *of = version.to_owned());
        Some(question)
    }

    /// Asks an operation that reads, and takes a body.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::get(path) }
    }

    /// Adds a filter.
    #[must_use]
    pub fn filtered(mut self, filter: &str) -> Self {
        self.parameters.push(("$filter".to_owned(), filter.to_owned()));
        self
    }

    /// Returns the question for the next page, from the address that an answer gives for it.
    ///
    /// Only its path and parameters are used: a host that an answer names is never given a token.
    #[must_use]
    pub fn next(address: &str) -> Option<Self> {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let at = rest.find('/')?;
        let (path, query) = rest[at..].split_once('?').unwrap_or((&rest[at..], ""));
        let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic());
        if !is_plain(path) || !is_plain(query) {
            return None;
        }
        let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        // az would read a file for a value that begins so.
        let is_odd = |text: &str| text.contains(char::is_control) || text.starts_with('@');
        if parameters.iter().any(|(key, value)| is_odd(key) || is_odd(value)) {
            return None;
        }
        Some(Self { path: path.to_owned(), parameters, body: None, older: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_asked_of_azure_whatever_host_the_answer_names() {
        let next = Question::next("https://evil.example/subscriptions/s/x?api-version=1&$skiptoken=a%2Bb%3D").unwrap();
        assert_eq!(next.path, "/subscriptions/s/x");
        assert_eq!(next.parameters[1], ("$skiptoken".to_owned(), "a+b=".to_owned()));
        for odd in ["", "https://host", "https://h/a b", "https://h/a?x=%0a", "https://h/a?x=@/etc/passwd"] {
            assert_eq!(Question::next(odd), None, "{odd}");
        }
    }
}
