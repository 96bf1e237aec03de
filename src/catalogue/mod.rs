//! Microsoft's codes and messages as data, and the matcher.
mod codes;
mod envelope;
mod fold;
mod scheduling;
pub use codes::{CODES, Code};
pub use envelope::innermost;
pub use scheduling::{Reason, Scheduling, Why, scheduling};
