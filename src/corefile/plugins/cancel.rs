//! `cancel`: gives a question up after a time.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    while words.next() {
        match words.arguments().as_slice() {
            [] => {}
            [text] => {
                if golang::duration(text).is_none_or(|span| span <= 0) {
                    return Err(words.bare(format!("invalid duration: {text:?}")));
                }
            }
            _ => return Err(words.wrong_count()),
        }
    }
    Ok(Plugin::Passes)
}
