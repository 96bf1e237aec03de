//! CoreDNS's configuration, for judging: would CoreDNS take it, and what would it answer?
//!
//! What it is for: [`Configuration`] is the Corefile with the keys of coredns-custom and a version; reading it gives a [`Reading`], which says whether CoreDNS
//! would start ([`Acceptance`]), what becomes of a question ([`Outcome`]), and what is dangerous though it is taken ([`Hazard`]). [`Document`] keeps
//! every byte of one text. What is not modelled is said to be unknown, never taken by hope.
//! What it may not do: I/O of any kind, know the clock, the cluster or a check; panic on anything.
//! Where the knowledge comes from: coredns-on-aks.md sections 1 and 2, and the sources of each release in [`RELEASES`]; held against the real CoreDNS by
//! `tests/corefile.rs`.

mod acceptance;
mod block;
mod chain;
mod cluster_dns;
mod configuration;
mod directives;
mod dispenser;
mod document;
mod files;
mod glob;
mod golang;
mod hazard;
mod import;
mod key;
mod lexer;
mod lookup;
mod model;
mod name;
mod objection;
mod overlap;
mod parser;
mod plugins;
mod reading;
mod record_type;
mod source;
#[cfg(test)]
mod tests;
mod variables;
mod version;
mod words;

pub use acceptance::Acceptance;
pub use block::{Directive, ServerBlock};
pub use cluster_dns::ClusterDns;
pub use configuration::{Configuration, File};
pub use directives::directives;
pub use document::{Document, Piece};
pub use hazard::{Hazard, HazardKind};
pub use key::Key;
pub use lexer::{Token, tokens};
pub use lookup::{By, Outcome, RecordType};
pub use objection::Refusal;
pub use parser::Import;
pub use reading::Reading;
pub use source::{Place, Source};
pub use version::{RELEASES, Release, Version};
