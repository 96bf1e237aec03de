//! `minimal`: leaves out of an answer what was not asked for.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    words.next();
    if words.next_argument() {
        return Err(words.wrong_count());
    }
    Ok(Plugin::Passes)
}
