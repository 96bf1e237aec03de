//! Facts in a file: one JSON document, so that a saved cluster is judged as a live one is.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::error::Error;
use crate::facts::Facts;

/// The largest file that is read: facts of ten thousand pods are a hundredth of it.
const LARGEST: u64 = 256 << 20;

/// What a saved file says that it is.
const API_VERSION: &str = "aksbackup/v1";
const KIND: &str = "Facts";

/// Checks, before anything is read, that a new file of this name can be made.
///
/// # Errors
/// What is in the way.
pub fn can_be_new(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    if path.exists() {
        return Err(Error::usage(format!("{shown} is there already"))
            .hinted("Name a file that does not exist yet; nothing is overwritten."));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(());
    }
    Err(Error::usage(format!("{shown} cannot be made: there is no folder {}", folder.display()))
        .hinted("Name a file in a folder that is there."))
}

/// Reads facts from a file; `-` is not a file here, since a pipe cannot be measured first.
///
/// # Errors
/// What is wrong with the file, and what to do about it.
pub fn read_bundle(path: &Path) -> Result<Facts, Error> {
    let shown = path.display();
    let hint = "A bundle is made with: kubectl aksbackup doctor --save FILE";
    let size = fs::metadata(path)
        .map_err(|error| Error::usage(format!("the bundle {shown} cannot be read: {error}")).hinted(hint))?;
    if !size.is_file() {
        return Err(Error::usage(format!("the bundle {shown} is not a file")).hinted(hint));
    }
    if size.len() > LARGEST {
        return Err(Error::usage(format!("the bundle {shown} is larger than {} MiB", LARGEST >> 20)).hinted(hint));
    }
    let text = fs::read(path)
        .map_err(|error| Error::usage(format!("the bundle {shown} cannot be read: {error}")).hinted(hint))?;
    parse(&text).map_err(|why| Error::usage(format!("the bundle {shown} cannot be read: {why}")).hinted(hint))
}

/// Parses facts; an empty object would be a cluster of which nothing is known, which nobody means.
pub(super) fn parse(text: &[u8]) -> Result<Facts, String> {
    let value: serde_json::Value = serde_json::from_slice(text).map_err(|error| {
        // What stands there may be a secret; where it stands is enough to find it.
        format!("it is no JSON (line {}, column {})", error.line(), error.column())
    })?;
    let kind = value.get("kind").and_then(serde_json::Value::as_str);
    if kind.is_some_and(|kind| kind != KIND) {
        return Err(format!("it is a {}, not saved facts", crate::facts::Text::new(kind.unwrap_or_default())));
    }
    if value.get("observedAt").is_none() {
        return Err("it does not say when it was read (observedAt)".to_owned());
    }
    serde_json::from_slice(text)
        .map_err(|error| format!("it is no bundle of this tool (line {}, column {})", error.line(), error.column()))
}

/// Writes facts to a file that only the user can read.
///
/// The file appears whole or not at all, and never in place of one that is there.
///
/// # Errors
/// What kept it from being written.
pub fn write_bundle(path: &Path, facts: &Facts) -> Result<(), Error> {
    let shown = path.display();
    let failed = |error: &dyn std::fmt::Display| Error::usage(format!("the bundle {shown} cannot be written: {error}"));
    let mut document = serde_json::to_value(facts).map_err(|error| Error::internal(error.to_string()))?;
    if let Some(fields) = document.as_object_mut() {
        fields.insert("apiVersion".to_owned(), API_VERSION.into());
        fields.insert("kind".to_owned(), KIND.into());
    }
    let text = serde_json::to_vec_pretty(&document).map_err(|error| Error::internal(error.to_string()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .map_err(|error| failed(&error.kind()).hinted("See whether you may write into that folder."))?;
    file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    file.persist_noclobber(path)
        .map_err(|error| failed(&error.error).hinted("Name a file that does not exist yet; nothing is overwritten."))?;
    Ok(())
}
