//! Where facts come from: a live cluster, Azure, or a file.
//!
//! A source fills [`crate::facts::Facts`] with what the selected checks need, and judges nothing.

mod azure;
mod bundle;
mod live;
mod sample;

pub use azure::{Arm, Find, ask_for_disks};
pub use bundle::{can_be_new, read_bundle, write_bundle};
pub use live::{Interruption, Limit, Live, Opened, Step, greet};
pub use sample::sample;
