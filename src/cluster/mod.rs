//! Kubernetes I/O: connecting, listing, logs, port-forward.
//!
//! It knows no checks and keeps no facts. Every call has a time limit and a limit on what it
//! reads, and every failure is told in words that a person can act on, with nothing secret in them.

mod api;
mod connect;
mod dns;
mod refusal;

pub use api::{Api, LogRequest, Path, is_built_in};
pub use connect::{Flags, connect};
pub use dns::{ask_for_address, decode_answer, encode_question};
pub use refusal::Refusal;
