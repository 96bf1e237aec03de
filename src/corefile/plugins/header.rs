//! `header`: sets and clears flags of questions and answers, and passes them on.

use super::plugin::{Doubted, Plugin};
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::objection::Check;

/// The first `header` with a rule is read; what follows it is passed over.
pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    while words.next() {
        let mut has_rules = false;
        let mut asks_without_recursion = false;
        while words.next_in_block()? {
            let selector = words.text().to_lowercase();
            let action = match selector.as_str() {
                // Releases up to 1.12 take a rule without a selector for one of the answer.
                "set" | "clear" if !given.release.has(13, 0) => selector.clone(),
                "query" | "response" => {
                    if words.next_argument() {
                        words.text().to_lowercase()
                    } else {
                        String::new()
                    }
                }
                _ => {
                    let why = format!("setting up rule: invalid selector={selector} should be query or response");
                    return Err(words.bare(why));
                }
            };
            let flags = words.arguments();
            let refuse = |why: String| Err(words.bare(format!("setting up rule: {why}")));
            if action.is_empty() {
                return refuse("no flag action provided".to_owned());
            }
            if flags.is_empty() {
                return refuse("invalid length for flags, at least one should be provided".to_owned());
            }
            if action != "set" && action != "clear" {
                return refuse(format!("unknown flag action={action}, should be set or clear"));
            }
            for flag in flags.iter().map(|flag| flag.to_lowercase()) {
                if !["aa", "ra", "rd"].contains(&flag.as_str()) {
                    return refuse(format!("unknown/unsupported flag={flag}"));
                }
                asks_without_recursion |= flag == "rd" && action == "clear" && selector == "query";
            }
            has_rules = true;
        }
        if has_rules {
            return Ok(if asks_without_recursion {
                let why = "header takes the wish for recursion out of the question".to_owned();
                Plugin::Doubt { zones: vec![".".to_owned()], of: Doubted::Upstream, why }
            } else {
                Plugin::Passes
            });
        }
    }
    Err(words.wrong_count())
}
