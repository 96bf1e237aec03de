//! A record as text: `name 60 IN A 10.0.0.1`.

use std::net::IpAddr;

use crate::corefile::golang;
use crate::corefile::name;

/// An address record; other records are not modelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) owner: String,
    pub(super) address: IpAddr,
}

/// Reads a record. `Ok(None)`: it is none, and CoreDNS answers SERVFAIL. `Err`: not modelled.
pub(super) fn address(text: &str) -> Result<Option<Address>, String> {
    let not_modelled = || Err(format!("the record {text:?} is not modelled"));
    if text.starts_with(char::is_whitespace) || text.contains(['"', '(', ')', ';', '\\', '$', '\n', '@']) {
        return not_modelled();
    }
    let mut fields = text.split_whitespace();
    let Some(owner) = fields.next() else { return not_modelled() };
    let mut kind = None;
    for field in fields.by_ref() {
        if field.eq_ignore_ascii_case("IN") || golang::unsigned(field, 32).is_some() {
            continue;
        }
        kind = Some(field.to_ascii_uppercase());
        break;
    }
    let (Some(value), None) = (fields.next(), fields.next()) else { return not_modelled() };
    let address = match kind.as_deref() {
        Some("A") => golang::address(value).filter(IpAddr::is_ipv4),
        Some("AAAA") => golang::address(value).filter(IpAddr::is_ipv6),
        _ => return not_modelled(),
    };
    match (address, name::is_domain_name(owner)) {
        (Some(address), Some(true)) => Ok(Some(Address { owner: name::full(owner), address })),
        (None, Some(true)) if kind.as_deref() == Some("A") => Ok(None),
        _ => not_modelled(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        for text in ["a.b. 60 IN A 10.0.0.1", "a.b A 10.0.0.1", "a.b. IN 60 a 10.0.0.1"] {
            let found = address(text).unwrap().unwrap();
            assert_eq!((found.owner.as_str(), found.address.to_string().as_str()), ("a.b.", "10.0.0.1"), "{text}");
        }
        assert_eq!(address("a. IN A 10.0.0.999"), Ok(None));
        for text in ["", "a. IN CNAME b.", "a. IN A", "a. IN A 1.2.3.4 5", " a. A 1.2.3.4", "a. IN TXT \"x\""] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
