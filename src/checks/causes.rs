//! What explains what: the one place that knows more than one check.
//!
//! A row says that where both findings are there, the effect is no news of its own. The table has
//! no cycle; a test holds that, and that every name in it is a check's.

/// Whether cause and effect must be about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// They must share a subject.
    Subject,
    /// They need not.
    Anything,
}

/// One row: this cause explains that effect.
#[derive(Debug)]
pub struct Explains {
    /// The name of the check that finds the effect.
    pub effect: &'static str,
    /// The name of the check that finds the cause.
    pub cause: &'static str,
    /// Whether they must be about the same thing.
    pub same: Same,
}

const fn row(effect: &'static str, cause: &'static str, same: Same) -> Explains {
    Explains { effect, cause, same }
}

/// The table.
pub const CAUSES: &[Explains] = &[row("bsl-unavailable", "bsl-missing", Same::Anything)];
