//! stdout for the result, stderr for everything else; colours stripped where nobody wants them.

use std::io::{self, BufWriter, ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};
use owo_colors::OwoColorize as _;
use serde::Serialize;

use crate::error::Error;

/// What became of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was written whole.
    Whole,
    /// The reader went away: quiet, and no fault of the run.
    ReaderGone,
}

/// The two streams.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console;

/// Tells what became of a result.
fn written(outcome: io::Result<()>) -> Result<Written, Error> {
    match outcome {
        Ok(()) => Ok(Written::Whole),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Written::ReaderGone),
        Err(error) => Err(Error::usage(format!("the result cannot be written to standard output: {error}"))
            .hinted("Is the disk that it goes to full? Nothing on the cluster was changed.")),
    }
}

impl Console {
    /// Writes the result to stdout, with colours where the terminal and the environment want them.
    ///
    /// # Errors
    /// What kept it from being written, other than a reader that went away.
    pub fn result(self, text: &str) -> Result<Written, Error> {
        let mut out = AutoStream::auto(io::stdout().lock());
        written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Writes a document to stdout as JSON, piece by piece: one of a hundred thousand rows is never whole in memory.
    ///
    /// # Errors
    /// As [`Console::result`].
    pub fn json(self, document: &impl Serialize) -> Result<Written, Error> {
        let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
        let outcome = serde_json::to_writer_pretty(&mut out, document).map_err(io::Error::from);
        written(outcome.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()))
    }

    /// Writes an error and its hint to stderr.
    pub fn error(self, error: &Error) {
        let mut out = AutoStream::auto(io::stderr().lock());
        // Where stderr is gone there is nobody left to tell.
        let _ = writeln!(out, "{} {}", "error:".red().bold(), super::wrap::plain(&error.message));
        if let Some(hint) = &error.hint {
            let _ = writeln!(out, "{} {}", "hint:".cyan().bold(), super::wrap::plain(hint));
        }
        let _ = out.flush();
    }

    /// Writes a remark to stderr.
    pub fn remark(self, text: &str) {
        let mut out = AutoStream::auto(io::stderr().lock());
        let _ = writeln!(out, "{}", super::wrap::plain(text));
    }

    /// Writes what is wrong with a command line, already laid out, to stderr.
    pub fn usage(self, text: &str) {
        let mut out = AutoStream::auto(io::stderr().lock());
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Returns whether stdout will show colours.
    #[must_use]
    pub fn has_colour(self) -> bool {
        AutoStream::choice(&io::stdout()) != ColorChoice::Never
    }
}
