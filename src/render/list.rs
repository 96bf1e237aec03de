//! The table of checks: `doctor --list`.

use comfy_table::{ContentArrangement, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

use crate::checks::Check;
use crate::error::Error;
use crate::finding::Hop;

/// A check, as `doctor --list -o json` shows it (contract section 3).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its stretch of the road.
    pub hop: Hop,
    /// What holds when there is no trouble.
    pub title: &'static str,
    /// Microsoft's codes that it explains.
    pub explains: &'static [&'static str],
    /// The facts that it reads.
    pub needs: Vec<ListedNeed>,
}

/// A fact that a check reads.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListedNeed {
    /// The fact's name, as in a bundle.
    pub fact: &'static str,
    /// Whether the check is inconclusive without it.
    pub required: bool,
}

/// Returns the checks as rows of `doctor --list`.
#[must_use]
pub fn listed(checks: &[&'static Check]) -> Vec<Listed> {
    checks
        .iter()
        .map(|check| Listed {
            code: check.code,
            name: check.name,
            hop: check.hop,
            title: check.title,
            explains: check.explains,
            needs: check
                .needs
                .iter()
                .map(|requirement| ListedNeed { fact: requirement.need.name(), required: requirement.required })
                .collect(),
        })
        .collect()
}

/// Returns the checks as JSON.
///
/// # Errors
/// As [`super::json`].
pub fn list_json(checks: &[&'static Check]) -> Result<String, Error> {
    super::json(&listed(checks))
}

/// Returns the checks as a table.
#[must_use]
pub fn list_text(checks: &[&'static Check], width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(["CODE", "NAME", "HOP", "HOLDS WHEN"]);
    for check in checks {
        table.add_row([check.code, check.name, check.hop.name(), check.title]);
    }
    let mut out = String::new();
    for line in table.to_string().lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Returns the checks as YAML.
///
/// # Errors
/// As [`super::yaml`].
pub fn list_yaml(checks: &[&'static Check]) -> Result<String, Error> {
    super::yaml(&listed(checks))
}
