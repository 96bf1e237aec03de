//! `log`: writes questions down, and passes them on.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

const CLASSES: &[&str] = &["all", "success", "denial", "error"];

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next() {
        words.arguments();
        while words.next_in_block()? {
            if words.text() != "class" {
                // The releases before 1.14.4 complain of the count of arguments instead.
                return Err(if given.release.has(14, 4) { words.unknown_property() } else { words.wrong_count() });
            }
            let classes = words.arguments();
            if classes.is_empty() {
                return Err(words.wrong_count());
            }
            if let Some(wrong) = classes.iter().find(|class| !CLASSES.contains(class)) {
                return Err(words.bare(format!("invalid Class: {wrong}")));
            }
        }
    }
    Ok(Plugin::Passes)
}
