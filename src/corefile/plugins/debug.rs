//! `debug`: lets CoreDNS end where it would go on after a panic.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    while words.next() {
        if words.next_argument() {
            return Err(words.wrong_count());
        }
    }
    Ok(Plugin::Passes)
}
