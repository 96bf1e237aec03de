//! What a server block serves: `dns://zone:port`, or a range of addresses that stands for reverse zones.
//!
//! Knowledge: core/dnsserver/register.go and plugin/normalize.go. Zones keep their letters up to 1.14.6, where one with a capital letter matches
//! nothing, because questions are compared in lower case; from 1.14.7 they are lowered (coredns-on-aks.md 2.3).

use std::fmt;
use std::net::IpAddr;

use super::golang;
use super::name;
use super::objection::{Check, refused, unknown};
use super::version::Release;

/// A key of a server block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// `dns`, `tls`, `grpc`, `https`, …
    pub transport: &'static str,
    /// The zone, with its last dot; in capitals where the version keeps them.
    pub zone: String,
    /// The port. CoreDNS takes any whole number here and fails later.
    pub port: i64,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.transport, self.zone, self.port)
    }
}

/// The transports, longer names before shorter ones that they begin with, with their ports and the release that brought them.
const TRANSPORTS: &[(&str, i64, (u16, u16))] = &[
    ("tls", 853, (0, 0)),
    ("dns", 53, (0, 0)),
    ("quic", 853, (11, 0)),
    ("grpc", 443, (0, 0)),
    ("https3", 443, (14, 0)),
    ("https", 443, (0, 0)),
];

/// Splits the transport off a text: its name, its port, and the rest.
pub(super) fn transport(text: &str, release: Release) -> (&'static str, i64, &str) {
    for (name, port, (minor, patch)) in TRANSPORTS {
        if release.has(*minor, *patch)
            && let Some(rest) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix("://"))
        {
            return (name, *port, rest);
        }
    }
    ("dns", 53, text)
}

/// Reads a key as it stands in a file.
pub(super) fn keys(text: &str, release: Release) -> Check<Vec<Key>> {
    let (transport, default, rest) = transport(text, release);
    if rest.starts_with("unix://") {
        return unknown(format!("the key {text} is not modelled"));
    }
    let (zones, port) = zones_and_port(rest)?;
    for zone in &zones {
        // With its last dot a name may be one byte too long.
        zones_and_port(&name::full(zone))?;
    }
    let spell = |zone: &String| if release.has(14, 7) { name::normal(zone) } else { name::full(zone) };
    Ok(zones.iter().map(|zone| Key { transport, zone: spell(zone), port: port.unwrap_or(default) }).collect())
}

/// Returns the zones that an argument of a plugin stands for; none if it is no zone, which CoreDNS passes over in silence.
pub(super) fn argument_zones(text: &str, release: Release) -> Check<Vec<String>> {
    let (_, _, rest) = transport(text, release);
    match zones_and_port(rest) {
        Ok((zones, _)) => Ok(zones.iter().map(|zone| name::normal(zone)).collect()),
        Err(super::objection::Objection::Refused(_)) => Ok(Vec::new()),
        Err(unknown) => Err(unknown),
    }
}

/// Splits a text without transport into zones and port.
fn zones_and_port(text: &str) -> Check<(Vec<String>, Option<i64>)> {
    if text.is_empty() || text.ends_with(':') {
        return refused(format!("expecting data after last colon: {text:?}"));
    }
    let (zone, port) = match text.rsplit_once(':') {
        Some((front, back)) => match golang::whole(back) {
            Some(port) => (front, Some(port)),
            None => (text, None),
        },
        None => (text, None),
    };
    if zone.len() > 255 {
        return refused(format!("specified zone is too long: {} > 255", zone.len()));
    }
    match name::is_domain_name(zone) {
        None => return unknown(format!("the zone {zone} has escapes")),
        Some(false) => return refused(format!("zone is not a valid domain name: {zone}")),
        Some(true) => {}
    }
    let Some((address, mask)) = golang::range(zone) else { return Ok((vec![zone.to_owned()], port)) };
    if zone.starts_with(':') || zone.starts_with('0') && zone.contains(':') {
        return refused(format!("invalid CIDR {zone}"));
    }
    match reverse(address, mask) {
        Some(zones) => Ok((zones, port)),
        None => unknown(format!("the range {zone} is not modelled")),
    }
}

/// Returns the reverse zones of a range: several where the mask ends inside a label.
fn reverse(address: IpAddr, mask: u32) -> Option<Vec<String>> {
    let (digits, bits_each, suffix): (Vec<u8>, u32, &str) = match address {
        IpAddr::V4(address) => (address.octets().to_vec(), 8, "in-addr.arpa."),
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => return None,
        IpAddr::V6(address) => {
            (address.octets().iter().flat_map(|octet| [octet >> 4, octet & 15]).collect(), 4, "ip6.arpa.")
        }
    };
    let whole = usize::try_from(mask / bits_each).ok()?;
    let spare = mask % bits_each;
    let label = |digit: u8| if bits_each == 8 { digit.to_string() } else { format!("{digit:x}") };
    let front: Vec<String> = digits.iter().take(whole).rev().map(|digit| format!("{}.", label(*digit))).collect();
    let front = front.concat();
    if spare == 0 {
        return Some(vec![format!("{front}{suffix}")]);
    }
    let width = 1_u16.checked_shl(bits_each - spare)?;
    let first = u16::from(*digits.get(whole)?) & !(width - 1);
    (first..first + width).map(|digit| Some(format!("{}.{front}{suffix}", label(u8::try_from(digit).ok()?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Release = Release::new(1, 12, 1);
    const NEW: Release = Release::new(1, 14, 7);

    fn shown(text: &str, release: Release) -> Vec<String> {
        keys(text, release).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_of_every_shape() {
        for (text, key) in [
            (".", "dns://.:53"),
            (".:5353", "dns://.:5353"),
            ("Example.org", "dns://example.org.:53"),
            ("tls://a.:99", "tls://a.:99"),
            ("tls://a", "tls://a.:853"),
            ("foo:bar", "dns://foo:bar.:53"),
            ("a:+5", "dns://a.:5"),
            ("10.1.2.0/24", "dns://2.1.10.in-addr.arpa.:53"),
            ("2001:db8::/32", "dns://8.b.d.0.1.0.0.2.ip6.arpa.:53"),
            ("0.0.0.0/0:54", "dns://in-addr.arpa.:54"),
        ] {
            assert_eq!(shown(text, NEW), [key], "{text}");
        }
        assert_eq!(shown("Example.org", OLD), ["dns://Example.org.:53"]);
        assert_eq!(shown("https3://a", OLD), ["dns://https3://a.:53"], "a transport of later releases is a name");
    }

    #[test]
    fn a_mask_inside_a_label_stands_for_several_zones() {
        let zones = shown("172.16.0.0/12", NEW);
        assert_eq!(zones.len(), 16);
        assert_eq!(zones[0], "dns://16.172.in-addr.arpa.:53");
        assert_eq!(zones[15], "dns://31.172.in-addr.arpa.:53");
    }

    #[test]
    fn what_is_refused() {
        for text in ["a:", "", ":53", "a..b", "::/8"] {
            assert!(keys(text, NEW).is_err(), "{text}");
        }
        assert_eq!(argument_zones("a..b", NEW), Ok(vec![]));
    }
}
