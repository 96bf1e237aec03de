//! Tests of the room: real wordings, the traps, and noise.

mod codes;
mod envelopes;
mod founding_page;
mod incidents;
mod noise;
mod scheduler;
mod table;
mod tokens;
mod traps;

use super::{Captured, Sign, classify};

/// The signs of a text, best first.
fn signs(text: &str) -> Vec<Sign> {
    classify(text).into_iter().map(|found| found.sign).collect()
}

/// What the text says for one sign.
#[track_caller]
fn captured(text: &str, sign: Sign) -> Captured {
    let found = classify(text);
    let hit = found.iter().find(|found| found.sign == sign);
    hit.unwrap_or_else(|| panic!("{sign:?} is not among {:?}", signs(text))).captured.clone()
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with is an option")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}
