//! What is dangerous in a configuration, or does nothing, though CoreDNS may take it.
//!
//! Knowledge: coredns-on-aks.md 0.4, 2.1, 2.3 and 2.4: texts that load without an error and still take down all of the cluster's DNS, and lines that
//! are passed over in silence.

use std::fmt;

use super::block::{Directive, ServerBlock};
use super::configuration::Configuration;
use super::files::{self, Files};
use super::model::{Model, Served};
use super::name;
use super::plugins::forward::Forward;
use super::plugins::hosts::Hosts;
use super::plugins::plugin::Plugin;
use super::source::{Place, Source};

/// A danger, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// What it is.
    pub kind: HazardKind,
    /// Where it stands.
    pub place: Place,
    /// What it is about: a plugin, a zone, a name, a line.
    pub subject: String,
}

/// The kinds of danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HazardKind {
    /// Names that a `hosts` block does not list get SERVFAIL: it has no `fallthrough`.
    HostsWithoutFallthrough,
    /// The same, for the names outside the zones that its `fallthrough` names.
    FallthroughForSomeZones,
    /// A closing brace is read as an argument, because it does not stand on a line of its own.
    BraceOnALine,
    /// A block on one line: all of it is read as one property.
    BlockOnALine,
    /// A plugin that may stand only once in a server block stands there again.
    StandsTwice,
    /// A key of coredns-custom that nothing reads.
    KeyNotRead,
    /// A `forward` for a zone that its server block does not serve.
    ForwardElsewhere,
    /// A `forward` behind another one that takes every question first.
    ForwardNeverAsked,
    /// A zone in capitals, which serves nothing in this version.
    ZoneInCapitals,
    /// A line in a `hosts` block that is no entry and is passed over.
    NoEntry,
    /// A name in a `hosts` block that lies outside its zones and is passed over.
    NameOutsideZones,
}

impl fmt::Display for HazardKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostsWithoutFallthrough => "names that hosts does not list get SERVFAIL: it has no fallthrough",
            Self::FallthroughForSomeZones => "names outside the zones of the fallthrough get SERVFAIL",
            Self::BraceOnALine => "the closing brace is read as an argument: it does not stand on a line of its own",
            Self::BlockOnALine => "a block on one line is read as one property",
            Self::StandsTwice => "the plugin may stand only once in a server block",
            Self::KeyNotRead => "nothing reads this key",
            Self::ForwardElsewhere => "the server block does not serve what this forward is for",
            Self::ForwardNeverAsked => "another forward takes every question before this one",
            Self::ZoneInCapitals => "a zone in capitals serves nothing in this version of CoreDNS",
            Self::NoEntry => "the line is no entry and is passed over",
            Self::NameOutsideZones => "the name lies outside the zones of hosts and is passed over",
        })
    }
}

const ONLY_ONCE: &[&str] = &["cache", "errors", "hosts", "kubernetes", "loop", "nsid", "prometheus", "ready"];

/// Finds the dangers of a configuration as one release has it.
pub(super) fn hazards(model: &Model, configuration: &Configuration) -> Vec<Hazard> {
    let mut found = Vec::new();
    for served in &model.served {
        of_keys(served, model, &mut found);
        of_directives(&served.block, &mut found);
        for placed in &served.plugins {
            match &placed.plugin {
                Plugin::Hosts(hosts) => of_hosts(hosts, &placed.place, &mut found),
                Plugin::Forward(forwards) => of_forwards(forwards, &served.block, &mut found),
                _ => {}
            }
        }
    }
    if !model.served.is_empty() {
        of_custom_keys(model, configuration, &mut found);
    }
    found
}

fn hazard(kind: HazardKind, place: &Place, subject: impl Into<String>) -> Hazard {
    Hazard { kind, place: place.clone(), subject: subject.into() }
}

fn of_keys(served: &Served, model: &Model, found: &mut Vec<Hazard>) {
    for key in &served.block.keys {
        if key.zone != name::normal(&key.zone) && !model.release.has(14, 7) {
            found.push(hazard(HazardKind::ZoneInCapitals, &served.block.place, &key.zone));
        }
    }
}

