//! `multisocket`: how many sockets listen on one address.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

/// The most sockets that releases from 1.14 on open.
const MOST: i64 = 1024;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    words.next();
    let arguments = words.arguments();
    if arguments.len() > 1 || words.next() {
        return Err(words.wrong_count());
    }
    let Some(text) = arguments.first() else { return Ok(Plugin::Passes) };
    match golang::whole(text) {
        None => Err(words.bare(format!("invalid num sockets: strconv.Atoi: parsing {text:?}: invalid syntax"))),
        Some(count) if count < 1 => Err(words.bare(format!("num sockets can not be zero or negative: {count}"))),
        Some(count) if count > MOST && given.release.has(14, 0) => {
            Err(words.bare(format!("num sockets exceeds maximum ({MOST}): {count}")))
        }
        Some(count) if count > MOST => unknown(format!("whether CoreDNS can open {count} sockets is not known")),
        Some(_) => Ok(Plugin::Passes),
    }
}
