//! What a person reads: the root causes, then the road that a backup takes.

use std::collections::BTreeMap;

use owo_colors::{OwoColorize as _, Style};

use super::report::{Deselected, DoctorReport};
use super::wrap::{command_lines, cut, hard_lines, lines, plain};
use crate::checks::{Diagnosis, Ignored, Mark, Outcome, Placed, Role, Stretch, road};
use crate::facts::{Facts, Presence};
use crate::finding::{Evidence, Remedy, Severity, counted, listing, minute};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What is needed to act.
    Human,
    /// The evidence of everything, too.
    Wide,
}

/// How it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// How many columns there are.
    pub width: usize,
    /// How much is shown.
    pub detail: Detail,
}

const RED: Style = Style::new().red().bold();
const YELLOW: Style = Style::new().yellow().bold();
const GREEN: Style = Style::new().green();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const CYAN: Style = Style::new().cyan();

/// How many pieces of evidence, and lines of each quote, the human form shows.
const EVIDENCE_SHOWN: usize = 4;
const QUOTE_LINES_SHOWN: usize = 3;
/// How many findings that hurt less the human form shows in full.
const ALSO_SHOWN: usize = 12;
/// How many subjects of ignored findings are named.
const SUBJECTS_SHOWN: usize = 3;
/// How many codes of checks that could not be judged for one reason the human form names.
const CODES_SHOWN: usize = 6;

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
    if look.detail == Detail::Wide {
        page.consequences();
    }
    page.also();
    page.unjudged();
    page.deselected(deselected);
    page.path(&road(diagnosis, facts));
    page.ignored(ignored);
    page.close(facts);
    page.out
}

