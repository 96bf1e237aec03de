//! `hosts`: names and addresses from a file and from the block itself.
//!
//! Knowledge: coredns-on-aks.md 2.4. What is not listed is passed on only with `fallthrough`, and is SERVFAIL otherwise; lines that are no entry
//! vanish in silence; after `fallthrough` no entry may follow. Wildcards work from 1.14.5. Types other than A and AAAA of a listed name: nothing is there;
//! in 1.14.5 and 1.14.6 they are passed on with `fallthrough`, from 1.14.7 only with `fallthrough_unsupported`.

use std::net::IpAddr;

use super::fallthrough::{Fallthrough, zones_or};
use super::hosts_table::Table;
use super::plugin::{Plugin, Step};
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::files::{self, Found};
use crate::corefile::golang;
use crate::corefile::lookup::RecordType;
use crate::corefile::name;
use crate::corefile::objection::{Check, Objection};
use crate::corefile::source::Place;

#[derive(Debug, Clone)]
pub(in crate::corefile) struct Hosts {
    pub(in crate::corefile) zones: Vec<String>,
    pub(in crate::corefile) fallthrough: Fallthrough,
    passes_other_types: bool,
    in_file: Table,
    in_block: Table,
    /// Whether a file with names nobody told us of is read too, and which.
    obscure_file: Option<String>,
    /// Lines of the block that are no entries.
    pub(in crate::corefile) no_entries: Vec<(String, Place)>,
    /// Names of the block outside the zones.
    pub(in crate::corefile) outside: Vec<(String, Place)>,
}

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut hosts = Hosts {
        zones: Vec::new(),
        fallthrough: Fallthrough::default(),
        passes_other_types: false,
        in_file: Table::new(given.release),
        in_block: Table::new(given.release),
        obscure_file: None,
        no_entries: Vec::new(),
        outside: Vec::new(),
    };
    let mut path = "/etc/hosts".to_owned();
    let mut entries = Vec::new();
    let mut has_reverse = true;
    let mut wants_other_types = false;
    while words.next_only_once()? {
        let arguments = words.arguments();
        let mut zones = arguments.as_slice();
        if let Some((file, rest)) = arguments.split_first() {
            path = given.rooted(file);
            zones = rest;
        }
        hosts.zones = zones_or(zones, given.zones, given.release)?;
        while words.next_in_block()? {
            match words.text() {
                "fallthrough" => hosts.fallthrough = Fallthrough::of(&words.arguments(), given.release)?,
                "fallthrough_unsupported" if given.release.has(14, 7) => {
                    if !words.arguments().is_empty() {
                        return Err(words.wrong_count());
                    }
                    wants_other_types = true;
                }
                "no_reverse" => has_reverse = false,
                "ttl" => ttl(words)?,
                "reload" => reload(words)?,
                text if hosts.fallthrough.zones.is_empty() => {
                    let place = words.place();
                    let mut line = vec![text];
                    line.extend(words.arguments());
                    entries.push((line.join(" "), place));
                }
                _ => return Err(words.unknown_property()),
            }
        }
    }
    if wants_other_types && hosts.fallthrough.zones.is_empty() {
        return Err(words.complaint("fallthrough_unsupported requires fallthrough"));
    }
    hosts.passes_other_types = wants_other_types || given.release.has(14, 5) && !given.release.has(14, 7);
    hosts.read_file(&path, has_reverse, given);
    for (line, place) in entries {
        match hosts.in_block.add(&line, &place, &hosts.zones, has_reverse) {
            None => hosts.no_entries.push((line, place)),
            Some(names) => hosts.outside.extend(names.into_iter().map(|name| (name, place.clone()))),
        }
    }
    Ok(Plugin::Hosts(hosts))
}

