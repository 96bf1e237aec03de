//! The names and addresses of a hosts file.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::corefile::golang;
use crate::corefile::name;
use crate::corefile::source::Place;
use crate::corefile::version::Release;

/// An address of a name, and the line that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) address: IpAddr,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    has_wildcards: bool,
    by_name: BTreeMap<String, Vec<Entry>>,
    by_address: BTreeMap<IpAddr, Vec<(String, Place)>>,
}

impl Table {
    pub(super) fn new(release: Release) -> Self {
        Self { has_wildcards: release.has(14, 5), by_name: BTreeMap::new(), by_address: BTreeMap::new() }
    }

    /// Adds a line of a hosts file; what is no entry is passed over. Returns the names outside the zones, or nothing where no entry is there.
    pub(super) fn add(
        &mut self,
        text: &str,
        place: &Place,
        zones: &[String],
        has_reverse: bool,
    ) -> Option<Vec<String>> {
        let mut outside = None;
        for line in text.split('\n') {
            let mut fields = line.split('#').next().unwrap_or_default().split_whitespace();
            // A zone of an IPv6 address does not count.
            let address = fields.next().and_then(|field| golang::address(field.split('%').next().unwrap_or_default()));
            let Some(address) = address.map(|address| address.to_canonical()) else { continue };
            for field in fields {
                let name = name::normal(field);
                let outside: &mut Vec<String> = outside.get_or_insert_default();
                if name::longest(zones, &name).is_none() {
                    outside.push(name);
                    continue;
                }
                let is_wildcard = self.has_wildcards && name.starts_with("*.");
                if has_reverse && !is_wildcard {
                    self.by_address.entry(address).or_default().push((name.clone(), place.clone()));
                }
                self.by_name.entry(name).or_default().push(Entry { address, place: place.clone() });
            }
        }
        outside
    }

    /// Returns the addresses of a name. A name's own lines of one kind (IPv4, IPv6) hide a wildcard's of that kind only.
    pub(super) fn addresses(&self, name: &str) -> Vec<Entry> {
        let get = |name: &str| self.by_name.get(name).cloned().unwrap_or_default();
        // A line for `*.x` is kept apart and is found by the wildcard's rule alone.
        let own = if self.has_wildcards && name.starts_with("*.") { Vec::new() } else { get(name) };
        if !self.has_wildcards {
            return own;
        }
        let wild = name
            .split_once('.')
            .filter(|(_, parent)| !parent.is_empty())
            .map(|(_, parent)| get(&format!("*.{parent}")));
        let of = |entries: &[Entry], is_v4: bool| -> Vec<Entry> {
            entries.iter().filter(|entry| entry.address.is_ipv4() == is_v4).cloned().collect()
        };
        [true, false]
            .into_iter()
            .flat_map(|is_v4| {
                let found = of(&own, is_v4);
                if found.is_empty() { of(wild.as_deref().unwrap_or_default(), is_v4) } else { found }
            })
            .collect()
    }

    /// Returns the names of the address that a reverse name stands for.
    pub(super) fn names(&self, reverse: &str) -> Option<(Vec<String>, Place)> {
        let found = self.by_address.get(&address_of(reverse)?)?;
        let (_, place) = found.first()?;
        Some((found.iter().map(|(name, _)| name.clone()).collect(), place.clone()))
    }
}

/// Returns the address of a name such as `1.0.0.10.in-addr.arpa.`.
fn address_of(reverse: &str) -> Option<IpAddr> {
    if let Some(labels) = reverse.strip_suffix(".in-addr.arpa.") {
        let labels: Vec<&str> = labels.split('.').rev().collect();
        return golang::address(&labels.join(".")).filter(IpAddr::is_ipv4);
    }
    let labels: Vec<&str> = reverse.strip_suffix(".ip6.arpa.")?.split('.').rev().collect();
    if labels.len() != 32 || labels.iter().any(|label| label.len() != 1) {
        return None;
    }
    let groups: Vec<String> = labels.chunks(4).map(<[&str]>::concat).collect();
    golang::address(&groups.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corefile::source::Source;

    fn table(release: Release, lines: &[&str]) -> Table {
        let mut table = Table::new(release);
        let place = Place { source: Source::Corefile, line: 1 };
        lines.iter().for_each(|line| drop(table.add(line, &place, &[".".to_owned()], true)));
        table
    }

    fn found(table: &Table, name: &str) -> Vec<String> {
        table.addresses(name).iter().map(|entry| entry.address.to_string()).collect()
    }

    const OLD: Release = Release::new(1, 14, 3);
    const NEW: Release = Release::new(1, 14, 7);

    #[test]
    fn lines_that_are_no_entry_vanish() {
        let table = table(OLD, &["999.1.1.1 a", "10.0.0.1", "10.0.0.2 A b # c", "fe80::1%eth0 a", "::ffff:10.0.0.9 m"]);
        assert_eq!(found(&table, "a."), ["10.0.0.2", "fe80::1"]);
        assert_eq!(found(&table, "b."), ["10.0.0.2"]);
        assert_eq!(found(&table, "m."), ["10.0.0.9"]);
        assert!(found(&table, "c.").is_empty());
    }

    #[test]
    fn wildcards_came_with_1_14_5() {
        let lines = ["10.0.0.1 *.x.org", "10.0.0.2 a.x.org"];
        assert!(found(&table(OLD, &lines), "b.x.org.").is_empty());
        assert_eq!(found(&table(NEW, &lines), "b.x.org."), ["10.0.0.1"]);
        assert_eq!(found(&table(NEW, &lines), "a.x.org."), ["10.0.0.2"]);
        assert!(found(&table(NEW, &lines), "c.b.x.org.").is_empty());
    }

    #[test]
    fn addresses_back_to_names() {
        let table = table(NEW, &["10.0.0.1 a b", "2001:db8::1 c"]);
        assert_eq!(table.names("1.0.0.10.in-addr.arpa.").unwrap().0, ["a.", "b."]);
        let six = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.";
        assert_eq!(table.names(six).unwrap().0, ["c."]);
        assert_eq!(table.names("10.in-addr.arpa."), None);
    }
}
