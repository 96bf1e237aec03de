//! The cursor with which a plugin reads the words of its directives.
//!
//! Knowledge: caddyfile/dispenser.go. All directives of one name in a server block are one list, and a plugin that reads a block does not see where one
//! directive ends: that is how `fallthrough }` on one line swallows what follows.

use super::import::wrong_count;
use super::objection::{Check, Objection, Refusal};
use super::source::{Place, Source};
use super::words::Word;

/// What a plugin knows of where its words come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'c> {
    pub(super) sources: &'c [Source],
    pub(super) paths: &'c [String],
    /// Whether the parser ends a block with its words (from 1.13 on) or reads the last word for ever.
    pub(super) ends_blocks: bool,
}

pub(super) struct Dispenser<'c> {
    texts: Texts<'c>,
    words: &'c [Word],
    /// The number of words read so far; the current word is the one before it.
    read: usize,
    open: usize,
    /// Why CoreDNS may refuse what was read so far, where this model does not know.
    pub(super) doubts: Vec<String>,
}

impl<'c> Dispenser<'c> {
    pub(super) fn new(words: &'c [Word], texts: Texts<'c>) -> Self {
        Self { texts, words, read: 0, open: 0, doubts: Vec::new() }
    }

    fn current(&self) -> Option<&'c Word> {
        self.words.get(self.read.checked_sub(1)?)
    }

    /// Returns the current word's text.
    pub(super) fn text(&self) -> &'c str {
        self.current().map_or("", |word| &word.text)
    }

    /// Moves to the next word, wherever it stands.
    pub(super) fn next(&mut self) -> bool {
        let is_there = self.read < self.words.len();
        self.read += usize::from(is_there);
        is_there
    }

    /// Moves to the first word of a plugin that may stand once in a server block; `false` where nothing is left.
    ///
    /// # Errors
    /// The refusal, where something was read before: then it stands there twice.
    pub(super) fn next_only_once(&mut self) -> Check<bool> {
        let is_first = self.read == 0;
        let is_there = self.next();
        if is_there && !is_first { Err(self.only_once()) } else { Ok(is_there) }
    }

    /// Moves to the next word if it stands on this line.
    pub(super) fn next_argument(&mut self) -> bool {
        let Some(current) = self.current() else { return self.next() };
        match self.words.get(self.read) {
            Some(next) if next.is_on_line_of(current) => self.next(),
            _ => false,
        }
    }

    /// Returns the rest of the line, up to an opening brace.
    pub(super) fn arguments(&mut self) -> Vec<&'c str> {
        let mut arguments = Vec::new();
        while self.next_argument() {
            if self.text() == "{" {
                self.read -= 1;
                break;
            }
            arguments.push(self.text());
        }
        arguments
    }

    /// Moves to the next word of a block, opening it on this line; false where it ends or there is none.
    pub(super) fn next_in_block(&mut self) -> Check<bool> {
        if self.open > 0 {
            let has_moved = self.next();
            if !has_moved && self.texts.ends_blocks {
                return Ok(false);
            }
            if self.text() == "}" {
                self.open -= 1;
                return Ok(false);
            }
            if !has_moved {
                let place = self.place();
                let why = format!(
                    "CoreDNS does not come to an end of the block at {place}: its closing brace is not on a line of its own"
                );
                return Err(Objection::Refused(Refusal::new(why, Some(place))));
            }
            return Ok(true);
        }
        if !self.next_argument() {
            return Ok(false);
        }
        if self.text() != "{" {
            self.read -= 1;
            return Ok(false);
        }
        if !self.next() || self.text() == "}" {
            return Ok(false);
        }
        self.open += 1;
        Ok(true)
    }

    /// Notes that CoreDNS may refuse what was read, while the reading goes on.
    pub(super) fn doubt(&mut self, why: impl Into<String>) {
        self.doubts.push(why.into());
    }

    /// Returns where the current word stands.
    pub(super) fn place(&self) -> Place {
        let word = self.current();
        let source = word.and_then(|word| self.texts.sources.get(word.source)).cloned().unwrap_or(Source::Corefile);
        Place { source, line: word.map_or(0, |word| word.line) }
    }

    /// Makes a refusal in the parser's words, with file and line.
    pub(super) fn complaint(&self, why: &str) -> Objection {
        let place = self.place();
        let path = self.current().and_then(|word| self.texts.paths.get(word.source)).map_or("", String::as_str);
        let why = format!("{path}:{} - Error during parsing: {why}", place.line);
        Objection::Refused(Refusal::new(why, Some(place)))
    }

    /// Makes the refusal for a missing or a spare argument.
    pub(super) fn wrong_count(&self) -> Objection {
        self.complaint(&wrong_count(self.text()))
    }

    /// Makes the refusal for a property that the plugin does not know.
    pub(super) fn unknown_property(&self) -> Objection {
        self.complaint(&format!("unknown property '{}'", self.text()))
    }

    /// Makes a refusal that does not name the line, though we know it.
    pub(super) fn bare(&self, why: impl Into<String>) -> Objection {
        Objection::Refused(Refusal::new(why, Some(self.place())))
    }

    /// Makes the refusal of a plugin that stands twice in a server block.
    pub(super) fn only_once(&self) -> Objection {
        let why = "this plugin can only be used once per Server Block";
        Objection::Refused(Refusal::new(why, Some(self.place())).of_every_release())
    }
}
