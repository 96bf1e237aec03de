//! Envelopes: what Azure's services and agents wrap around an error, and the advice that they add to every error.
//!
//! What it is for: finding the innermost error, which decides. The advice ("please check that there are no policies …") is printed whatever
//! happened, so it is never evidence. It may not judge the error that it finds.
//! Where the knowledge comes from: the founding page's scenarios 1 and 4, and public reports of 2022 to 2026 with other extensions of the same agent.

/// Messages are written by others; no more than this is looked at.
const MOST_BYTES: usize = 256 * 1024;

/// More nesting than this has never been seen.
const MOST_ENVELOPES: usize = 16;

/// Canned advice never ran longer than this.
const LONGEST_ADVICE: usize = 600;

/// The part of a text that is looked at.
pub(super) fn head(text: &str) -> &str {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the innermost error of a message, without the envelopes around it and without canned advice.
///
/// A text that has no envelope comes back trimmed. At most the first 256 KiB are looked at.
#[must_use]
pub fn innermost(text: &str) -> &str {
    let mut inner = head(text).trim();
    for _ in 0..MOST_ENVELOPES {
        let next = open_once(inner);
        if next.len() == inner.len() {
            break;
        }
        inner = next;
    }
    inner
}

/// Takes one envelope off, or returns the text as it is.
fn open_once(text: &str) -> &str {
    for marker in ["InnerError", "err"] {
        if let Some(content) = rfind_bracketed(text, marker) {
            return content.trim();
        }
    }
    if let Some(end) = find(text, "occurred while doing the operation") {
        let before = text[..end].trim_end();
        let content = before
            .strip_suffix('}')
            .and_then(|before| before.find('{').map(|open| &before[open + 1..]))
            .unwrap_or(before);
        return content.trim();
    }
    if let Some(start) = find(text, "Recommendation ") {
        return text[..start].trim_end_matches([' ', ':', '\n']).trim();
    }
    for marker in ["uninstalled due to atomic being set:", "Original Error:", "rpc error: code ="] {
        let Some(start) = rfind(text, marker) else { continue };
        let after = &text[start + marker.len()..];
        let after = if marker.starts_with("rpc") {
            find(after, "desc =").map_or(after, |desc| &after[desc + "desc =".len()..])
        } else {
            after
        };
        if !after.trim().is_empty() {
            return after.trim();
        }
    }
    if let Some(end) = find(text, "For general troubleshooting visit") {
        return text[..end].trim_end_matches([' ', ',']).trim();
    }
    text
}

/// The content of the last `marker [..]` or `marker: {..}`, up to its closing bracket or the end.
fn rfind_bracketed<'t>(text: &'t str, marker: &str) -> Option<&'t str> {
    let mut end = text.len();
    while let Some(start) = rfind(&text[..end], marker) {
        let after = text[start + marker.len()..].trim_start_matches([' ', ':', '"', '\\']);
        let alone = !text[..start].ends_with(|letter: char| letter.is_ascii_alphanumeric());
        if alone && after.starts_with(['[', '{']) {
            return Some(bracketed(after));
        }
        end = start;
    }
    None
}

/// What stands between the bracket that opens the text and the one that closes it.
fn bracketed(text: &str) -> &str {
    let (open, close) = if text.starts_with('[') { (b'[', b']') } else { (b'{', b'}') };
    let mut depth = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return &text[1..index];
            }
        }
    }
    &text[1..]
}

/// The first place of an ASCII phrase, whatever the letter case.
fn find(text: &str, phrase: &str) -> Option<usize> {
    let first = phrase.as_bytes().first()?;
    (0..text.len().saturating_sub(phrase.len() - 1))
        .find(|&at| text.as_bytes()[at].eq_ignore_ascii_case(first) && same(text, at, phrase))
}

/// The last place of an ASCII phrase, whatever the letter case.
fn rfind(text: &str, phrase: &str) -> Option<usize> {
    let first = phrase.as_bytes().first()?;
    (0..text.len().saturating_sub(phrase.len() - 1))
        .rev()
        .find(|&at| text.as_bytes()[at].eq_ignore_ascii_case(first) && same(text, at, phrase))
}

fn same(text: &str, at: usize, phrase: &str) -> bool {
    text.as_bytes().get(at..at + phrase.len()).is_some_and(|part| part.eq_ignore_ascii_case(phrase.as_bytes()))
}

/// Blanks canned advice in a folded text, byte for byte, so that places stay where they are.
pub(super) fn without_advice(folded: &str) -> String {
    let mut clean = String::with_capacity(folded.len());
    let mut done = 0;
    while let Some((start, opening)) = next_advice(folded, done) {
        let from = start + opening.len();
        let mut limit = folded.len().min(from + LONGEST_ADVICE);
        while !folded.is_char_boundary(limit) {
            limit -= 1;
        }
        let window = &folded[from..limit];
        let closings: &[&str] =
            if opening.starts_with("recommendedaction") { &["]"] } else { &["innererror", "\"", "}", "]"] };
        let end = closings.iter().filter_map(|closing| window.find(closing)).min().map_or(limit, |found| from + found);
        clean.push_str(&folded[done..start]);
        clean.extend(std::iter::repeat_n('\u{0}', end - start));
        done = end;
    }
    clean.push_str(&folded[done..]);
    clean
}

/// How advice begins: the agent's `: Recommendation Please …`, and the vault's `"recommendedAction":[..]`.
const ADVICE: &[&str] =
    &[": recommendation ", "recommendation please ", "recommendedaction\":", "recommendedaction\" :"];

fn next_advice(folded: &str, from: usize) -> Option<(usize, &'static str)> {
    let mut at = from;
    // Every kind of advice holds this word, so one search is enough.
    while let Some(found) = folded[at..].find("recommend").map(|found| at + found) {
        for opening in ADVICE {
            let start = if opening.starts_with(": ") { found.checked_sub(2) } else { Some(found) };
            if let Some(start) = start
                && start >= from
                && folded.get(start..).is_some_and(|rest| rest.starts_with(opening))
            {
                return Some((start, opening));
            }
        }
        at = found + "recommend".len();
    }
    None
}
