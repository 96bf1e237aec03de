//! `health`: says over HTTP that CoreDNS lives.

use super::listen;
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next() {
        match words.arguments().as_slice() {
            [] => {}
            [address] => listen::check(words, address)?,
            _ => return Err(words.wrong_count()),
        }
        while words.next_in_block()? {
            if words.text() != "lameduck" {
                return Err(if given.release.has(14, 4) { words.unknown_property() } else { words.wrong_count() });
            }
            match words.arguments().as_slice() {
                [text] if golang::duration(text).is_some() => {}
                [text] => {
                    let why =
                        format!("unable to parse lameduck duration value: '{text}' : {}", golang::no_duration(text));
                    return Err(words.bare(why));
                }
                _ => return Err(words.wrong_count()),
            }
        }
    }
    Ok(Plugin::Passes)
}
