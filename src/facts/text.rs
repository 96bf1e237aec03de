//! A text from outside that has been redacted and bounded.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

use super::redact::redact;

/// A message, log line or setting that came from outside.
///
/// It cannot be made without being redacted: live answers and saved files go through the same
/// door, so nothing that the tool prints can hold a token or a key. Control characters are
/// dropped (a terminal would obey them) and the length is bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// The longest text that is kept, in bytes; what is longer loses its middle.
    pub const LIMIT: usize = 16 * 1024;

    /// Makes a text: redacts it, drops control characters and bounds it.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        // Bounded first, so that a message of a gigabyte costs no more than one of a mebibyte. No object that an API
        // server takes is much larger: what comes from one is redacted before it is cut.
        let bounded = bound(raw, 64 * Self::LIMIT);
        let clean: String = bounded.chars().filter(|c| !is_unseen(*c)).collect();
        Self(bound(&redact(&clean), Self::LIMIT))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Tells whether a character is not seen: a terminal obeys it, or it hides a secret's shape.
fn is_unseen(c: char) -> bool {
    let is_control = c.is_control() && c != '\n' && c != '\t';
    // The characters of Unicode's category Cf that turn, join or split what stands around them.
    let is_format = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    is_control || is_format
}

/// Cuts the middle out of a text that is longer than `limit` bytes; both ends tell more than it.
fn bound(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    const GAP: &str = " […] ";
    let half = (limit - GAP.len()) / 2;
    let head = &text[..text.floor_char_boundary(half)];
    let tail = &text[text.ceil_char_boundary(text.len() - half)..];
    // Words that the cut goes through go as a whole: half a secret would not be known as one.
    let head = head.rfind(char::is_whitespace).map_or("", |end| &head[..end]);
    let tail = tail.find(char::is_whitespace).map_or("", |start| tail[start..].trim_start());
    format!("{head}{GAP}{tail}")
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A null stands for an absent text: the API server leaves such fields out, people do not.
        Option::<String>::deserialize(deserializer).map(|raw| Self::new(raw.as_deref().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_what_a_terminal_would_obey() {
        assert_eq!(Text::new("a\u{1b}[31mred\u{7}").as_str(), "a[31mred");
    }

    #[test]
    fn keeps_both_ends_of_what_is_too_long() {
        let long = format!("start {} end", "é".repeat(Text::LIMIT));
        let text = Text::new(&long);
        assert!(text.len() <= Text::LIMIT);
        assert!(text.starts_with("start") && text.ends_with("end"));
    }

    #[test]
    fn a_secret_that_the_cut_goes_through_leaves_no_half() {
        for offset in [0, 7, 1000] {
            let jwt = format!("eyJhbGciOiJSUzI1NiJ9.{}", "Ab3".repeat(3 * Text::LIMIT));
            let text = Text::new(&format!("{} got {jwt} back", "x ".repeat(offset)));
            assert!(!text.contains("Ab3"), "{}", &text[..80]);
            assert!(text.ends_with("back"));
        }
    }

    #[test]
    fn redacts_on_the_way_in_from_a_file_too() {
        let text: Text = serde_json::from_str(r#""AccountKey=abcdEFGH0123456789abcdEFGH0123456789==;x""#).unwrap();
        assert!(!text.contains("abcdEFGH"), "{text}");
    }

    #[test]
    fn drops_what_is_not_seen() {
        assert_eq!(Text::new("pass\u{200b}word=\u{202e}hunter2\u{feff}\u{2066}").as_str(), "password=[redacted]");
    }
}
