//! What was found: the root causes, what they lead to, and the rest.

use owo_colors::OwoColorize as _;

use super::page::{BOLD, CYAN, DIM, Detail, Page, RED, YELLOW};
use crate::checks::{Placed, Role};
use crate::finding::{Evidence, Remedy, Severity};
use crate::render::wrap::{command_lines, cut, hard_lines, lines, plain};

/// How many pieces of evidence, and lines of each quote, the human form shows.
const EVIDENCE_SHOWN: usize = 4;
const QUOTE_LINES_SHOWN: usize = 3;
/// How many findings that hurt less the human form shows in full.
const ALSO_SHOWN: usize = 12;
impl Page<'_> {
    pub(super) fn roots(&mut self) {
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
        self.marked(&"✗".style(RED).to_string(), &title, Some(BOLD));
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
        let microsoft: Vec<String> = placed.explains().iter().filter_map(|code| official(code)).collect();
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

    pub(super) fn command(&mut self, command: &str) {
        for (index, line) in command_lines(command, self.look.width.saturating_sub(4)).iter().enumerate() {
            let arrow = if index == 0 { "→".style(CYAN).to_string() } else { " ".to_owned() };
            self.line(&format!("  {arrow} {line}"));
        }
    }

    pub(super) fn consequences(&mut self) {
        let diagnosis = self.diagnosis;
        // The human form names consequences with their root, except where the root is ignored: they still count.
        let is_shown = |placed: &&Placed| self.look.detail == Detail::Wide || diagnosis.has_lost_its_causes(placed);
        let found: Vec<&Placed> =
            diagnosis.findings.iter().filter(|p| p.role == Role::Consequence).filter(is_shown).collect();
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
            if diagnosis.has_lost_its_causes(placed) {
                self.remedy(placed.finding.remedy.as_ref());
            }
        }
    }

    /// Returns the checks whose findings explain this one.
    fn causes(&self, placed: &Placed) -> String {
        let mut causes: Vec<String> = Vec::new();
        let counted = self.diagnosis.findings.iter().map(|cause| (cause, ""));
        let ignored = self.diagnosis.ignored.iter().map(|cause| (cause, " (ignored)"));
        for (cause, how) in counted.chain(ignored).filter(|(cause, _)| placed.caused_by.contains(&cause.id)) {
            let text = format!("{} {}{how}", cause.check.code, cause.check.name);
            if !causes.contains(&text) {
                causes.push(text);
            }
        }
        causes.join(" · ")
    }

    pub(super) fn also(&mut self) {
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
