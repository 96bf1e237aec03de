//! `errors`: writes errors down, and passes questions on.

use super::pattern;
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::Check;

const LEVELS: &[&str] = &["warning", "error", "info", "debug"];

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next_only_once()? {
        match words.arguments().as_slice() {
            [] | ["stdout"] => {}
            [file] => return Err(words.complaint(&format!("invalid log file: {file}"))),
            _ => return Err(words.wrong_count()),
        }
        while words.next_in_block()? {
            match words.text() {
                "stacktrace" => {}
                "consolidate" => consolidate(words, given)?,
                field => {
                    return Err(words
                        .bare(format!("Syntax error: Unexpected token '{field}', expecting 'Unknown field {field}'")));
                }
            }
        }
    }
    Ok(Plugin::Passes)
}

fn consolidate(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<()> {
    let arguments = words.arguments();
    let is_new = given.release.has(14, 0);
    let (Some(period), Some(regex)) = (arguments.first(), arguments.get(1)) else { return Err(words.wrong_count()) };
    let options = arguments.get(2..).unwrap_or_default();
    if options.len() > if is_new { 2 } else { 1 } {
        return Err(words.wrong_count());
    }
    if golang::duration(period).is_none() {
        return Err(words.complaint(&golang::no_duration(period)));
    }
    pattern::compile(regex)?.map_err(|why| words.complaint(&why))?;
    let mut has_level = false;
    let mut shows_first = false;
    for option in options {
        match *option {
            level if LEVELS.contains(&level) => {
                if has_level || shows_first {
                    return Err(words.complaint("log level must come before show_first in consolidate"));
                }
                has_level = true;
            }
            "show_first" if is_new => shows_first = true,
            other => return Err(words.complaint(&format!("unknown option in consolidate: {other}"))),
        }
    }
    Ok(())
}
