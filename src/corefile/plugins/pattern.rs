//! Regular expressions, as far as Go's and Rust's mean the same.
//!
//! Both descend from RE2; they differ in rare syntax and in what counts as a letter. What is not surely the same in both is not modelled.

use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::corefile::objection::{Check, unknown};

/// A regular expression that means the same in Go.
#[derive(Debug, Clone)]
pub(in crate::corefile) struct Pattern(Regex);

/// What a pattern found: the whole and its groups; a group that took no part is empty, as in Go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::corefile) struct Matched {
    pub(super) groups: Vec<(Option<String>, String)>,
}

impl Pattern {
    /// Returns what the pattern finds in a name.
    pub(super) fn find(&self, name: &str) -> Option<Matched> {
        let found = self.0.captures(name.as_bytes())?;
        let group = |captures: &Captures<'_>, number: usize| {
            captures.get(number).map_or_else(String::new, |part| String::from_utf8_lossy(part.as_bytes()).into_owned())
        };
        let names = self.0.capture_names().map(|name| name.map(str::to_owned));
        Some(Matched { groups: names.enumerate().map(|(number, name)| (name, group(&found, number))).collect() })
    }

    /// Returns how many groups the pattern has.
    pub(super) fn groups(&self) -> usize {
        self.0.captures_len().saturating_sub(1)
    }
}

/// Longer patterns are refused from 1.14 on.
const LONGEST: usize = 10_000;

/// Compiles a pattern; the inner error is Go's complaint, in our words.
pub(super) fn compile(text: &str) -> Check<Result<Pattern, String>> {
    if !is_common(text) || text.len() > LONGEST {
        return unknown(format!("the regular expression {text:?} uses what this model does not know"));
    }
    let built = RegexBuilder::new(text).unicode(false).build();
    Ok(match built {
        Ok(regex) => Ok(Pattern(regex)),
        Err(regex::Error::CompiledTooBig(_)) => return unknown("a very large regular expression"),
        Err(_) => Err(format!("error parsing regexp: `{text}`")),
    })
}

/// Returns whether a pattern keeps to the syntax that means the same in Go and in Rust.
fn is_common(text: &str) -> bool {
    if !text.is_ascii() {
        return false;
    }
    let mut rest = text;
    // Whether the last thing was a quantifier, and whether it could be quantified.
    let mut was_quantifier = false;
    let mut was_anchor = false;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(1..).unwrap_or_default();
        let mut is_quantifier = false;
        let mut is_anchor = false;
        rest = match letter {
            '\\' => match after.chars().next() {
                Some('d' | 'D' | 'w' | 'W' | 's' | 'S') => after.get(1..).unwrap_or_default(),
                Some('b' | 'B') if !after.get(1..).unwrap_or_default().starts_with('{') => {
                    is_anchor = true;
                    after.get(1..).unwrap_or_default()
                }
                Some(mark) if mark.is_ascii_punctuation() && mark != '<' && mark != '>' => {
                    after.get(1..).unwrap_or_default()
                }
                _ => return false,
            },
            '[' => match after_class(after) {
                Some(after) => after,
                None => return false,
            },
            '(' => match after_group(after) {
                Some(after) => {
                    is_anchor = true;
                    after
                }
                None => return false,
            },
            '*' | '+' | '?' => {
                is_quantifier = true;
                after.strip_prefix('?').unwrap_or(after)
            }
            '{' => match after_count(after) {
                Some(after) => {
                    is_quantifier = true;
                    after.strip_prefix('?').unwrap_or(after)
                }
                None => return false,
            },
            '}' | ']' => return false,
            '^' | '$' | '|' => {
                is_anchor = true;
                after
            }
            _ => after,
        };
        // What follows a quantifier or an anchor is taken by one and refused by the other.
        if is_quantifier && (was_quantifier || was_anchor) {
            return false;
        }
        was_quantifier = is_quantifier;
        was_anchor = is_anchor;
    }
    true
}

/// The rest behind a class without classes, ranges of sets or odd escapes in it.
fn after_class(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('^').unwrap_or(text);
    let end = inside.find(']')?;
    let (members, after) = inside.split_at_checked(end)?;
    let is_plain = !members.is_empty()
        && !members.contains(['[', '&', '~', '^'])
        && !members.contains("--")
        && members.split('\\').skip(1).all(|escape| escape.starts_with(['d', 'w', 's', '.', '-', '/', '_']));
    is_plain.then(|| after.get(1..).unwrap_or_default())
}

/// The rest behind the opening of a group.
fn after_group(text: &str) -> Option<&str> {
    let Some(inside) = text.strip_prefix('?') else { return Some(text) };
    if let Some(after) = inside.strip_prefix(':').or_else(|| inside.strip_prefix("i)")) {
        return Some(after);
    }
    let (name, after) = inside.strip_prefix("P<")?.split_once('>')?;
    let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_name.then_some(after)
}

/// The rest behind a count `3}`, `3,}`, `3,5}`.
fn after_count(text: &str) -> Option<&str> {
    let (counts, after) = text.split_once('}')?;
    let (low, high) = counts.split_once(',').unwrap_or((counts, counts));
    let is_small = |count: &str| count.parse::<u16>().is_ok_and(|count| count <= 1000) && !count.starts_with('+');
    (is_small(low) && (high.is_empty() || is_small(high))).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same() {
        for pattern in [
            "^(?:[^.]+\\.){4,}internal\\.cloudapp\\.net\\.$",
            "(.*)\\.example\\.org\\.?",
            "^(?P<a>a|b)+?[a-z0-9-]{1,3}$",
            "(?i)a",
        ] {
            assert!(compile(pattern).unwrap().is_ok(), "{pattern}");
        }
        for pattern in ["(a", "a)", "*a", "[z-a]", "a{2,1}"] {
            let found = compile(pattern);
            assert!(!matches!(found, Ok(Ok(_))), "{pattern}: {found:?}");
        }
        for pattern in ["a**", "\\pL", "\\Qa\\E", "[[:alpha:]]", "a{", "é", "\\1", "(?U)a", "^*", "[a&&b]", "\\<a"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn groups_that_took_no_part_are_empty() {
        let pattern = compile("(a)|(?P<x>b)").unwrap().unwrap();
        let found = pattern.find("b").unwrap();
        assert_eq!(
            found.groups,
            [(None, "b".to_owned()), (None, String::new()), (Some("x".to_owned()), "b".to_owned())]
        );
        assert_eq!(pattern.groups(), 2);
    }
}
