//! What a log says: its newest words first, read by the catalogue.
//!
//! The newest outcome of an operation wins, so every reader here begins at the end of the log and
//! stops as soon as it knows. A line begins with the container runtime's time stamp.

use jiff::{SignedDuration, Timestamp};

use super::log_line::LogLine;
use crate::catalogue::{Match, Sign, classify};
use crate::facts::Text;
use crate::facts::objects::Log;
use crate::finding::Evidence;

/// A line of a log that shows a sign.
#[derive(Clone)]
pub struct Said<'f> {
    /// The log.
    pub log: &'f Log,
    /// The whole line.
    pub line: &'f str,
    /// When it was written.
    pub when: Option<Timestamp>,
    /// What it shows.
    pub found: Match,
}

impl Said<'_> {
    /// Returns where it stands, with the telling words.
    pub fn evidence(&self) -> Evidence {
        let quote = self.line.get(self.found.quote.clone()).unwrap_or(self.line);
        // Behind the message, a line of JSON goes on with fields that say nothing more.
        let quote = quote.split("\",\"").next().unwrap_or(quote);
        Evidence::quoted(self.log.at(), quote)
    }
}

impl Said<'_> {
    /// Returns whether the line was written as an error.
    pub fn is_error(&self) -> bool {
        LogLine { log: self.log, when: self.when, text: words(self.line) }.is_loud()
    }

    /// Returns whether these words, in small letters, are among the telling ones.
    pub fn quotes(&self, words: &str) -> bool {
        self.line.get(self.found.quote.clone()).is_some_and(|quote| quote.to_ascii_lowercase().contains(words))
    }
}

/// Returns what the lines of a log show, the newest first.
pub fn newest_first(log: &Log) -> impl Iterator<Item = Said<'_>> {
    log.lines.iter().rev().flat_map(move |line| {
        let line = line.as_str();
        let when = stamp(line);
        classify(line).into_iter().map(move |found| Said { log, line, when, found })
    })
}

/// Returns the same, but not what was written longer than `span` before the log's own last line, or before `now`.
///
/// What a program that tries again and again has not repeated for so long is over, whether it writes or is silent.
pub fn newest_within(log: &Log, span: SignedDuration, now: Timestamp) -> impl Iterator<Item = Said<'_>> {
    let end = end(log).map(|end| end.max(now));
    let is_recent = move |line: &str| match (stamp(line), end) {
        (Some(when), Some(end)) => end.duration_since(when) <= span,
        // Without stamps nothing says that it is over.
        _ => true,
    };
    log.lines.iter().rev().take_while(move |line| is_recent(line)).flat_map(move |line| {
        let line = line.as_str();
        let when = stamp(line);
        classify(line).into_iter().map(move |found| Said { log, line, when, found })
    })
}

/// How long a program must go on writing without a word of a trouble that it had once, until it has got over it.
const CALM: SignedDuration = SignedDuration::from_mins(5);

/// Returns whether a trouble was there once and no more: no other line tells of the same, and the log goes on for
/// more than five minutes without any trouble.
///
/// Only what a network does now and then: an answer that is wrong, or a certificate, is no passing trouble.
pub fn was_passing(said: &Said<'_>, is_trouble: impl Fn(&Match) -> bool) -> bool {
    let is_of_the_kind = matches!(
        said.found.sign,
        Sign::ConnectTimeout | Sign::ConnectReset | Sign::ConnectRefused | Sign::DnsTimeout | Sign::DnsServerFailure
    );
    if !is_of_the_kind {
        return false;
    }
    let (Some(when), Some(end)) = (said.when, end(said.log)) else { return false };
    let is_same = |other: &Match| other.sign == said.found.sign && other.captured == said.found.captured;
    let is_other = |line: &&str| !std::ptr::eq(*line, said.line);
    end.duration_since(when) > CALM
        && said.log.lines.iter().map(Text::as_str).filter(is_other).all(|line| {
            let is_later = stamp(line).is_none_or(|at| at >= when);
            !classify(line).iter().any(|found| is_same(found) || (is_later && is_trouble(found)))
        })
}

/// Returns when the last line of a log was written.
pub fn end(log: &Log) -> Option<Timestamp> {
    log.lines.iter().rev().find_map(|line| stamp(line))
}

/// Returns the last words of a log without the stamps, at most `most` lines and 200 letters each.
pub fn last_words(log: &Log, most: usize) -> Vec<String> {
    let lines: Vec<&str> = log.lines.iter().map(|line| words(line).trim()).filter(|line| !line.is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(most)).map(|line| shortened(line, 200)).collect()
}

/// Returns a text of at most about `most` bytes: its beginning, where it is longer.
pub fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most { text.to_owned() } else { format!("{}…", &text[..text.floor_char_boundary(most)]) }
}

/// Returns when a line was written.
pub fn stamp(line: &str) -> Option<Timestamp> {
    line.split_whitespace().next()?.parse().ok()
}

fn words(line: &str) -> &str {
    match line.split_once(' ') {
        Some((first, rest)) if first.parse::<Timestamp>().is_ok() => rest,
        _ => line,
    }
}
