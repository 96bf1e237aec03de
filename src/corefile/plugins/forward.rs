//! `forward`: asks other servers.
//!
//! Since 1.9.4 it may stand more than once in a block: they are asked in their order, each for its own zone, so that a second one behind `forward .` is never
//! reached (coredns-on-aks.md 2.1).

use super::fallthrough::zones;
use super::plugin::Plugin;
use super::setup::Given;
use super::upstream;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::key;
use crate::corefile::name;
use crate::corefile::objection::{Check, unknown};
use crate::corefile::record_type;
use crate::corefile::source::Place;

#[derive(Debug, Clone)]
pub(in crate::corefile) struct Forward {
    pub(in crate::corefile) from: String,
    pub(in crate::corefile) except: Vec<String>,
    pub(in crate::corefile) to: Vec<String>,
    pub(in crate::corefile) place: Place,
}

const MOST_UPSTREAMS: usize = 15;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut forwards = Vec::new();
    while words.next() {
        forwards.push(one(words, given)?);
    }
    if forwards.iter().any(|forward: &Forward| forward.to.len() > MOST_UPSTREAMS) {
        return Err(words.bare(format!("more than {MOST_UPSTREAMS} TOs configured")));
    }
    Ok(Plugin::Forward(forwards))
}

/// What the block of a forward says that counts at its end.
#[derive(Debug, Default)]
struct Options {
    expire: Option<i128>,
    oldest: i128,
}

fn one(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Forward> {
    let place = words.place();
    if !words.next_argument() {
        return Err(words.wrong_count());
    }
    let from = words.text();
    let Some(zone) = key::argument_zones(from, given.release)?.into_iter().next() else {
        return Err(words.bare(format!("unable to normalize '{from}'")));
    };
    let upstreams = words.arguments();
    if upstreams.is_empty() {
        return Err(words.wrong_count());
    }
    // From 1.14.4 on the servers are looked at after the block.
    let before = if given.release.has(14, 4) { None } else { Some(upstream::servers(words, &upstreams, given)?) };
    let mut forward = Forward { from: zone, except: Vec::new(), to: before.clone().unwrap_or_default(), place };
    let mut options = Options::default();
    while words.next_in_block()? {
        forward.property(words, given, &mut options)?;
    }
    let expire = options.expire.unwrap_or(10_000_000_000);
    if options.oldest > 0 && options.oldest < expire {
        return Err(words.bare("max_age must not be less than expire"));
    }
    if before.is_none() {
        forward.to = upstream::servers(words, &upstreams, given)?;
    }
    Ok(forward)
}

/// The properties that came after 1.9.4, and the release that brought each.
const LATER: &[(&str, (u16, u16))] = &[
    ("next", (12, 0)),
    ("failfast_all_unhealthy_upstreams", (12, 0)),
    ("failover", (13, 0)),
    ("max_connect_attempts", (14, 0)),
    ("max_age", (14, 0)),
    ("max_idle_conns", (14, 0)),
    ("next_on_nodata", (14, 4)),
    ("resolver", (14, 4)),
    ("read_timeout", (14, 5)),
    ("doh_method", (14, 5)),
    ("source_address", (14, 6)),
];

impl Forward {
    fn property(&mut self, words: &mut Dispenser<'_>, given: &Given<'_>, options: &mut Options) -> Check<()> {
        let property = words.text();
        let came = LATER.iter().find(|(name, _)| *name == property).map(|(_, came)| *came);
        if came.is_some_and(|(minor, patch)| !given.release.has(minor, patch)) {
            return Err(words.unknown_property());
        }
        match property {
            "except" => {
                let names = words.arguments();
                if names.is_empty() {
                    return Err(words.wrong_count());
                }
                self.except.extend(zones(&names, given.release)?);
            }
            "max_fails" | "max_connect_attempts" => {
                let text = argument(words)?;
                golang::unsigned(text, 32).ok_or_else(|| words.bare(not_a_number(text)))?;
            }
            "max_concurrent" | "max_idle_conns" => {
                let text = argument(words)?;
                match golang::whole(text) {
                    None => return Err(words.bare(format!("strconv.Atoi: parsing {text:?}: invalid syntax"))),
                    Some(number) if number < 0 => {
                        return Err(words.bare(format!("{property} can't be negative: {number}")));
                    }
                    Some(_) => {}
                }
            }
            "health_check" => health_check(words)?,
            "expire" => options.expire = Some(span(words, property, false)?),
            "max_age" => options.oldest = span(words, property, false)?,
            "read_timeout" => {
                span(words, property, true)?;
            }
            "force_tcp" | "prefer_udp" | "next_on_nodata" if words.next_argument() => return Err(words.wrong_count()),
            "failfast_all_unhealthy_upstreams" if !words.arguments().is_empty() => return Err(words.wrong_count()),
            "force_tcp" | "prefer_udp" | "next_on_nodata" | "failfast_all_unhealthy_upstreams" => {}
            "tls_servername" => {
                argument(words)?;
            }
            "policy" => match argument(words)? {
                "random" | "round_robin" | "sequential" => {}
                other => return Err(words.complaint(&format!("unknown policy '{other}'"))),
            },
            "next" | "failover" => codes(words)?,
            "tls" | "resolver" | "doh_method" | "source_address" => {
                return unknown(format!("forward with {property} is not modelled"));
            }
            _ => return Err(words.unknown_property()),
        }
        Ok(())
    }

    /// Returns whether a question for a name goes to these servers.
    pub(in crate::corefile) fn takes(&self, name: &str) -> bool {
        let is_excepted = self.from != name && self.except.iter().any(|zone| name::is_below(zone, name));
        name::is_below(&self.from, name) && !is_excepted
    }
}

fn not_a_number(text: &str) -> String {
    format!("strconv.ParseUint: parsing {text:?}: invalid syntax")
}

fn argument<'c>(words: &mut Dispenser<'c>) -> Check<&'c str> {
    if words.next_argument() { Ok(words.text()) } else { Err(words.wrong_count()) }
}

