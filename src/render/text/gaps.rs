//! What was not judged, and what was left out: by the rights, by a flag, by a decision.

use std::collections::BTreeMap;

use owo_colors::OwoColorize as _;

use super::page::{DIM, Detail, Page, YELLOW};
use crate::checks::{Ignored, Outcome};
use crate::facts::{DEFAULT_NAMESPACE, Facts, Right};
use crate::finding::{Severity, counted, listing};
use crate::render::report::{A_RIGHT_IS_MISSING, Deselected};
use crate::render::text::left_out_by_flag;

/// How many subjects of ignored findings are named.
const SUBJECTS_SHOWN: usize = 3;
/// How many codes of checks that could not be judged for one reason the human form names.
const CODES_SHOWN: usize = 6;

impl Page<'_> {
    /// Names what could not be judged, one line for each missing right or other reason: one stops many checks.
    pub(super) fn unjudged(&mut self, facts: &Facts) {
        let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let (mut of_cluster, mut of_azure) = (false, false);
        for ran in &self.diagnosis.ran {
            match &ran.outcome {
                Outcome::Inconclusive(unread) if unread.missing.is_empty() => {
                    by_reason.entry(unread.why.clone()).or_default().push(ran.check.code);
                }
                Outcome::Inconclusive(unread) => {
                    for right in &unread.missing {
                        match right {
                            Right::Kube(_) => of_cluster = true,
                            Right::Arm(_) => of_azure = true,
                        }
                        by_reason.entry(format!("needs {}", right.words())).or_default().push(ran.check.code);
                    }
                }
                Outcome::Crashed(why) => {
                    let reason = format!("the check crashed, which is a fault of this tool: {why}");
                    by_reason.entry(reason).or_default().push(ran.check.code);
                }
                _ => {}
            }
        }
        if by_reason.is_empty() {
            return;
        }
        self.heading("NOT JUDGED");
        let most = if self.look.detail == Detail::Wide { usize::MAX } else { CODES_SHOWN };
        for (reason, mut codes) in by_reason {
            codes.dedup();
            let text = format!("{reason} ({})", listing(codes, most));
            self.marked(&"?".style(YELLOW).to_string(), &text, None);
        }
        if of_cluster {
            let namespace = &facts.extension.namespace;
            let roles = if namespace == DEFAULT_NAMESPACE {
                "kubectl aksbackup rbac".to_owned()
            } else {
                format!("kubectl aksbackup rbac --namespace {namespace}")
            };
            self.wrapped("  ", "Whoever administers the cluster can give these rights. As roles, which only read:");
            self.command(&roles);
        }
        if of_azure {
            self.wrapped(
                "  ",
                "Whoever administers the subscription can give the rights in Azure. As a role, which only reads:",
            );
            self.command("kubectl aksbackup rbac --azure");
        }
    }

    pub(super) fn deselected(&mut self, deselected: &[Deselected]) {
        // What the user left out by a flag needs no list, but what is left out can hold the cause of what was found.
        let by_flag = left_out_by_flag(deselected);
        if by_flag > 0 {
            self.line("");
            let left = counted(by_flag, "check was left out by a flag", "checks were left out by a flag");
            let has_found = self.diagnosis.count(|placed| placed.finding.severity != Severity::Info) > 0;
            let more = if has_found { "; the cause of what is found here may be among them" } else { "" };
            self.wrapped("", &format!("{left}{more}."));
        }
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in deselected.iter().filter(|one| !one.why.starts_with("by ")) {
            by_reason.entry(&one.why).or_default().push(&one.code);
        }
        if by_reason.is_empty() {
            return;
        }
        self.heading("NOT ASKED");
        for (why, codes) in by_reason {
            self.wrapped("  ", &format!("{why} ({})", codes.join(", ")));
        }
        if deselected.iter().any(|one| one.why.contains(A_RIGHT_IS_MISSING)) {
            self.wrapped("  ", "These rights are more than reading. As roles: kubectl aksbackup rbac --with ask");
        }
    }

    /// Names what somebody decided to live with: what it took out, until when, and what has expired.
    pub(super) fn ignored(&mut self, ignored: &[Ignored]) {
        let is_told = |one: &&Ignored| one.is_expired || !one.subjects.is_empty() || !one.left.is_empty();
        let told: Vec<&Ignored> = ignored.iter().filter(is_told).collect();
        if told.is_empty() {
            return;
        }
        self.heading("IGNORED");
        for Ignored { entry, name, subjects, left, is_expired } in told {
            let end = entry.expires.map_or_else(String::new, |last| format!(" until {last}"));
            let some = |names: &[String]| listing(names.iter().map(String::as_str), SUBJECTS_SHOWN);
            let text = if *is_expired {
                let end = end.replace("until", "on");
                format!("{} {name}: the entry expired{end}, so it ignores nothing ({})", entry.code, entry.reason)
            } else if subjects.is_empty() {
                let subject = entry.subject.as_deref().unwrap_or("*");
                format!("{} {name}: the entry's subject {subject} fits nothing; found of {}", entry.code, some(left))
            } else {
                let count = counted(subjects.len(), "finding", "findings");
                format!("{} {name}: {count}{end}, {} ({})", entry.code, entry.reason, some(subjects))
            };
            let mark = if subjects.is_empty() { "!".style(YELLOW) } else { "·".style(DIM) };
            self.marked(&mark.to_string(), &text, None);
        }
    }
}
