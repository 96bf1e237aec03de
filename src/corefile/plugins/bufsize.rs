//! `bufsize`: the size of answers over UDP.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::Check;

/// Reads the first directive only, and its first line only.
pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    words.next();
    match words.arguments().as_slice() {
        [] => Ok(Plugin::Passes),
        [size] if golang::whole(size).is_some_and(|size| (512..=4096).contains(&size)) => Ok(Plugin::Passes),
        _ => Err(words.wrong_count()),
    }
}
