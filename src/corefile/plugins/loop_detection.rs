//! `loop`: ends CoreDNS where its questions come back to it. Whether they do, `forward` judges.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    while words.next_only_once()? {
        if words.next_argument() {
            return Err(words.wrong_count());
        }
    }
    Ok(Plugin::Passes)
}
