//! `autopath`: walks the search path of a client, so that the client need not.
//!
//! A name that gets an answer gets the same with it; one that gets none may get the answer of another name of the path.

use super::fallthrough::zones_or;
use super::plugin::{Plugin, Search};
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::files::{self, Found};
use crate::corefile::name;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut zones = Vec::new();
    let mut searches = Vec::new();
    while words.next() {
        let arguments = words.arguments();
        let Some((last, before)) = arguments.split_last() else {
            return Err(words.bare("no resolv-conf specified"));
        };
        match last.strip_prefix('@') {
            Some("kubernetes") => searches.push(Search::Services),
            Some(other) => return unknown(format!("autopath with {other} is not modelled")),
            None => searches.extend(search(words, last, given)?),
        }
        zones = zones_or(before, given.zones, given.release)?;
    }
    // Which of several counts is not needed here: each may be walked.
    Ok(Plugin::Autopath { zones, searches })
}

/// Reads the first domain of a file's search path.
fn search(words: &Dispenser<'_>, path: &str, given: &Given<'_>) -> Check<Option<Search>> {
    let text = match given.files.find(&files::join(&given.files.working, path)) {
        Found::Text(text, _) => text,
        Found::Good => return Ok(Some(Search::Anything)),
        Found::Absent => {
            let why = format!("failed to parse {path:?}: open {path}: no such file or directory");
            return Err(words.bare(why));
        }
        Found::Folder | Found::Unknown => return unknown(format!("whether {path} is a resolv.conf is not known")),
    };
    let mut domains: Vec<&str> = Vec::new();
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        match fields.next() {
            Some("search") => domains = fields.collect(),
            Some("domain") => domains = fields.take(1).collect(),
            _ => {}
        }
    }
    if domains.iter().any(|domain| name::is_domain_name(domain) != Some(true) || *domain == ".") {
        return unknown(format!("the search path of {path} is not modelled"));
    }
    Ok(domains.first().map(|domain| Search::Below(name::normal(domain))))
}
