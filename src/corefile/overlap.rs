//! Zones that are served twice.
//!
//! Knowledge: core/dnsserver/address.go and register.go. A zone without an address overlaps the same zone with one; a server block with a view may share
//! its zones.

use std::collections::{BTreeMap, BTreeSet};

use super::key::Key;
use super::objection::Refusal;
use super::source::Place;
use super::version::Release;

/// The zones met so far.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    registered: BTreeSet<(Key, String)>,
    unbound: BTreeMap<Key, String>,
}

impl Overlap {
    /// Registers a zone on an address (empty: all of them), and says what is in its way.
    pub(super) fn register(&mut self, key: &Key, address: &str, place: &Place) -> Result<(), Refusal> {
        self.check_same(key, address, place)?;
        self.check_overlap(key, address, place)?;
        self.registered.insert((key.clone(), address.to_owned()));
        self.unbound.insert(key.clone(), address.to_owned());
        Ok(())
    }

    /// Says what is in the way of a zone whose server block has a view: it is not registered, so that others may serve the zone after it.
    pub(super) fn check_filtered(
        &self,
        key: &Key,
        address: &str,
        place: &Place,
        release: Release,
    ) -> Result<(), Refusal> {
        // Up to 1.13 the block with the view must stand before the one without.
        if release.has(14, 0) {
            if self.is_same(key, address) {
                return Ok(());
            }
        } else {
            self.check_same(key, address, place)?;
        }
        self.check_overlap(key, address, place)
    }

    fn is_same(&self, key: &Key, address: &str) -> bool {
        self.registered.contains(&(key.clone(), address.to_owned()))
    }

    fn check_same(&self, key: &Key, address: &str, place: &Place) -> Result<(), Refusal> {
        if self.is_same(key, address) { refuse(key, address, "it is already defined", place) } else { Ok(()) }
    }

    fn check_overlap(&self, key: &Key, address: &str, place: &Place) -> Result<(), Refusal> {
        let Some(other) = self.unbound.get(key) else { return Ok(()) };
        if !address.is_empty() && !self.is_same(key, "") {
            return Ok(());
        }
        let other = if address.is_empty() { other } else { "" };
        refuse(key, address, &format!("zone overlap listener capacity with {}", shown(key, other)), place)
    }
}

fn shown(key: &Key, address: &str) -> String {
    if address.is_empty() { key.to_string() } else { format!("{key} on {address}") }
}

fn refuse(key: &Key, address: &str, why: &str, place: &Place) -> Result<(), Refusal> {
    let why = format!("cannot serve {} - {why}", shown(key, address));
    Err(Refusal::new(why, Some(place.clone())).of_every_release())
}
