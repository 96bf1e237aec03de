//! A configuration as one release of CoreDNS takes it.

use super::block::{Directive, ServerBlock};
use super::configuration::Configuration;
use super::directives::directives;
use super::dispenser::Texts;
use super::key;
use super::name;
use super::objection::{Objection, Refusal};
use super::overlap::Overlap;
use super::parser::{Import, Parsed, Parser, RawBlock};
use super::plugins::plugin::{Passing, Placed, Plugin};
use super::plugins::setup::{self, Given};
use super::plugins::unmodelled;
use super::source::{Place, Source};
use super::version::{Release, Version};

/// A server block with its plugins in the order in which they are asked.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) block: ServerBlock,
    pub(super) plugins: Vec<Placed>,
    /// The addresses on which it listens; empty: all of them.
    pub(super) addresses: Vec<String>,
    /// The folder of relative paths, where one is named.
    pub(super) root: Option<String>,
}

impl Served {
    /// Says when the block takes a question of its zones.
    pub(super) fn passing(&self) -> Passing {
        let views = self.plugins.iter().filter(|placed| placed.name == "view");
        let mut passing = views.map(|placed| match &placed.plugin {
            Plugin::View(passing) => *passing,
            _ => Passing::Depends,
        });
        passing.next().unwrap_or(Passing::Always)
    }
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) release: Release,
    /// The version that runs, where its own rules are not known.
    beyond: Option<Version>,
    pub(super) served: Vec<Served>,
    pub(super) refusal: Option<Refusal>,
    pub(super) unknowns: Vec<String>,
    pub(super) imports: Vec<Import>,
}

impl Model {
    pub(super) fn new(configuration: &Configuration, release: Release) -> Self {
        let mut parsed = Parser::parse(configuration, release);
        let beyond = Some(configuration.version).filter(|version| version.is_beyond());
        let mut model =
            Self { release, beyond, served: Vec::new(), refusal: None, unknowns: Vec::new(), imports: Vec::new() };
        model.imports = std::mem::take(&mut parsed.imports);
        if !parsed.missing.is_empty() {
            let names = parsed.missing.join(", ");
            model.unknowns.push(format!("the value of a variable of CoreDNS's environment is not known: {names}"));
            return model;
        }
        match parsed.stopped.take() {
            Some(objection) => model.note(objection),
            None => model.serve(configuration, parsed),
        }
        if let Some(version) = beyond.filter(|version| version.is_older()).and_then(Version::release) {
            let why = format!(
                "CoreDNS {version} is older than the releases whose rules are known, which begin with {release}"
            );
            model.note(Objection::Unknown(why));
        }
        model
    }

    /// Notes what stands against the configuration; the first refusal is the one that CoreDNS says.
    fn note(&mut self, objection: Objection) {
        match objection {
            Objection::Refused(refusal) => match self.beyond.and_then(Version::release) {
                Some(version) if !refusal.is_of_every_release => {
                    let release = self.release;
                    let why =
                        format!("the rules of CoreDNS {version} are not known; {release} would say: {}", refusal.why);
                    self.note(Objection::Unknown(why));
                }
                _ => {
                    self.refusal.get_or_insert(refusal);
                }
            },
            Objection::Unknown(why) => {
                if !self.unknowns.contains(&why) {
                    self.unknowns.push(why);
                }
            }
        }
    }

    fn serve(&mut self, configuration: &Configuration, parsed: Parsed) {
        let blocks = if parsed.blocks.is_empty() { vec![when_empty()] } else { parsed.blocks };
        for raw in blocks {
            match self.keyed(raw) {
                Ok(block) => self.served.push(Served { block, plugins: Vec::new(), addresses: Vec::new(), root: None }),
                Err(objection) => self.note(objection),
            }
        }
        if self.refusal.is_some() {
            return;
        }
        let paths: Vec<String> = parsed.sources.iter().map(|source| configuration.files.path(source)).collect();
        let texts = Texts { sources: &parsed.sources, paths: &paths, ends_blocks: self.release.has(13, 0) };
        for directive in directives(self.release) {
            for index in 0..self.served.len() {
                if let Err(objection) = self.set_up(index, directive, configuration, texts) {
                    self.note(objection);
                }
            }
        }
        self.listen();
    }

