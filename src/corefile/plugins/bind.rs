//! `bind`: the addresses on which a server block listens.

use super::plugin::Plugin;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    let mut all = Vec::new();
    while words.next() {
        let addresses = words.arguments();
        if addresses.is_empty() {
            return Err(words.bare("at least one address or interface name is expected"));
        }
        let mut except = Vec::new();
        while words.next_in_block()? {
            if words.text() != "except" {
                return Err(words.bare(format!("invalid option {:?}", words.text())));
            }
            except = words.arguments();
            if except.is_empty() {
                return Err(words.bare("at least one address or interface must be given to except subdirective"));
            }
        }
        for text in addresses.iter().chain(&except) {
            check(text)?;
        }
        all.extend(addresses.into_iter().filter(|address| !except.contains(address)).map(str::to_owned));
    }
    Ok(Plugin::Bind(all))
}

/// Only the loopback and "every address" are there for certain.
fn check(text: &str) -> Check<()> {
    match golang::address(text) {
        Some(address) if address.is_loopback() || address.is_unspecified() => Ok(()),
        Some(_) => unknown(format!("whether the pod has the address {text} is not known")),
        None => unknown(format!("whether the pod has an interface {text} is not known")),
    }
}
