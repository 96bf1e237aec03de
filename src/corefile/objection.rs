//! Why CoreDNS does not take a configuration, or why this model cannot say.

use super::source::Place;

/// What CoreDNS says as it turns a configuration down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// CoreDNS's own words, where they are known; the line in them is where CoreDNS stumbled, not always where the mistake is.
    pub why: String,
    /// Where CoreDNS stumbled.
    pub place: Option<Place>,
    pub(super) is_of_every_release: bool,
}

impl Refusal {
    pub(super) fn new(why: impl Into<String>, place: Option<Place>) -> Self {
        Self { why: why.into(), place, is_of_every_release: false }
    }

    /// Marks a rule that no release has changed: what it refuses, releases that this model does not know refuse too.
    pub(super) fn of_every_release(self) -> Self {
        Self { is_of_every_release: true, ..self }
    }
}

/// What stands against a part of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Objection {
    /// CoreDNS does not take it.
    Refused(Refusal),
    /// This model does not know.
    Unknown(String),
}

/// A part that was read, or what stands against it.
pub(super) type Check<T> = Result<T, Objection>;

/// Makes a refusal that names no line.
pub(super) fn refused<T>(why: impl Into<String>) -> Check<T> {
    Err(Objection::Refused(Refusal::new(why, None)))
}

/// Makes an objection for what is not modelled.
pub(super) fn unknown<T>(why: impl Into<String>) -> Check<T> {
    Err(Objection::Unknown(why.into()))
}
