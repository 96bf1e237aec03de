//! `nsid`: names the server in an answer.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    while words.next_only_once()? {
        words.arguments();
    }
    Ok(Plugin::Passes)
}
