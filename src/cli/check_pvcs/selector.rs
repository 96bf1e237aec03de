//! A selector of labels as kubectl's `-l` takes it.
//!
//! Knowledge: apimachinery's `labels.Parse`: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`.

use crate::error::Error;
use crate::facts::Text;
use crate::facts::objects::{LabelDemand, LabelSelector};

/// Reads a selector.
///
/// # Errors
/// What of it cannot be read: a slip must not choose more, or less, than was meant.
pub(super) fn parse(text: &str) -> Result<LabelSelector, Error> {
    let wrong = |part: &str| {
        Error::usage(format!("the selector \"{}\" cannot be read at \"{}\"", Text::new(text), Text::new(part)))
            .hinted("As kubectl takes it: app=web,tier!=cache,env in (a,b),!temporary")
    };
    let mut selector = LabelSelector::default();
    for part in split(text) {
        selector.match_expressions.push(demand(part).ok_or_else(|| wrong(part))?);
    }
    if selector.match_expressions.is_empty() { Err(wrong(text)) } else { Ok(selector) }
}

/// Parts a selector at the commas that stand in no bracket.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn demand(part: &str) -> Option<LabelDemand> {
    let of = |key: &str, operator: &str, values: Vec<String>| {
        let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        let is_key = !key.is_empty()
            && key.split('/').count() <= 2
            && key.split('/').all(|part| !part.is_empty() && is_word(part));
        (is_key && values.iter().all(|value| is_word(value))).then(|| LabelDemand {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values,
        })
    };
    if let Some((key, value)) = part.split_once("!=") {
        return of(key.trim(), "NotIn", vec![value.trim().to_owned()]);
    }
    if let Some((key, value)) = part.split_once('=') {
        return of(key.trim(), "In", vec![value.trim_start_matches('=').trim().to_owned()]);
    }
    if let Some(key) = part.strip_prefix('!') {
        return of(key.trim(), "DoesNotExist", Vec::new());
    }
    if let Some((head, values)) = part.split_once('(') {
        let values: Vec<String> = values.strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        let (key, operator) = (words.next()?, words.next()?);
        return match (operator, words.next()) {
            ("in", None) => of(key, "In", values),
            ("notin", None) => of(key, "NotIn", values),
            _ => None,
        };
    }
    of(part, "Exists", Vec::new())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::facts::objects::Labels;

    #[test]
    fn selectors_choose_as_kubectls_do() {
        let labels: Labels = [("app", "web"), ("env", "prod")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        for (text, takes) in [
            ("app=web", true),
            ("app==web,env!=test", true),
            ("app in (web, api),!temporary", true),
            ("app notin (web)", false),
            ("env", true),
            ("tier!=cache", true),
            ("example.com/tier", false),
        ] {
            assert_eq!(parse(text).ok().and_then(|one| one.takes_in(&labels)), Some(takes), "{text}");
        }
        for wrong in ["", ",", "app=we b", "app in web", "app in (web", "a/b/c=d", "=web", "app within (a)", "app,,env"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
