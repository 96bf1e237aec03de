//! The command line: one file for each verb.
//!
//! A verb is an args struct, whose comments are the help, and one function. It asks sources for
//! facts, checks for a diagnosis and the renderer for a text, and returns an exit code.

mod azure_flags;
mod check_pvcs;
mod command;
mod doctor;
mod ignore_file;
mod output;
mod rbac;
mod reading;
mod usage;
mod version;

pub use check_pvcs::schema as pvc_schema;
pub use command::{Cli, run};
pub use doctor::schema as doctor_schema;
