//! Turns the directives of a server block into plugins, or says what stands against them.

use super::plugin::{Placed, Plugin};
use super::{
    acl, any, autopath, bind, bufsize, cache, cancel, chaos, debug, dns64, errors, file, forward, header, health,
    hosts, kubernetes, loadbalance, local, log, loop_detection, metadata, minimal, multisocket, nsid, prometheus,
    ready, reload, rewrite, root, template, timeouts, view, whoami,
};
use crate::corefile::block::ServerBlock;
use crate::corefile::dispenser::{Dispenser, Texts};
use crate::corefile::files::{self, Files};
use crate::corefile::objection::{Check, Objection, Refusal, unknown};
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

/// Sets up one plugin of a server block; with it, why it may still be refused.
pub(in crate::corefile) fn plugin(
    name: &'static str,
    block: &ServerBlock,
    texts: Texts<'_>,
    given: &Given<'_>,
) -> Check<(Placed, Vec<String>)> {
    let words = block.words(name);
    let place = block.named(name).next().map_or_else(|| block.place.clone(), |directive| directive.place.clone());
    let mut words = Dispenser::new(&words, texts);
    match read(name, &mut words, given) {
        Ok(plugin) => Ok((Placed { name, place, plugin }, words.doubts)),
        Err(Objection::Refused(refusal)) => {
            Err(Objection::Refused(Refusal { why: format!("plugin/{name}: {}", refusal.why), ..refusal }))
        }
        Err(unknown) => Err(unknown),
    }
}

fn read(name: &str, words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    match name {
        "acl" => acl::setup(words, given),
        "any" => any::setup(words, given),
        "autopath" => autopath::setup(words, given),
        "bind" => bind::setup(words),
        "bufsize" => bufsize::setup(words),
        "cache" => cache::setup(words, given),
        "cancel" => cancel::setup(words),
        "chaos" => chaos::setup(words, given),
        "debug" => debug::setup(words),
        "dns64" => dns64::setup(words),
        "errors" => errors::setup(words, given),
        "file" => file::setup(words, given),
        "forward" => forward::setup(words, given),
        "header" => header::setup(words, given),
        "health" => health::setup(words, given),
        "hosts" => hosts::setup(words, given),
        "kubernetes" => kubernetes::setup(words, given),
        "loadbalance" => loadbalance::setup(words, given),
        "local" => local::setup(words, given),
        "log" => log::setup(words, given),
        "loop" => loop_detection::setup(words),
        "metadata" => metadata::setup(words, given),
        "minimal" => minimal::setup(words),
        "multisocket" => multisocket::setup(words, given),
        "nsid" => nsid::setup(words),
        "prometheus" => prometheus::setup(words, given),
        "ready" => ready::setup(words, given),
        "reload" => reload::setup(words, given),
        "rewrite" => rewrite::setup(words, given),
        "root" => root::setup(words),
        "template" => template::setup(words, given),
        "timeouts" => timeouts::setup(words, given),
        "view" => view::setup(words),
        "whoami" => whoami::setup(words),
        _ => unknown(format!("the configuration of {name} is not modelled")),
    }
}
