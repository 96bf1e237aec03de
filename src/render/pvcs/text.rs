//! What a person reads: the counts, then the claims by reason, the worst first.

use std::collections::BTreeMap;

use owo_colors::OwoColorize as _;

use super::{Chosen, Shown};
use crate::coverage::{ClaimVerdict, REMARKS, Verdict, VolumeSeen};
use crate::facts::{Facts, Need, Right};
use crate::finding::{listing, size};
use crate::render::report::Cluster;
use crate::render::wrap::{lines, plain};

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By reasons.
    Human,
    /// A line for each claim.
    Wide,
}

/// So many claims of one reason are named one by one; of more only where they are is told.
const FEW: usize = 10;
/// So many of the largest claims that no backup holds are named where reasons stand for many.
const WORST: usize = 5;

/// Returns the verdicts as a person reads them.
#[must_use]
pub fn text(chosen: &Chosen<'_, '_>, shown: &Shown, form: Form) -> String {
    let mut page = Page { out: String::new(), width: shown.width.max(60) };
    page.head(chosen);
    if !shown.is_summary && form == Form::Wide {
        page.table(&chosen.shown(shown));
    } else {
        page.groups(chosen, shown);
    }
    page.close(chosen, shown, form);
    page.out
}

struct Page {
    out: String,
    width: usize,
}

/// The claims of one reason.
struct Group<'g, 'f> {
    verdict: Verdict,
    is_intended: bool,
    label: String,
    reason: &'g str,
    rows: Vec<&'g ClaimVerdict<'f>>,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn wrapped(&mut self, indent: &str, text: &str) {
        for line in lines(text, self.width.saturating_sub(indent.len())) {
            self.line(&format!("{indent}{line}"));
        }
    }

    fn head(&mut self, chosen: &Chosen<'_, '_>) {
        let facts = chosen.index.facts;
        let cluster = Cluster::of(facts);
        let place = match (chosen.namespace, chosen.is_narrowed) {
            (Some(namespace), false) => format!("namespace {namespace}"),
            (Some(namespace), true) => format!("some claims of namespace {namespace}"),
            (None, false) => "all namespaces".to_owned(),
            (None, true) => "some claims of all namespaces".to_owned(),
        };
        let name = cluster.name.or_else(|| facts.context.as_ref().map(|context| format!("context {context}")));
        let parts: Vec<String> = name.into_iter().chain([place, chosen.basis()]).collect();
        self.wrapped("", &parts.join(" · "));
        for gap in gaps(facts, chosen) {
            self.wrapped("", &gap);
        }
        let counts = chosen.counts();
        let namespaces: std::collections::BTreeSet<&str> =
            chosen.verdicts.iter().map(|one| one.claim.namespace.as_str()).collect();
        let mut told = vec![format!("{} backed up", number(counts.backed_up)).green().to_string()];
        if counts.skipped > 0 {
            let on_purpose = match counts.intended {
                0 => String::new(),
                all if all == counts.skipped => " (on purpose)".to_owned(),
                some => format!(" ({} on purpose)", number(some)),
            };
            told.push(format!("{} skipped{on_purpose}", number(counts.skipped)).yellow().to_string());
        }
        if counts.will_fail > 0 {
            told.push(format!("{} will fail", number(counts.will_fail)).red().to_string());
        }
        if counts.unknown > 0 {
            told.push(format!("{} unknown", number(counts.unknown)).yellow().to_string());
        }
        let claims = if chosen.verdicts.len() == 1 { "claim" } else { "claims" };
        let spaces = if namespaces.len() == 1 { "namespace" } else { "namespaces" };
        let head = format!("{} {claims} in {} {spaces}", number(chosen.verdicts.len()), number(namespaces.len()));
        self.line(&format!("{}: {}", head.bold(), told.join(" · ")));
        if counts.bytes_at_risk > 0 {
            self.line(&format!("{} in no backup, though nobody wanted that", size(counts.bytes_at_risk)));
        }
    }

    fn groups(&mut self, chosen: &Chosen<'_, '_>, shown: &Shown) {
        let rows = chosen.shown(shown);
        let groups = groups(&rows);
        let mut last = None;
        for group in &groups {
            if group.verdict == Verdict::BackedUp {
                continue;
            }
            let heading = (group.verdict, group.is_intended);
            if last != Some(heading) {
                let title = match heading {
                    (Verdict::WillFail, _) => "WILL FAIL".red().bold().to_string(),
                    (Verdict::Skipped, false) => "SKIPPED".yellow().bold().to_string(),
                    (Verdict::Skipped, true) => "SKIPPED ON PURPOSE".dimmed().to_string(),
                    _ => "UNKNOWN".yellow().bold().to_string(),
                };
                self.line(&format!("\n{title}"));
                last = Some(heading);
            }
            self.group(group, shown);
        }
        let is_many = rows.iter().filter(|one| one.is_lost()).count() > FEW;
        if is_many && !shown.is_summary {
            self.worst(&rows);
        }
        self.remarks(&rows, shown);
    }