    fn keyed(&mut self, raw: RawBlock) -> Result<ServerBlock, Objection> {
        let mut keys = Vec::new();
        for (text, place) in &raw.keys {
            let read = key::keys(text, self.release).map_err(|objection| match objection {
                Objection::Refused(refusal) => Objection::Refused(Refusal { place: Some(place.clone()), ..refusal }),
                unknown @ Objection::Unknown(_) => unknown,
            });
            keys.extend(read?);
        }
        // A server for TLS starts without a certificate, too; the other transports have rules of their own.
        if let Some(other) = keys.iter().find(|key| !matches!(key.transport, "dns" | "tls")) {
            self.note(Objection::Unknown(format!("the transport of {other} is not modelled")));
        }
        Ok(ServerBlock { keys, directives: raw.directives, place: raw.place })
    }

    fn set_up(
        &mut self,
        index: usize,
        directive: &'static str,
        configuration: &Configuration,
        texts: Texts<'_>,
    ) -> Result<(), Objection> {
        let release = self.release;
        let Some(served) = self.served.get_mut(index) else { return Ok(()) };
        if served.block.named(directive).next().is_none() {
            return Ok(());
        }
        let zones: Vec<String> = served.block.keys.iter().map(|key| name::normal(&key.zone)).collect();
        let ports: Vec<i64> = served.block.keys.iter().map(|key| key.port).collect();
        let given =
            Given { release, files: &configuration.files, zones: &zones, root: served.root.as_deref(), ports: &ports };
        let placed = setup::plugin(directive, &served.block, texts, &given);
        let (placed, doubts) = match placed {
            Ok(set_up) => set_up,
            Err(objection) => {
                let place = served.block.place.clone();
                let plugin = unmodelled::plugin(directive, &served.block, release);
                served.plugins.push(Placed { name: directive, place, plugin });
                return Err(objection);
            }
        };
        match &placed.plugin {
            Plugin::Root(root) => served.root = Some(root.clone()),
            Plugin::Bind(addresses) => served.addresses.clone_from(addresses),
            _ => {}
        }
        served.plugins.push(placed);
        for why in doubts {
            self.note(Objection::Unknown(why));
        }
        Ok(())
    }

    /// Checks ports, and that no zone is served twice.
    fn listen(&mut self) {
        let mut overlap = Overlap::default();
        let mut objections = Vec::new();
        let keys = || self.served.iter().flat_map(|served| served.block.keys.iter().map(move |key| (served, key)));
        for (served, key) in keys() {
            if !(0..=65_535).contains(&key.port) {
                let why = format!("address {}: invalid port", key.port);
                objections.push(Refusal::new(why, Some(served.block.place.clone())));
            }
        }
        for (served, key) in keys() {
            let everywhere = [String::new()];
            let addresses =
                if served.block.named("bind").next().is_some() { served.addresses.as_slice() } else { &everywhere };
            let place = &served.block.place;
            let has_view = served.block.named("view").next().is_some();
            for address in addresses {
                let checked = if has_view {
                    overlap.check_filtered(key, address, place, self.release)
                } else {
                    overlap.register(key, address, place)
                };
                objections.extend(checked.err());
            }
        }
        if let Some(first) = objections.into_iter().next() {
            self.note(Objection::Refused(first));
        }
    }
}

/// What CoreDNS serves where no server block is given: every name, with who asks.
fn when_empty() -> RawBlock {
    let place = Place { source: Source::Corefile, line: 1 };
    let word = |text: &str| super::words::Word { text: text.into(), source: 0, line: 1, import: None };
    let directive = |name: &str| Directive { name: name.to_owned(), place: place.clone(), words: vec![word(name)] };
    RawBlock {
        keys: vec![(".".to_owned(), place.clone())],
        directives: vec![directive("whoami"), directive("log")],
        place: place.clone(),
    }
}
