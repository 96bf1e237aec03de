//! `cache`: keeps answers, and passes first questions on.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next_only_once()? {
        let arguments = words.arguments();
        if let Some(seconds) = arguments.first().and_then(|first| golang::whole(first)) {
            positive(words, seconds)?;
        }
        let (mut has_stale, mut has_policy) = (false, false);
        while words.next_in_block()? {
            let property = words.text();
            has_stale |= property == "serve_stale";
            if property == "serve_stale_policy" && std::mem::replace(&mut has_policy, true) {
                return Err(words.bare("serve_stale_policy can only be specified once"));
            }
            self::property(words, property, given)?;
        }
        if has_policy && !has_stale {
            return Err(words.bare("serve_stale_policy requires serve_stale"));
        }
    }
    Ok(Plugin::Passes)
}

fn positive(words: &Dispenser<'_>, seconds: i64) -> Check<()> {
    if seconds > 0 {
        return Ok(());
    }
    Err(words.bare(format!("cache TTL can not be zero or negative: {seconds}")))
}

fn number(words: &Dispenser<'_>, text: &str) -> Check<i64> {
    golang::whole(text).ok_or_else(|| words.bare(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))
}

fn span(words: &Dispenser<'_>, text: &str) -> Check<i128> {
    golang::duration(text).ok_or_else(|| words.bare(golang::no_duration(text)))
}

fn property(words: &mut Dispenser<'_>, property: &str, given: &Given<'_>) -> Check<()> {
    let is_known = match property {
        "keepttl" => given.release.has(10, 0),
        "serve_stale_policy" => given.release.has(14, 7),
        _ => true,
    };
    if !is_known {
        return Err(words.wrong_count());
    }
    let arguments = words.arguments();
    match (property, arguments.as_slice()) {
        ("success" | "denial", [capacity, ttls @ ..]) => {
            number(words, capacity)?;
            if let Some(ttl) = ttls.first() {
                positive(words, number(words, ttl)?)?;
            }
            if let Some(ttl) = ttls.get(1)
                && number(words, ttl)? < 0
            {
                return Err(words.bare(format!("cache min TTL can not be negative: {ttl}")));
            }
        }
        ("prefetch", [amount, rest @ ..]) if rest.len() < 3 => {
            if number(words, amount)? < 0 {
                return Err(words.bare(format!("prefetch amount should be positive: {amount}")));
            }
            rest.first().map(|text| span(words, text)).transpose()?;
            rest.get(1).map(|text| percentage(words, text)).transpose()?;
        }
        ("serve_stale", arguments) => serve_stale(words, arguments, given)?,
        ("serve_stale_policy", [policy]) if policy.eq_ignore_ascii_case("prefer_positive") => {}
        ("serve_stale_policy", [policy]) => return Err(words.bare(format!("invalid serve_stale_policy: {policy}"))),
        ("servfail", [text]) => {
            let span = span(words, text)?;
            if span < 0 {
                return Err(words.bare("invalid negative ttl for servfail"));
            }
            if span > 300_000_000_000 {
                return Err(words.bare("caching SERVFAIL responses over 5 minutes is not permitted"));
            }
        }
        ("disable", ["success" | "denial", ..]) | ("keepttl", []) => {}
        ("disable", [_, ..]) => return Err(words.bare("cache type for disable must be \"success\" or \"denial\"")),
        _ => return Err(words.wrong_count()),
    }
    Ok(())
}

fn percentage(words: &Dispenser<'_>, text: &str) -> Check<()> {
    let Some(digits) = text.strip_suffix('%') else {
        return Err(words.bare("last character of percentage should be `%`"));
    };
    let share = number(words, digits)?;
    if !(10..=90).contains(&share) {
        return Err(words.bare(format!("percentage should fall in range [10, 90]: {share}")));
    }
    Ok(())
}

fn serve_stale(words: &Dispenser<'_>, arguments: &[&str], given: &Given<'_>) -> Check<()> {
    if arguments.len() > if given.release.has(14, 7) { 5 } else { 2 } {
        return Err(words.wrong_count());
    }
    if let Some(text) = arguments.first()
        && span(words, text)? < 0
    {
        return Err(words.bare("invalid negative duration for serve_stale"));
    }
    if let Some(mode) = arguments.get(1).map(|mode| mode.to_lowercase())
        && mode != "immediate"
        && mode != "verify"
    {
        return Err(words.bare(format!("invalid value for serve_stale refresh mode: {mode}")));
    }
    if arguments.len() > 2 { unknown("serve_stale with more than two arguments is not modelled") } else { Ok(()) }
}
