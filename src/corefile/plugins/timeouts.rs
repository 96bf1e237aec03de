//! `timeouts`: how long connections over TCP, TLS and HTTPS may be idle.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, Objection, Refusal};

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next() {
        if !words.arguments().is_empty() {
            return Err(named_twice(words.wrong_count()));
        }
        let mut is_empty = true;
        while words.next_in_block()? {
            timeout(words, given)?;
            is_empty = false;
        }
        if is_empty {
            return Err(named_twice(words.complaint("timeouts block with no timeouts specified")));
        }
    }
    Ok(Plugin::Passes)
}

fn timeout(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<()> {
    let property = words.text();
    let arguments = words.arguments();
    let [text] = arguments.as_slice() else { return Err(words.wrong_count()) };
    if property == "maxtcpqueries" && given.release.has(14, 7) {
        return match golang::whole(text) {
            None => Err(words.complaint(&format!("invalid value for maxtcpqueries '{text}'"))),
            Some(count) if count == 0 || count < -1 => Err(words.complaint(&format!(
                "maxtcpqueries provided '{count}' needs to be -1 (unlimited) or a positive integer"
            ))),
            Some(_) => Ok(()),
        };
    }
    // A number alone is a number of seconds.
    let spelt = if golang::whole(text).is_some() { format!("{text}s") } else { (*text).to_owned() };
    let Some(span) = golang::duration(&spelt) else {
        return Err(words.complaint(&format!("failed to parse duration '{spelt}'")));
    };
    if !(SECOND..=DAY).contains(&span) {
        return Err(words.complaint(&format!("timeout provided '{text}' needs to be between 1 second and 24 hours")));
    }
    if !["read", "write", "idle"].contains(&property) {
        return Err(words.complaint(&format!("unknown option: '{property}'")));
    }
    Ok(())
}

/// CoreDNS puts the plugin's name before these complaints twice.
fn named_twice(objection: Objection) -> Objection {
    match objection {
        Objection::Refused(refusal) => {
            Objection::Refused(Refusal { why: format!("plugin/timeouts: {}", refusal.why), ..refusal })
        }
        unknown @ Objection::Unknown(_) => unknown,
    }
}
