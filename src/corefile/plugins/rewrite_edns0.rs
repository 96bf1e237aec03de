//! `rewrite edns0`: options of a question, such as the network of the client.
//!
//! Knowledge: plugin/rewrite/edns0.go of each release. No option changes an address here; what servers elsewhere make of one is theirs. Up to 1.14.4 a
//! rule with `revert` makes CoreDNS fail on an answer without options (found by the differential test).

use super::rewrite_rule::What;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

/// What may stand in braces besides the names of metadata, which hold a slash.
const VARIABLES: &[&str] =
    &["{qname}", "{qtype}", "{client_ip}", "{client_port}", "{protocol}", "{server_ip}", "{server_port}"];

/// Reads a rule.
pub(super) fn rule(words: &Dispenser<'_>, arguments: &[&str], given: &Given<'_>) -> Check<What> {
    let is_sure = is_sure(words, arguments, given)?;
    if arguments.last() == Some(&"revert") && given.release.has(12, 0) && !given.release.has(14, 5) {
        let why = "rewrite edns0 with revert makes this release fail on some answers";
        return Ok(What::Obscure(why.to_owned()));
    }
    Ok(What::Options { is_sure })
}

/// Checks a rule; whether it applies to every question.
fn is_sure(words: &Dispenser<'_>, arguments: &[&str], given: &Given<'_>) -> Check<bool> {
    let [kind, action, ..] = arguments else { return Err(words.bare("too few arguments for an EDNS0 rule")) };
    let (kind, action) = (kind.to_lowercase(), action.to_lowercase());
    let is_unset = action == "unset" && given.release.has(13, 0);
    if !is_unset && !["append", "replace", "set"].contains(&action.as_str()) {
        return Err(words.bare(format!("invalid action: {action:?}")));
    }
    if is_unset {
        return match (kind.as_str(), arguments) {
            ("local", [_, _, code]) => local(words, code, "").map(|()| true),
            ("nsid" | "subnet", [_, _]) => Ok(true),
            ("local", _) => Err(words.bare("local unset action requires exactly two arguments")),
            ("nsid" | "subnet", _) => Err(words.bare(format!("{kind} unset action requires exactly one argument"))),
            _ => Err(words.bare(format!("invalid rule type {kind:?}"))),
        };
    }
    let arguments = match arguments {
        [front @ .., "revert"] if given.release.has(12, 0) => front,
        all => all,
    };
    match (kind.as_str(), arguments) {
        ("local", [_, _, code, data]) if data.starts_with('{') && data.ends_with('}') => {
            number(words, code)?;
            let label = data.trim_start_matches('{').trim_end_matches('}');
            let is_label = label.find('/').is_some_and(|at| at > 0 && at + 1 < label.len());
            if !VARIABLES.contains(data) && !is_label {
                return Err(words.bare(format!("unsupported variable name {data:?}")));
            }
            Ok(false)
        }
        ("local", [_, _, code, data]) => local(words, code, data).map(|()| action != "replace"),
        ("nsid", [_, _]) => Ok(action != "replace"),
        ("subnet", [_, _, four, six]) => {
            for (text, most, version) in [(four, 32, 4), (six, 128, 6)] {
                let length = number(words, text)?;
                if length > most {
                    return Err(words.bare(format!("invalid IPv{version} bit mask length {length}")));
                }
            }
            Ok(action == "set")
        }
        ("local", _) => Err(words.bare("EDNS0 local rules require three or four args")),
        ("nsid", _) => Err(words.bare("EDNS0 NSID rules can accept no more than one arg")),
        ("subnet", _) => Err(words.bare("EDNS0 subnet rules require three or four args")),
        _ => Err(words.bare(format!("invalid rule type {kind:?}"))),
    }
}

fn local(words: &Dispenser<'_>, code: &str, data: &str) -> Check<()> {
    number(words, code)?;
    match data.strip_prefix("0x") {
        Some(digits) if digits.len() % 2 == 1 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Err(words.bare(format!("encoding/hex: {data} is no row of bytes")))
        }
        _ => Ok(()),
    }
}

/// Reads a number below 65536, which may be hexadecimal, octal or binary.
fn number(words: &Dispenser<'_>, text: &str) -> Check<u64> {
    let wrong = || words.bare(format!("strconv.ParseUint: parsing {text:?}: invalid syntax"));
    let is_in_range = |number: &u64| *number <= 65_535;
    if text == "0" || !text.starts_with('0') && !text.contains('_') {
        return golang::unsigned(text, 16).ok_or_else(wrong);
    }
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) if !digits.contains(['_', '+']) => {
            u64::from_str_radix(digits, 16).ok().filter(is_in_range).ok_or_else(wrong)
        }
        _ => unknown(format!("the number {text} is not modelled")),
    }
}
