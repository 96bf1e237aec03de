//! Takes secrets out of texts on their way in.
//!
//! Knowledge: the shapes in which Azure and Kubernetes carry secrets in messages and logs: bearer
//! tokens and JWTs, SAS signatures, storage and other connection strings, keys and passwords after
//! their names, headers, users in URLs, PEM blocks. What looks like a secret goes; a name, an id,
//! an address or a URL without its secret part stays, since a diagnosis needs it.

mod looks;
mod named;
mod pem;
#[cfg(test)]
mod tests;
mod url;

/// What stands where a secret stood.
const GONE: &str = "[redacted]";

/// Returns the text without what looks like a secret.
///
/// Linear in the length of the text.
#[must_use]
pub fn redact(text: &str) -> String {
    let text = url::without_users(&pem::without_blocks(text));
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut before = None;
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        before = rest[..start].chars().next_back().or(before);
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let secret = looks::secret_in(word);
        if let Some(found) = secret.is_none().then(|| named::secret_after(before, word, after)).flatten() {
            out.push_str(word);
            out.push_str(found.separator);
            out.push_str(GONE);
            rest = found.rest;
        } else if let Some(range) = secret {
            out.push_str(&word[..range.start]);
            out.push_str(GONE);
            out.push_str(&word[range.end..]);
            // The padding of base 64 is no part of the word.
            rest = if range.end == word.len() { after.trim_start_matches('=') } else { after };
        } else {
            out.push_str(word);
            rest = after;
        }
        before = None;
    }
    out.push_str(rest);
    out
}

/// Tells what a word is made of; `=` and `:` end one, so that a name is seen by itself.
const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '.' | '~')
}
