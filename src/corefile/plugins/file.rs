//! `file`: a zone from a file.
//!
//! A file with an error in it is refused; one that is missing is waited for. What stands in it is not modelled.

use super::fallthrough::{Fallthrough, zones_or};
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::files::{self, Found};
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut all_zones = Vec::new();
    let mut fallthrough = Fallthrough::default();
    let mut obscure = None;
    let mut is_missing = false;
    let mut never_reloads = false;
    while words.next() {
        if !words.next_argument() {
            return Err(words.wrong_count());
        }
        let path = given.rooted(words.text());
        all_zones.extend(zones_or(&words.arguments(), given.zones, given.release)?);
        match given.files.find(&files::join(&given.files.working, &path)) {
            Found::Good => {}
            Found::Absent => is_missing = true,
            Found::Text(..) | Found::Folder | Found::Unknown => obscure = Some(path),
        }
        while words.next_in_block()? {
            match words.text() {
                "fallthrough" if given.release.has(13, 0) => {
                    fallthrough = Fallthrough::of(&words.arguments(), given.release)?;
                }
                "reload" => {
                    let arguments = words.arguments();
                    let Some(text) = arguments.first() else {
                        return Err(words.bare("reload duration value is expected"));
                    };
                    let Some(duration) = golang::duration(text) else {
                        return Err(words.bare(format!("plugin/file: {}", golang::no_duration(text))));
                    };
                    never_reloads = duration == 0;
                }
                "reload_by_mtime" if given.release.has(14, 4) => {}
                "upstream" => {
                    words.arguments();
                }
                _ => return Err(words.unknown_property()),
            }
        }
    }
    if is_missing && never_reloads {
        return Err(words.bare("the zone file is not there and is never read again"));
    }
    if let Some(path) = obscure {
        return unknown(format!("whether the zone file {path} is whole is not known"));
    }
    if is_missing {
        return Ok(Plugin::Obscure { zones: all_zones, why: "the zone file is not there yet".to_owned() });
    }
    Ok(Plugin::File { zones: all_zones, fallthrough })
}
