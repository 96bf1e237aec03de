//! Server blocks, snippets, and the parser's complaints.

use crate::corefile::configuration::Configuration;
use crate::corefile::objection::Objection;
use crate::corefile::parser::Parser;
use crate::corefile::version::Release;
use crate::corefile::version::Version;

/// The blocks as `keys: directives`, or CoreDNS's complaint.
fn shown(corefile: &str) -> Result<Vec<String>, String> {
    let configuration = Configuration::new(corefile, [], Version::UNKNOWN);
    let parsed = Parser::parse(&configuration, Release::new(1, 14, 7));
    match parsed.stopped {
        Some(Objection::Refused(refusal)) => Err(refusal.why),
        Some(Objection::Unknown(why)) => Err(format!("unknown: {why}")),
        None => Ok(parsed
            .blocks
            .iter()
            .map(|block| {
                let keys: Vec<&str> = block.keys.iter().map(|(key, _)| key.as_str()).collect();
                let directives: Vec<String> =
                    block.directives.iter().map(|one| one.texts().collect::<Vec<_>>().join(" ")).collect();
                format!("{}: {}", keys.join(" "), directives.join("; "))
            })
            .collect()),
    }
}

#[test]
fn blocks_and_keys() {
    assert_eq!(
        shown("a,\nb {\nlog\nerrors {\n}\n}\nc {\n}"),
        Ok(vec!["a b: log; errors { }".to_owned(), "c: ".to_owned()])
    );
    assert_eq!(shown("a\nlog\nerrors\n"), Ok(vec!["a: log; errors".to_owned()]), "one block may stand without braces");
    assert_eq!(shown("a {\nhosts {\n}\n"), Ok(vec!["a: hosts { }".to_owned()]), "the last brace closes both");
    assert_eq!(
        shown("a {\nhosts\n{\nx\n}\n}"),
        Ok(vec!["a: hosts { x }".to_owned()]),
        "a brace on the next line belongs to it"
    );
    assert_eq!(shown(""), Ok(vec![]));
}

#[test]
fn complaints() {
    let at = |line: usize, why: &str| Err(format!("/etc/coredns/Corefile:{line} - {why}"));
    assert_eq!(shown("a {\nfoo\n}"), at(2, "Error during parsing: Unknown directive 'foo'"));
    assert_eq!(shown("a {\nhosts{\n}"), at(2, "Error during parsing: Unknown directive 'hosts{'"));
    assert_eq!(shown("a {\nlog {\n"), at(2, "Error during parsing: Unexpected EOF"));
    assert_eq!(shown("a {\nlog"), at(2, "Syntax error: Unexpected token 'log', expecting '}'"));
    assert_eq!(shown("a {\nlog }\n"), at(2, "Error during parsing: Unexpected '}' because no matching opening brace"));
    assert_eq!(
        shown("a, {\n}"),
        at(1, "Error during parsing: Expected another address but had '{' - check for extra comma")
    );
    assert_eq!(shown("a,"), at(1, "Error during parsing: Unexpected EOF"));
    assert_eq!(
        shown("a {\nimport\n}"),
        at(2, "Error during parsing: Wrong argument count or unexpected line ending after 'import'")
    );
    assert_eq!(shown("a {\nimport nope.txt\n}"), at(2, "Error during parsing: File to import not found: nope.txt"));
}

#[test]
fn snippets() {
    assert_eq!(shown("(s) {\nlog\n}\na {\nimport s\nerrors\n}"), Ok(vec!["a: log; errors".to_owned()]));
    assert_eq!(shown("(s) {\n}\na {\nimport s\nlog\n}"), Ok(vec!["a: log".to_owned()]));
    assert!(shown("(s) {\n}\n(s) {\n}\n").is_err());
    assert!(shown("(s) {\nimport s\n}\na {\n}\n").unwrap_err().contains("maximum snippet import depth"));
    assert!(
        shown("a {\nimport s\n}\n(s) {\n}\n").unwrap_err().contains("File to import not found: s"),
        "not before it is there"
    );
}
