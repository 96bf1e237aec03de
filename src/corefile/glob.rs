//! What an import's pattern names.
//!
//! Knowledge: Go's path/filepath.Glob, and the limits that the parser puts before it (coredns-on-aks.md 2.6): one star, one question mark, no class.

use super::files::Files;
use super::objection::{Check, unknown};

/// Returns the files that an absolute pattern names, sorted. The inner `Err`: CoreDNS's complaint.
pub(super) fn matches(files: &Files, pattern: &str) -> Check<Result<Vec<String>, String>> {
    let count = |letter: char| pattern.matches(letter).count();
    if count('*') > 1 || count('?') > 1 || pattern.contains('[') && pattern.contains(']') {
        return Ok(Err(format!("Glob pattern may only contain one wildcard (*), but has others: {pattern}")));
    }
    if pattern.contains('\\') {
        return unknown(format!("the pattern {pattern} has escapes"));
    }
    if pattern.contains('[') {
        return Ok(Err(format!("Failed to use import pattern {pattern}: syntax error in pattern")));
    }
    if !pattern.contains(['*', '?']) {
        return Ok(Ok(vec![pattern.to_owned()]));
    }
    let (folder, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    if folder.contains(['*', '?']) {
        return unknown(format!("the pattern {pattern} names several folders"));
    }
    let Some(names) = files.names(folder) else {
        return unknown(format!("what is in the folder {folder} is not known"));
    };
    let names = names.into_iter().filter(|name| fits(last, name));
    Ok(Ok(names.map(|name| format!("{}/{name}", folder.trim_end_matches('/'))).collect()))
}

/// Returns whether a name fits a pattern of letters, at most one star and at most one question mark.
fn fits(pattern: &str, name: &str) -> bool {
    let letters_fit = |pattern: &str, name: &str| {
        pattern.chars().count() == name.chars().count()
            && pattern.chars().zip(name.chars()).all(|(want, is)| want == '?' || want == is)
    };
    let Some((front, back)) = pattern.split_once('*') else { return letters_fit(pattern, name) };
    let (long, count) = (name.chars().count(), front.chars().count() + back.chars().count());
    if long < count {
        return false;
    }
    let head: String = name.chars().take(front.chars().count()).collect();
    let tail: String = name.chars().skip(long - back.chars().count()).collect();
    letters_fit(front, &head) && letters_fit(back, &tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, is_fit) in [
            ("*.override", "a.override", true),
            ("*.override", ".override", true),
            ("*.override", "a.OVERRIDE", false),
            ("*.override", "a.override.bak", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("?.b", "é.b", true),
            ("?*", "", false),
            ("*", "..data", true),
        ] {
            assert_eq!(fits(pattern, name), is_fit, "{pattern} {name}");
        }
    }

    #[test]
    fn files_come_in_the_order_of_their_names() {
        let custom = ["b.server", "a.server", "B.server", "c.override"].map(|key| (key.to_owned(), String::new()));
        let files = Files::new(String::new(), custom.into_iter().collect());
        let found = matches(&files, "/etc/coredns/custom/*.server").unwrap().unwrap();
        assert_eq!(found, ["B.server", "a.server", "b.server"].map(|name| format!("/etc/coredns/custom/{name}")));
    }
}
