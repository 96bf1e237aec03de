//! The exit codes, in one documented place.
//!
//! They are a contract with scripts and the same in every output format (contract section 1).
//! Only `main` ends the process; everything else returns one of these.

/// Nothing at or above `--fail-on`, and nothing left unjudged.
pub const FINE: u8 = 0;
/// At least one finding at or above `--fail-on`.
pub const FOUND: u8 = 1;
/// Could not run: usage, no cluster to ask, a bundle that cannot be read.
pub const COULD_NOT_RUN: u8 = 2;
/// No such finding, but something could not be judged.
pub const UNJUDGED: u8 = 3;
/// Interrupted; the document is still whole.
pub const INTERRUPTED: u8 = 130;
