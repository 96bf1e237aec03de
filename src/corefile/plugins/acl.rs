//! `acl`: who may ask. It decides by the address of the client, which nobody knows here.

use super::fallthrough::zones_or;
use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};
use crate::corefile::record_type;

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut barred = Vec::new();
    while words.next() {
        let zones = zones_or(&words.arguments(), given.zones, given.release)?;
        while words.next_in_block()? {
            let action = words.text().to_lowercase();
            match action.as_str() {
                "allow" => {}
                "block" | "filter" => barred.extend(zones.iter().cloned()),
                "drop" if given.release.has(10, 0) => barred.extend(zones.iter().cloned()),
                _ => {
                    let why =
                        format!("unexpected token {:?}; expect 'allow', 'block', 'filter' or 'drop'", words.text());
                    return Err(words.complaint(&why));
                }
            }
            policy(words)?;
        }
    }
    if barred.is_empty() {
        return Ok(Plugin::Passes);
    }
    Ok(Plugin::Obscure { zones: barred, why: "acl decides by the address of the client".to_owned() })
}

fn is_section(word: &str) -> bool {
    word.eq_ignore_ascii_case("type") || word.eq_ignore_ascii_case("net")
}

/// Checks the sections `type …` and `net …` of a policy.
fn policy(words: &mut Dispenser<'_>) -> Check<()> {
    let arguments = words.arguments();
    let mut rest = arguments.as_slice();
    while let Some((section, after)) = rest.split_first() {
        if !is_section(section) {
            return Err(words.complaint(&format!("unexpected token {section:?}; expect 'type | net'")));
        }
        let end = after.iter().position(|word| is_section(word)).unwrap_or(after.len());
        let (members, next) = after.split_at_checked(end).unwrap_or((after, &[]));
        rest = next;
        if members.is_empty() {
            return Err(words.complaint(&format!("no token specified in {:?} section", section.to_lowercase())));
        }
        for member in members.iter().take_while(|member| **member != "*") {
            if section.eq_ignore_ascii_case("type") {
                match record_type::is_known(member) {
                    Some(true) => {}
                    Some(false) => {
                        return Err(words.complaint(&format!("unexpected token {member:?}; expect legal QTYPE")));
                    }
                    None => return unknown(format!("whether {member} is a record type is not modelled")),
                }
            } else {
                let whole = if member.contains(':') { 128 } else { 32 };
                let range = if member.contains('/') { (*member).to_owned() } else { format!("{member}/{whole}") };
                if golang::range(&range).is_none() {
                    return Err(words.complaint(&format!("illegal CIDR notation {range:?}")));
                }
            }
        }
    }
    Ok(())
}
