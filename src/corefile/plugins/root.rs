//! `root`: the folder of relative paths.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    let mut root = String::new();
    while words.next() {
        if !words.next_argument() {
            return Err(words.wrong_count());
        }
        words.text().clone_into(&mut root);
    }
    Ok(Plugin::Root(root))
}
