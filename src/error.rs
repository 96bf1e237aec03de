//! Errors that end a run, sorted by who can mend them.
//!
//! An error is shown as one `error:` line and, where something can be done, one `hint:` line.
//! The wording follows the house rules: a lowercase fragment without a period for the message, a
//! whole sentence for the hint, and never punctuation directly after something to be copied.

use std::fmt;

/// Who can mend an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line or a file that it names.
    Usage,
    /// The cluster, or the way to it.
    Cluster,
    /// This program.
    Internal,
}

/// An error that ends a run, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Who can mend it.
    pub kind: Kind,
    /// What went wrong, as a lowercase fragment.
    pub message: String,
    /// What to do, as a whole sentence.
    pub hint: Option<String>,
}

impl Error {
    /// Makes an error about the command line or a file that it names.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Makes an error about the cluster or the way to it.
    pub fn cluster(message: impl Into<String>) -> Self {
        Self::new(Kind::Cluster, message)
    }

    /// Makes an error about this program itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
