//! The cluster that is built into the program: somebody without a broken one can see what it says.

use crate::error::Error;
use crate::facts::Facts;

const SAMPLE: &str = include_str!("sample.json");

/// Returns the facts of the built-in sample.
///
/// # Errors
/// None in a released program: a test reads the sample.
pub fn sample() -> Result<Facts, Error> {
    super::bundle::parse(SAMPLE.as_bytes()).map_err(|why| Error::internal(format!("the built-in sample: {why}")))
}
