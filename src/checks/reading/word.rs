//! A value from outside as a word of a command.

/// Returns a value for a command, or a word in capitals where it is not known.
///
/// What a shell would take for more than a word is not copied into a command that people paste.
pub fn word<'f>(value: Option<&'f str>, unknown: &'static str) -> &'f str {
    let is_plain = |text: &&str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    value.filter(is_plain).unwrap_or(unknown)
}
