//! References to variables of CoreDNS's environment: `{$NAME}` and `{%NAME%}`.

use std::collections::{BTreeMap, BTreeSet};

/// The variables that are known, and the names that were asked for in vain.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, String>,
    pub(super) missing: BTreeSet<String>,
}

/// A value that names itself again would never come to an end.
const MOST_ROUNDS: usize = 100;

impl Variables {
    pub(super) fn new(known: &BTreeMap<String, String>) -> Self {
        Self { known: known.clone(), missing: BTreeSet::new() }
    }

    /// Returns a token with its references replaced. What is not known stays as it is and is noted.
    pub(super) fn replaced(&mut self, text: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let text = self.replaced_between(text.to_owned(), "{%", "%}");
        self.replaced_between(text, "{$", "}")
    }

    fn replaced_between(&mut self, mut text: String, open: &str, close: &str) -> String {
        let mut from = 0;
        for _ in 0..MOST_ROUNDS {
            let Some(start) = text.get(from..).and_then(|rest| rest.find(open)).map(|at| from + at) else {
                return text;
            };
            let Some(end) = text.get(start..).and_then(|rest| rest.find(close)).map(|at| start + at) else {
                return text;
            };
            // `{$}` names nothing and ends the search.
            let Some(name) = text.get(start + open.len()..end).filter(|name| !name.is_empty()) else { return text };
            let reference = format!("{open}{name}{close}");
            match self.known.get(name) {
                Some(value) => text = text.replace(&reference, value),
                None => {
                    self.missing.insert(name.to_owned());
                    from = end + close.len();
                }
            }
        }
        self.missing.insert("a variable that names itself".to_owned());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let known = BTreeMap::from([("A".to_owned(), "1".to_owned()), ("L".to_owned(), "{$L}".to_owned())]);
        let mut variables = Variables::new(&known);
        assert_eq!(variables.replaced("x{$A}y{%A%}{$A}"), "x1y11");
        assert_eq!(variables.replaced("{$} {$A"), "{$} {$A");
        assert!(variables.missing.is_empty());
        assert_eq!(variables.replaced("{$B}{$A}"), "{$B}1");
        assert_eq!(variables.missing.iter().collect::<Vec<_>>(), ["B"]);
        variables.replaced("{$L}");
        assert_eq!(variables.missing.len(), 2);
    }
}
