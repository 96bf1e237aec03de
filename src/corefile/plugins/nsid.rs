//! `nsid`: names the server in an answer.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    let mut is_first = true;
    while words.next() {
        if !std::mem::replace(&mut is_first, false) {
            return Err(words.only_once());
        }
        words.arguments();
    }
    Ok(Plugin::Passes)
}
