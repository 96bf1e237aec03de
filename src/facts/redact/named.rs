//! Secrets that stand behind a name: `AccountKey=…`, `"password": "…"`, `--token …`, a header.

use super::GONE;

/// Names of secrets, compared without case, `_` and `-`; a longer name may end in one of them.
const NAMES: &[&str] = &[
    "accountkey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "accesskey",
    "storagekey",
    "primarykey",
    "secondarykey",
    "subscriptionkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "instrumentationkey",
    "privatekey",
    "secretkey",
    "apikey",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "assertion",
    "signature",
    "xmsauthorization",
];

/// Names that are too short, or too common in prose, to count within a longer word.
const WHOLE_NAMES: &[&str] = &["sig", "pwd", "pass", "token", "apikey", "auth", "credential", "credentials"];

/// Names of headers whose whole value is secret.
const HEADERS: &[&str] = &["authorization", "proxyauthorization", "cookie", "setcookie", "ocpapimsubscriptionkey"];

/// Words that follow the name of a flag in prose.
const PROSE: &[&str] = &[
    "is", "was", "must", "should", "may", "can", "cannot", "has", "not", "or", "and", "to", "for", "in", "with",
    "flag", "option", "the", "if", "requires", "required", "needs",
];

/// A secret behind its name.
pub(super) struct Named<'t> {
    /// What stands between the name and the secret.
    pub separator: &'t str,
    /// What comes after the secret.
    pub rest: &'t str,
}

/// What stands between a name and its value.
struct Separator<'t> {
    text: &'t str,
    /// Whether it holds `=` or `:`, rather than blanks alone.
    assigns: bool,
    /// What opens a quoted value, and therefore closes it.
    quote: Option<&'static str>,
}

/// Finds the secret that follows a word which names one; `before` is the character in front of the word.
pub(super) fn secret_after<'t>(before: Option<char>, word: &str, after: &'t str) -> Option<Named<'t>> {
    let piece = word.rsplit(['/', '.']).next().unwrap_or(word);
    let name = bare(piece);
    if name.is_empty() {
        return None;
    }
    let is_header = HEADERS.contains(&name.as_str()) || (name.starts_with("xms") && name.ends_with("authorization"));
    let is_scheme = matches!(name.as_str(), "bearer" | "basic" | "sharedkey" | "sharedkeylite");
    let last = piece.rsplit(['_', '-']).find(|part| !part.is_empty()).map(bare).unwrap_or_default();
    let whole = WHOLE_NAMES.iter().find(|whole| name == **whole || last == **whole);
    let ending = NAMES.iter().find(|ending| name.ends_with(**ending));
    if !is_header && !is_scheme && whole.is_none() && ending.is_none() {
        return None;
    }
    let separator = separator(after);
    let value = &after[separator.text.len()..];
    if value.is_empty() || value.starts_with(GONE) || value.starts_with("[…]") || value.starts_with("***") {
        return None;
    }
    let end = if is_header && separator.assigns && !word.contains("Microsoft.") {
        header_end(before, &separator, value)
    } else if is_scheme {
        scheme_end(&name, &separator, value)?
    } else {
        let is_flag = piece.starts_with('-') && separator.text.starts_with([' ', '\t']);
        if !separator.assigns && !is_flag {
            return None;
        }
        let end = value_end(&separator, value);
        let value = &value[..end];
        if separator.assigns {
            let is_password = name.contains("pass") || matches!(last.as_str(), "pwd" | "pass");
            let is_soft = matches!(last.as_str(), "auth" | "credential" | "credentials") || name.ends_with("token");
            // Plain words after `token: ` or `secret: ` are prose or names, as in `secret: not found`.
            let is_plain = value.chars().all(|c| c.is_ascii_alphabetic()) && separator.text.contains(' ');
            // A status is no token: `failed to fetch anonymous token: 401 Unauthorized`.
            let is_status = is_soft && value.len() == 3 && value.bytes().all(|b| b.is_ascii_digit());
            if is_status {
                return None;
            }
            if is_plain && !is_password && (is_soft || value.len() < 8) {
                return None;
            }
        } else if value.starts_with('-') || PROSE.contains(&value) {
            return None;
        }
        end
    };
    (end > 0).then(|| Named { separator: separator.text, rest: &value[end..] })
}

