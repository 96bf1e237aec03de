//! Texts that nobody wrote: mutations of real ones, of any length and script.

use super::super::codes::mentioned;
use super::super::{SIGNS, classify, innermost, scheduling};
use super::founding_page::{SCENARIO_1, SCENARIO_2, SCENARIO_3, SCENARIO_4};

/// A small generator (xorshift), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("small")
    }
}

#[track_caller]
fn holds(text: &str) {
    for found in classify(text) {
        assert!(
            found.quote.start < found.quote.end && text.get(found.quote.clone()).is_some(),
            "{found:?} of {text:?}"
        );
    }
    for (place, code) in mentioned(text) {
        assert!(text[place].eq_ignore_ascii_case(code.code));
    }
    let inner = innermost(text);
    assert!(text.contains(inner));
    let _ = scheduling(text);
}

#[test]
fn mutated_messages_never_panic() {
    const SCRAPS: &[&str] = &[
        "\\",
        "\\n",
        "\\\\\\n",
        "\\u00e9",
        "\\u",
        "\\u12",
        "\u{1b}[",
        "\u{1b}",
        "한",
        "é",
        "…",
        "’",
        "“",
        "\u{0}",
        "\u{feff}",
        "\n",
        "\t",
        "'",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        ",",
        ":",
        "/",
        " ",
        "0/",
        "nodes are available",
        "recommendation please ",
        "InnerError [",
        "err [",
        "lookup ",
        " on ",
        "dial tcp ",
        "resource '",
        "/providers/",
        "\"policyassignment\"",
        " in namespace ",
        "release ",
        "namespace ",
        "clientid ",
        "e\u{301}",
        "𝒜",
    ];
    let mut seeds: Vec<String> =
        [SCENARIO_1, SCENARIO_2, SCENARIO_3, SCENARIO_4].iter().map(|text| (*text).to_owned()).collect();
    for about in &SIGNS {
        for tell in about.tells {
            let parts: Vec<&str> =
                [tell.says, tell.with, tell.and].into_iter().filter_map(|phrases| phrases.first().copied()).collect();
            seeds.push(parts.join(" "));
            seeds.push(parts.into_iter().rev().collect::<Vec<_>>().join("\""));
        }
    }
    let mut dice = Dice(0x5eed_cafe);
    for round in 0..6_000 {
        let mut text: Vec<char> = seeds[dice.roll(seeds.len())].chars().collect();
        if round % 3 == 0 {
            text.extend(seeds[dice.roll(seeds.len())].chars());
        }
        for _ in 0..=dice.roll(8) {
            let at = dice.roll(text.len() + 1);
            match dice.roll(4) {
                0 => {
                    text.truncate(at);
                }
                1 => {
                    let cut = (at + dice.roll(12)).min(text.len());
                    text.drain(at..cut);
                }
                _ => {
                    let scrap = SCRAPS[dice.roll(SCRAPS.len())];
                    text.splice(at..at, scrap.chars());
                }
            }
        }
        holds(&text.into_iter().collect::<String>());
    }
}

#[test]
fn scraps_alone_never_panic() {
    for text in [
        "",
        " ",
        "\u{0}",
        "\\",
        "\u{1b}[31",
        "'",
        "recommend",
        "한recommendation please",
        "[azurepolicy-",
        "[denied by",
        "failed pre-install:",
        "exceeded quota:",
    ] {
        holds(text);
    }
}

#[test]
fn only_the_beginning_of_a_huge_text_is_looked_at() {
    let mut text = "한".repeat(100 * 1024);
    text.push_str(" ContainerNotFound");
    assert_eq!(classify(&text), []);
    holds(&text);
}

#[test]
fn the_same_error_a_thousand_times_is_one_match() {
    let text = "time=\"2026-11-01T00:00:00Z\" level=error msg=\"ContainerNotFound: x\"\n".repeat(1_000);
    let found = classify(&text);
    assert_eq!(found.len(), 1);
    assert!(found[0].quote.start > text.len() - 100, "the newest line is the one to show");
}
