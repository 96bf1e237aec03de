//! Addresses of web servers that plugins open: `health`, `ready`, `prometheus`.

use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

/// Checks an address on which a plugin is to listen: its shape now, and whether the pod can have it.
pub(super) fn check(words: &Dispenser<'_>, address: &str) -> Check<()> {
    let (host, port) = golang::host_and_port(address).map_err(|why| words.bare(why))?;
    let is_port = golang::unsigned(port, 16).is_some();
    let is_own = host.is_empty()
        || host == "localhost"
        || golang::address(host).is_some_and(|ip| ip.is_loopback() || ip.is_unspecified());
    if is_port && is_own {
        return Ok(());
    }
    unknown(format!("whether CoreDNS can listen on {address} is not known"))
}
