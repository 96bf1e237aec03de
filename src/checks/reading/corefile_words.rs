//! What CoreDNS says of its own configuration.
//!
//! Knowledge: coredns-on-aks.md sections 2.1 and 2.2, tried with every version that AKS ships: a reload that fails is
//! said once, and tried again only when the text changes; what cannot even be parsed is said at every look, every half
//! minute, and the words end when the text is right again. The old configuration lives on in both cases.

use jiff::SignedDuration;

use super::said::{Said, newest_first};
use crate::catalogue::{Captured, Sign, classify};
use crate::facts::Facts;
use crate::facts::objects::Log;

/// The newest that a log says about the configuration.
pub enum Outcome<'f> {
    /// A change was taken over.
    TakenOver(Said<'f>),
    /// A change was refused.
    Refused(Said<'f>),
}

/// CoreDNS looks every 22 to 38 seconds: what it has not repeated for so long is over.
const LOOKS: SignedDuration = SignedDuration::from_mins(3);

/// Reads the newest that a log says about the configuration; `None` where it says nothing, or nothing that still holds.
pub fn outcome<'f>(facts: &Facts, log: &'f Log) -> Option<Outcome<'f>> {
    let newest =
        newest_first(log).find(|said| said.found.sign == Sign::CorefileReloaded || is_refusal(said.found.sign))?;
    if newest.found.sign == Sign::CorefileReloaded {
        return Some(Outcome::TakenOver(newest));
    }
    let is_repeated = classify(newest.line).iter().any(|found| found.sign == Sign::CorefileUnreadable);
    let is_old = newest.when.is_some_and(|when| facts.observed_at.duration_since(when) > LOOKS);
    if is_repeated && is_old { None } else { Some(Outcome::Refused(newest)) }
}

/// Returns the words at the end of a log that refuse a configuration: with them a start comes to its end.
///
/// A run that refused a change long ago, and ended for another reason, did not end of it.
pub fn last_refusal(log: &Log) -> Option<Said<'_>> {
    const LAST: usize = 3;
    let end: Vec<&str> = log.lines.iter().rev().map(crate::facts::Text::as_str).take(LAST).collect();
    newest_first(log)
        .take_while(|said| end.iter().any(|line| std::ptr::eq(*line, said.line)))
        .find(|said| is_refusal(said.found.sign))
}

const fn is_refusal(sign: Sign) -> bool {
    matches!(
        sign,
        Sign::CorefilePluginTwice
            | Sign::CorefileUnknownProperty
            | Sign::CorefileUnknownDirective
            | Sign::CorefileZoneTwice
            | Sign::CorefileImportMissing
            | Sign::CorefileUnreadable
            | Sign::CorefileMalformed
            | Sign::CorefileReloadFailed
    )
}

/// Says what is wrong with the configuration, as a sentence without its end.
pub fn what(said: &Said<'_>) -> String {
    let name = match &said.found.captured {
        Captured::Name { name: Some(name) } => Some(name.as_str()),
        _ => None,
    };
    match (said.found.sign, name) {
        (Sign::CorefilePluginTwice, Some(name)) => {
            format!("the plugin {name} stands twice in one server block, and may stand there once only")
        }
        (Sign::CorefilePluginTwice, None) => "a plugin stands twice in one server block".to_owned(),
        (Sign::CorefileUnknownProperty, Some(name)) => {
            format!(
                "{name} stands where a property of a plugin is expected: after fallthrough, or in a block that is not closed"
            )
        }
        (Sign::CorefileUnknownDirective, Some(name)) => {
            format!("{name} stands where the name of a plugin is expected, and is none")
        }
        (Sign::CorefileZoneTwice, Some(name)) => format!("two server blocks serve {name}"),
        (Sign::CorefileImportMissing, Some(name)) => format!("it imports {name}, which is not there"),
        (Sign::CorefileReloadFailed, _) => "the reason is in its own words below".to_owned(),
        (sign, _) => sign.about().meaning.split(';').next().unwrap_or_default().to_owned(),
    }
}
