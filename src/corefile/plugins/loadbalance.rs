//! `loadbalance`: the order of the records in an answer.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next() {
        match words.arguments().as_slice() {
            [] | ["round_robin"] => {}
            ["weighted", ..] => return unknown("loadbalance by weights is not modelled"),
            [policy] => return Err(words.bare(format!("unknown policy: {policy}"))),
            ["round_robin", ..] if given.release.has(10, 0) => {
                return Err(words.complaint("unknown property for round_robin"));
            }
            [policy, ..] if given.release.has(10, 0) => return Err(words.bare(format!("unknown policy: {policy}"))),
            _ => return Err(words.wrong_count()),
        }
        if !given.release.has(13, 0) {
            // The older releases take the first directive and look no further.
            return Ok(Plugin::Passes);
        }
        while words.next_in_block()? {
            if words.text() != "prefer" {
                return Err(words.unknown_property());
            }
            for range in words.arguments() {
                if golang::range(range).is_none() {
                    return Err(words.complaint(&format!("invalid CIDR {range:?}: invalid CIDR address: {range}")));
                }
            }
        }
    }
    Ok(Plugin::Passes)
}
