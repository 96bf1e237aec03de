//! `view`: a server block that takes only the questions for which its expressions hold.
//!
//! Knowledge: plugin/view and plugin/pkg/expression of each release. The language of the expressions is large; what people write in this place is small,
//! and only that is known here to compile.

use std::sync::LazyLock;

use regex::Regex;

use super::plugin::{Passing, Plugin};
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::Check;

pub(super) fn setup(words: &mut Dispenser<'_>) -> Check<Plugin> {
    let mut passing = Passing::Always;
    while words.next_only_once()? {
        if words.arguments().len() != 1 {
            return Err(words.wrong_count());
        }
        while words.next_in_block()? {
            if words.text() != "expr" {
                return Err(words.unknown_property());
            }
            let text = words.arguments().join(" ");
            let holds = read(&text).unwrap_or_else(|| {
                words.doubt(format!("whether the expression {text:?} of view compiles is not modelled"));
                Passing::Depends
            });
            // All expressions of a view must hold.
            passing = match (passing, holds) {
                (Passing::Never, _) | (_, Passing::Never) => Passing::Never,
                (Passing::Always, Passing::Always) => Passing::Always,
                _ => Passing::Depends,
            };
        }
    }
    Ok(Plugin::View(passing))
}

/// One comparison as people write them; a text in quotes holds neither quotes nor escapes.
static COMPARISON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r"'[^'\\]*'";
    let known = r"(?:name|type|class|proto|client_ip|server_ip)\(\)";
    let pattern = format!(
        r"^(?:(?:!|not )? ?incidr\((?:client|server)_ip\(\), ?'(?P<range>[^'\\]*)'\)|{known} ?(?:==|!=| startsWith | endsWith | contains ) ?{text}|{known} in \[{text}(?:, ?{text})*\])$"
    );
    Regex::new(&pattern).ok()
});

/// Says when an expression holds; `None` where it is not known to compile.
fn read(text: &str) -> Option<Passing> {
    match text {
        "true" => return Some(Passing::Always),
        "false" => return Some(Passing::Never),
        _ => {}
    }
    let comparison = COMPARISON.as_ref()?;
    let is_known = |part: &str| {
        comparison.captures(part).is_some_and(|found| {
            // A range that is none compiles too, and never holds.
            found.name("range").is_none_or(|range| golang::range(range.as_str()).is_some())
        })
    };
    text.split(" && ").flat_map(|part| part.split(" || ")).all(is_known).then_some(Passing::Depends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        assert_eq!(read("true"), Some(Passing::Always));
        assert_eq!(read("false"), Some(Passing::Never));
        for text in [
            "incidr(client_ip(), '10.0.0.0/8')",
            "!incidr(client_ip(), '10.0.0.0/8') && proto() == 'udp'",
            "name() endsWith '.example.org.' || type() in ['A', 'AAAA']",
            "name() == 'a.'",
        ] {
            assert_eq!(read(text), Some(Passing::Depends), "{text}");
        }
        for text in ["", "name() == x", "incidr(client_ip())", "name() ==", "port() + 1", "name() == 'a' && b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
