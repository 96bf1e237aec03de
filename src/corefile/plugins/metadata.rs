//! `metadata`: collects facts of a question for other plugins.

use super::fallthrough::zones_or;
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    words.next();
    zones_or(&words.arguments(), given.zones, given.release)?;
    if words.next_in_block()? || words.next() {
        return Err(words.wrong_count());
    }
    Ok(Plugin::Passes)
}
