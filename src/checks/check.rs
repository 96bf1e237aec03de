//! What a check is, and how it can end.

use crate::facts::{Facts, Requirement, Stop, Unread};
use crate::finding::{Finding, Hop};

/// One question about the facts, answered by a pure function.
pub struct Check {
    /// The code, `AKSBnnn`; never used again for another check.
    pub code: &'static str,
    /// The name of the trouble, in kebab-case.
    pub name: &'static str,
    /// The stretch of the road that it looks at.
    pub hop: Hop,
    /// What holds when there is no trouble, as a fragment.
    pub title: &'static str,
    /// The facts that it reads.
    pub needs: &'static [Requirement],
    /// Microsoft's codes that it explains, spelled as the catalogue spells them.
    pub explains: &'static [&'static str],
    /// What it checks, why it matters, how it is found, what to do, and the sources.
    pub explain: &'static str,
    /// Judges the facts.
    pub run: fn(&Facts) -> Judgement,
}

impl Check {
    /// Returns whether somebody who wrote this, in any case, means the check: its code or its name.
    #[must_use]
    pub fn is_named(&self, wanted: &str) -> bool {
        self.code.eq_ignore_ascii_case(wanted) || self.name.eq_ignore_ascii_case(wanted)
    }
}

/// What a check says of the facts: its findings, none if all is well, or what stopped it.
pub type Judgement = Result<Vec<Finding>, Stop>;

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It read what it needs and found nothing.
    Passed,
    /// It found trouble.
    Found(Vec<Finding>),
    /// Something that it needs could not be read.
    Inconclusive(Unread),
    /// There is nothing here that it could be about.
    NotApplicable(String),
    /// It crashed; the others go on.
    Crashed(String),
}
