//! One reading of a message in which every wording looks the same.
//!
//! The same sentence reaches us plain, inside JSON, inside JSON inside JSON, wrapped by a terminal, or copied from a web page. `Folded` is lower case, has
//! single spaces, no backslash escapes, plain quotes and no colours, and knows for each byte where it came from.
//! It also knows where one log line or event ends and the next begins, and it blanks canned advice, which is never evidence.
//! It may not judge: what words mean stands in [`super::signs`].

use std::ops::Range;

use super::envelope;

/// The folded text and the way back.
pub(super) struct Folded<'t> {
    original: &'t str,
    text: String,
    /// For each byte of `text` the start of the character of `original` that it came from.
    at: Vec<usize>,
    /// Where records (log lines, events) begin in `text`; ascending.
    records: Vec<usize>,
}

impl<'t> Folded<'t> {
    pub(super) fn new(original: &'t str) -> Self {
        let original = envelope::head(original);
        let mut folding = Folding {
            text: String::with_capacity(original.len()),
            at: Vec::with_capacity(original.len()),
            records: vec![0],
        };
        let mut rest = 0;
        while let Some(letter) = original[rest..].chars().next() {
            rest += folding.take(original, rest, letter);
        }
        let Folding { text, at, records } = folding;
        let text = envelope::without_advice(&text);
        Self { original, text, at, records }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn original(&self) -> &'t str {
        self.original
    }

    /// The places of a phrase, as whole words.
    pub(super) fn places(&self, phrase: &'static str) -> impl Iterator<Item = Range<usize>> {
        places(&self.text, phrase)
    }

    /// The surroundings of a place: at most `reach` bytes either way, and never beyond its own log line or event.
    pub(super) fn around(&self, place: &Range<usize>, reach: usize) -> Range<usize> {
        let next = self.records.partition_point(|&start| start <= place.start);
        let begin = if next == 0 { 0 } else { self.records[next - 1] };
        let end = self.records.get(next).copied().unwrap_or(self.text.len()).max(place.end);
        let low = begin.max(place.start.saturating_sub(reach));
        let high = end.min(place.end.saturating_add(reach));
        self.boundary(low)..self.boundary(high)
    }

    /// The part of the original that a place came from, on character boundaries.
    pub(super) fn origin(&self, place: &Range<usize>) -> Range<usize> {
        let (Some(&start), Some(&last)) =
            (self.at.get(place.start), place.end.checked_sub(1).and_then(|last| self.at.get(last)))
        else {
            return 0..0;
        };
        let end = self.original[last..].chars().next().map_or(last, |letter| last + letter.len_utf8());
        start.min(end)..end
    }

    fn boundary(&self, mut index: usize) -> usize {
        index = index.min(self.text.len());
        while !self.text.is_char_boundary(index) {
            index -= 1;
        }
        index
    }
}

/// The places of a phrase in a folded text, as whole words: a letter or digit at the phrase's edge must not go on outside.
pub(super) fn places(text: &str, phrase: &'static str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let opens = phrase.bytes().next().is_some_and(is_word);
    let closes = phrase.bytes().last().is_some_and(is_word);
    text.match_indices(phrase).map(|(start, found)| start..start + found.len()).filter(move |place| {
        let before = place.start.checked_sub(1).and_then(|index| bytes.get(index)).copied();
        let after = bytes.get(place.end).copied();
        !(opens && before.is_some_and(is_word) || closes && after.is_some_and(is_word))
    })
}

