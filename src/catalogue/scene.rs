//! A place in a folded message with its surroundings, and how to read names out of them.
//!
//! It knows grammar (what is quoted, what follows a word), not meaning; what to read for which sign stands in [`super::capture`].

use std::ops::Range;

use super::fold::{self, Folded};

/// A hit of telling words, and the text around it.
pub(super) struct Scene<'f> {
    folded: &'f Folded<'f>,
    hit: Range<usize>,
    near: Range<usize>,
}

impl<'f> Scene<'f> {
    pub(super) fn new(folded: &'f Folded<'f>, hit: Range<usize>, near: Range<usize>) -> Self {
        Self { folded, hit, near }
    }

    pub(super) fn nearby(&self) -> &'f str {
        &self.folded.text()[self.near.clone()]
    }

    pub(super) fn before(&self) -> &'f str {
        &self.folded.text()[self.near.start..self.hit.start]
    }

    pub(super) fn after(&self) -> &'f str {
        &self.folded.text()[self.hit.end..self.near.end]
    }

    pub(super) fn says(&self, phrases: &[&'static str]) -> bool {
        fold::says_any(self.nearby(), phrases)
    }

    /// Where a marker ends: the nearest one behind the hit's beginning, else the nearest one before it.
    pub(super) fn past(&self, marker: &str) -> Option<usize> {
        let text = self.folded.text();
        let behind = text[self.hit.start..self.near.end].find(marker).map(|found| self.hit.start + found);
        let at = behind
            .or_else(|| text[self.near.start..self.hit.start].rfind(marker).map(|found| self.near.start + found))?;
        Some(at + marker.len())
    }

    /// Where the last marker before the hit ends.
    pub(super) fn past_before(&self, marker: &str) -> Option<usize> {
        self.before().rfind(marker).map(|found| self.near.start + found + marker.len())
    }

    /// The first of these markers that is there, and the quoted or bare word behind it.
    pub(super) fn word_after(&self, markers: &[&str]) -> Option<String> {
        markers.iter().find_map(|marker| self.past(marker).and_then(|at| self.word_at(at)))
    }

    /// The quoted or bare word at a place of the folded text.
    pub(super) fn word_at(&self, at: usize) -> Option<String> {
        let text = self.rest(at);
        let lead = text.len() - text.trim_start_matches([' ', ':', '=']).len();
        let text = &text[lead..];
        let (skip, length) = match text.bytes().next()? {
            quote @ (b'\'' | b'"') => (1, text[1..].bytes().take(400).position(|byte| byte == quote)?),
            open @ (b'[' | b'{') => {
                (1, text[1..].bytes().take(400).position(|byte| byte == if open == b'[' { b']' } else { b'}' })?)
            }
            _ => (0, text.find([' ', ',', ';', '"', '\'', ')', ']', '}', '<', '\u{0}']).unwrap_or(text.len())),
        };
        let start = at + lead + skip;
        let word = self.spelled(start..start + length)?;
        let word = word.trim_end_matches(['.', ':', '…']);
        (!word.is_empty()).then(|| word.to_owned())
    }

    /// The text at a place, up to the first of these ends, at most `most` bytes.
    pub(super) fn phrase_at(&self, at: usize, ends: &[&str], most: usize) -> Option<String> {
        let text = self.rest(at);
        let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
        let end = floor(text, end.min(most));
        let phrase = plain(&self.spelled(at..at + end)?);
        (!phrase.is_empty()).then_some(phrase)
    }

    /// What stands between two places of the folded text, in the original's spelling.
    pub(super) fn spelled(&self, place: Range<usize>) -> Option<String> {
        if place.is_empty() {
            return None;
        }
        let origin = self.folded.origin(&place);
        self.folded.original().get(origin).map(|part| part.trim().to_owned())
    }

    /// The surroundings up to a place of the folded text.
    pub(super) fn before_place(&self, at: usize) -> Option<&'f str> {
        self.folded.text().get(self.near.start..at)
    }

    pub(super) fn hit(&self) -> &Range<usize> {
        &self.hit
    }

    pub(super) fn start(&self) -> usize {
        self.near.start
    }

    /// The rest of the surroundings from a place on.
    pub(super) fn rest(&self, at: usize) -> &'f str {
        let text = self.folded.text();
        text.get(at..self.near.end.max(at)).unwrap_or_default()
    }
}

/// A sentence without escapes and with single spaces.
fn plain(text: &str) -> String {
    let text = text.replace("\\n", " ").replace("\\t", " ").replace('\\', "");
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_matches([' ', ':', ',']).to_owned()
}

/// The nearest character boundary at or below an index.
pub(super) fn floor(text: &str, mut index: usize) -> usize {
    index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}
