//! What a person reads: the root causes, then the road that a backup takes.

mod findings;
mod gaps;
mod page;
mod permissions;

use owo_colors::OwoColorize as _;

use self::page::{DIM, GREEN, Page, RED, YELLOW};
pub use self::page::{Detail, Look};
use super::report::{Deselected, DoctorReport};
use super::wrap::lines;
use crate::checks::{Diagnosis, Ignored, Mark, Outcome, Role, Stretch, road};
use crate::facts::{Facts, Fetched, Presence};
use crate::finding::{Severity, counted, minute};

/// Returns the report of `doctor`.
///
/// It always holds colours; the sink strips them where nobody wants them.
#[must_use]
pub fn doctor(
    diagnosis: &Diagnosis,
    deselected: &[Deselected],
    ignored: &[Ignored],
    facts: &Facts,
    look: Look,
) -> String {
    let mut page = Page { out: String::new(), look: Look { width: look.width.max(60), ..look }, diagnosis };
    page.header(facts);
    page.roots();
    page.consequences();
    page.also();
    page.permissions(facts);
    page.unjudged(facts);
    page.deselected(deselected);
    page.path(&road(diagnosis, facts));
    page.ignored(ignored);
    page.close(facts, left_out_by_flag(deselected));
    page.out
}

impl Page<'_> {
    fn header(&mut self, facts: &Facts) {
        let report = DoctorReport::new(self.diagnosis, &[], facts);
        let parts = heading_parts(&report);
        if !parts.is_empty() {
            self.wrapped("", &parts.join(" · "));
        }
        let extension = &facts.extension;
        let line = match facts.presence() {
            Presence::Absent => "the backup extension is not on this cluster".to_owned(),
            Presence::Unknown => "whether the backup extension is on this cluster could not be read".to_owned(),
            Presence::Present => {
                let name = extension.name.as_deref().map_or(String::new(), |name| format!(" {name}"));
                let version = extension.version.as_deref().map_or(String::new(), |version| format!(" {version}"));
                format!("extension{name}{version} in {}", extension.namespace)
            }
        };
        self.wrapped("", &line);
        if let Some(target) = facts.target.known() {
            let version = target
                .version
                .as_deref()
                .map_or_else(String::new, |version| format!(" · Kubernetes {}", version.trim_start_matches('v')));
            self.wrapped("", &format!("target of a restore: context {}{version}", target.context));
        }
        self.wrapped(
            "",
            &match (facts.has_asked_azure(), facts.is_by_azure_alone()) {
                (true, true) => {
                    format!("read {} from Azure alone: the cluster does not answer", minute(facts.observed_at))
                }
                (true, false) => format!("read {} from the cluster and from Azure", minute(facts.observed_at)),
                _ if facts.has_failed_to_ask_azure() => format!(
                    "read {}; Azure could not be asked, so nothing is said of what only Azure knows",
                    minute(facts.observed_at)
                ),
                _ => format!(
                    "read {}; Azure was not asked, so nothing is said of what only Azure knows",
                    minute(facts.observed_at)
                ),
            },
        );
    }

    fn path(&mut self, road: &[Stretch]) {
        self.heading("THE BACKUP PATH");
        for stretch in road {
            let (sign, style) = match stretch.mark {
                Mark::Broken => ("✗", RED),
                Mark::Doubtful => ("!", YELLOW),
                Mark::Unjudged => ("?", YELLOW),
                Mark::Holds => ("✓", GREEN),
                Mark::Nothing => ("·", DIM),
            };
            let mut first = true;
            for line in lines(&stretch.text, self.look.width - 13) {
                if first {
                    self.line(&format!("{} {:<10} {line}", sign.style(style), stretch.hop.name()));
                } else {
                    self.line(&format!("             {line}"));
                }
                first = false;
            }
        }
    }

    fn close(&mut self, facts: &Facts, left_out: usize) {
        let diagnosis = self.diagnosis;
        let total = diagnosis.ran.len();
        let passed = diagnosis.ended(|o| matches!(o, Outcome::Passed));
        let not_applicable = diagnosis.ended(|o| matches!(o, Outcome::NotApplicable(_)));
        let unjudged = diagnosis.ended(|o| matches!(o, Outcome::Inconclusive(_) | Outcome::Crashed(_)));
        self.line("");
        let trouble = diagnosis.count(|p| p.finding.severity != Severity::Info);
        if trouble == 0 && unjudged == 0 {
            let apply = match not_applicable {
                0 => String::new(),
                1 => ", 1 does not apply here".to_owned(),
                many => format!(", {many} do not apply here"),
            };
            let sentence = match diagnosis.ignored.len() {
                // Nobody knows what stands in the way of a backup who did not look everywhere.
                0 if left_out > 0 => format!("Nothing found by what was checked, and {} left out", were(left_out)),
                0 if facts.has_asked_azure() => "Nothing stands in the way of a backup".to_owned(),
                0 => "Nothing inside the cluster stands in the way of a backup".to_owned(),
                some => format!("Nothing found but what is ignored ({})", counted(some, "finding", "findings")),
            };
            self.wrapped("", &format!("{sentence}: {} passed{apply}.", checks(passed)));
        } else if trouble == 0 {
            self.wrapped(
                "",
                &format!("No trouble found in what could be read; {} could not be judged.", checks(unjudged)),
            );
        } else {
            let count = |role| diagnosis.count(|p| p.role == role && p.finding.severity != Severity::Info);
            let warnings = diagnosis.count(|p| p.role == Role::Also && p.finding.severity == Severity::Warning);
            let mut parts = vec![
                counted(count(Role::Root), "root cause", "root causes"),
                counted(count(Role::Consequence), "consequence", "consequences"),
                counted(warnings, "warning", "warnings"),
            ];
            if unjudged > 0 {
                parts.push(format!("{unjudged} not judged"));
            }
            self.wrapped("", &format!("{}, of {}", parts.join(", "), checks(total)));
        }
        match facts.last_recovery_point() {
            Some(when) => self.wrapped("", &format!("Last good recovery point: {}.", minute(when))),
            None if facts.backups.known().is_some() && facts.presence() == Presence::Present => {
                let place =
                    if matches!(facts.backup_jobs, Fetched::Got(_)) { "in the vault" } else { "in the cluster" };
                self.wrapped("", &format!("No completed backup is recorded {place}."));
            }
            None => {}
        }
    }
}

/// Returns what names the cluster: its name, region and version, and the context.
pub(super) fn heading_parts(report: &DoctorReport) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(report.cluster.name.clone());
    parts.extend(report.cluster.region.clone());
    parts.extend(report.cluster.kubernetes_version.as_ref().map(|version| format!("Kubernetes {version}")));
    parts.extend(report.context.as_ref().map(|context| format!("context {context}")));
    parts
}

/// Returns how many checks the user left out; those of a tier or of a target that nobody named are none of them, and
/// that Azure was left out the first lines say.
pub(super) fn left_out_by_flag(deselected: &[Deselected]) -> usize {
    deselected.iter().filter(|one| one.why.starts_with("by --") && one.why != "by --no-azure").count()
}

fn were(count: usize) -> String {
    counted(count, "check was", "checks were")
}

fn checks(count: usize) -> String {
    counted(count, "check", "checks")
}
