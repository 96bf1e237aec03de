//! The part of Go's templates that records are written with: `{{ .Name }}` and its like.

use super::pattern::Matched;
use crate::corefile::lookup::RecordType;
use crate::corefile::objection::{Check, unknown};

/// A template whose every action is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::corefile) struct GoTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name,
    Zone,
    Type,
    Class,
    Group(String),
    Match(usize),
}

/// What a template is filled from.
#[derive(Debug)]
pub(super) struct Fill<'a> {
    pub(super) name: &'a str,
    pub(super) zone: &'a str,
    pub(super) kind: RecordType,
    pub(super) found: &'a Matched,
}

impl GoTemplate {
    /// Reads a template.
    pub(super) fn read(text: &str) -> Check<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            parts.push(Part::Text(before.to_owned()));
            let Some((action, after)) = after.split_once("}}") else {
                return unknown(format!("the template {text:?} has an action without an end"));
            };
            let Some(part) = part(action.trim()) else {
                return unknown(format!("the template's action {{{{{action}}}}} is not modelled"));
            };
            parts.push(part);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// Fills the template; `None` where a group is not there.
    pub(super) fn fill(&self, with: &Fill<'_>) -> Option<String> {
        let piece = |part: &Part| -> Option<String> {
            Some(match part {
                Part::Text(text) => text.clone(),
                Part::Name => with.name.to_owned(),
                Part::Zone => with.zone.to_owned(),
                Part::Type => with.kind.to_string(),
                Part::Class => "IN".to_owned(),
                Part::Match(number) => with.found.groups.get(*number)?.1.clone(),
                Part::Group(name) => {
                    let number = name.parse::<usize>().ok();
                    let named = |(index, (known, _)): &(usize, &(Option<String>, String))| {
                        known.as_deref() == Some(name) || Some(*index) == number
                    };
                    with.found.groups.iter().enumerate().find(named)?.1.1.clone()
                }
            })
        };
        self.0.iter().map(piece).collect()
    }
}

fn part(action: &str) -> Option<Part> {
    let is_word = |text: &str| {
        text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match action {
        ".Name" => Some(Part::Name),
        ".Zone" => Some(Part::Zone),
        ".Type" => Some(Part::Type),
        ".Class" => Some(Part::Class),
        _ => {
            if let Some(name) = action.strip_prefix(".Group.").filter(|name| is_word(name)) {
                return Some(Part::Group(name.to_owned()));
            }
            let mut words = action.split_ascii_whitespace();
            match (words.next(), words.next(), words.next(), words.next()) {
                (Some("index"), Some(".Match"), Some(number), None) => number.parse().ok().map(Part::Match),
                (Some("index"), Some(".Group"), Some(name), None) => {
                    let name = name.strip_prefix('"')?.strip_suffix('"')?;
                    name.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| Part::Group(name.to_owned()))
                }
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions() {
        let found = Matched {
            groups: vec![
                (None, "10-0-0-1.x.".to_owned()),
                (None, "10".to_owned()),
                (Some("b".to_owned()), "0".to_owned()),
            ],
        };
        let fill = Fill { name: "n.", zone: "z.", kind: RecordType::A, found: &found };
        let filled = |text: &str| GoTemplate::read(text).unwrap().fill(&fill);
        assert_eq!(filled("{{ .Name }} 60 IN {{.Type}} 1").unwrap(), "n. 60 IN A 1");
        assert_eq!(filled("{{ index .Match 1 }}.{{ .Group.b }}.{{index .Group \"1\"}}").unwrap(), "10.0.10");
        assert_eq!(filled("{{ .Group.c }}"), None);
        for text in ["{{ if .Name }}x{{ end }}", "{{ .Name", "{{- .Name }}", "{{ .Remote }}"] {
            assert!(GoTemplate::read(text).is_err(), "{text}");
        }
    }
}