fn ttl(words: &mut Dispenser<'_>) -> Check<()> {
    let arguments = words.arguments();
    let Some(first) = arguments.first() else { return Err(words.complaint("ttl needs a time in second")) };
    match golang::whole(first) {
        None => Err(words.complaint("ttl needs a number of second")),
        Some(seconds) if !(1..=65_535).contains(&seconds) => Err(words.complaint("ttl provided is invalid")),
        Some(_) => Ok(()),
    }
}

fn reload(words: &mut Dispenser<'_>) -> Check<()> {
    let arguments = words.arguments();
    let [text] = arguments.as_slice() else {
        return Err(words.complaint("reload needs a duration (zero seconds to disable)"));
    };
    let refuse = |why: &str| -> Objection { words.complaint(&format!("invalid {why}duration for reload '{text}'")) };
    match golang::duration(text) {
        None => Err(refuse("")),
        Some(duration) if duration < 0 => Err(refuse("negative ")),
        Some(_) => Ok(()),
    }
}

impl Hosts {
    fn read_file(&mut self, path: &str, has_reverse: bool, given: &Given<'_>) {
        let path = files::join(&given.files.working, path);
        match given.files.find(&path) {
            Found::Text(text, source) => {
                for (index, line) in text.split('\n').enumerate() {
                    let place = Place { source: source.clone(), line: index + 1 };
                    self.in_file.add(line, &place, &self.zones, has_reverse);
                }
            }
            Found::Good | Found::Unknown => self.obscure_file = Some(path),
            Found::Folder | Found::Absent => {}
        }
    }

    /// Returns whether a name is listed.
    pub(in crate::corefile) fn lists(&self, name: &str) -> bool {
        !self.in_file.addresses(name).is_empty() || !self.in_block.addresses(name).is_empty()
    }

    /// Returns whether the file that nobody told us of may list a name: the pod's own lists single words only.
    fn may_hold(&self, name: &str) -> bool {
        match self.obscure_file.as_deref() {
            None => false,
            Some("/etc/hosts") => !name.trim_end_matches('.').contains('.') && name != ".",
            Some(_) => true,
        }
    }

    pub(in crate::corefile) fn ask(&self, name: &str, kind: RecordType) -> Step {
        if kind == RecordType::Ptr {
            return self.ask_reverse(name);
        }
        if name::longest(&self.zones, name).is_none() {
            return Step::Next;
        }
        if self.may_hold(name) {
            let file = self.obscure_file.as_deref().unwrap_or_default();
            return Step::Unknown(format!("what {file} lists is not known"));
        }
        let mut found = self.in_file.addresses(name);
        found.extend(self.in_block.addresses(name));
        let of_kind = |address: &IpAddr| match kind {
            RecordType::A => address.is_ipv4(),
            RecordType::Aaaa => address.is_ipv6(),
            _ => false,
        };
        let is_other_type = !matches!(kind, RecordType::A | RecordType::Aaaa);
        if is_other_type && self.passes_other_types && self.fallthrough.covers(name) {
            return Step::Next;
        }
        let Some(first) = found.iter().find(|entry| of_kind(&entry.address)) else {
            return if !found.is_empty() {
                Step::NoData
            } else if self.fallthrough.covers(name) {
                Step::Next
            } else {
                Step::Failure("hosts does not list the name and has no fallthrough for it".to_owned())
            };
        };
        let addresses = found.iter().map(|entry| entry.address).filter(of_kind).collect();
        Step::Addresses { owner: name.to_owned(), addresses, place: first.place.clone() }
    }

    fn ask_reverse(&self, name: &str) -> Step {
        // Only the pod's own addresses stand in the pod's own file; which those are, nobody told.
        if self.obscure_file.is_some() {
            return Step::Unknown("what the hosts file lists is not known".to_owned());
        }
        let found: Vec<_> = [&self.in_file, &self.in_block].iter().filter_map(|table| table.names(name)).collect();
        match found.first() {
            Some((_, place)) => {
                let place = place.clone();
                Step::Names { names: found.into_iter().flat_map(|(names, _)| names).collect(), place }
            }
            None => Step::Next,
        }
    }
}
