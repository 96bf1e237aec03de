//! Turns the directives of a server block into plugins, or says what stands against them.

use super::plugin::{Placed, Plugin};
use super::{
    acl, bind, cache, errors, file, forward, hosts, kubernetes, loadbalance, log, plain, reload, rewrite, template,
};
use crate::corefile::block::ServerBlock;
use crate::corefile::dispenser::{Dispenser, Texts};
use crate::corefile::files::{self, Files};
use crate::corefile::objection::{Check, Objection, Refusal};
use crate::corefile::version::Release;

/// What a plugin is given besides its words.
#[derive(Debug, Clone, Copy)]
pub(in crate::corefile) struct Given<'c> {
    pub(in crate::corefile) release: Release,
    pub(in crate::corefile) files: &'c Files,
    /// The zones of the server block, in lower case.
    pub(in crate::corefile) zones: &'c [String],
    /// The folder of relative paths, where `root` names one.
    pub(in crate::corefile) root: Option<&'c str>,
    /// The ports on which the block serves.
    pub(in crate::corefile) ports: &'c [i64],
}

impl Given<'_> {
    /// Returns a path as `root` has it.
    pub(super) fn rooted(&self, path: &str) -> String {
        match self.root {
            Some(root) if !path.starts_with('/') => files::join(&self.files.absolute(root), path),
            _ => path.to_owned(),
        }
    }
}

/// Sets up one plugin of a server block.
pub(in crate::corefile) fn plugin(
    name: &'static str,
    block: &ServerBlock,
    texts: Texts<'_>,
    given: &Given<'_>,
) -> Check<Placed> {
    let words = block.words(name);
    let place = block.named(name).next().map_or_else(|| block.place.clone(), |directive| directive.place.clone());
    let read = read(name, &mut Dispenser::new(&words, texts), given);
    match read {
        Ok(plugin) => Ok(Placed { name, place, plugin }),
        Err(Objection::Refused(Refusal { why, place })) => {
            Err(Objection::Refused(Refusal { why: format!("plugin/{name}: {why}"), place }))
        }
        Err(unknown) => Err(unknown),
    }
}

fn read(name: &str, words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    match name {
        "acl" => acl::setup(words, given),
        "bind" => bind::setup(words),
        "cache" => cache::setup(words, given),
        "errors" => errors::setup(words, given),
        "file" => file::setup(words, given),
        "forward" => forward::setup(words, given),
        "hosts" => hosts::setup(words, given),
        "kubernetes" => kubernetes::setup(words, given),
        "loadbalance" => loadbalance::setup(words, given),
        "log" => log::setup(words, given),
        "reload" => reload::setup(words, given),
        "rewrite" => rewrite::setup(words, given),
        "template" => template::setup(words, given),
        _ => plain::setup(name, words, given),
    }
}
