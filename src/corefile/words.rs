//! The tokens that the parser walks: those of the Corefile, with those of imports put in their place as it meets them.

use std::sync::Arc;

/// A token on its way through the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: Arc<str>,
    /// The number of its text among the sources.
    pub(super) source: usize,
    pub(super) line: usize,
    /// The number of the import that brought it, if one did.
    pub(super) import: Option<usize>,
}

impl Word {
    /// Returns whether this word begins a line, when `before` comes before it. Another file is another line.
    pub(super) fn is_on_new_line(&self, before: &Self) -> bool {
        before.source != self.source || before.last_line() < self.line
    }

    /// Returns whether this word stands on the line on which `before` ends.
    pub(super) fn is_on_line_of(&self, before: &Self) -> bool {
        before.source == self.source && before.last_line() == self.line
    }

    fn last_line(&self) -> usize {
        self.line + self.text.matches('\n').count()
    }
}

/// A cursor over words that can be put back by one, and into which others can be put.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// What is still to come, last first.
    rest: Vec<Word>,
    pub(super) before: Option<Word>,
    pub(super) current: Option<Word>,
    /// How many words were put in so far.
    pub(super) taken: usize,
}

impl Words {
    /// Puts words before all that is still to come.
    pub(super) fn put(&mut self, words: impl DoubleEndedIterator<Item = Word> + ExactSizeIterator) {
        self.taken += words.len();
        self.rest.extend(words.rev());
    }

    /// Moves to the next word; false, and no move, if there is none.
    pub(super) fn next(&mut self) -> bool {
        let Some(word) = self.rest.pop() else { return false };
        self.before = self.current.replace(word);
        true
    }

    /// Moves to the next word if it stands on this line.
    pub(super) fn next_on_line(&mut self) -> bool {
        match (&self.current, self.rest.last()) {
            (Some(current), Some(next)) if next.is_on_line_of(current) => self.next(),
            _ => false,
        }
    }

    /// Moves back by one word.
    pub(super) fn back(&mut self) {
        self.rest.extend(self.current.take());
        self.current = self.before.take();
    }

    /// Returns the text of the current word, or nothing where there is none.
    pub(super) fn text(&self) -> &str {
        self.current.as_ref().map_or("", |word| &word.text)
    }

    /// Returns whether the current word begins a line.
    pub(super) fn is_new_line(&self) -> bool {
        match (&self.before, &self.current) {
            (Some(before), Some(current)) => current.is_on_new_line(before),
            _ => true,
        }
    }
}
