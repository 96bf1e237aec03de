//! Findings that somebody has decided to live with, for a reason and for a time.
//!
//! An ignored finding is taken out after everything is put in order: what it explains stays its consequence. It is
//! counted and named at the end, never silent, and an entry that has expired ignores nothing.

use jiff::civil::Date;
use wildmatch::WildMatch;

use super::check::Outcome;
use super::diagnosis::{Diagnosis, Placed};

/// One entry of a list of what is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The check, by its code.
    pub code: String,
    /// Which subjects, with `*` for anything; `None` for all.
    pub subject: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds; `None` for no end.
    pub expires: Option<Date>,
}

/// What an entry came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The entry.
    pub entry: Entry,
    /// The check's name.
    pub name: &'static str,
    /// The subjects of the findings that it took out.
    pub subjects: Vec<String>,
    /// The subjects of the check's findings that are left.
    pub left: Vec<String>,
    /// Whether it has expired, and therefore took none.
    pub is_expired: bool,
}

impl Entry {
    fn takes(&self, placed: &Placed) -> bool {
        placed.check.code == self.code && self.takes_subject(&placed.finding.subject.path())
    }

    /// Returns whether it is about a subject, whatever was said of it: `kind/namespace/name`.
    #[must_use]
    pub fn takes_subject(&self, path: &str) -> bool {
        self.subject
            .as_ref()
            .is_none_or(|pattern| WildMatch::new(&pattern.to_lowercase()).matches(&path.to_lowercase()))
    }
}

impl Diagnosis {
    /// Takes out the findings that the entries name; `today` is the day that the facts are of.
    ///
    /// A check of which nothing is left is neither passed nor found: it leaves the checks that ran. Returns every
    /// entry whose check ran, with what became of it.
    pub fn ignore(&mut self, entries: Vec<Entry>, today: Date) -> Vec<Ignored> {
        let mut told: Vec<Ignored> = Vec::new();
        for entry in entries {
            // A check whose last finding another entry took has left those that ran.
            let ran = self.ran.iter().map(|ran| ran.check).chain(self.ignored.iter().map(|placed| placed.check));
            let is_expired = entry.expires.is_some_and(|last| last < today);
            // An entry that has expired is told whether its check ran or not: it is due to be looked at.
            let expired = super::CHECKS.iter().copied().filter(|_| is_expired);
            let Some(check) = ran.chain(expired).find(|check| check.code == entry.code) else { continue };
            let takes = |placed: &mut Placed| !is_expired && entry.takes(placed);
            let taken: Vec<Placed> = self.findings.extract_if(.., takes).collect();
            let subjects: Vec<String> = taken.iter().map(|placed| placed.finding.subject.path()).collect();
            self.ignored.extend(taken);
            let of_check = self.findings.iter().filter(|placed| placed.check.code == entry.code);
            let left: Vec<String> = of_check.map(|placed| placed.finding.subject.path()).collect();
            if !subjects.is_empty() && left.is_empty() {
                self.ran.retain(|ran| ran.check.code != entry.code || !matches!(ran.outcome, Outcome::Found(_)));
            }
            told.push(Ignored { entry, name: check.name, subjects, left, is_expired });
        }
        told
    }
}