/// Returns a name without case, `_` and `-`.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Reads what stands between a name and its value: blanks, quotes and at most one of `=`, `:`, `=>`, `:=`, `%3D`.
fn separator(after: &str) -> Separator<'_> {
    let mut at = 0;
    let mut assigns = false;
    let mut quote = None;
    while let Some(c) = after[at..].chars().next() {
        let rest = &after[at..];
        match c {
            ' ' | '\t' => {}
            '=' | ':' => assigns = true,
            '>' if after[..at].ends_with('=') => {}
            '"' | '\'' => {}
            // A backslash belongs to a quote; `\n` is a line break within a message.
            '\\' if rest[1..].trim_start_matches('\\').starts_with(['"', '\'']) => {}
            '%' if !assigns && rest.get(..3).is_some_and(|code| code.eq_ignore_ascii_case("%3d")) => {
                assigns = true;
                at += 2;
            }
            _ => break,
        }
        at += c.len_utf8();
        // The first quote behind the sign (or behind a flag's blank) opens the value.
        let opens = assigns || after.starts_with([' ', '\t']);
        if opens && matches!(c, '"' | '\'') {
            let is_escaped = after[..at - 1].ends_with('\\');
            quote = Some(match (c, is_escaped) {
                ('"', true) => "\\\"",
                ('"', false) => "\"",
                (_, true) => "\\'",
                (_, false) => "'",
            });
            // A quote may close the name behind blanks, as in `password" : "…`; only a sign makes it an opening one.
            if assigns {
                break;
            }
        }
    }
    Separator { text: &after[..at], assigns, quote }
}

/// Returns where a value ends: at its quote, or else at what cannot be in it.
fn value_end(separator: &Separator<'_>, value: &str) -> usize {
    match separator.quote {
        Some(quote) => quoted_end(quote, value),
        None => value
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | ';' | '&' | '}' | ')' | ']' | '<' | '>')
            })
            .unwrap_or(value.len()),
    }
}

/// Returns where a quoted value ends: at a quote that is not escaped, or else with its line.
fn quoted_end(quote: &str, value: &str) -> usize {
    let (bytes, quote) = (value.as_bytes(), quote.as_bytes());
    let mut escapes = 0_usize;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || (escapes.is_multiple_of(2) && bytes[at..].starts_with(quote)) {
            return at;
        }
        escapes = if *byte == b'\\' { escapes + 1 } else { 0 };
    }
    value.len()
}

/// Returns where a header's value ends: at its quote or bracket, or else with its line.
fn header_end(before: Option<char>, separator: &Separator<'_>, value: &str) -> usize {
    if let Some(quote) = separator.quote {
        return quoted_end(quote, value);
    }
    // Go shows headers as `map[Authorization:[Bearer …]]`.
    if value.starts_with('[') {
        return value.find([']', '\n']).unwrap_or(value.len());
    }
    let is_closed = separator.text.contains(['"', '\'']);
    match before {
        Some('"') if !is_closed => quoted_end("\"", value),
        Some('\'') if !is_closed => quoted_end("'", value),
        // A line break may itself be escaped, in a message within a message.
        _ => {
            let line = &value[..value.find(['\n', '\r']).unwrap_or(value.len())];
            [line.find("\\n"), line.find("\\r")].into_iter().flatten().min().unwrap_or(line.len())
        }
    }
}

/// Returns where the secret behind a scheme ends, as in `Bearer …`; `None` in prose.
fn scheme_end(name: &str, separator: &Separator<'_>, value: &str) -> Option<usize> {
    let end = match separator.quote {
        Some(quote) if separator.assigns => quoted_end(quote, value),
        _ => value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';')).unwrap_or(value.len()),
    };
    // `bearer token` in prose is no secret: those are long and hold more than small letters.
    let is_plain = value[..end].chars().all(|c| c.is_ascii_lowercase());
    let is_prose = if separator.assigns { name != "bearer" && is_plain } else { end < 16 || is_plain };
    (!separator.text.is_empty() && !is_prose).then_some(end)
}
