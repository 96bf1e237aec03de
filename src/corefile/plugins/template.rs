//! `template`: answers made of text.
//!
//! The templates of a block are tried in their order. One whose zone, class or type does not fit is passed over; one whose patterns all miss ends the
//! question with SERVFAIL unless it has a `fallthrough`.

use super::fallthrough::{Fallthrough, zones_or};
use super::go_template::{Fill, GoTemplate};
use super::pattern::{self, Matched, Pattern};
use super::plugin::{Plugin, Step};
use super::record;
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::lookup::RecordType;
use crate::corefile::name;
use crate::corefile::objection::{Check, unknown};
use crate::corefile::record_type;
use crate::corefile::source::Place;

#[derive(Debug, Clone)]
pub(in crate::corefile) struct Template {
    class: String,
    kind: String,
    zones: Vec<String>,
    patterns: Vec<Pattern>,
    answers: Vec<GoTemplate>,
    code: String,
    fallthrough: Fallthrough,
    place: Place,
}

const CLASSES: &[&str] = &["IN", "CS", "CH", "HS", "NONE", "ANY"];

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut zones = Vec::new();
    let mut templates = Vec::new();
    while words.next() {
        let template = one(words, given)?;
        zones.extend(template.zones.iter().cloned());
        templates.push(template);
    }
    Ok(Plugin::Template { zones, templates })
}

fn one(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Template> {
    let place = words.place();
    if !words.next_argument() {
        return Err(words.wrong_count());
    }
    let class = words.text().to_owned();
    if !CLASSES.contains(&class.as_str()) {
        return Err(words.complaint(&format!("invalid query class {class}")));
    }
    if !words.next_argument() {
        return Err(words.wrong_count());
    }
    let kind = words.text().to_owned();
    match record_type::is_known(&kind) {
        Some(true) => {}
        Some(false) => return Err(words.complaint(&format!("invalid RR class {kind}"))),
        None => return unknown(format!("whether {kind} is a record type is not modelled")),
    }
    let zones = zones_or(&words.arguments(), given.zones, given.release)?;
    let mut template = Template {
        class,
        kind,
        zones,
        patterns: Vec::new(),
        answers: Vec::new(),
        code: "NOERROR".to_owned(),
        fallthrough: Fallthrough::default(),
        place,
    };
    while words.next_in_block()? {
        template.property(words, given)?;
    }
    Ok(template)
}

impl Template {
    fn property(&mut self, words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<()> {
        match words.text() {
            "fallthrough" => self.fallthrough = Fallthrough::of(&words.arguments(), given.release)?,
            "upstream" => {
                words.arguments();
            }
            "rcode" => {
                if !words.next_argument() {
                    return Err(words.wrong_count());
                }
                match record_type::is_code(words.text()) {
                    Some(true) => words.text().clone_into(&mut self.code),
                    Some(false) => return Err(words.complaint(&format!("unknown rcode {}", words.text()))),
                    None => return unknown(format!("whether {} is a code is not modelled", words.text())),
                }
            }
            "match" => {
                let texts = words.arguments();
                if texts.is_empty() {
                    return Err(words.wrong_count());
                }
                for text in texts {
                    let compiled = pattern::compile(text)?;
                    let refuse = |why| words.complaint(&format!("could not parse regex: {text}, {why}"));
                    self.patterns.push(compiled.map_err(refuse)?);
                }
            }
            property @ ("answer" | "additional" | "authority") => {
                let texts = words.arguments();
                if texts.is_empty() {
                    return Err(words.wrong_count());
                }
                for text in texts {
                    let read = GoTemplate::read(text)?;
                    if property == "answer" {
                        self.answers.push(read);
                    }
                }
            }
            "ederror" if given.release.has(10, 0) => {
                let arguments = words.arguments();
                let Some(code) = arguments.first().filter(|_| arguments.len() < 3) else {
                    return Err(words.wrong_count());
                };
                if golang::unsigned(code, 16).is_none() {
                    return Err(words.complaint(&format!("error parsing extended DNS error code {code}")));
                }
            }
            _ => return Err(words.wrong_count()),
        }
        Ok(())
    }

    /// Returns what the patterns find in a name; a template without patterns fits every name.
    fn find(&self, name: &str) -> Option<Matched> {
        if self.patterns.is_empty() {
            return Some(Matched { groups: vec![(None, name.to_owned())] });
        }
        self.patterns.iter().find_map(|pattern| pattern.find(name))
    }

    fn answer(&self, name: &str, zone: &str, kind: RecordType, found: &Matched) -> Step {
        let fill = Fill { name, zone, kind, found };
        let mut addresses = Vec::new();
        for answer in &self.answers {
            let Some(text) = answer.fill(&fill) else {
                return Step::Unknown("the template asks for a group that its pattern has not".to_owned());
            };
            match record::address(&text) {
                Ok(Some(record)) if !record.owner.eq_ignore_ascii_case(name) => {
                    return Step::Unknown(format!("the template answers for the name {}", record.owner));
                }
                Ok(Some(record)) => addresses.push(record.address),
                Ok(None) => return Step::Failure(format!("the template makes no record: {text}")),
                Err(why) => return Step::Unknown(why),
            }
        }
        match self.code.as_str() {
            "NOERROR" => {}
            "NXDOMAIN" => return Step::NoSuchName,
            code => return Step::Code(code.to_owned()),
        }
        addresses.retain(|address| match kind {
            RecordType::A => address.is_ipv4(),
            RecordType::Aaaa => address.is_ipv6(),
            _ => false,
        });
        if addresses.is_empty() {
            return Step::NoData;
        }
        Step::Addresses { owner: name.to_owned(), addresses, place: self.place.clone() }
    }
}

/// Asks the templates of a block in their order; also the place of the one that answered.
pub(in crate::corefile) fn ask(
    zones: &[String],
    templates: &[Template],
    name: &str,
    kind: RecordType,
) -> (Step, Option<Place>) {
    if name::longest(zones, name).is_none() {
        return (Step::Next, None);
    }
    for template in templates {
        let Some(zone) = name::longest(&template.zones, name) else { continue };
        let fits = |wanted: &str, is: &str| wanted == "ANY" || wanted == is;
        if !fits(&template.class, "IN") || !fits(&template.kind, &kind.to_string()) {
            continue;
        }
        let place = Some(template.place.clone());
        match template.find(name) {
            // SERVFAIL is said before anything is filled in.
            Some(_) if template.code == "SERVFAIL" => {
                return (Step::Failure("the template says SERVFAIL".to_owned()), place);
            }
            Some(found) => return (template.answer(name, zone, kind, &found), place),
            None if template.fallthrough.covers(name) => {}
            None => {
                let why = "no pattern of the template fits the name and it has no fallthrough for it";
                return (Step::Failure(why.to_owned()), place);
            }
        }
    }
    (Step::Next, None)
}
