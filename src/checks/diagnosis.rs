//! Puts what the checks found in order: root causes before symptoms.

use super::causes::{CAUSES, Same};
use super::check::{Check, Outcome};
use super::runner::Ran;
use crate::finding::{Finding, Severity};

use schemars::JsonSchema;
use serde::Serialize;

/// The part that a finding plays (contract section 2); the order is that of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An error that no other finding explains.
    Root,
    /// Explained by another finding.
    Consequence,
    /// The rest.
    Also,
}

/// A finding, with the part that it plays among the others.
pub struct Placed {
    /// The check that found it.
    pub check: &'static Check,
    /// What it found.
    pub finding: Finding,
    /// Code and subject, stable from run to run.
    pub id: String,
    /// The part that it plays.
    pub role: Role,
    /// The ids of the findings that explain it.
    pub caused_by: Vec<String>,
}

impl Placed {
    /// Returns Microsoft's codes that the finding explains: those that it names itself, else its check's.
    #[must_use]
    pub fn explains(&self) -> &[&'static str] {
        self.finding.explains.as_deref().unwrap_or(self.check.explains)
    }
}

/// Everything that a run of the checks came to.
pub struct Diagnosis {
    /// Every check that ran, in the order of the table.
    pub ran: Vec<Ran>,
    /// The findings, sorted by role, severity, hop, code and subject.
    pub findings: Vec<Placed>,
    /// The findings that somebody has decided to live with; they count nowhere.
    pub ignored: Vec<Placed>,
}

impl Diagnosis {
    /// Puts in order what the checks found.
    #[must_use]
    pub fn of(ran: Vec<Ran>) -> Self {
        let mut findings: Vec<Placed> = Vec::new();
        for Ran { check, outcome } in &ran {
            if let Outcome::Found(found) = outcome {
                findings.extend(found.iter().map(|finding| Placed {
                    check,
                    id: id_of(check, finding),
                    finding: finding.clone(),
                    role: Role::Also,
                    caused_by: Vec::new(),
                }));
            }
        }
        let causes: Vec<Vec<String>> = findings.iter().map(|effect| causes_of(effect, &findings)).collect();
        for (placed, caused_by) in findings.iter_mut().zip(causes) {
            placed.role = match (caused_by.is_empty(), placed.finding.severity) {
                (false, _) => Role::Consequence,
                (true, Severity::Error) => Role::Root,
                (true, _) => Role::Also,
            };
            placed.caused_by = caused_by;
        }
        findings.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        Self { ran, findings, ignored: Vec::new() }
    }

    /// Returns how many findings of a role there are; a group of alternatives counts once.
    #[must_use]
    pub fn count(&self, wanted: impl Fn(&Placed) -> bool) -> usize {
        let mut groups: Vec<&str> = Vec::new();
        let mut count = 0;
        for placed in self.findings.iter().filter(|placed| wanted(placed)) {
            match placed.finding.alternatives.as_deref() {
                Some(group) if groups.contains(&group) => {}
                Some(group) => {
                    groups.push(group);
                    count += 1;
                }
                None => count += 1,
            }
        }
        count
    }

    /// Returns how many checks ended as `wanted` says.
    #[must_use]
    pub fn ended(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        self.ran.iter().filter(|ran| wanted(&ran.outcome)).count()
    }

    /// Returns whether something could not be judged.
    #[must_use]
    pub fn has_unjudged(&self) -> bool {
        self.ended(|outcome| matches!(outcome, Outcome::Inconclusive(_) | Outcome::Crashed(_))) > 0
    }

    /// Returns whether everything that explains a finding is ignored.
    #[must_use]
    pub fn has_lost_its_causes(&self, placed: &Placed) -> bool {
        !placed.caused_by.is_empty() && !self.findings.iter().any(|cause| placed.caused_by.contains(&cause.id))
    }

    /// Returns whether something was not judged that time may bring: no right is missing, only an answer.
    #[must_use]
    pub fn may_come_with_time(&self) -> bool {
        self.ran.iter().any(|ran| matches!(&ran.outcome, Outcome::Inconclusive(unread) if unread.missing.is_empty()))
    }

    /// Returns the findings that the one with this id explains.
    pub fn effects_of<'d>(&'d self, id: &'d str) -> impl Iterator<Item = &'d Placed> {
        self.findings.iter().filter(move |placed| placed.caused_by.iter().any(|cause| cause == id))
    }
}

fn id_of(check: &Check, finding: &Finding) -> String {
    format!("{}:{}", check.code, finding.subject.path())
}

/// Finds what explains a finding: what the table names, about the same thing where it says so.
///
/// A cause hurts at least as much as its effect: a remark explains no error.
fn causes_of(effect: &Placed, findings: &[Placed]) -> Vec<String> {
    let mut causes: Vec<String> = CAUSES
        .iter()
        .filter(|row| row.effect == effect.check.name)
        .flat_map(|row| findings.iter().map(move |cause| (row, cause)))
        .filter(|(row, cause)| {
            row.cause == cause.check.name
                && cause.finding.severity <= effect.finding.severity
                && match row.same {
                    Same::Subject => cause.finding.shares_subject_with(&effect.finding),
                    Same::Anything => true,
                }
        })
        .map(|(_, cause)| cause.id.clone())
        .collect();
    causes.sort();
    causes.dedup();
    causes
}

fn sort_key(placed: &Placed) -> (Role, Severity, crate::finding::Hop, &'static str, String) {
    (placed.role, placed.finding.severity, placed.check.hop, placed.check.code, placed.finding.subject.path())
}
