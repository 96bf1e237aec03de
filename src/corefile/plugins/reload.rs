//! `reload`: how often CoreDNS looks at its configuration.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::Check;

const SECOND: i128 = 1_000_000_000;

/// Only the first `reload` of a block is read; what follows is passed over.
pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    words.next();
    let arguments = words.arguments();
    if arguments.len() > 2 {
        return Err(words.wrong_count());
    }
    let read = |text: &&str| golang::duration(text).ok_or_else(|| words.bare(golang::no_duration(text)));
    let interval = arguments.first().map(read).transpose()?.unwrap_or(30 * SECOND);
    if interval < 2 * SECOND {
        return Err(words.bare("interval value must be greater or equal to 2s"));
    }
    let jitter = arguments.get(1).map(read).transpose()?.unwrap_or(15 * SECOND);
    let may_be_none = given.release.has(14, 0);
    if jitter < SECOND && !(may_be_none && jitter == 0) {
        return Err(words
            .bare(format!("jitter value must be {}greater or equal to 1s", if may_be_none { "0 or " } else { "" })));
    }
    Ok(Plugin::Passes)
}
