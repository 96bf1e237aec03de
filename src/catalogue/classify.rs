//! The matcher: from a message to the signs that it shows.
//!
//! What it is for: `explain` for pasted text, and checks that read messages of locations, events, logs and ARM.
//! What it may not do: assert what a message does not say, or believe canned advice. It is pure; the same text gives the same answer.
//! Input is untrusted: it looks at the first 256 KiB, panics on nothing, and needs time in proportion to the text.

use std::ops::Range;

use super::captured::Captured;
use super::fold::{self, Folded};
use super::precedence::{To, YIELDS};
use super::scene::{Scene, floor};
use super::sign::{Sign, Tell, Weight};
use super::signs::SIGNS;

/// A sign that a text shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Which.
    pub sign: Sign,
    /// The telling words with a little around them: a byte range of the text, on character boundaries.
    pub quote: Range<usize>,
    /// The typed bits.
    pub captured: Captured,
}

/// What belongs together stands within this many bytes.
const REACH: usize = 1_200;

/// A sign with more different readings than this says nothing new.
const MOST_PER_SIGN: usize = 16;

/// How much of the line stands around the words in a quote.
const QUOTE_BEFORE: usize = 110;
const QUOTE_AFTER: usize = 120;

struct Hit {
    sign: Sign,
    place: Range<usize>,
    near: Range<usize>,
    secret_follows: bool,
    captured: Captured,
}

/// Returns the signs that a text shows, best first: causes before symptoms before harmless words, and the innermost (last) first among equals.
#[must_use]
pub fn classify(text: &str) -> Vec<Match> {
    let folded = Folded::new(text);
    let mut hits = Vec::new();
    for about in &SIGNS {
        let from = hits.len();
        for tell in about.tells {
            find(&folded, about.sign, tell, from, &mut hits);
        }
        drop_poorer(from, &mut hits);
    }
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    let given_way: Vec<bool> = hits.iter().map(|hit| gives_way(hit, &hits)).collect();
    kept.extend(hits.into_iter().zip(given_way).filter(|(_, gone)| !gone).map(|(hit, _)| hit));
    kept.sort_by_key(|hit| (hit.sign.about().weight, std::cmp::Reverse(hit.place.start), hit.sign));
    kept.into_iter().map(|hit| Match { sign: hit.sign, quote: quote(&folded, &hit), captured: hit.captured }).collect()
}

fn find(folded: &Folded, sign: Sign, tell: &Tell, from: usize, hits: &mut Vec<Hit>) {
    for phrase in tell.says {
        for place in folded.places(phrase) {
            if hits.len() - from >= MOST_PER_SIGN {
                return;
            }
            let near = folded.around(&place, REACH);
            let text = &folded.text()[near.clone()];
            let wanted = |phrases: &[&'static str]| phrases.is_empty() || fold::says_any(text, phrases);
            if !wanted(tell.with) || !wanted(tell.and) || fold::says_any(text, tell.without) {
                continue;
            }
            let Some(captured) = (tell.read)(&Scene::new(folded, place.clone(), near.clone())) else { continue };
            match hits[from..].iter_mut().find(|hit| hit.captured == captured) {
                // The newest line of a log that repeats itself is the one to show.
                Some(known) if known.near != near && known.place.start < place.start => {
                    (known.place, known.near) = (place, near);
                }
                Some(_) => {}
                None => hits.push(Hit { sign, place, near, secret_follows: tell.secret_follows, captured }),
            }
        }
    }
}

/// Drops readings that say nothing where another reading of the same sign says something.
fn drop_poorer(from: usize, hits: &mut Vec<Hit>) {
    if hits[from..].iter().any(|hit| !hit.captured.is_empty()) {
        let mut index = 0;
        hits.retain(|hit| {
            index += 1;
            index <= from || !hit.captured.is_empty()
        });
    }
}

fn gives_way(hit: &Hit, hits: &[Hit]) -> bool {
    let Some(rule) = YIELDS.iter().find(|rule| rule.generic == hit.sign) else { return false };
    hits.iter().any(|other| {
        let stronger = match &rule.to {
            To::AnyCause => other.sign.about().weight == Weight::Cause,
            To::These(signs) => signs.contains(&other.sign),
        };
        stronger && other.sign != hit.sign && hit.near.contains(&other.place.start)
    })
}

/// The telling words with a little around them, on their own line.
fn quote(folded: &Folded, hit: &Hit) -> Range<usize> {
    let text = folded.original();
    let words = folded.origin(&hit.place);
    let before = &text[..words.start];
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let mut start = line.max(floor(text, words.start.saturating_sub(QUOTE_BEFORE)));
    if start > line {
        start += text[start..words.start]
            .find(char::is_whitespace)
            .map_or(0, |at| at + text[start + at..].chars().next().map_or(0, char::len_utf8));
    }
    if hit.secret_follows {
        return start..words.end;
    }
    let rest = &text[words.end..];
    let line = rest.find('\n').unwrap_or(rest.len());
    let mut end = floor(rest, line.min(QUOTE_AFTER));
    if end < line {
        end = rest[..end].rfind(char::is_whitespace).unwrap_or(end);
    }
    let quoted = &text[start..words.end + end];
    let start = start + (quoted.len() - quoted.trim_start().len());
    start..start + quoted.trim().len()
}
