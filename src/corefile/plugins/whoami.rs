//! `whoami`: says who asks, which is no answer to the question.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    words.next();
    if words.next_argument() {
        return Err(words.wrong_count());
    }
    Ok(Plugin::Whoami)
}
