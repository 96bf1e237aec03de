//! The only writer: everything that reaches stdout or stderr passes here.
//!
//! It shows what it is given and decides nothing. What comes from a cluster is stripped of control
//! characters before it reaches a terminal. The same facts give the same bytes.

mod data;
mod junit;
mod list;
mod path_walk;
pub mod pvcs;
pub mod report;
mod short;
mod sink;
mod text;
mod wrap;

pub use data::{json, yaml, yaml_documents};
pub use junit::junit;
pub use list::{list_json, list_text, list_yaml};
pub use path_walk::PathWalk;
pub use short::short;
pub use sink::{Console, Written};
pub use text::{Detail, Look, doctor};
