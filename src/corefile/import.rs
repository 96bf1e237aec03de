//! Follows `import`: snippets, files, and patterns of files.
//!
//! Knowledge: caddyfile/parse.go. A path is relative to the file that the word `import` stands in. From 1.13 on CoreDNS gives up after some thousand
//! imports and says so; before that, an import that leads back to itself fills the memory.

use super::files::{Found, join};
use super::glob;
use super::lexer;
use super::objection::{Check, unknown};
use super::parser::{Import, Parser};
use super::source::Source;
use super::words::Word;

impl Parser<'_> {
    /// Cuts a text into words.
    pub(super) fn lex(&mut self, text: &str, source: Source, import: Option<usize>) -> Vec<Word> {
        let number = self.sources.iter().position(|known| *known == source).unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        let word = |token: lexer::Token| Word { text: token.text.into(), source: number, line: token.line, import };
        lexer::tokens(text).into_iter().map(word).collect()
    }

    /// Puts what is imported in the place of the import; the current word is `import`, and afterwards the one before it.
    pub(super) fn import(&mut self) -> Check<()> {
        let place = self.place();
        let within = self.words.current.as_ref().and_then(|word| word.import);
        let before = self.words.before.clone();
        if !self.words.next_on_line() {
            let text = self.words.text().to_owned();
            return Err(self.complaint(&wrong_count(&text)));
        }
        let raw = self.words.text().to_owned();
        let pattern = self.variables.replaced(&raw);
        if pattern.is_empty() {
            return Err(self.complaint("Import requires a non-empty filepath"));
        }
        if self.words.next_on_line() {
            return Err(self.complaint("Import takes only one argument (glob pattern or file)"));
        }
        self.check_bounds()?;
        let import = |what: String| Import { what, place: place.clone(), within };
        let words = if let Some(words) = self.snippets.get(&pattern).cloned() {
            let number = self.note(import(format!("({pattern})")))?;
            words.into_iter().map(|word| Word { import: Some(number), ..word }).collect()
        } else {
            self.files(&pattern, import)?
        };
        self.words.put(words.into_iter());
        self.words.current = before;
        self.words.before = None;
        Ok(())
    }

    fn files(&mut self, pattern: &str, import: impl Fn(String) -> Import) -> Check<Vec<Word>> {
        let importer = self.configuration.files.path(&self.place().source);
        let folder = importer.rsplit_once('/').map_or("", |(folder, _)| folder);
        let full = join(folder, pattern);
        if !self.variables.missing.is_empty() {
            return unknown("an import after a variable that is not known");
        }
        let found = match glob::matches(&self.configuration.files, &full)? {
            Ok(found) => found,
            Err(why) => return Err(self.complaint(&why)),
        };
        let is_pattern = full.contains(['*', '?', '[', ']']);
        let mut words = Vec::new();
        for path in found {
            let (text, source) = match self.configuration.files.find(&path) {
                _ if self.configuration.files.is_folder(&path) => {
                    return Err(self.complaint(&format!("Could not import {path}: is a directory")));
                }
                Found::Text(text, source) => (text.to_owned(), source),
                Found::Absent if is_pattern => continue,
                Found::Absent => return Err(self.complaint(&format!("File to import not found: {pattern}"))),
                Found::Folder => return Err(self.complaint(&format!("Could not import {path}: is a directory"))),
                Found::Good | Found::Unknown => return unknown(format!("what is in the file {path} is not known")),
            };
            let number = self.note(import(path))?;
            words.extend(self.lex(&text, source, Some(number)));
        }
        Ok(words)
    }

    /// Notes an import that is followed, and stops where it leads back to itself.
    fn note(&mut self, import: Import) -> Check<usize> {
        let mut within = import.within;
        while let Some(outer) = within.and_then(|number| self.imports.get(number)) {
            if outer.what == import.what {
                let limit = if self.has_limits() {
                    format!(
                        "maximum {} import depth (10000) exceeded",
                        if import.what.starts_with('(') { "snippet" } else { "file" }
                    )
                } else {
                    format!("the import of {} leads back to itself, and CoreDNS does not come to an end", import.what)
                };
                return Err(self.complaint(&limit));
            }
            within = outer.within;
        }
        self.imports.push(import);
        Ok(self.imports.len() - 1)
    }

    pub(super) fn has_limits(&self) -> bool {
        self.release.has(13, 0)
    }

    /// Keeps the words of a snippet; the current word must be its opening brace.
    pub(super) fn snippet(&mut self, name: &str) -> Check<()> {
        if self.snippets.contains_key(name) {
            return Err(self.complaint(&format!("redeclaration of previously declared snippet {name}")));
        }
        let expected = |parser: &Self, brace: char| {
            parser.unbalanced(&format!("Syntax error: Unexpected token '{}', expecting '{brace}'", parser.words.text()))
        };
        if self.words.text() != "{" {
            return Err(expected(self, '{'));
        }
        let mut open = 1_usize;
        let mut words: Vec<Word> = Vec::new();
        while self.words.next() {
            match self.words.text() {
                "}" if open == 1 => {
                    open = 0;
                    break;
                }
                "}" => open -= 1,
                "{" => open += 1,
                _ => {}
            }
            words.extend(self.words.current.clone());
        }
        if open > 0 {
            return Err(expected(self, '}'));
        }
        self.check_self_import(name, &words)?;
        self.snippets.insert(name.to_owned(), words);
        Ok(())
    }

    /// Releases with limits refuse a snippet that names itself even where nobody imports it.
    fn check_self_import(&mut self, name: &str, words: &[Word]) -> Check<()> {
        let mut before: Option<&Word> = None;
        for (word, next) in words.iter().zip(words.iter().skip(1)) {
            let begins_line = before.is_none_or(|before| before.source != word.source || before.line != word.line);
            before = Some(word);
            if &*word.text == "import"
                && begins_line
                && self.has_limits()
                && self.variables.replaced(&next.text) == name
            {
                return Err(self.complaint("maximum snippet import depth (10000) exceeded"));
            }
        }
        Ok(())
    }
}

/// CoreDNS's words for a missing or a spare argument after a word.
pub(super) fn wrong_count(after: &str) -> String {
    if after == "{" {
        "Unexpected token '{', expecting argument".to_owned()
    } else {
        format!("Wrong argument count or unexpected line ending after '{after}'")
    }
}