struct Page<'d> {
    out: String,
    look: Look,
    diagnosis: &'d Diagnosis,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.line("");
        self.line(&text.style(BOLD).to_string());
    }

    /// Writes a text below an indent, wrapped.
    fn wrapped(&mut self, indent: &str, text: &str) {
        for line in lines(text, self.look.width.saturating_sub(indent.len())) {
            self.line(&format!("{indent}{line}"));
        }
    }

    /// Writes a label in a column of its own and a text beside it, wrapped.
    fn labelled(&mut self, label: &str, text: &str) {
        const COLUMN: usize = 13;
        let mut first = true;
        for line in lines(text, self.look.width.saturating_sub(COLUMN)) {
            let label = if first { label } else { "" };
            self.line(&format!("  {}{line}", format_args!("{label:<11}").style(DIM)));
            first = false;
        }
    }

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
        self.wrapped(
            "",
            &format!(
                "read {}; Azure was not asked, so nothing is said of what only Azure knows",
                minute(facts.observed_at)
            ),
        );
    }

    fn roots(&mut self) {
        let roots: Vec<&Placed> = self.diagnosis.findings.iter().filter(|placed| placed.role == Role::Root).collect();
        if roots.is_empty() {
            return;
        }
        let count = self.diagnosis.count(|placed| placed.role == Role::Root);
        self.heading(if count == 1 { "ROOT CAUSE" } else { "ROOT CAUSES" });
        let mut told: Vec<&str> = Vec::new();
        for (index, placed) in roots.iter().enumerate() {
            if index > 0 {
                self.line("");
            }
            match placed.finding.alternatives.as_deref() {
                Some(group) if told.contains(&group) => {}
                Some(group) => {
                    told.push(group);
                    let members: Vec<&&Placed> =
                        roots.iter().filter(|p| p.finding.alternatives.as_deref() == Some(group)).collect();
                    self.alternatives(&members);
                }
                None => self.finding(placed),
            }
        }
    }

    /// Shows findings of which one is true: what fits, and what would decide.
    fn alternatives(&mut self, members: &[&&Placed]) {
        if let [only] = members {
            self.finding(only);
            self.decide(only);
            return;
        }
        let mut codes: Vec<String> = members.iter().map(|p| format!("{} {}", p.check.code, p.check.name)).collect();
        codes.dedup();
        let title = codes.join(" or ");
        let mut first = true;
        for line in lines(&title, self.look.width - 2) {
            let mark = if first { "✗ ".style(RED).to_string() } else { "  ".to_owned() };
            self.line(&format!("{mark}{}", line.style(BOLD)));
            first = false;
        }
        for placed in members {
            self.labelled("Fits", &placed.finding.message);
            self.evidence(&placed.finding.evidence);
            self.remedy(placed.finding.remedy.as_ref());
        }
        if let Some(placed) = members.first() {
            self.decide(placed);
            self.leads_to(placed);
        }
    }

    fn decide(&mut self, placed: &Placed) {
        if let Some(decide) = &placed.finding.decide {
            self.labelled("Decide", decide);
        }
    }

    fn title(&mut self, placed: &Placed) {
        let (mark, style) = match placed.finding.severity {
            Severity::Error => ("✗", RED),
            Severity::Warning => ("!", YELLOW),
            Severity::Info => ("i", CYAN),
        };
        self.line(&format!(
            "{} {} {}",
            mark.style(style),
            placed.check.code.style(BOLD),
            placed.check.name.style(BOLD)
        ));
    }

    fn finding(&mut self, placed: &Placed) {
        self.title(placed);
        self.wrapped("  ", &placed.finding.message);
        self.evidence(&placed.finding.evidence);
        self.leads_to(placed);
        self.codes_and_gaps(placed);
        self.remedy(placed.finding.remedy.as_ref());
    }

    /// Names Microsoft's codes for a finding, and what a fact that could not be read would have added.
    fn codes_and_gaps(&mut self, placed: &Placed) {
        let microsoft: Vec<String> = placed.check.explains.iter().filter_map(|code| official(code)).collect();
        if !microsoft.is_empty() {
            self.labelled("Microsoft", &microsoft.join(" · "));
        }
        for not_read in &placed.finding.not_read {
            self.labelled("not read", not_read);
        }
    }

    fn evidence(&mut self, evidence: &[Evidence]) {
        let wide = self.look.detail == Detail::Wide;
        let shown = if wide { evidence.len() } else { EVIDENCE_SHOWN };
        for (index, piece) in evidence.iter().enumerate().take(shown) {
            let width = self.look.width.saturating_sub(13);
            let mut first = true;
            for line in lines(&piece.at, width) {
                let label = if first { "  seen at" } else { "" };
                self.line(&format!("  {}{line}", format_args!("{label:<11}").style(DIM)));
                first = false;
            }
            let follower = evidence.get(index + 1).filter(|_| index + 1 < shown);
            // Several objects that say the same are named together, and what they say once.
            if let Some(quote) =
                piece.quote.as_ref().filter(|quote| follower.is_none_or(|f| f.quote.as_ref() != Some(quote)))
            {
                self.quote(quote, width);
            }
        }
        if evidence.len() > shown {
            let more = evidence.len() - shown;
            self.line(&format!("             {}", format!("and {more} more; see -o wide").style(DIM)));
        }
    }

    fn quote(&mut self, quote: &str, width: usize) {
        let most = if self.look.detail == Detail::Wide { usize::MAX } else { QUOTE_LINES_SHOWN };
        let quoted = hard_lines(&format!("\"{}\"", plain(quote)), width);
        let is_cut = quoted.len() > most;
        for (index, line) in quoted.iter().take(most).enumerate() {
            let line = if is_cut && index + 1 == most { cut_short(line, width) } else { line.clone() };
            self.line(&format!("             {}", line.style(DIM)));
        }
    }

    fn leads_to(&mut self, placed: &Placed) {
        let mut effects: Vec<String> = Vec::new();
        // What an effect leads to in its turn is led to as well; the table of causes has no cycle.
        let mut open: Vec<&str> = vec![&placed.id];
        let mut next = 0;
        while let Some(id) = open.get(next).copied() {
            next += 1;
            for effect in
                self.diagnosis.effects_of(id).filter(|effect| !open.contains(&effect.id.as_str())).collect::<Vec<_>>()
            {
                open.push(&effect.id);
                let text = format!("{} {}", effect.check.code, effect.check.name);
                if !effects.contains(&text) {
                    effects.push(text);
                }
            }
        }
        if !effects.is_empty() {
            self.labelled("leads to", &effects.join(" · "));
        }
    }

    fn remedy(&mut self, remedy: Option<&Remedy>) {
        let Some(remedy) = remedy else { return };
        if let Some(command) = &remedy.command {
            self.command(command);
        } else {
            if !remedy.text.is_empty() {
                self.wrapped("  ", &remedy.text);
            }
            for command in &remedy.documented {
                self.command(command);
            }
        }
    }

    fn command(&mut self, command: &str) {
        for (index, line) in command_lines(command, self.look.width.saturating_sub(4)).iter().enumerate() {
            let arrow = if index == 0 { "→".style(CYAN).to_string() } else { " ".to_owned() };
            self.line(&format!("  {arrow} {line}"));
        }
    }

    fn consequences(&mut self) {
        let found: Vec<&Placed> = self.diagnosis.findings.iter().filter(|p| p.role == Role::Consequence).collect();
        if found.is_empty() {
            return;
        }
        self.heading("CONSEQUENCES");
        for (index, placed) in found.into_iter().enumerate() {
            if index > 0 {
                self.line("");
            }
            // What to do stands with the cause; doing it twice, or in the wrong order, helps nobody.
            self.title(placed);
            self.wrapped("  ", &placed.finding.message);
            self.labelled("because of", &self.causes(placed));
            self.evidence(&placed.finding.evidence);
            self.codes_and_gaps(placed);
        }
    }

    /// Returns the checks whose findings explain this one.
    fn causes(&self, placed: &Placed) -> String {
        let mut causes: Vec<String> = Vec::new();
        for cause in self.diagnosis.findings.iter().filter(|cause| placed.caused_by.contains(&cause.id)) {
            let text = format!("{} {}", cause.check.code, cause.check.name);
            if !causes.contains(&text) {
                causes.push(text);
            }
        }
        causes.join(" · ")
    }

    fn also(&mut self) {
        let found: Vec<&Placed> = self.diagnosis.findings.iter().filter(|p| p.role == Role::Also).collect();
        if found.is_empty() {
            return;
        }
        self.heading("ALSO");
        let shown = if self.look.detail == Detail::Wide { found.len() } else { ALSO_SHOWN };
        for placed in found.iter().take(shown) {
            let is_remark = placed.finding.severity == Severity::Info;
            if is_remark && self.look.detail == Detail::Human {
                self.title(placed);
                self.wrapped("  ", &placed.finding.message);
                self.remedy(placed.finding.remedy.as_ref());
            } else {
                self.finding(placed);
            }
        }
        if found.len() > shown {
            self.line(&format!("  and {} more; see -o wide", found.len() - shown));
        }
    }

    /// Names what could not be judged, one line for each missing right or other reason: one stops many checks.
    fn unjudged(&mut self) {
        let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut needs_rights = false;
        for ran in &self.diagnosis.ran {
            match &ran.outcome {
                Outcome::Inconclusive(unread) if unread.missing.is_empty() => {
                    by_reason.entry(unread.why.clone()).or_default().push(ran.check.code);
                }
                Outcome::Inconclusive(unread) => {
                    needs_rights = true;
                    for right in &unread.missing {
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
            let mut first = true;
            for line in lines(&text, self.look.width - 2) {
                let mark = if first { "? ".style(YELLOW).to_string() } else { "  ".to_owned() };
                self.line(&format!("{mark}{line}"));
                first = false;
            }
        }
        if needs_rights {
            self.wrapped(
                "  ",
                "Whoever administers the cluster can give these rights; all of them only read. As roles: \
                 kubectl aksbackup rbac",
            );
        }
    }

    fn deselected(&mut self, deselected: &[Deselected]) {
        // What the user left out by a flag needs no list, but what is left out can hold the cause of what was found.
        let by_flag = deselected.iter().filter(|one| one.why.starts_with("by --")).count();
        if by_flag > 0 {
            self.line("");
            let left = counted(by_flag, "check was left out by a flag", "checks were left out by a flag");
            self.wrapped("", &format!("{left}; the cause of what is found here may be among them."));
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
    }

    /// Names what somebody decided to live with: what it took out, until when, and what has expired.
    fn ignored(&mut self, ignored: &[Ignored]) {
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
            let is_of_use = !subjects.is_empty();
            let mut first = true;
            for line in lines(&text, self.look.width - 2) {
                let mark = match (first, is_of_use) {
                    (true, false) => "! ".style(YELLOW).to_string(),
                    (true, true) => "· ".style(DIM).to_string(),
                    (false, _) => "  ".to_owned(),
                };
                self.line(&format!("{mark}{line}"));
                first = false;
            }
        }
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

    fn close(&mut self, facts: &Facts) {
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
            self.wrapped(
                "",
                &format!("Nothing inside the cluster stands in the way of a backup: {} passed{apply}.", checks(passed)),
            );
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
                self.wrapped("", "No completed backup is recorded in the cluster.");
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

fn checks(count: usize) -> String {
    counted(count, "check", "checks")
}

/// Returns a code as Microsoft's page has it; `None` for a trouble that has no code there.
///
/// The page's scenarios have numbers only. Names in capitals are the catalogue's own.
fn official(code: &str) -> Option<String> {
    match code.strip_prefix("SCENARIO_").and_then(|rest| rest.split('_').next()) {
        Some(number) => Some(format!("scenario {number}")),
        None => code.chars().any(|c| c.is_ascii_lowercase()).then(|| code.to_owned()),
    }
}

/// Marks a line as cut, within the width.
fn cut_short(line: &str, width: usize) -> String {
    if line.chars().count() < width { format!("{line}…") } else { cut(&format!("{line} "), width) }
}