fn of_directives(block: &ServerBlock, found: &mut Vec<Hazard>) {
    for once in ONLY_ONCE {
        for again in block.named(once).skip(1) {
            found.push(hazard(HazardKind::StandsTwice, &again.place, *once));
        }
    }
    for directive in &block.directives {
        of_braces(directive, found);
    }
}

fn of_braces(directive: &Directive, found: &mut Vec<Hazard>) {
    // Whether a brace was opened on the line of the current word.
    let mut opened_here = false;
    for (before, word) in directive.words.iter().zip(directive.words.iter().skip(1)) {
        opened_here &= word.is_on_line_of(before);
        let is_swallowed = &*word.text == "}" && word.is_on_line_of(before) && &*before.text != "{";
        if is_swallowed {
            let kind = if opened_here { HazardKind::BlockOnALine } else { HazardKind::BraceOnALine };
            let line = word.line.saturating_sub(directive.line()) + directive.place.line;
            let place = Place { source: directive.place.source.clone(), line };
            found.push(hazard(kind, &place, &directive.name));
        }
        opened_here |= &*word.text == "{";
    }
}

fn of_hosts(hosts: &Hosts, place: &Place, found: &mut Vec<Hazard>) {
    let open = |zone: &&String| {
        !hosts.lists(zone) && !hosts.fallthrough.zones.iter().any(|passed| name::is_below(passed, zone))
    };
    if let Some(zone) = hosts.zones.iter().find(open) {
        let kind = if hosts.fallthrough.zones.is_empty() {
            HazardKind::HostsWithoutFallthrough
        } else {
            HazardKind::FallthroughForSomeZones
        };
        found.push(hazard(kind, place, zone));
    }
    for (line, place) in &hosts.no_entries {
        found.push(hazard(HazardKind::NoEntry, place, line));
    }
    for (outside, place) in &hosts.outside {
        found.push(hazard(HazardKind::NameOutsideZones, place, outside));
    }
}

fn of_forwards(forwards: &[Forward], block: &ServerBlock, found: &mut Vec<Hazard>) {
    let touch = |one: &str, other: &str| name::is_below(one, other) || name::is_below(other, one);
    for (index, forward) in forwards.iter().enumerate() {
        if !block.keys.iter().any(|key| touch(&key.zone, &forward.from)) {
            found.push(hazard(HazardKind::ForwardElsewhere, &forward.place, &forward.from));
        }
        let takes_all = |other: &Forward| {
            name::is_below(&other.from, &forward.from) && !other.except.iter().any(|zone| touch(zone, &forward.from))
        };
        if forwards.iter().take(index).any(takes_all) {
            found.push(hazard(HazardKind::ForwardNeverAsked, &forward.place, &forward.from));
        }
    }
}

/// Finds the keys that neither an import nor a plugin names.
fn of_custom_keys(model: &Model, configuration: &Configuration, found: &mut Vec<Hazard>) {
    let files = &configuration.files;
    for key in files.custom.keys() {
        let source = Source::Custom(key.clone());
        let path = files.path(&source);
        let is_imported = model.imports.iter().any(|import| import.what == path);
        if !is_imported && !model.served.iter().any(|served| names(served, &path, files)) {
            found.push(hazard(HazardKind::KeyNotRead, &Place { source, line: 1 }, key));
        }
    }
}

