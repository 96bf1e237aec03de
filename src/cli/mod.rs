//! The command line: one file for each verb.
//!
//! A verb is an args struct, whose comments are the help, and one function. It asks sources for
//! facts, checks for a diagnosis and the renderer for a text, and returns an exit code.

mod command;
mod doctor;
mod output;
mod rbac;
mod usage;
mod version;

pub use command::{Cli, run};
pub use doctor::schema as doctor_schema;
