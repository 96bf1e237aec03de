//! `rewrite`: asks for another name or type than the client did.
//!
//! Knowledge: plugin/rewrite of each release. Prefixes and substrings are made whole names too: `rewrite name prefix a b` looks for `a.` at the front.
//! The rules for TTLs and EDNS0 change no address; what those for aliases and codes make of an answer is not modelled.

use super::pattern;
use super::plugin::Plugin;
use super::rewrite_edns0;
use super::rewrite_rule::{Finder, Restores, Rule, What};
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::name;
use crate::corefile::objection::{Check, Objection, unknown};
use crate::corefile::record_type;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut rules = Vec::new();
    while words.next() {
        let mut arguments = words.arguments();
        if arguments.len() < 2 {
            while words.next_in_block()? {
                arguments.push(words.text());
            }
        }
        let read = rule(words, &arguments, given);
        rules.push(read.or_else(|objection| match objection {
            Objection::Unknown(why) => {
                words.doubt(&why);
                Ok(Rule { goes_on: false, what: What::Obscure(why) })
            }
            refused @ Objection::Refused(_) => Err(refused),
        })?);
    }
    Ok(Plugin::Rewrite(rules))
}

fn rule(words: &Dispenser<'_>, arguments: &[&str], given: &Given<'_>) -> Check<Rule> {
    let Some((first, rest)) = arguments.split_first() else {
        return Err(words.bare("no rule type specified for rewrite"));
    };
    let first = first.to_lowercase();
    let (goes_on, kind, rest) = match first.as_str() {
        mode @ ("continue" | "stop") => match rest.split_first() {
            Some((kind, rest)) => (mode == "continue", kind.to_lowercase(), rest),
            None => return Err(words.bare(format!("{mode} rule must begin with a rule type"))),
        },
        _ => (false, first, rest),
    };
    let is_known_type = |text: &str| record_type::is_known(&text.to_uppercase());
    let what = match (kind.as_str(), rest) {
        ("answer", _) => return Err(words.bare("response rewrites must begin with a name rule")),
        ("name", rest) => name_rule(words, rest)?,
        ("type", [from, to]) => {
            for text in [from, to] {
                match is_known_type(text) {
                    Some(true) => {}
                    Some(false) => return Err(words.bare(format!("invalid type {:?}", text.to_uppercase()))),
                    None => return unknown(format!("whether {text} is a record type is not modelled")),
                }
            }
            What::Type { from: from.to_uppercase(), to: to.to_uppercase() }
        }
        ("class", [from, to]) => {
            for text in [from, to] {
                if !["IN", "CS", "CH", "HS", "NONE", "ANY"].contains(&text.to_uppercase().as_str()) {
                    return Err(words.bare(format!("invalid class {:?}", text.to_uppercase())));
                }
            }
            if from.eq_ignore_ascii_case("IN") {
                What::Obscure("the question's class is rewritten".to_owned())
            } else {
                What::Harmless
            }
        }
        ("type" | "class", _) => return Err(words.bare(format!("{kind} rules must have exactly two arguments"))),
        ("edns0", rest) => rewrite_edns0::rule(words, rest, given)?,
        ("ttl", rest) => ttl_rule(words, rest)?,
        ("cname", rest) if given.release.has(11, 0) => alias_rule(words, rest, given)?,
        ("rcode", rest) if given.release.has(11, 0) => code_rule(words, rest)?,
        _ => return Err(words.bare(format!("invalid rule type {:?}", arguments.first().unwrap_or(&"")))),
    };
    Ok(Rule { goes_on, what })
}

/// Returns how names are found; `None` where the word is none of the ways.
fn finder(words: &Dispenser<'_>, kind: &str, from: &str, what: &str) -> Check<Option<Finder>> {
    let full = name::normal(from);
    Ok(Some(match kind {
        "exact" => Finder::Exact(full),
        "prefix" => Finder::Prefix(full),
        "suffix" => Finder::Suffix(full),
        "substring" => Finder::Substring(full),
        "regex" => {
            let wrong = |_| words.bare(format!("invalid regex pattern in a {what} rule: {from}"));
            Finder::Regex(Box::new(pattern::compile(from)?.map_err(wrong)?))
        }
        _ => return Ok(None),
    }))
}

