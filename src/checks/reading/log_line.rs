//! Lines of the extension's logs, read for when they were written and how what they tell of ended.
//!
//! Knowledge: the container runtime stamps every line; Velero and its plugins write `key=value`
//! (logrus), the controllers JSON (zap). Only that form is read here. What a message means is the
//! catalogue's business.

use jiff::Timestamp;

use crate::facts::Facts;
use crate::facts::objects::Log;

/// One line of a log.
pub struct LogLine<'f> {
    /// The log that it stands in.
    pub log: &'f Log,
    /// When the container runtime received it.
    pub when: Option<Timestamp>,
    /// The line without that stamp.
    pub text: &'f str,
}

impl LogLine<'_> {
    /// Returns the field's value, as it is written.
    pub fn field(&self, key: &str) -> Option<&str> {
        let mut from = 0;
        while let Some(found) = self.text.get(from..).and_then(|rest| rest.find(key)) {
            let start = from + found;
            let end = start + key.len();
            let before = self.text.get(..start).and_then(|head| head.chars().next_back());
            let after = self.text.get(end..).unwrap_or_default();
            if let Some(value) = after.strip_prefix('=').filter(|_| before.is_none_or(|c| c == ' ')) {
                return Some(value_of(value));
            }
            if let Some(value) = after.strip_prefix("\":").filter(|_| before == Some('"')) {
                return Some(value_of(value.trim_start()));
            }
            from = end;
        }
        None
    }

    /// Returns whether the line's own level is that of an error.
    pub fn is_loud(&self) -> bool {
        let level = self.field("level").or_else(|| self.field("LogLevel")).unwrap_or_default();
        ["error", "fatal", "panic", "dpanic"].iter().any(|loud| level.eq_ignore_ascii_case(loud))
    }

    /// Returns whether the line tells of something that failed: by its level, or because it carries an error.
    ///
    /// Velero says with level `info` that it marks a location as unavailable, and adds the error.
    pub fn is_failure(&self) -> bool {
        self.is_loud() || self.field("error").is_some_and(|error| !error.is_empty() && error != "null")
    }
}

/// Returns a quoted value up to its closing quote, or a bare one up to the next blank.
fn value_of(text: &str) -> &str {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split([' ', ',', '}']).next().unwrap_or_default();
    };
    let mut escaped = false;
    for (index, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return quoted.get(..index).unwrap_or_default(),
            _ => escaped = false,
        }
    }
    quoted
}

/// Returns the lines of the extension's logs, as far as they were read; within a log the oldest first.
pub fn log_lines(facts: &Facts) -> impl Iterator<Item = LogLine<'_>> {
    facts.logs.known_rows().iter().flat_map(|log| {
        log.lines.iter().map(move |line| {
            let line = line.as_str();
            let stamped = line.split_once(' ').and_then(|(stamp, rest)| Some((stamp.parse::<Timestamp>().ok()?, rest)));
            match stamped {
                Some((when, text)) => LogLine { log, when: Some(when), text },
                None => LogLine { log, when: None, text: line },
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> (Log, String) {
        (Log::default(), text.to_owned())
    }

    #[test]
    fn reads_fields_of_both_forms() {
        let (log, text) = line(
            r#"time="2026-11-24T09:59:30Z" level=error msg="a \"quoted\" level=info" error="rpc error: x" backup-storage-location=ns/default"#,
        );
        let read = LogLine { log: &log, when: None, text: &text };
        assert_eq!(read.field("level"), Some("error"));
        assert_eq!(read.field("backup-storage-location"), Some("ns/default"));
        assert_eq!(read.field("msg"), Some(r#"a \"quoted\" level=info"#));
        assert!(read.is_failure());
        let (log, text) = line(r#"{"level":"info","ts":1,"msg":"done"}"#);
        let read = LogLine { log: &log, when: None, text: &text };
        assert_eq!(read.field("level"), Some("info"));
        assert!(!read.is_failure());
    }

    #[test]
    fn survives_what_is_no_log_line() {
        for text in ["", "level", "level=", "\"level\":", "level=\"", "é=ü level", "error=\"\\"] {
            let (log, text) = line(text);
            let read = LogLine { log: &log, when: None, text: &text };
            let _ = (read.field("level"), read.field("é"), read.is_failure());
        }
    }
}
