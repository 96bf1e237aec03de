//! Tells where the time goes, when `AKSBACKUP_LAB_TIMES` is set.

use std::time::Instant;

/// A clock that starts with a part of the work.
pub(crate) struct Clock(Option<Instant>);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(std::env::var_os("AKSBACKUP_LAB_TIMES").map(|_| Instant::now()))
    }

    /// Says how long it took until this.
    pub(crate) fn tell(&self, what: &str) {
        if let Some(start) = self.0 {
            eprintln!("lab: {:5} ms until: {what}", start.elapsed().as_millis());
        }
    }
}