    fn group(&mut self, group: &Group<'_, '_>, shown: &Shown) {
        let count = number(group.rows.len());
        let is_listed = group.rows.len() <= FEW && !group.is_intended && !shown.is_summary;
        let label = if group.label.is_empty() { String::new() } else { format!("{}: ", group.label) };
        let mut text = format!("{label}{}", group.reason);
        if !is_listed {
            text.push_str(&format!(" · {}", places(&group.rows)));
        }
        for (at, line) in lines(&plain(&text), self.width.saturating_sub(7)).iter().enumerate() {
            let count = if at == 0 { count.as_str() } else { "" };
            self.line(&format!("{count:>5}  {line}"));
        }
        if !is_listed {
            return;
        }
        for one in &group.rows {
            self.claim(one);
        }
        if let Some(right) = group.rows.iter().flat_map(|one| &one.said.missing).next() {
            self.wrapped("       ", &format!("missing: {}", right.words()));
        }
        if let Some(evidence) = group.rows.first().and_then(|one| one.said.evidence.last()) {
            let quote = evidence.quote.as_deref().filter(|_| group.rows.len() == 1 || evidence.at.starts_with("event"));
            if let Some(quote) = quote {
                self.wrapped("       ", &format!("seen at {}: {}", evidence.at, plain(quote)));
            }
        }
    }

    fn claim(&mut self, one: &ClaimVerdict<'_>) {
        let used = one.used_by();
        let used =
            if used.is_empty() { String::new() } else { format!("  {}", listing(used.iter().map(String::as_str), 2)) };
        let name = format!("{}/{}", one.claim.namespace, one.claim.name);
        self.line(&plain(&format!("       {name}  {}{used}", one.size().map(size).unwrap_or_default())));
    }

