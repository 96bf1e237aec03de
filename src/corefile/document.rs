//! One text as tokens and what stands between them, so that printing gives the same bytes.

use super::lexer::{Token, tokens};

/// A text that was read, token by token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pieces: Vec<Piece>,
}

/// A part of a document: what CoreDNS reads, or what it skips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A token, with its bytes as they stand in the text (quotes and escapes as written).
    Token {
        /// The token as CoreDNS reads it.
        token: Token,
        /// Its bytes.
        written: String,
    },
    /// Blanks, line ends and comments.
    Between(String),
}

impl Document {
    /// Reads a text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut done = 0;
        let between =
            |range: std::ops::Range<usize>| text.get(range).filter(|part| !part.is_empty()).map(str::to_owned);
        for token in tokens(text) {
            pieces.extend(between(done..token.range.start).map(Piece::Between));
            done = token.range.end;
            let written = text.get(token.range.clone()).unwrap_or_default().to_owned();
            pieces.push(Piece::Token { token, written });
        }
        pieces.extend(between(done..text.len()).map(Piece::Between));
        Self { pieces }
    }

    /// Returns the parts in their order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Returns the tokens in their order.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Token { token, .. } => Some(token),
            Piece::Between(_) => None,
        })
    }

    /// Returns the text, byte for byte as it was read.
    #[must_use]
    pub fn print(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Token { written, .. } => written.as_str(),
                Piece::Between(text) => text.as_str(),
            })
            .collect()
    }
}
