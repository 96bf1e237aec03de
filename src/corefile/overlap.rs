//! Zones that are served twice.
//!
//! Knowledge: core/dnsserver/address.go. A zone without an address overlaps the same zone with one.

use std::collections::{BTreeMap, BTreeSet};

use super::key::Key;
use super::objection::Refusal;
use super::source::Place;

/// The zones met so far.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    registered: BTreeSet<(Key, String)>,
    unbound: BTreeMap<Key, String>,
}

impl Overlap {
    /// Registers a zone on an address (empty: all of them), and says what is in its way.
    pub(super) fn register(&mut self, key: &Key, address: &str, place: &Place) -> Result<(), Refusal> {
        let shown = |address: &str| if address.is_empty() { key.to_string() } else { format!("{key} on {address}") };
        let refuse = |why: String| {
            Err(Refusal { why: format!("cannot serve {} - {why}", shown(address)), place: Some(place.clone()) })
        };
        if self.registered.contains(&(key.clone(), address.to_owned())) {
            return refuse("it is already defined".to_owned());
        }
        if let Some(other) = self.unbound.get(key) {
            let is_overlap = address.is_empty() || self.registered.contains(&(key.clone(), String::new()));
            if is_overlap {
                let other = if address.is_empty() { other } else { "" };
                return refuse(format!("zone overlap listener capacity with {}", shown(other)));
            }
        }
        self.registered.insert((key.clone(), address.to_owned()));
        self.unbound.insert(key.clone(), address.to_owned());
        Ok(())
    }
}