/// Whether a folded text says one of the phrases.
pub(super) fn says_any(text: &str, phrases: &[&'static str]) -> bool {
    phrases.iter().any(|phrase| places(text, phrase).next().is_some())
}

/// Whether a byte can be part of a code word; letters beyond ASCII are not, because Korean particles stick to the word before them.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

struct Folding {
    text: String,
    at: Vec<usize>,
    records: Vec<usize>,
}

impl Folding {
    /// Folds the character at `from` and returns how many bytes of the original were used up.
    fn take(&mut self, original: &str, from: usize, letter: char) -> usize {
        match letter {
            '\\' => self.take_escape(original, from),
            '\u{1b}' => colour(&original[from..]),
            '‘' | '’' => self.push('\'', from, letter.len_utf8()),
            '“' | '”' => self.push('"', from, letter.len_utf8()),
            _ if letter.is_whitespace() => {
                if letter == '\n' && begins_record(&original[from + 1..]) {
                    self.space(from);
                    self.records.push(self.text.len());
                } else {
                    self.space(from);
                }
                letter.len_utf8()
            }
            _ => self.push(letter, from, letter.len_utf8()),
        }
    }

    fn push(&mut self, letter: char, from: usize, used: usize) -> usize {
        let letter = letter.to_ascii_lowercase();
        self.text.push(letter);
        for _ in 0..letter.len_utf8() {
            self.at.push(from);
        }
        used
    }

    fn space(&mut self, from: usize) {
        if !self.text.ends_with(' ') {
            self.push(' ', from, 1);
        }
    }

    /// Undoes `\"`, `\n`, `\t`, `\u003c` and their multiples.
    fn take_escape(&mut self, original: &str, from: usize) -> usize {
        let slashes = original[from..].bytes().take_while(|&byte| byte == b'\\').count();
        let escaped = &original[from + slashes..];
        match escaped.bytes().next() {
            Some(b'n' | b'r' | b't') => {
                self.space(from);
                slashes + 1
            }
            Some(b'u') => {
                let code = escaped.get(1..5).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(letter) if letter.is_ascii_graphic() => self.push(letter, from, slashes + 5),
                    Some(_) => {
                        self.space(from);
                        slashes + 5
                    }
                    None => slashes,
                }
            }
            _ => slashes,
        }
    }
}

/// The length of a terminal colour sequence, at least the escape character itself.
fn colour(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.get(1) != Some(&b'[') {
        return 1;
    }
    let inner = bytes[2..].iter().take(16).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    match bytes.get(2 + inner) {
        Some(last) if last.is_ascii_alphabetic() => 3 + inner,
        _ => 1,
    }
}

/// The beginnings of log lines and events; what follows on other lines belongs to the record before.
const OPENINGS: &[&str] = &[
    "{\"message\"",
    "{\"level\"",
    "{\"time\"",
    "{\"ts\"",
    "{\"log\"",
    "{\"msg\"",
    "{\"severity\"",
    "time=",
    "level=",
    "[error",
    "[info",
    "[warn",
    "[fatal",
    "[debug",
    "warning ",
    "warning\t",
    "normal ",
    "normal\t",
];

fn begins_record(rest: &str) -> bool {
    let line = rest.bytes().take(64).skip_while(|byte| *byte == b' ' || *byte == b'\t');
    let line: Vec<u8> = line.take(24).map(|byte| byte.to_ascii_lowercase()).collect();
    OPENINGS.iter().any(|opening| line.starts_with(opening.as_bytes())) || begins_with_time(&line)
}

/// `2026-11-22…`, `2023/01/19…`, klog's `E1122 …`, and the ages of `kubectl events`: `3m12s …`.
fn begins_with_time(line: &[u8]) -> bool {
    let digits = |from: usize, count: usize| {
        line.get(from..from + count).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    if digits(0, 4) && matches!(line.get(4), Some(b'-' | b'/')) && digits(5, 2) {
        return true;
    }
    if matches!(line.first(), Some(b'i' | b'w' | b'e' | b'f')) && digits(1, 4) && line.get(5) == Some(&b' ') {
        return true;
    }
    let age = line.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b's' | b'm' | b'h' | b'd')).count();
    age >= 2 && digits(0, 1) && line.get(age) == Some(&b' ') && !line[age - 1].is_ascii_digit()
}
