//! A configuration that was read: whether CoreDNS takes it, what it answers, and what is dangerous in it.

use super::acceptance::Acceptance;
use super::block::ServerBlock;
use super::configuration::Configuration;
use super::hazard::{self, Hazard};
use super::lookup::{Outcome, RecordType};
use super::model::Model;
use super::parser::Import;
use super::version::{Release, Version};

/// A configuration as each release that it is judged by takes it.
#[derive(Debug)]
pub struct Reading {
    models: Vec<Model>,
    version: Version,
    port: u16,
    hazards: Vec<Hazard>,
}

impl Reading {
    pub(super) fn new(configuration: &Configuration) -> Self {
        let models: Vec<Model> =
            configuration.version.judged_as().into_iter().map(|release| Model::new(configuration, release)).collect();
        let hazards = models.last().map(|model| hazard::hazards(model, configuration)).unwrap_or_default();
        Self { models, version: configuration.version, port: configuration.port, hazards }
    }

    /// Returns the releases that it was judged by, oldest first.
    pub fn releases(&self) -> impl Iterator<Item = Release> {
        self.models.iter().map(|model| model.release)
    }

    /// Returns the version that runs and the release whose rules it was judged by, where its own are not known.
    #[must_use]
    pub fn judged_by_another(&self) -> Option<(Release, Release)> {
        let version = self.version.release().filter(|_| self.version.is_beyond())?;
        Some((version, self.releases().last()?))
    }

    /// Says whether CoreDNS would start with this configuration. Where the releases differ, nobody knows.
    #[must_use]
    pub fn acceptance(&self) -> Acceptance {
        let judged = self.models.iter().map(|model| (model.release, Acceptance::of(model))).collect();
        Acceptance::of_all(judged)
    }

    /// Says what a question gets for an answer. Where the releases differ, nobody knows.
    #[must_use]
    pub fn lookup(&self, name: &str, kind: RecordType) -> Outcome {
        let mut found: Vec<(Release, Outcome)> =
            self.models.iter().map(|model| (model.release, model.ask(name, kind, self.port))).collect();
        let Some((newest, outcome)) = found.pop() else {
            return Outcome::Unknown { why: "no release was judged".to_owned() };
        };
        match found.into_iter().find(|(_, other)| !is_same(other, &outcome)) {
            None => outcome,
            Some((_, Outcome::Unknown { why })) => Outcome::Unknown { why },
            Some((older, _)) => {
                Outcome::Unknown { why: format!("CoreDNS {older} and {newest} differ, and the version is not known") }
            }
        }
    }

    /// Returns the server blocks, in the order of the files, as the newest release that it was judged by has them.
    pub fn blocks(&self) -> impl Iterator<Item = &ServerBlock> {
        self.models.last().into_iter().flat_map(|model| model.served.iter().map(|served| &served.block))
    }

    /// Returns the plugins of a server block (by its number) in the order in which CoreDNS asks them.
    pub fn order(&self, block: usize) -> impl Iterator<Item = &str> {
        let served = self.models.last().and_then(|model| model.served.get(block));
        served.into_iter().flat_map(|served| served.plugins.iter().map(|placed| placed.name))
    }

    /// Returns the imports that were followed.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        self.models.last().map_or(&[], |model| model.imports.as_slice())
    }

    /// Returns what is dangerous, or does nothing, though CoreDNS may take it.
    #[must_use]
    pub fn hazards(&self) -> &[Hazard] {
        &self.hazards
    }
}

/// Refusals differ in their words from release to release; that is no difference in what is served.
fn is_same(one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Outcome::NotServing { .. }, Outcome::NotServing { .. }) => true,
        _ => one == other,
    }
}
