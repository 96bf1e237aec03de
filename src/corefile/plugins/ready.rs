//! `ready`: says over HTTP that all plugins are ready.

use super::listen;
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next_only_once()? {
        match words.arguments().as_slice() {
            [] => {}
            [address] => listen::check(words, address)?,
            _ => return Err(words.wrong_count()),
        }
        while given.release.has(13, 0) && words.next_in_block()? {
            if words.text() != "monitor" {
                // Up to 1.14.3 an unknown word here is passed over.
                if given.release.has(14, 4) {
                    return Err(words.unknown_property());
                }
                continue;
            }
            match words.arguments().as_slice() {
                ["until-ready" | "continuously"] => {}
                [other] => return Err(words.complaint(&format!("monitor type '{other}' not supported"))),
                _ => return Err(words.wrong_count()),
            }
        }
    }
    Ok(Plugin::Passes)
}
