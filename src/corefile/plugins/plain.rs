//! The plugins whose configuration is a word or two, and those that are not modelled.

use super::fallthrough::zones_or;
use super::listen;
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

/// Plugins that change nothing in an answer that matters here, whatever their configuration says.
const HARMLESS: &[&str] = &[
    "geoip",
    "tls",
    "proxyproto",
    "quic",
    "grpc_server",
    "https",
    "https3",
    "timeouts",
    "multisocket",
    "trace",
    "pprof",
    "dnstap",
    "header",
    "dnssec",
    "transfer",
    "on",
    "sign",
];

/// Returns what a plugin does whose configuration is not modelled.
pub(in crate::corefile) fn unmodelled(name: &str) -> Plugin {
    if HARMLESS.contains(&name) {
        return Plugin::Passes;
    }
    Plugin::Obscure { zones: vec![".".to_owned()], why: format!("what {name} does is not modelled") }
}

pub(super) fn setup(name: &str, words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    match name {
        "any" => any(words, given),
        "bufsize" => bufsize(words),
        "cancel" => cancel(words),
        "chaos" => chaos(words, given),
        "debug" => debug(words),
        "health" => health(words, given),
        "local" => local(words, given),
        "loop" => loop_detection(words),
        "metadata" => metadata(words, given),
        "minimal" => minimal(words),
        "nsid" => nsid(words),
        "prometheus" => prometheus(words, given),
        "ready" => ready(words, given),
        "root" => root(words),
        "whoami" => whoami(words),
        _ => unknown(format!("the configuration of {name} is not modelled")),
    }
}

/// Answers questions of type ANY, and passes the others on.
fn any(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    words.next();
    if given.release.has(14, 4) {
        if words.next_argument() {
            return Err(words.wrong_count());
        }
        if words.next_in_block()? {
            return Err(words.unknown_property());
        }
    }
    Ok(Plugin::Passes)
}

/// Reads the first directive only, and its first line only.
fn bufsize(words: &mut Dispenser<'_>) -> Check<Plugin> {
    words.next();
    match words.arguments().as_slice() {
        [] => Ok(Plugin::Passes),
        [size] if golang::whole(size).is_some_and(|size| (512..=4096).contains(&size)) => Ok(Plugin::Passes),
        _ => Err(words.wrong_count()),
    }
}

fn cancel(words: &mut Dispenser<'_>) -> Check<Plugin> {
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

/// Answers questions of the class CH only.
fn chaos(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    words.next();
    words.arguments();
    if given.release.has(14, 4) && words.next_in_block()? {
        return Err(words.unknown_property());
    }
    Ok(Plugin::Passes)
}

fn debug(words: &mut Dispenser<'_>) -> Check<Plugin> {
    while words.next() {
        if words.next_argument() {
            return Err(words.wrong_count());
        }
    }
    Ok(Plugin::Passes)
}

fn health(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
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

/// Answers names of this machine.
fn local(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    if given.release.has(14, 4) {
        return unknown("the configuration of local is not modelled");
    }
    words.next();
    Ok(unmodelled("local"))
}

fn loop_detection(words: &mut Dispenser<'_>) -> Check<Plugin> {
    let mut is_first = true;
    while words.next() {
        if !std::mem::replace(&mut is_first, false) {
            return Err(words.only_once());
        }
        if words.next_argument() {
            return Err(words.wrong_count());
        }
    }
    Ok(Plugin::Passes)
}

fn metadata(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    words.next();
    zones_or(&words.arguments(), given.zones, given.release)?;
    if words.next_in_block()? || words.next() {
        return Err(words.wrong_count());
    }
    Ok(Plugin::Passes)
}

fn minimal(words: &mut Dispenser<'_>) -> Check<Plugin> {
    words.next();
    if words.next_argument() {
        return Err(words.wrong_count());
    }
    Ok(Plugin::Passes)
}

fn nsid(words: &mut Dispenser<'_>) -> Check<Plugin> {
    let mut is_first = true;
    while words.next() {
        if !std::mem::replace(&mut is_first, false) {
            return Err(words.only_once());
        }
        words.arguments();
    }
    Ok(Plugin::Passes)
}

fn prometheus(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut is_first = true;
    while words.next() {
        if !std::mem::replace(&mut is_first, false) {
            return Err(words.only_once());
        }
        match words.arguments().as_slice() {
            [] => {}
            [address] => listen::check(words, address)?,
            _ => return Err(words.wrong_count()),
        }
        // Releases up to 1.13.1 look at no block: its words are read as another directive.
        if given.release.has(14, 0) && words.next_in_block()? {
            if matches!(words.text(), "runtime_metrics" | "tls") {
                return unknown("the block of prometheus is not modelled");
            }
            return Err(words.complaint(&format!("unknown option: {}", words.text())));
        }
    }
    Ok(Plugin::Passes)
}

fn ready(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut is_first = true;
    while words.next() {
        if !std::mem::replace(&mut is_first, false) {
            return Err(words.only_once());
        }
        match words.arguments().as_slice() {
            [] => {}
            [address] => listen::check(words, address)?,
            _ => return Err(words.wrong_count()),
        }
        while given.release.has(13, 0) && words.next_in_block()? {
            if words.text() != "monitor" {
                // Up to 1.14.3 an unknown word here is passed over.
                if given.release.has(14, 4) {
                    return Err(words.unknown_property());
                }
                continue;
            }
            match words.arguments().as_slice() {
                ["until-ready" | "continuously"] => {}
                [other] => return Err(words.complaint(&format!("monitor type '{other}' not supported"))),
                _ => return Err(words.wrong_count()),
            }
        }
    }
    Ok(Plugin::Passes)
}

fn root(words: &mut Dispenser<'_>) -> Check<Plugin> {
    let mut root = String::new();
    while words.next() {
        if !words.next_argument() {
            return Err(words.wrong_count());
        }
        words.text().clone_into(&mut root);
    }
    Ok(Plugin::Root(root))
}

fn whoami(words: &mut Dispenser<'_>) -> Check<Plugin> {
    words.next();
    if words.next_argument() {
        return Err(words.wrong_count());
    }
    Ok(Plugin::Whoami)
}
