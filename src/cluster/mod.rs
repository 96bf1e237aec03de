//! Kubernetes I/O: connecting, listing, logs, port-forward.
//!
//! It knows no checks and keeps no facts. Every call has a time limit and a limit on what it
//! reads, and every failure is told in words that a person can act on, with nothing secret in them.

mod answer;
mod api;
mod ask;
mod certificate;
mod choice;
mod client;
mod connect;
mod dns;
mod exec_plugin;
mod flags;
mod impersonation;
mod in_cluster;
mod kubeconfig;
mod login;
mod logins;
mod path;
mod proxy;
mod refusal;
mod server;
mod trace;
mod trace_body;
mod trial;
mod trouble;
mod trust;

pub use api::{Api, Cut, LogRequest};
pub use connect::connect;
pub use dns::{Answers, ask_for_addresses, decode_answer, encode_question};
pub use flags::{Flags, duration};
pub use logins::Logins;
pub use path::Path;
pub use refusal::Refusal;
pub use trial::Verdict;
