//! `prometheus`: counts, and shows the counts over HTTP.

use super::listen;
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next_only_once()? {
        match words.arguments().as_slice() {
            [] => {}
            [address] => listen::check(words, address)?,
            _ => return Err(words.wrong_count()),
        }
        // Releases up to 1.13.1 look at no block: its words are read as another directive.
        if given.release.has(14, 0) && words.next_in_block()? {
            if matches!(words.text(), "runtime_metrics" | "tls") {
                return unknown("the block of prometheus is not modelled");
            }
            return Err(words.complaint(&format!("unknown option: {}", words.text())));
        }
    }
    Ok(Plugin::Passes)
}
