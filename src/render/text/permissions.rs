//! Who may do what in Azure: the broken rows, or with `-o wide` the whole table.

use comfy_table::{ContentArrangement, Table, presets};

use super::page::{Detail, Page};
use crate::checks::permissions::{Row, Verdict, What, permissions};
use crate::facts::Facts;
use crate::finding::minute;

impl Page<'_> {
    /// Shows the table of permissions, as far as it is asked for or something in it is broken.
    pub(super) fn permissions(&mut self, facts: &Facts) {
        let is_wide = self.look.detail == Detail::Wide;
        let mut rows = permissions(facts);
        rows.retain(|row| is_wide || row.verdict.is_broken() || matches!(row.verdict, Verdict::Recent(_)));
        if rows.is_empty() {
            return;
        }
        self.heading("PERMISSIONS IN AZURE");
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.look.width).unwrap_or(u16::MAX))
            .set_header(["WHO", "AT", "NEEDS", "HAS", ""]);
        for row in &rows {
            let needed = if row.what == What::Grant { "to grant roles" } else { row.needed };
            table.add_row([
                row.identity.clone(),
                row.scope.words(),
                needed.to_owned(),
                has(row, is_wide),
                verdict(row),
            ]);
        }
        for line in table.to_string().lines() {
            self.line(line.trim_end());
        }
    }
}

/// Returns what gives a permission: where it was given, and in the wide form since when.
fn has(row: &Row, is_wide: bool) -> String {
    let Some(role) = row.has.as_deref().filter(|_| row.what != What::Grant) else {
        return if row.has.is_some() { "yes" } else { "-" }.to_owned();
    };
    let from = row.inherited_from.as_ref().map_or_else(String::new, |from| format!(" (from {})", from.words()));
    let since = row.since.filter(|_| is_wide).map_or_else(String::new, |since| format!(", since {}", minute(since)));
    format!("{role}{from}{since}")
}

/// Returns how it stands with a permission, in a few words.
fn verdict(row: &Row) -> String {
    match &row.verdict {
        Verdict::Granted => "granted".to_owned(),
        Verdict::Recent(until) => format!("new: wait until {}", minute(*until)),
        Verdict::Missing => "MISSING".to_owned(),
        Verdict::Denied => format!("DENIED by {}", row.denied_by.as_deref().unwrap_or("a deny assignment")),
        Verdict::Unknown(_) => "unknown".to_owned(),
        Verdict::NotNeeded => "not needed".to_owned(),
    }
}