    fn worst(&mut self, rows: &[&ClaimVerdict<'_>]) {
        let mut worst: Vec<&&ClaimVerdict<'_>> = rows.iter().filter(|one| one.bytes_at_risk() > 0).collect();
        worst.sort_by_key(|one| std::cmp::Reverse(one.bytes_at_risk()));
        self.line(&format!("\n{}", "THE LARGEST IN NO BACKUP".bold()));
        for one in worst.into_iter().take(WORST) {
            self.claim(one);
        }
    }

    /// Tells what deserves a word on what a backup holds, by its kind.
    fn remarks(&mut self, rows: &[&ClaimVerdict<'_>], shown: &Shown) {
        let mut kinds: BTreeMap<&str, Vec<(&ClaimVerdict<'_>, &str)>> = BTreeMap::new();
        for one in rows {
            for warning in &one.warnings {
                kinds.entry(warning.code).or_default().push((one, warning.message.as_str()));
            }
        }
        if kinds.is_empty() {
            return;
        }
        self.line(&format!("\n{}", "BACKED UP, BUT".bold()));
        for (code, all) in kinds {
            let title = REMARKS.iter().find(|remark| remark.code == code).map_or("", |remark| remark.title);
            let claims: Vec<&ClaimVerdict<'_>> = all.iter().map(|(one, _)| *one).collect();
            let is_few = all.len() <= 3 && !shown.is_summary;
            let text =
                if is_few { format!("{code}: {title}") } else { format!("{code}: {title} · {}", places(&claims)) };
            for (at, line) in lines(&text, self.width.saturating_sub(7)).iter().enumerate() {
                let count = if at == 0 { number(all.len()) } else { String::new() };
                self.line(&format!("{count:>5}  {line}"));
            }
            for (one, message) in all.iter().filter(|_| is_few) {
                let name = format!("{}/{}", one.claim.namespace, one.claim.name);
                // What the title says already is not said again.
                let is_news = !title.starts_with(message.trim_end_matches(" it"));
                let more = if is_news { format!(": {message}") } else { String::new() };
                self.wrapped("       ", &format!("{name}{more}"));
            }
        }
    }

    fn table(&mut self, rows: &[&ClaimVerdict<'_>]) {
        use comfy_table::{ContentArrangement, Table, presets};
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["NAMESPACE", "NAME", "VERDICT", "CODE", "SIZE", "CLASS", "DRIVER", "USED BY", "REASON"]);
        for one in rows {
            let driver = match &one.volume {
                VolumeSeen::There(volume) => volume.driver.as_str(),
                _ => "",
            };
            let verdict = if one.said.intended { "skipped (intended)" } else { one.said.verdict.name() };
            let mut reason = one.said.reason.clone();
            for warning in &one.warnings {
                reason.push_str(&format!("; {} {}", warning.code, warning.message));
            }
            table.add_row(
                [
                    one.claim.namespace.as_str(),
                    &one.claim.name,
                    verdict,
                    one.explains.first().copied().or(one.code).unwrap_or("-"),
                    &one.size().map(size).unwrap_or_default(),
                    one.claim.class.as_deref().unwrap_or_default(),
                    driver,
                    &one.used_by().join(","),
                    &reason,
                ]
                .map(plain),
            );
        }
        if !rows.is_empty() {
            self.line("");
            for line in table.to_string().lines() {
                self.line(line.trim_start().trim_end());
            }
        }
    }

    fn close(&mut self, chosen: &Chosen<'_, '_>, shown: &Shown, form: Form) {
        if !chosen.ignored.is_empty() {
            self.line(&format!("\n{} by the file of --ignore", were(chosen.ignored.len())));
        }
        let counts = chosen.counts();
        let has_bad = counts.will_fail + counts.skipped + counts.unknown > 0;
        if form == Form::Human && has_bad && shown.verdicts.is_empty() && !chosen.is_narrowed {
            let of = chosen.namespace.map(|namespace| format!("-n {namespace} ")).unwrap_or_default();
            self.line(&format!(
                "\nAll of them: kubectl aksbackup check-pvcs {of}--verdict will-fail,skipped,unknown -o wide"
            ));
        }
    }
}

fn were(count: usize) -> String {
    if count == 1 {
        "1 claim is left out of what counts".to_owned()
    } else {
        format!("{count} claims are left out of what counts")
    }
}

/// Says what was not read, or not asked, that bears on all verdicts.
fn gaps(facts: &Facts, chosen: &Chosen<'_, '_>) -> Vec<String> {
    let mut gaps = Vec::new();
    if let Some(unread) = facts.unread(Need::AllClaims) {
        gaps.push(format!("Not all claims could be read: {}", unread.why));
    }
    if let Some(unread) = &chosen.index.scope.unread {
        let right = unread.missing.iter().map(Right::words).next();
        gaps.push(format!(
            "What the backup instance takes in was not read from Azure: {}",
            right.map_or_else(|| unread.why.clone(), |right| format!("it needs {right}"))
        ));
    } else if facts.is_unasked(Need::BackupInstances) {
        gaps.push(
            "Azure was not asked: neither for the scope of the backup, nor whether the disks are there.".to_owned(),
        );
    }
    if let Some(unread) = facts.unread(Need::ClaimUsers) {
        gaps.push(format!("Which pods use the claims could not be read, or not of all: {}", unread.why));
    }
    if facts.unread(Need::Disks).is_some() && !facts.is_unasked(Need::Disks) {
        gaps.push("Whether the disks are there could not be read from Azure.".to_owned());
    }
    gaps
}

/// Puts claims together by verdict and reason: the worst first, then those of most claims.
fn groups<'g, 'f>(rows: &[&'g ClaimVerdict<'f>]) -> Vec<Group<'g, 'f>> {
    let mut by: BTreeMap<(Verdict, bool, &str, &str), Vec<&'g ClaimVerdict<'f>>> = BTreeMap::new();
    for one in rows {
        let label = one.explains.first().copied().or(one.code).unwrap_or_default();
        by.entry((one.said.verdict, one.said.intended, label, one.said.reason.as_str())).or_default().push(one);
    }
    let mut groups: Vec<Group<'_, '_>> = by
        .into_iter()
        .map(|((verdict, is_intended, label, reason), rows)| Group {
            verdict,
            is_intended,
            label: if is_intended { String::new() } else { label.to_owned() },
            reason,
            rows,
        })
        .collect();
    groups.sort_by_key(|group| (group.verdict, group.is_intended, std::cmp::Reverse(group.rows.len())));
    groups
}

/// Says in which namespaces claims are: the two of most, and how many more.
fn places(rows: &[&ClaimVerdict<'_>]) -> String {
    let mut by: BTreeMap<&str, usize> = BTreeMap::new();
    rows.iter().for_each(|one| *by.entry(one.claim.namespace.as_str()).or_default() += 1);
    let mut by: Vec<(&str, usize)> = by.into_iter().collect();
    by.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let told: Vec<String> = by.iter().take(2).map(|(name, count)| format!("{name} ({})", number(*count))).collect();
    match by.len().saturating_sub(2) {
        0 => told.join(", "),
        more => format!("{}, {more} more", told.join(", ")),
    }
}

/// Returns a number as people write it: `10,214`.
fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_written_as_people_do() {
        assert_eq!([number(0), number(999), number(10_214), number(1_000_000)], ["0", "999", "10,214", "1,000,000"]);
    }
}