/// Returns whether a directive of a server block names a file, or a folder that it lies in.
fn names(served: &Served, path: &str, files: &Files) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_named = |directive: &Directive, word: &str| {
        word == path
            || word == folder
            // It reads what lies below a folder, too.
            || (directive.name == "auto" && word != "/" && folder.starts_with(&format!("{word}/")))
            // They are given the names of two files without their endings.
            || (matches!(directive.name.as_str(), "dnssec" | "sign") && path.starts_with(&format!("{word}.")))
    };
    served.block.directives.iter().filter(|directive| directive.name != "root").any(|directive| {
        directive.texts().skip(1).any(|word| {
            let rooted = served.root.as_ref().map(|root| files::join(&files.absolute(root), word));
            is_named(directive, &files.absolute(word)) || rooted.is_some_and(|word| is_named(directive, &word))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corefile::version::Version;

    fn kinds(corefile: &str, custom: &[(&str, &str)], version: &str) -> Vec<(HazardKind, String)> {
        let custom = custom.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
        let configuration = Configuration::new(corefile, custom, Version::of_image(version));
        configuration.read().hazards().iter().map(|hazard| (hazard.kind, hazard.place.to_string())).collect()
    }

    fn in_block(lines: &str) -> Vec<HazardKind> {
        kinds(&format!(".:53 {{\n{lines}\n}}\n"), &[], "1.14.7").into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn hosts_and_its_fallthrough() {
        use HazardKind::{
            BlockOnALine, BraceOnALine, FallthroughForSomeZones, HostsWithoutFallthrough, NameOutsideZones, NoEntry,
        };
        assert_eq!(in_block("hosts {\n10.0.0.1 a\nfallthrough\n}"), []);
        assert_eq!(in_block("hosts {\n10.0.0.1 a\n}"), [HostsWithoutFallthrough]);
        assert_eq!(in_block("hosts /dev/null a {\n10.0.0.1 a\n}"), []);
        assert_eq!(in_block("hosts {\nfallthrough org\n}"), [FallthroughForSomeZones]);
        assert_eq!(in_block("hosts {\n10.0.0.1 a\nfallthrough }"), [BraceOnALine, FallthroughForSomeZones]);
        assert_eq!(in_block("hosts { 10.0.0.1 a fallthrough }"), [BlockOnALine, HostsWithoutFallthrough]);
        assert_eq!(in_block("hosts {\n10.0.0.999 a\nfallthrough\n}"), [NoEntry]);
        assert_eq!(in_block("hosts /dev/null b {\n10.0.0.1 a b\n}"), [NameOutsideZones]);
    }

    #[test]
    fn forwards_that_nobody_asks() {
        use HazardKind::{ForwardElsewhere, ForwardNeverAsked};
        assert_eq!(in_block("forward . 1.1.1.1\nforward a.org 1.1.1.1"), [ForwardNeverAsked]);
        assert_eq!(in_block("forward . 1.1.1.1 {\nexcept a.org\n}\nforward a.org 1.1.1.1"), []);
        let found = kinds("a.org {\nforward foo.com 1.1.1.1\n}\n", &[], "1.14.7");
        assert_eq!(found, [(ForwardElsewhere, "configmap/kube-system/coredns .data[\"Corefile\"] line 2".to_owned())]);
    }

    #[test]
    fn keys_that_nothing_reads() {
        let corefile = ".:53 {\nhosts /etc/coredns/custom/pins.hosts {\nfallthrough\n}\nimport custom/*.override\n}\n";
        let custom = [("a.override", "log"), ("b.Override", "log"), ("pins.hosts", "")];
        let found = kinds(corefile, &custom, "1.14.7");
        let place = "configmap/kube-system/coredns-custom .data[\"b.Override\"] line 1".to_owned();
        assert_eq!(found, [(HazardKind::KeyNotRead, place)]);
    }

    #[test]
    fn keys_that_are_named_by_way_of_a_folder() {
        for lines in [
            "root /etc/coredns/custom\nfile zone.db a.org",
            "auto a.org {\ndirectory /etc/coredns/custom\n}",
            "auto a.org {\ndirectory /etc/coredns\n}",
            "root /etc/coredns\nauto a.org {\ndirectory custom (.*)\\.db {1}\n}",
            "dnssec a.org {\nkey file /etc/coredns/custom/zone\n}",
        ] {
            assert_eq!(kinds(&format!(".:53 {{\n{lines}\n}}\n"), &[("zone.db", "")], "1.14.7"), [], "{lines}");
        }
        let corefile = ".:53 {\nroot /etc/coredns/custom\nwhoami\n}\n";
        assert_eq!(kinds(corefile, &[("zone.db", "")], "1.14.7").len(), 1, "a root alone reads nothing");
    }

    #[test]
    fn zones_in_capitals_and_plugins_that_stand_twice() {
        let of = |version| {
            kinds("A.org {\nerrors\nerrors\nwhoami\n}\n", &[], version)
                .into_iter()
                .map(|(kind, _)| kind)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("1.12.1"), [HazardKind::ZoneInCapitals, HazardKind::StandsTwice]);
        assert_eq!(of("1.14.7"), [HazardKind::StandsTwice]);
    }
}