fn span(words: &mut Dispenser<'_>, property: &str, must_be_positive: bool) -> Check<i128> {
    let text = argument(words)?;
    match golang::duration(text) {
        None => Err(words.bare(golang::no_duration(text))),
        Some(span) if span < 0 => Err(words.bare(format!("{property} can't be negative: {text}"))),
        Some(0) if must_be_positive => Err(words.bare(format!("{property} must be positive: {text}"))),
        Some(span) => Ok(span),
    }
}

fn health_check(words: &mut Dispenser<'_>) -> Check<()> {
    span(words, "health_check", false)?;
    while words.next_argument() {
        match words.text() {
            "no_rec" => {}
            "domain" => {
                let domain = argument(words)?;
                match name::is_domain_name(domain) {
                    Some(true) => {}
                    Some(false) => return Err(words.bare(format!("health_check: invalid domain name {domain}"))),
                    None => return unknown(format!("the name {domain} has escapes")),
                }
            }
            other => return Err(words.bare(format!("health_check: unknown option {other}"))),
        }
    }
    Ok(())
}

fn codes(words: &mut Dispenser<'_>) -> Check<()> {
    let is_failover = words.text() == "failover";
    let codes = words.arguments();
    if codes.is_empty() {
        return Err(words.wrong_count());
    }
    for code in codes {
        let code = code.to_uppercase();
        match record_type::is_code(&code) {
            Some(true) if is_failover && code == "NOERROR" => return unknown("failover NOERROR is not modelled"),
            Some(true) => {}
            Some(false) => return Err(words.bare(format!("{code} is not a valid rcode"))),
            None => return unknown(format!("whether {code} is a code is not modelled")),
        }
    }
    Ok(())
}
