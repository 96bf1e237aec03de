//! What is a secret by its looks: a JWT, an Entra client secret, a key in base 64.

use std::ops::Range;

/// The shortest word that is taken for a key: 32 random bytes have 43 characters.
const SHORTEST_KEY: usize = 40;

/// Finds the secret in a word.
pub(super) fn secret_in(word: &str) -> Option<Range<usize>> {
    jwt(word).or_else(|| client_secret(word)).or_else(|| key(word))
}

/// Finds a JWT: JSON in base 64 begins with `eyJ`.
fn jwt(word: &str) -> Option<Range<usize>> {
    const SHORTEST: usize = 24;
    let dot = word.rfind('.')?;
    word.match_indices("eyJ").map(|(at, _)| at).find_map(|at| {
        let is_start = !word[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        (is_start && word.len() - at > SHORTEST && dot > at).then_some(at..word.len())
    })
}

/// Finds a client secret as Entra makes them: three characters, a digit, `Q~` and some 34 more.
fn client_secret(word: &str) -> Option<Range<usize>> {
    const SHORTEST_TAIL: usize = 24;
    let mark = word.find("Q~")?;
    let start = word[..mark].rfind(['/', '+']).map_or(0, |at| at + 1);
    let end = word[mark..].find(['/', '+']).map_or(word.len(), |at| mark + at);
    let is_marked = word[..mark].ends_with(|c: char| c.is_ascii_digit()) && mark - start >= 4;
    (is_marked && end - mark > SHORTEST_TAIL).then_some(start..end)
}

/// Finds a long random string.
///
/// Names, paths, ids and digests fall into parts that are each of one case, or made of words;
/// a random part is neither.
fn key(word: &str) -> Option<Range<usize>> {
    if word.len() < SHORTEST_KEY {
        return None;
    }
    if is_random(word, 3) {
        return Some(0..word.len());
    }
    // A key at the end of a path, or in its middle, is hidden by the words around it.
    let mut start = None;
    let mut end = 0;
    let mut at = 0;
    for part in word.split_inclusive(['/', '.']) {
        if !is_orderly(part.trim_end_matches(['/', '.'])) {
            start.get_or_insert(at);
            end = at + part.trim_end_matches(['/', '.']).len();
        }
        at += part.len();
    }
    let range = start?..end;
    (range.len() >= SHORTEST_KEY && is_random(&word[range.clone()], 1)).then_some(range)
}

/// Tells whether a word is random: there is at most `times` as much order as disorder in it.
///
/// A short part of a key may look orderly by chance, so that more order than disorder proves little.
fn is_random(word: &str, times: usize) -> bool {
    let mut random = 0;
    let mut orderly = 0;
    for part in word.split(|c: char| !c.is_ascii_alphanumeric()) {
        if is_orderly(part) {
            orderly += part.len();
        } else {
            random += part.len();
        }
    }
    random > 0 && random * times >= orderly
}

/// Tells whether a part is of one case, or mostly words with at most a capital in front.
fn is_orderly(part: &str) -> bool {
    let has_upper = part.bytes().any(|b| b.is_ascii_uppercase());
    let has_lower = part.bytes().any(|b| b.is_ascii_lowercase());
    if !(has_upper && has_lower) {
        return true;
    }
    let mut in_words = 0;
    let mut start = 0;
    for (at, pair) in part.as_bytes().windows(2).enumerate() {
        // A word ends where small letters do, and where a capital is followed by anything but them.
        if !pair[1].is_ascii_lowercase() {
            in_words += word_length(&part.as_bytes()[start..=at]);
            start = at + 1;
        }
    }
    in_words += word_length(&part.as_bytes()[start..]);
    in_words * 3 >= part.len() * 2
}

/// Returns the length of what looks like a word of a language, 0 for anything else.
fn word_length(letters: &[u8]) -> usize {
    const SHORTEST: usize = 4;
    let is_word = letters.len() >= SHORTEST && letters.iter().all(u8::is_ascii_alphabetic);
    let is_vowel = |b: &u8| b"aeiouyAEIOUY".contains(b);
    let vowels = letters.iter().filter(|b| is_vowel(b)).count();
    let rare = letters.iter().filter(|b| b"jqxzJQXZ".contains(b)).count();
    let is_spoken = vowels * 4 >= letters.len() && letters.split(is_vowel).all(|between| between.len() < 4);
    if is_word && is_spoken && rare < 2 { letters.len() } else { 0 }
}
