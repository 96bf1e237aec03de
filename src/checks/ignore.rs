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
        let fits = |pattern: &String| WildMatch::new(&pattern.to_lowercase()).matches(&placed.finding.subject.path());
        placed.check.code == self.code && self.subject.as_ref().is_none_or(fits)
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
            let Some(check) =
                self.ran.iter().map(|ran| ran.check).find(|check| check.code == entry.code).or_else(|| {
                    // Another entry took the check's last finding.
                    super::CHECKS.iter().copied().find(|check| {
                        check.code == entry.code && told.iter().any(|ignored| ignored.entry.code == entry.code)
                    })
                })
            else {
                continue;
            };
            let is_expired = entry.expires.is_some_and(|last| last < today);
            let mut subjects = Vec::new();
            if !is_expired {
                self.findings.retain(|placed| {
                    let takes = entry.takes(placed);
                    if takes {
                        subjects.push(placed.finding.subject.path());
                    }
                    !takes
                });
            }
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
