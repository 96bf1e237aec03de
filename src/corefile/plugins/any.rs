//! `any`: answers questions of type ANY shortly, and passes the others on.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    words.next();
    if given.release.has(14, 4) {
        if words.next_argument() {
            return Err(words.wrong_count());
        }
        if words.next_in_block()? {
            return Err(words.unknown_property());
        }
    }
    Ok(Plugin::Passes)
}
