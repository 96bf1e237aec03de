//! The table of checks.
//!
//! One check, one file, one folder of cases under `tests/checks/`. A check is pure: it reads facts
//! and says what it finds; it fetches nothing, prints nothing and does not know the other checks.
//! What explains what stands in [`causes`]; how to add a check stands in CONTRIBUTING.md.

pub mod causes;
mod check;
mod diagnosis;
mod road;
mod runner;

// What several checks read in the same way.
mod waiting;

// The checks.
mod extension_missing;
mod pods_no_room;

pub use check::{Check, Judgement, Outcome};
pub use diagnosis::{Diagnosis, Placed, Role};
pub use road::{Mark, Stretch, road};
pub use runner::{Ran, run};

/// Every check, in the order of their codes.
pub static CHECKS: &[&Check] = &[&extension_missing::CHECK, &pods_no_room::CHECK];
