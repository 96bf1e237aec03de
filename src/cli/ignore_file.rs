//! The file of what is ignored: `--ignore FILE`.

use std::fs;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;

use crate::checks::{CHECKS, Entry};
use crate::coverage::RULES;
use crate::error::Error;
use crate::facts::Text;

/// The largest file that is read: a thousand entries are a tenth of it.
const LARGEST: u64 = 1 << 20;

const HINT: &str = "An entry looks like this: {code: AKSB533, subject: \"volumesnapshotclass/*\", reason: \"ticket 4711\", \
     expires: 2027-01-31}; subject and expires may be left away.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: Option<String>,
    subject: Option<String>,
    reason: Option<String>,
    expires: Option<String>,
}

/// Reads the entries of a file: a YAML (or JSON) list.
///
/// # Errors
/// What is wrong with the file: a slip must not ignore more, or less, than was meant.
pub(super) fn read_ignore_file(path: &Path) -> Result<Vec<Entry>, Error> {
    let shown = path.display();
    let wrong = |why: String| Error::usage(format!("the file {shown} cannot be used: {why}")).hinted(HINT);
    let size = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !size.is_file() {
        return Err(wrong("it is not a file".to_owned()));
    }
    if size.len() > LARGEST {
        return Err(wrong(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    if text.trim().is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    parse(&text).map_err(wrong)
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let rows: Vec<Row> = serde_yaml::from_str(text).map_err(|error| {
        let place = error.location().map_or_else(String::new, |at| format!(" in line {}", at.line()));
        let told = error.to_string();
        let first = told.lines().next().unwrap_or_default().trim_end_matches(':').to_owned();
        format!("it is no list of entries{place}: {first}")
    })?;
    let mut entries = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        let place = at + 1;
        let Some(wanted) = row.code.as_deref().map(str::trim) else {
            return Err(format!("entry {place} has no code"));
        };
        // One file serves every verb: what another one judges is no slip.
        let Some(code) = code_of(wanted) else {
            return Err(format!("entry {place} names no check: \"{wanted}\""));
        };
        let Some(reason) = row.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()) else {
            return Err(format!("entry {place} has no reason"));
        };
        let expires = match row.expires.as_deref().map(str::trim) {
            None => None,
            Some(text) => Some(text.parse::<Date>().map_err(|_| {
                format!("entry {place} expires at \"{}\", which is no date such as 2027-01-31", Text::new(text))
            })?),
        };
        if row.subject.as_ref().is_some_and(|subject| subject.trim().is_empty()) {
            return Err(format!("entry {place} has an empty subject; leave it away to mean all"));
        }
        entries.push(Entry {
            code: code.to_owned(),
            subject: row.subject.map(|subject| subject.trim().to_owned()),
            reason: Text::new(reason).to_string(),
            expires,
        });
    }
    Ok(entries)
}

/// Returns the code of the check, or of the rule about claims, that somebody who wrote this means.
fn code_of(wanted: &str) -> Option<&'static str> {
    let check = CHECKS.iter().find(|check| check.is_named(wanted)).map(|check| check.code);
    let is_rule = |rule: &&crate::coverage::Rule| {
        rule.code.eq_ignore_ascii_case(wanted) || rule.name.eq_ignore_ascii_case(wanted)
    };
    check.or_else(|| RULES.iter().find(is_rule).map(|rule| rule.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_by_code_or_name() {
        let text = "- {code: aksb401, reason: known, expires: 2027-01-31}\n- code: pods-no-room\n  subject: pod/*\n  reason: r";
        let entries = parse(text).unwrap_or_default();
        assert_eq!(entries.iter().map(|entry| entry.code.as_str()).collect::<Vec<_>>(), ["AKSB401", "AKSB103"]);
        assert_eq!(entries.first().and_then(|entry| entry.expires), Some(jiff::civil::date(2027, 1, 31)));
    }

    #[test]
    fn a_slip_is_refused() {
        for (text, why) in [
            ("- {code: AKSB9999, reason: x}", "names no check"),
            ("- {code: AKSB401, reason: ' '}", "no reason"),
            ("- {code: AKSB401}", "entry 1 has no reason"),
            ("- {reason: known}", "entry 1 has no code"),
            ("- {code: AKSB401, reason: x, expire: 2027-01-31}", "unknown field"),
            ("- {code: AKSB401, reason: x, expires: soon}", "\"soon\", which is no date"),
            ("- {code: AKSB401, reason: x, expires: 2027-01-31T10:00:00Z}", "no date such as"),
            ("- {code: AKSB401, reason: x, subject: ''}", "empty subject"),
            ("code: AKSB401", "no list"),
        ] {
            let told = parse(text).err().unwrap_or_default();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
