//! Documents as JSON and as YAML.

use serde::Serialize;

use crate::error::Error;

/// Returns a document as JSON, indented, with a line end.
///
/// # Errors
/// Where it cannot be written as JSON, which is a fault of this program.
pub fn json(document: &impl Serialize) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(document).map_err(|error| Error::internal(error.to_string()))?;
    text.push('\n');
    Ok(text)
}

/// Returns a document as YAML that kubectl reads as it was meant.
///
/// # Errors
/// Where it cannot be written as YAML, which is a fault of this program.
pub fn yaml(document: &impl Serialize) -> Result<String, Error> {
    // Long lines stay whole and nothing is folded: what is quoted must be found again by searching.
    let options = serde_yaml::ser_options! {
        prefer_block_scalars: false,
        folded_wrap_chars: 1_000_000,
        min_fold_chars: 1_000_000,
        quote_all: false,
    };
    let mut text =
        serde_yaml::to_string_with_options(document, options).map_err(|error| Error::internal(error.to_string()))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Returns several documents as one YAML stream, with a comment in front.
///
/// # Errors
/// As [`yaml`].
pub fn yaml_documents(comment: &str, documents: &[impl Serialize]) -> Result<String, Error> {
    let mut text = String::new();
    for line in comment.lines() {
        text.push_str(&format!("# {line}\n"));
    }
    for document in documents {
        text.push_str("---\n");
        text.push_str(&yaml(document)?);
    }
    Ok(text)
}
