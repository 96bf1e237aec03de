//! The user and the password in front of a URL's host.

use super::GONE;

/// Returns the text without them.
pub(super) fn without_users(text: &str) -> String {
    const MARK: &str = "://";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let (before, after) = rest.split_at(at + MARK.len());
        out.push_str(before);
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
        // Ending at the next URL keeps a list of them apart, and the search linear.
        let next = after.find(MARK).unwrap_or(after.len());
        let end = after[..next].find(is_end).unwrap_or(next);
        let user = user_end(&after[..end]);
        if user > 0 {
            out.push_str(GONE);
        }
        rest = &after[user..];
    }
    out.push_str(rest);
    out
}

/// Returns where the user in front of the host ends; 0 where there is none.
fn user_end(url: &str) -> usize {
    let authority = url.split(['/', '?', '#']).next().unwrap_or(url);
    if let Some(at) = authority.rfind('@') {
        // An image by its digest is no user, and what is gone stays as it is.
        let is_user = !authority[at..].starts_with("@sha256:") && &authority[..at] != GONE;
        return if is_user { at } else { 0 };
    }
    // A password may hold what ends a host: then a port that is no number gives it away.
    let has_password = authority.rsplit_once(':').is_some_and(|(_, port)| !port.bytes().all(|b| b.is_ascii_digit()));
    if has_password && !authority.starts_with('[') { url.rfind('@').unwrap_or(0) } else { 0 }
}
