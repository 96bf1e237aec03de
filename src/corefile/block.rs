//! A server block, as it stands after all imports.

use super::key::Key;
use super::source::Place;
use super::words::Word;

/// A server block: the zones that it serves, and its directives in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBlock {
    /// Its keys, ranges of addresses as the zones that they stand for.
    pub keys: Vec<Key>,
    /// Its directives, each as often as it stands there.
    pub directives: Vec<Directive>,
    /// Where it begins.
    pub place: Place,
}

impl ServerBlock {
    /// Returns the directives of a name.
    pub fn named<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Directive> {
        self.directives.iter().filter(move |directive| directive.name == name)
    }

    /// Returns the words of all directives of a name, which a plugin reads as one list.
    pub(super) fn words(&self, name: &str) -> Vec<Word> {
        self.directives.iter().filter(|one| one.name == name).flat_map(|one| one.words.iter().cloned()).collect()
    }
}

/// One directive with its arguments and its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The plugin's name.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    pub(super) words: Vec<Word>,
}

impl Directive {
    /// Returns the line of its first word.
    pub(super) fn line(&self) -> usize {
        self.words.first().map_or(0, |word| word.line)
    }

    /// Returns the words of its first line, its own name first.
    pub(super) fn first_line(&self) -> impl Iterator<Item = &str> {
        let mut before: Option<&Word> = None;
        self.words.iter().map_while(move |word| {
            let is_on_it = before.replace(word).is_none_or(|before| word.is_on_line_of(before));
            is_on_it.then_some(&*word.text)
        })
    }

    /// Returns its words, its own name first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| &*word.text)
    }
}
