//! How long what went wrong once stays news.
//!
//! Knowledge: a vault ends a job that nobody takes up within hours and starts the next one by its schedule, at most a day
//! later; Azure Backup keeps its jobs for much longer, so what is older still has its record there.

use jiff::SignedDuration;

/// What happened longer ago than this is at most a remark: somebody has seen it, or nobody waits for it.
pub const RECENT: SignedDuration = SignedDuration::from_hours(72);
/// What happened longer ago than this is not even a remark.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
