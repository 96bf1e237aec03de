//! A row for each claim, for a spreadsheet; and the names alone, for a script.
//!
//! Knowledge: RFC 4180, as spreadsheets read it.

use super::{Chosen, Shown};
use crate::coverage::{ClaimVerdict, VolumeSeen};
use crate::render::wrap::plain;

/// The columns (contract section 4).
const COLUMNS: &str = "namespace,name,verdict,intended,code,explains,reason,driver,storageClass,requestedBytes,usedBy";

/// Returns the claims as rows with a heading.
#[must_use]
pub fn csv(chosen: &Chosen<'_, '_>, shown: &Shown) -> String {
    let mut out = format!("{COLUMNS}\n");
    for one in chosen.shown(shown).into_iter().filter(|_| !shown.is_summary) {
        out.push_str(&row(one));
        out.push('\n');
    }
    out
}

/// Returns the claims as `NAMESPACE/NAME`.
#[must_use]
pub fn names(chosen: &Chosen<'_, '_>, shown: &Shown) -> String {
    let rows = chosen.shown(shown).into_iter().filter(|_| !shown.is_summary);
    rows.map(|one| format!("{}/{}\n", one.claim.namespace, one.claim.name)).collect()
}

fn row(one: &ClaimVerdict<'_>) -> String {
    let driver = match &one.volume {
        VolumeSeen::There(volume) => volume.driver.as_str(),
        _ => "",
    };
    let size = one.claim.requested.map(|size| size.to_string()).unwrap_or_default();
    let (used_by, explains) = (one.used_by().join(" "), one.explains.join(" "));
    let cells: [&str; 11] = [
        &one.claim.namespace,
        &one.claim.name,
        one.said.verdict.name(),
        if one.said.intended { "true" } else { "false" },
        one.code.unwrap_or_default(),
        &explains,
        &one.said.reason,
        driver,
        one.claim.class.as_deref().unwrap_or_default(),
        &size,
        &used_by,
    ];
    cells.map(cell).join(",")
}

/// Quotes a cell where it needs it; one that a spreadsheet would run as a formula is given as text.
fn cell(text: &str) -> String {
    let text = plain(text);
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_never_run() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("two\nlines"), "two lines");
    }
}