/// `[exact|prefix|suffix|substring|regex] NAME TTL`, where the last is `5`, `5-`, `-5` or `5-10`.
fn ttl_rule(words: &Dispenser<'_>, arguments: &[&str]) -> Check<What> {
    let (kind, from, ttl) = match arguments {
        [] | [_] => {
            return Err(words.bare(format!("too few ({}) arguments for a ttl rule", arguments.len())));
        }
        [from, ttl] => ("exact".to_owned(), *from, *ttl),
        [kind, from, ttl] => (kind.to_lowercase(), *from, *ttl),
        _ => ("exact".to_owned(), "", ""),
    };
    let number = |text: &str| golang::unsigned(text, 32);
    let is_valid = match ttl.split('-').collect::<Vec<_>>().as_slice() {
        [one] => number(one).is_some(),
        ["", ""] => false,
        [least, ""] => number(least).is_some_and(|least| least <= 2_147_483_647),
        ["", most] => number(most).is_some(),
        [least, most] => matches!((number(least), number(most)), (Some(least), Some(most)) if least <= most),
        _ => false,
    };
    if !is_valid {
        return Err(words.bare(format!("invalid TTL '{ttl}' for a ttl rule")));
    }
    match finder(words, &kind, from, "ttl")? {
        Some(by) => Ok(What::Ttl(by)),
        None => Err(words.bare("ttl rule supports only exact, prefix, suffix, substring, and regex name matching")),
    }
}

/// `[exact|prefix|suffix|substring|regex] FROM TO`. Up to 1.13 a pattern is compiled when it is first used.
fn alias_rule(words: &Dispenser<'_>, arguments: &[&str], given: &Given<'_>) -> Check<What> {
    let (kind, from) = match arguments {
        [from, _] => ("exact".to_owned(), *from),
        [kind, from, _] => (kind.to_lowercase(), *from),
        _ => return Err(words.bare(format!("too few ({}) arguments for a cname rule", arguments.len()))),
    };
    if !["exact", "prefix", "suffix", "substring", "regex"].contains(&kind.as_str()) {
        return Err(words.bare(format!("unknown cname rewrite type: {kind}")));
    }
    if kind == "regex" && given.release.has(14, 0) {
        let compiled = pattern::compile(&from.to_lowercase())?;
        compiled.map_err(|why| words.bare(format!("invalid cname rewrite regex pattern: {why}")))?;
    }
    Ok(What::Alias)
}

/// `[exact|prefix|suffix|substring|regex] NAME OLD NEW`, where the codes are names or numbers up to 23.
fn code_rule(words: &Dispenser<'_>, arguments: &[&str]) -> Check<What> {
    let (kind, from, codes) = match arguments {
        [] | [_] | [_, _] => {
            return Err(words.bare(format!("too few ({}) arguments for a rcode rule", arguments.len())));
        }
        [from, old, new] => ("exact".to_owned(), *from, [*old, *new]),
        [kind, from, old, new] => (kind.to_lowercase(), *from, [*old, *new]),
        _ => ("exact".to_owned(), "", ["", ""]),
    };
    for (code, which) in codes.iter().zip(["matching", "replacement"]) {
        if golang::unsigned(code, 32).is_some_and(|number| number <= 23) {
            continue;
        }
        match record_type::is_code(&code.to_uppercase()) {
            Some(true) => {}
            Some(false) => return Err(words.bare(format!("invalid {which} RCODE '{code}' for a rcode rule"))),
            None => return unknown(format!("whether {code} is a response code is not modelled")),
        }
    }
    match finder(words, &kind, from, "rcode")? {
        Some(by) => Ok(What::Code(by)),
        None => Err(words.bare("rcode rule supports only exact, prefix, suffix, substring, and regex name matching")),
    }
}

