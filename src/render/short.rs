//! Ten lines for a chat or a ticket: `doctor --short`.

use super::report::{Deselected, DoctorReport};
use super::text::{heading_parts, left_out_by_flag};
use super::wrap::{cut, plain};
use crate::checks::{Diagnosis, Outcome, Placed, Role};
use crate::facts::{Facts, Right, Unread};
use crate::finding::{Severity, counted, listing, minute};

/// How many lines there are at most.
const LINES: usize = 10;
/// How long a line is at most: chats wrap by themselves, and a ticket's title does not.
const LONGEST: usize = 180;
/// How many consequences a line names.
const EFFECTS_SHOWN: usize = 4;

/// Returns the report in at most ten lines, without colours and without wrapping.
#[must_use]
pub fn short(diagnosis: &Diagnosis, deselected: &[Deselected], facts: &Facts) -> String {
    let report = DoctorReport::new(diagnosis, deselected, facts);
    let mut parts = heading_parts(&report);
    parts.push(minute(facts.observed_at));
    let mut lines = vec![parts.join(" · ")];
    let mut tail = Vec::new();
    let unjudged = diagnosis.ended(|o| matches!(o, Outcome::Inconclusive(_) | Outcome::Crashed(_)));
    if unjudged > 0 {
        let codes =
            diagnosis.ran.iter().filter(|r| matches!(r.outcome, Outcome::Inconclusive(_) | Outcome::Crashed(_)));
        let codes: Vec<&str> = codes.map(|ran| ran.check.code).collect();
        let count = counted(unjudged, "check", "checks");
        tail.push(format!("? {count} could not be judged: {}{}", listing(codes, EFFECTS_SHOWN), why(diagnosis)));
    }
    let ignored = diagnosis.ignored.len();
    if ignored > 0 {
        tail.push(format!("  {} ignored", counted(ignored, "finding is", "findings are")));
    }
    let left_out = left_out_by_flag(deselected);
    if left_out > 0 {
        tail.push(format!("  {} left out by a flag", counted(left_out, "check was", "checks were")));
    }
    match facts.last_recovery_point() {
        Some(when) => tail.push(format!("Last good recovery point: {}.", minute(when))),
        None if facts.backups.known().is_some() || facts.backups.is_absent() => {
            tail.push("No completed backup is known.".to_owned());
        }
        None => {}
    }
    // Roots first, then the rest; consequences are named with their roots.
    let mut told: Vec<&Placed> = diagnosis.findings.iter().filter(|placed| placed.role != Role::Consequence).collect();
    if told.is_empty() {
        told = diagnosis.findings.iter().collect();
    }
    if told.is_empty() {
        lines.push(match (unjudged, ignored) {
            (0, 0) if left_out > 0 => "Nothing found by what was checked.".to_owned(),
            (0, 0) if facts.has_asked_azure() => "✓ Nothing stands in the way of a backup.".to_owned(),
            (0, 0) => "✓ Nothing inside the cluster stands in the way of a backup.".to_owned(),
            (0, _) => "Nothing found but what is ignored.".to_owned(),
            _ => "No trouble found in what could be read.".to_owned(),
        });
    }
    let mut room = LINES.saturating_sub(lines.len() + tail.len());
    for (at, placed) in told.iter().enumerate() {
        let after = told.len() - at - 1;
        // One line is kept for what does not fit.
        let kept = usize::from(after > 0);
        if room < 1 + kept {
            lines.push(format!("  and {} more: kubectl aksbackup doctor", after + 1));
            break;
        }
        lines.push(line_of(diagnosis, placed));
        room -= 1;
        if let Some(step) = first_step(placed).filter(|_| room > kept) {
            lines.push(step);
            room -= 1;
        }
    }
    lines.extend(tail);
    let mut text = String::new();
    for line in lines {
        text.push_str(&cut(&plain(&line).replace('\n', " "), LONGEST));
        text.push('\n');
    }
    text
}

fn line_of(diagnosis: &Diagnosis, placed: &Placed) -> String {
    let mark = match placed.finding.severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Info => "i",
    };
    let effects: Vec<&str> = diagnosis.effects_of(&placed.id).map(|effect| effect.check.code).collect();
    let leads =
        if effects.is_empty() { String::new() } else { format!(" (leads to {})", listing(effects, EFFECTS_SHOWN)) };
    format!("{mark} {} {}{leads}: {}", placed.check.code, placed.check.name, placed.finding.message)
}

/// Returns why checks could not be judged, where that is one reason.
fn why(diagnosis: &Diagnosis) -> String {
    let unread: Vec<&Unread> = diagnosis
        .ran
        .iter()
        .filter_map(|ran| match &ran.outcome {
            Outcome::Inconclusive(unread) => Some(unread),
            _ => None,
        })
        .collect();
    let missing = || unread.iter().flat_map(|unread| &unread.missing);
    let of_azure = missing().any(|right| matches!(right, Right::Arm(_)));
    let of_cluster = missing().any(|right| matches!(right, Right::Kube(_)));
    match (of_cluster, of_azure) {
        (true, true) => return "; rights are missing: kubectl aksbackup rbac (for Azure with --azure)".to_owned(),
        (true, false) => return "; rights are missing: kubectl aksbackup rbac".to_owned(),
        (false, true) => return "; rights are missing: kubectl aksbackup rbac --azure".to_owned(),
        (false, false) => {}
    }
    match unread.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other.why == first.why) => format!("; {}", first.why),
        _ => String::new(),
    }
}

/// Returns the first thing to do about a finding.
fn first_step(placed: &Placed) -> Option<String> {
    let remedy = placed.finding.remedy.as_ref()?;
    let command = remedy.command.as_ref().or_else(|| remedy.documented.first())?;
    let line = format!("  → {command}");
    // Half a command would be run as a whole one.
    let fits = line.chars().count() < LONGEST && !line.contains('\n');
    Some(if fits {
        line
    } else {
        "  the next step is too long for a line; see it with: kubectl aksbackup doctor".to_owned()
    })
}
