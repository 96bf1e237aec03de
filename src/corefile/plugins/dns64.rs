//! `dns64`: makes IPv6 addresses of IPv4 ones, for questions of type AAAA.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    while words.next() {
        match words.arguments().as_slice() {
            [] => {}
            [range] => {
                prefix(words, range)?;
                continue;
            }
            _ => return Err(words.wrong_count()),
        }
        while words.next_in_block()? {
            match words.text() {
                "prefix" => {
                    if !words.next_argument() {
                        return Err(words.wrong_count());
                    }
                    prefix(words, words.text())?;
                }
                "translate_all" | "allow_ipv4" => {}
                _ => return Err(words.unknown_property()),
            }
        }
    }
    Ok(Plugin::Dns64)
}

fn prefix(words: &Dispenser<'_>, text: &str) -> Check<()> {
    match golang::range(text) {
        None => Err(words.bare(format!("invalid CIDR address: {text}"))),
        Some((address, mask)) if address.is_ipv4() => {
            Err(words.complaint(&format!("invalid netmask {mask} IPv6 address: {text:?}")))
        }
        Some((_, mask)) if mask % 8 != 0 || !(32..=96).contains(&mask) => {
            Err(words.complaint(&format!("invalid prefix length {text:?}")))
        }
        Some(_) => Ok(()),
    }
}
