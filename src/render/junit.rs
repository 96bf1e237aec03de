//! The report as JUnit XML, for pipelines that show tests: `doctor -o junit`.
//!
//! A check is a test case, a hop a suite. What was found at or above the threshold is a failure; what could not be
//! judged is an error, since a pipeline must not show it as fine; what does not apply, or was left out, is skipped.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::report::{Deselected, DoctorReport};
use super::text::heading_parts;
use crate::checks::{CHECKS, Check, Diagnosis, Ignored, Outcome, Placed};
use crate::error::Error;
use crate::facts::Facts;
use crate::finding::{Hop, Severity};

/// Returns the report as JUnit XML; `counts` tells which severities are failures.
///
/// # Errors
/// A fault of this program: the document cannot be written.
pub fn junit(
    diagnosis: &Diagnosis,
    deselected: &[Deselected],
    ignored: &[Ignored],
    facts: &Facts,
    counts: impl Fn(Severity) -> bool,
) -> Result<String, Error> {
    // Two clusters in one pipeline must not look alike.
    let of = heading_parts(&DoctorReport::new(diagnosis, deselected, facts)).join(", ");
    let mut report = Report::new(format!("kubectl-aksbackup: {of}"));
    for hop in Hop::ROAD {
        let mut suite = TestSuite::new(hop.name());
        suite.add_property(Property::new("observedAt", facts.observed_at.to_string()));
        for check in CHECKS.iter().filter(|check| check.hop == hop) {
            if let Some(case) = case_of(check, diagnosis, deselected, ignored, &counts) {
                suite.add_test_case(case);
            }
        }
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
    }
    report.to_string().map_err(|error| Error::internal(format!("the report cannot be written as JUnit: {error}")))
}

fn case_of(
    check: &Check,
    diagnosis: &Diagnosis,
    deselected: &[Deselected],
    ignored: &[Ignored],
    counts: &impl Fn(Severity) -> bool,
) -> Option<TestCase> {
    let left_out = deselected.iter().find(|one| one.code == check.code);
    let ran = diagnosis.ran.iter().find(|ran| ran.check.code == check.code);
    let skipped = |why: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(why);
        status
    };
    let unsuccessful = |kind, type_: &str, message: &str, text: String| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(type_).set_message(message).set_description(text);
        status
    };
    let mut out = None;
    let status = match (ran.map(|ran| &ran.outcome), left_out) {
        (Some(Outcome::Passed), _) => TestCaseStatus::success(),
        (Some(Outcome::NotApplicable(why)), _) => skipped(why),
        (Some(Outcome::Inconclusive(unread)), _) => {
            unsuccessful(NonSuccessKind::Error, "inconclusive", &unread.why, String::new())
        }
        (Some(Outcome::Crashed(why)), _) => unsuccessful(NonSuccessKind::Error, "crashed", why, String::new()),
        (Some(Outcome::Found(_)), _) => {
            let found: Vec<&Placed> = diagnosis.findings.iter().filter(|p| p.check.code == check.code).collect();
            let text = found.iter().map(|placed| told(placed)).collect::<Vec<_>>().join("\n\n");
            match found.iter().find(|placed| counts(placed.finding.severity)) {
                Some(worst) => {
                    unsuccessful(NonSuccessKind::Failure, worst.finding.severity.name(), &worst.finding.message, text)
                }
                None => {
                    out = Some(text);
                    TestCaseStatus::success()
                }
            }
        }
        (None, Some(left_out)) => skipped(&left_out.why),
        (None, None) => {
            let entry = ignored.iter().find(|one| one.entry.code == check.code && !one.subjects.is_empty())?;
            skipped(&format!("ignored: {}", entry.entry.reason))
        }
    };
    let mut case = TestCase::new(format!("{} {}", check.code, check.name), status);
    case.set_classname(format!("aksbackup.{}", check.hop.name()));
    if let Some(out) = out {
        case.set_system_out(out);
    }
    Some(case)
}

/// Returns a finding in words, with its evidence and what to do.
fn told(placed: &Placed) -> String {
    let mut lines = vec![format!("{}: {}", placed.finding.severity.name(), placed.finding.message)];
    for piece in &placed.finding.evidence {
        lines.push(match &piece.quote {
            Some(quote) => format!("seen at {}: {quote}", piece.at),
            None => format!("seen at {}", piece.at),
        });
    }
    lines.extend(placed.finding.not_read.iter().map(|why| format!("not read: {why}")));
    if let Some(remedy) = &placed.finding.remedy {
        if !remedy.text.is_empty() {
            lines.push(remedy.text.clone());
        }
        lines.extend(remedy.command.iter().chain(&remedy.documented).map(|command| format!("  {command}")));
    }
    lines.join("\n")
}
