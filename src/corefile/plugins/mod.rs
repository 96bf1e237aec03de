//! One file for each plugin: what it takes as its configuration, and what it answers.
//!
//! Knowledge: `plugin/<name>/setup.go` and the handler beside it, of each release in [`super::version::RELEASES`].

pub(super) mod acl;
pub(super) mod bind;
pub(super) mod cache;
pub(super) mod errors;
pub(super) mod fallthrough;
pub(super) mod file;
pub(super) mod forward;
pub(super) mod go_template;
pub(super) mod hosts;
pub(super) mod hosts_table;
pub(super) mod kubernetes;
pub(super) mod listen;
pub(super) mod loadbalance;
pub(super) mod log;
pub(super) mod pattern;
pub(super) mod plain;
pub(super) mod plugin;
pub(super) mod record;
pub(super) mod reload;
pub(super) mod rewrite;
pub(super) mod rewrite_rule;
pub(super) mod setup;
pub(super) mod template;
#[cfg(test)]
mod tests;
pub(super) mod upstream;