fn name_rule(words: &Dispenser<'_>, arguments: &[&str]) -> Check<What> {
    let (kind, from, to, answers) = match arguments {
        [] | [_] => return Err(words.bare("too few arguments for a name rule")),
        [from, to] => ("exact".to_owned(), *from, *to, &[][..]),
        [kind, from, to, answers @ ..] => (kind.to_lowercase(), *from, *to, answers),
    };
    let asked = answer_rules(words, &kind, answers)?;
    let full_from = name::normal(from);
    let full_to = name::normal(to);
    // The two are swapped here in CoreDNS itself: the new name is compiled, and the old one is searched for groups.
    if kind == "exact" {
        check_groups(words, &full_to, &full_from)?;
    }
    let by = match kind.as_str() {
        "exact" => Finder::Exact(full_from),
        "prefix" => Finder::Prefix(full_from),
        "suffix" => Finder::Suffix(full_from),
        "substring" => Finder::Substring(full_from),
        "regex" => Finder::Regex(Box::new(check_groups(words, from, to)?)),
        _ => {
            let why = "name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ";
            return Err(words.bare(format!("{why}{kind}")));
        }
    };
    let restores = match (asked, &by) {
        (Restores::Obscure, _) => Restores::Obscure,
        (_, Finder::Exact(_)) => Restores::Yes,
        (asked, _) => asked,
    };
    Ok(What::Name { by, to: full_to, restores })
}

/// Compiles a pattern and checks that the replacement asks for no more groups than it has.
fn check_groups(words: &Dispenser<'_>, from: &str, to: &str) -> Check<pattern::Pattern> {
    let wrong = |_| words.bare(format!("invalid regex matching pattern: {from}"));
    let pattern = pattern::compile(from)?.map_err(wrong)?;
    let used = (0..=100).filter(|number| to.contains(&format!("{{{number}}}"))).count();
    if used > pattern.groups() {
        let why = format!(
            "the rewrite regex pattern ({to}) uses more subexpressions than its corresponding matching regex pattern ({from})"
        );
        return Err(words.bare(why));
    }
    Ok(pattern)
}

/// Reads what a rule says of the answer: `answer auto`, or rules for its names and values.
fn answer_rules(words: &Dispenser<'_>, kind: &str, arguments: &[&str]) -> Check<Restores> {
    if arguments.is_empty() {
        return Ok(Restores::No);
    }
    if arguments.len() < 2 {
        return Err(words.bare(format!("invalid arguments for {kind} rule")));
    }
    let too_many = |what: &str| -> Objection {
        words.bare(format!("exceeded the number of arguments for {what} for {kind} rule"))
    };
    let mut rest = arguments;
    let mut is_auto = false;
    let mut has_names = false;
    let mut has_rules = false;
    let mut last = "";
    while let Some((word, after)) = rest.split_first() {
        if *word != "answer" {
            // Releases up to 1.14.3 want the word before every rule, the later ones before the first.
            if last.is_empty() {
                return Err(too_many("a non-answer rule argument"));
            }
            return unknown("answer rules of rewrite that do not repeat the word are not modelled");
        }
        let Some((what, after)) = after.split_first() else {
            return Err(words.bare(format!("type missing for answer rule for {kind} rule")));
        };
        last = what;
        rest = after;
        match *what {
            "auto" => is_auto = true,
            "name" | "value" => {
                let [from, to, after @ ..] = after else {
                    return Err(words.bare(format!("{what} answer rule for {kind} rule: 2 arguments required")));
                };
                check_groups(words, from, to)?;
                has_names |= *what == "name";
                has_rules = true;
                rest = after;
            }
            _ => return Err(words.bare(format!("invalid type {what:?} for answer rule for {kind} rule"))),
        }
    }
    if is_auto && has_names {
        return Err(words.bare("auto name answer rule cannot be combined with explicit name anwer rules"));
    }
    Ok(match (has_rules, is_auto) {
        (true, _) => Restores::Obscure,
        (false, true) => Restores::Yes,
        (false, false) => Restores::No,
    })
}
