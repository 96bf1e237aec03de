//! One file for each plugin: what it takes as its configuration, and what it answers.
//!
//! Knowledge: `plugin/<name>/setup.go` and the handler beside it, of each release in [`super::version::RELEASES`].

pub(super) mod acl;
pub(super) mod any;
pub(super) mod autopath;
pub(super) mod bind;
pub(super) mod bufsize;
pub(super) mod cache;
pub(super) mod cancel;
pub(super) mod chaos;
pub(super) mod debug;
pub(super) mod dns64;
pub(super) mod errors;
pub(super) mod fallthrough;
pub(super) mod file;
pub(super) mod forward;
pub(super) mod go_template;
pub(super) mod header;
pub(super) mod health;
pub(super) mod hosts;
pub(super) mod hosts_table;
pub(super) mod kubernetes;
pub(super) mod listen;
pub(super) mod loadbalance;
pub(super) mod local;
pub(super) mod log;
pub(super) mod loop_detection;
pub(super) mod metadata;
pub(super) mod minimal;
pub(super) mod multisocket;
pub(super) mod nsid;
pub(super) mod pattern;
pub(super) mod plugin;
pub(super) mod prometheus;
pub(super) mod ready;
pub(super) mod record;
pub(super) mod reload;
pub(super) mod rewrite;
pub(super) mod rewrite_edns0;
pub(super) mod rewrite_rule;
pub(super) mod root;
pub(super) mod setup;
pub(super) mod template;
#[cfg(test)]
mod tests;
pub(super) mod timeouts;
pub(super) mod unmodelled;
pub(super) mod upstream;
pub(super) mod view;
pub(super) mod whoami;
