//! Groups words into server blocks as CoreDNS's parser does, imports and snippets included.
//!
//! Knowledge: coredns-on-aks.md 2.6 and caddyfile/parse.go of github.com/coredns/caddy. It is lenient in ways that matter: a brace on a line of its own is
//! an argument of the directive above it, a block that a file's end closes is taken if the last word happens to be `}`, and one block may stand
//! without braces.

use std::collections::BTreeMap;

use super::block::Directive;
use super::configuration::Configuration;
use super::directives::directives;
use super::objection::{Check, Objection, Refusal};
use super::source::{Place, Source};
use super::variables::Variables;
use super::version::Release;
use super::words::{Word, Words};

/// A server block before its keys are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawBlock {
    pub(super) keys: Vec<(String, Place)>,
    pub(super) directives: Vec<Directive>,
    pub(super) place: Place,
}

/// An import that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The snippet's name or the file's path.
    pub what: String,
    /// Where the import stands.
    pub place: Place,
    /// The import that brought this one, by its number.
    pub within: Option<usize>,
}

/// What a parse gives.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) blocks: Vec<RawBlock>,
    pub(super) imports: Vec<Import>,
    pub(super) missing: Vec<String>,
    pub(super) sources: Vec<Source>,
    pub(super) stopped: Option<Objection>,
}

/// Beyond this, an import may still be taken by CoreDNS, but nobody wrote it by hand.
const MOST_IMPORTS: usize = 5_000;
const MOST_WORDS: usize = 700_000;

pub(super) struct Parser<'c> {
    pub(super) configuration: &'c Configuration,
    pub(super) release: Release,
    valid: Vec<&'static str>,
    pub(super) words: Words,
    pub(super) sources: Vec<Source>,
    pub(super) snippets: BTreeMap<String, Vec<Word>>,
    pub(super) imports: Vec<Import>,
    pub(super) variables: Variables,
    blocks: Vec<RawBlock>,
}

impl<'c> Parser<'c> {
    pub(super) fn parse(configuration: &'c Configuration, release: Release) -> Parsed {
        let mut parser = Self {
            configuration,
            release,
            valid: directives(release).collect(),
            words: Words::default(),
            sources: Vec::new(),
            snippets: BTreeMap::new(),
            imports: Vec::new(),
            variables: Variables::new(&configuration.variables),
            blocks: Vec::new(),
        };
        let words = parser.lex(&configuration.files.corefile, Source::Corefile, None);
        parser.words.put(words.into_iter());
        let mut stopped = None;
        while stopped.is_none() && parser.words.next() {
            stopped = parser.block().err();
        }
        Parsed {
            blocks: parser.blocks,
            imports: parser.imports,
            sources: parser.sources,
            missing: parser.variables.missing.into_iter().collect(),
            stopped,
        }
    }

    /// Reads one server block or snippet; the current word is its first.
    fn block(&mut self) -> Check<()> {
        let place = self.place();
        let (keys, is_end) = self.keys()?;
        // Where an import brought the block, it stands in what was imported.
        let place = keys.first().map_or(place, |(_, place)| place.clone());
        if is_end {
            self.keep(RawBlock { keys, directives: Vec::new(), place });
            return Ok(());
        }
        if let [(key, _)] = keys.as_slice()
            && let Some(name) = key.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
        {
            return self.snippet(name);
        }
        let has_braces = self.words.text() == "{";
        if !has_braces {
            self.words.back();
        }
        let mut block = RawBlock { keys, directives: Vec::new(), place };
        let read = self.directives(&mut block);
        if read.is_ok() && has_braces && self.words.text() != "}" {
            let why = format!("Syntax error: Unexpected token '{}', expecting '}}'", self.words.text());
            return Err(self.unbalanced(&why));
        }
        read?;
        self.keep(block);
        Ok(())
    }

    fn keep(&mut self, block: RawBlock) {
        if !block.keys.is_empty() {
            self.blocks.push(block);
        }
    }

