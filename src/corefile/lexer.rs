//! Cuts a text into tokens exactly as CoreDNS does.
//!
//! Knowledge: coredns-on-aks.md 2.6 and the lexer of github.com/coredns/caddy, the same in every version that AKS ships. Three rules surprise:
//! a carriage return inside a word vanishes from it; braces are tokens only where they stand alone; and a `#` at the end of a word hides the rest of that
//! word only, not of the line (`name# pinned by me` is four tokens), while a `#` that begins a word hides the rest of the line.

use std::ops::Range;

/// One token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What CoreDNS reads: without quotes, escapes undone.
    pub text: String,
    /// The line of its first character, counted from 1.
    pub line: usize,
    /// Its bytes in the text, quotes included.
    pub range: Range<usize>,
}

/// Returns the tokens of a text.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text.char_indices().peekable(), line: 1, tokens: Vec::new(), end: text.len() };
    if lexer.rest.peek().is_some_and(|(_, letter)| *letter == '\u{feff}') {
        lexer.rest.next();
    }
    while lexer.take() {}
    lexer.tokens
}

struct Lexer<'t> {
    rest: std::iter::Peekable<std::str::CharIndices<'t>>,
    line: usize,
    tokens: Vec<Token>,
    end: usize,
}

impl Lexer<'_> {
    /// Reads one token; false at the end of the text.
    fn take(&mut self) -> bool {
        let mut token = Token { text: String::new(), line: self.line, range: 0..0 };
        // A comment lives no longer than the reading of one token: that is CoreDNS's own rule.
        let mut is_comment = false;
        while let Some((at, letter)) = self.rest.next() {
            if letter.is_whitespace() {
                if letter == '\r' {
                    continue;
                }
                let line_ends = letter == '\n';
                if line_ends {
                    self.line += 1;
                    is_comment = false;
                }
                if !token.text.is_empty() {
                    self.tokens.push(token);
                    return true;
                }
                continue;
            }
            is_comment |= letter == '#';
            if is_comment {
                continue;
            }
            if token.text.is_empty() {
                token.line = self.line;
                token.range.start = at;
                if letter == '"' {
                    return self.take_quoted(token);
                }
            }
            token.text.push(letter);
            token.range.end = at + letter.len_utf8();
        }
        let is_token = !token.text.is_empty();
        if is_token {
            self.tokens.push(token);
        }
        is_token
    }

    fn take_quoted(&mut self, mut token: Token) -> bool {
        let mut is_escaped = false;
        for (at, letter) in self.rest.by_ref() {
            if !is_escaped && letter == '\\' {
                is_escaped = true;
                continue;
            }
            if !is_escaped && letter == '"' {
                token.range.end = at + 1;
                self.tokens.push(token);
                return true;
            }
            if letter == '\n' {
                self.line += 1;
            }
            if is_escaped && letter != '"' {
                token.text.push('\\');
            }
            token.text.push(letter);
            is_escaped = false;
        }
        // Quotes that nothing closes hold the rest of the text; if that is nothing, there is no token.
        token.range.end = self.end;
        let is_token = !token.text.is_empty();
        if is_token {
            self.tokens.push(token);
        }
        is_token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_quotes_and_escapes() {
        assert_eq!(texts("a \"b c\"d \"e\\\"f\" \"\\.\" \"\""), ["a", "b c", "d", "e\"f", "\\.", ""]);
        assert_eq!(texts("\"open\nto the end"), ["open\nto the end"]);
        assert_eq!(texts("\""), [""; 0]);
    }

    #[test]
    fn a_hash_hides_the_line_or_only_its_word() {
        assert_eq!(texts("a # b c\nd"), ["a", "d"]);
        assert_eq!(texts("a#b c d\ne"), ["a", "c", "d", "e"]);
        assert_eq!(texts("\"#\" a"), ["#", "a"]);
    }

    #[test]
    fn braces_alone_and_glued() {
        assert_eq!(texts("hosts{ } {$A} {"), ["hosts{", "}", "{$A}", "{"]);
    }

    #[test]
    fn carriage_returns_tabs_and_a_byte_order_mark() {
        assert_eq!(texts("\u{feff}a\r\n\tb\u{a0}c\rd"), ["a", "b", "cd"]);
    }

    #[test]
    fn lines_and_ranges() {
        let text = "a\n\"b\nc\" d\n  é{\n";
        let found: Vec<_> =
            tokens(text).into_iter().map(|token| (token.line, text.get(token.range).unwrap())).collect();
        assert_eq!(found, [(1, "a"), (2, "\"b\nc\""), (3, "d"), (4, "é{")]);
    }
}
