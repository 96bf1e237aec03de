//! Microsoft's codes and messages as data, and the matcher behind `explain`.
//!
//! What it is for: [`CODES`] holds the documented codes, [`SIGNS`] the families of real messages, [`classify()`] finds the families that a text shows,
//! [`scheduling()`] reads the scheduler's reasons, [`innermost`] unwraps envelopes.
//! What it may not do: stand on anything but the standard library's strings and collections, do I/O, know the clock, the cluster or a check.
//! Where the knowledge comes from: Microsoft's troubleshooting page and its later versions, the sources of the programs that write the messages,
//! and public reports; each file names its own.

mod capture;
mod captured;
mod classify;
pub mod codes;
mod envelope;
mod fold;
mod precedence;
mod scene;
mod scheduling;
mod sign;
mod signs;
#[cfg(test)]
mod tests;

pub use captured::Captured;
pub use classify::{Match, classify};
pub use codes::{CODES, Code};
pub use envelope::innermost;
pub use scheduling::{Reason, Scheduling, Why, scheduling};
pub use sign::{About, Sign, Weight};
pub use signs::SIGNS;