    /// Reads keys up to `{` or the line's end; whether the text ended there.
    fn keys(&mut self) -> Check<(Vec<(String, Place)>, bool)> {
        let mut keys = Vec::new();
        let mut is_more_due = false;
        loop {
            let raw = self.words.text().to_owned();
            let text = self.variables.replaced(&raw);
            if text == "import" && self.words.is_new_line() {
                self.import()?;
                if self.words.next() {
                    continue;
                }
                return if is_more_due { Err(self.unbalanced("Unexpected EOF")) } else { Ok((keys, true)) };
            }
            if text == "{" {
                if is_more_due {
                    let why = "Expected another address but had '{' - check for extra comma";
                    return Err(self.complaint(why));
                }
                return Ok((keys, false));
            }
            if !text.is_empty() {
                let key = text.strip_suffix(',');
                is_more_due = key.is_some();
                keys.push((key.unwrap_or(&text).to_owned(), self.place()));
            }
            if !self.words.next() {
                return if is_more_due { Err(self.unbalanced("Unexpected EOF")) } else { Ok((keys, true)) };
            }
            if !is_more_due && self.words.is_new_line() {
                return Ok((keys, false));
            }
        }
    }

    fn directives(&mut self, block: &mut RawBlock) -> Check<()> {
        while self.words.next() {
            match self.words.text() {
                "}" => break,
                "import" => self.import()?,
                _ => {
                    let directive = self.directive()?;
                    block.directives.push(directive);
                }
            }
        }
        Ok(())
    }

    fn directive(&mut self) -> Check<Directive> {
        let raw = self.words.text().to_owned();
        let name = self.variables.replaced(&raw);
        if !self.valid.contains(&name.as_str()) {
            return Err(self.complaint(&format!("Unknown directive '{name}'")));
        }
        let mut directive = Directive { name, place: self.place(), words: Vec::new() };
        directive.words.extend(self.words.current.clone());
        let mut open = 0_usize;
        while self.words.next() {
            let is_new_line = self.words.is_new_line();
            match self.words.text() {
                "{" => open += 1,
                _ if is_new_line && open == 0 => {
                    self.words.back();
                    break;
                }
                "}" if open > 0 => open -= 1,
                "}" => return Err(self.unbalanced("Unexpected '}' because no matching opening brace")),
                "import" if is_new_line => {
                    self.import()?;
                    continue;
                }
                _ => {}
            }
            if let Some(word) = self.words.current.as_mut() {
                if word.text.contains('{') {
                    word.text = self.variables.replaced(&word.text).into();
                }
                directive.words.push(word.clone());
            }
        }
        if open > 0 {
            return Err(self.unbalanced("Unexpected EOF"));
        }
        Ok(directive)
    }

    /// Checks that following one more import keeps within bounds.
    pub(super) fn check_bounds(&self) -> Check<()> {
        if self.imports.len() >= MOST_IMPORTS || self.words.taken >= MOST_WORDS {
            return Err(Objection::Unknown("the imports bring in more than this model follows".to_owned()));
        }
        Ok(())
    }

    /// Returns where the current word stands.
    pub(super) fn place(&self) -> Place {
        let word = self.words.current.as_ref();
        let source = word.and_then(|word| self.sources.get(word.source)).cloned().unwrap_or(Source::Corefile);
        Place { source, line: word.map_or(0, |word| word.line) }
    }

    /// Makes a refusal in CoreDNS's words.
    pub(super) fn complaint(&self, why: &str) -> Objection {
        let place = self.place();
        let path = self.configuration.files.path(&place.source);
        let kind = if why.starts_with("Syntax error: ") { "" } else { "Error during parsing: " };
        Objection::Refused(Refusal::new(format!("{path}:{} - {kind}{why}", place.line), Some(place)))
    }

    /// Makes the refusal of braces that do not fit, or of a text that ends too early.
    pub(super) fn unbalanced(&self, why: &str) -> Objection {
        match self.complaint(why) {
            Objection::Refused(refusal) => Objection::Refused(refusal.of_every_release()),
            unknown @ Objection::Unknown(_) => unknown,
        }
    }
}
