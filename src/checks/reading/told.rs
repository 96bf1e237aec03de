//! What the words of a run say went wrong: its status's own, or those of the log that name it.
//!
//! Knowledge: Velero writes the log of each backup and restore to its own output too, each line with the run's
//! namespace and name in the field `backup` or `restore`. What the words mean is the catalogue's business.

use super::log_line::{LogLine, log_lines};
use super::said::shortened;
use crate::catalogue::{Sign, Weight, classify};
use crate::facts::Facts;
use crate::finding::Evidence;

/// Words that tell what went wrong.
pub struct Told {
    /// The family of messages that they belong to.
    pub sign: Sign,
    /// Where they stand, and what they are.
    pub evidence: Evidence,
}

impl Told {
    /// Says what the words mean, in a sentence.
    pub fn sentence(&self) -> String {
        let meaning = self.sign.about().meaning;
        let mut letters = meaning.chars();
        let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
        format!("{first}{}.", letters.as_str())
    }
}

impl Told {
    /// Returns whether the words are about the storage location that the run reads or writes.
    pub fn is_about_location(&self) -> bool {
        matches!(self.sign, Sign::LocationUnavailable | Sign::LocationNotFound | Sign::ReadOnlyLocation)
            || self.sign.about().codes.contains(&"UserErrorBackupStorageLocationNotReady")
    }
}

/// Returns what several texts, each with its place, tell best: a cause before a symptom, the first of equals.
pub fn told<'t>(texts: impl IntoIterator<Item = (String, &'t str)>) -> Option<Told> {
    let mut best: Option<Told> = None;
    for (at, text) in texts {
        let found = classify(text).into_iter().find(|found| found.sign.about().weight != Weight::Harmless);
        let Some(found) = found else { continue };
        let is_better = best.as_ref().is_none_or(|known| found.sign.about().weight < known.sign.about().weight);
        if is_better {
            let quote = text.get(found.quote.clone()).unwrap_or(text).trim();
            best = Some(Told { sign: found.sign, evidence: Evidence::quoted(at, quote) });
        }
    }
    best
}

/// How much of a text is quoted.
const QUOTED: usize = 400;

/// Returns a text as evidence: as a whole where it is short, else its telling words, else its beginning.
pub fn quoted(at: String, text: &str) -> Evidence {
    let text = text.trim();
    if text.len() <= QUOTED {
        return Evidence::quoted(at, text);
    }
    match told([(at.clone(), text)]) {
        Some(told) => told.evidence,
        None => Evidence::quoted(at, shortened(text, QUOTED)),
    }
}

/// Returns the lines of the log that tell of a failure in a run, the newest first; `field` is `backup` or `restore`.
pub fn failures<'f>(facts: &'f Facts, field: &str, namespace: &str, name: &str) -> Vec<LogLine<'f>> {
    let whole = format!("{namespace}/{name}");
    let mut lines: Vec<LogLine<'f>> = log_lines(facts)
        .filter(|line| line.is_failure() && line.field(field).is_some_and(|run| run == whole || run == name))
        .collect();
    lines.reverse();
    lines
}
