//! `local`: answers names of this machine. What it answers is not modelled.

use super::plugin::Plugin;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    if given.release.has(14, 4) {
        return unknown("the configuration of local is not modelled");
    }
    words.next();
    Ok(Plugin::Obscure { zones: vec![".".to_owned()], why: "what local does is not modelled".to_owned() })
}
