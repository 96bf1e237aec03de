//! The way of a question: which server block takes it, and which plugin answers.
//!
//! Knowledge: core/dnsserver/server.go and coredns-on-aks.md 2.3. The block of the longest zone takes the question, whatever its plugins do with it: there
//! is no way back to a shorter zone.

use super::directives::joins_the_chain;
use super::lookup::{By, Outcome, RecordType};
use super::model::{Model, Served};
use super::name;
use super::plugins::plugin::{Kubernetes, Placed, Plugin, Step};
use super::plugins::rewrite_rule::{Restores, Rewritten, Rule, What};
use super::plugins::template;
use super::source::Place;
use super::version::Release;

impl Model {
    /// Says what becomes of a question that comes to a port.
    pub(super) fn ask(&self, name: &str, kind: RecordType, port: u16) -> Outcome {
        if let Some(refusal) = &self.refusal {
            return Outcome::NotServing { why: refusal.why.clone() };
        }
        if self.served.is_empty() {
            return Outcome::Unknown { why: self.unknowns.join("; ") };
        }
        let asked = name::normal(name);
        match name::is_domain_name(&asked) {
            Some(true) => {}
            Some(false) => return Outcome::Unknown { why: format!("{name} is no domain name") },
            None => return Outcome::Unknown { why: format!("the name {name} has escapes") },
        }
        let listening = |served: &&Served| {
            served.block.keys.iter().any(|key| key.transport == "dns" && key.port == i64::from(port))
        };
        let here: Vec<&Served> = self.served.iter().filter(listening).collect();
        let Some(first) = here.first() else {
            return Outcome::NotServing { why: format!("no server block listens on port {port}") };
        };
        if here.iter().any(|served| served.addresses != first.addresses) {
            return Outcome::Unknown { why: "the server blocks listen on different addresses".to_owned() };
        }
        let Some((served, zone)) = serving(&here, &asked, port) else {
            let why = format!("no server block serves {asked}");
            return Outcome::Failure { code: "REFUSED".to_owned(), why, by: None };
        };
        if !served.plugins.iter().any(|placed| joins_the_chain(placed.name)) {
            let why = format!("the server block of {zone} has no plugin that answers");
            return Outcome::Failure { code: "REFUSED".to_owned(), why, by: None };
        }
        Walk {
            release: self.release,
            asked: asked.clone(),
            name: asked,
            kind,
            zone,
            restores: Vec::new(),
            is_other_type: false,
        }
        .walk(served)
    }
}

/// Returns the block whose zone is the longest that a name lies in, with the zone. Zones are compared letter by letter: one in capitals serves nothing.
fn serving<'m>(blocks: &[&'m Served], name: &str, port: u16) -> Option<(&'m Served, String)> {
    let of = |zone: &str| {
        blocks.iter().find_map(|served| {
            let is_it =
                |key: &&super::key::Key| key.transport == "dns" && key.port == i64::from(port) && key.zone == zone;
            served.block.keys.iter().find(is_it).map(|key| (*served, key.zone.clone()))
        })
    };
    let mut rest = name;
    while !rest.is_empty() && rest != "." {
        if let Some(found) = of(rest) {
            return Some(found);
        }
        rest = rest.split_once('.').map_or("", |(_, parent)| parent);
    }
    of(".")
}

/// A question on its way through the plugins of a block.
struct Walk {
    release: Release,
    asked: String,
    name: String,
    kind: RecordType,
    zone: String,
    restores: Vec<Restores>,
    is_other_type: bool,
}

impl Walk {
    fn walk(mut self, served: &Served) -> Outcome {
        for (index, placed) in served.plugins.iter().enumerate() {
            if let Plugin::Rewrite(rules) = &placed.plugin {
                if let Some(outcome) = self.rewrite(rules, placed) {
                    return outcome;
                }
                continue;
            }
            let (step, place) = self.step(placed);
            if step != Step::Next {
                return self.outcome(step, placed, place);
            }
            let is_last = || !served.plugins.iter().skip(index + 1).any(|placed| joins_the_chain(placed.name));
            if placed.name == "file" && self.release.has(13, 0) && is_last() {
                // A zone file at the end of the chain refuses what is not its own.
                return self.outcome(Step::Code("REFUSED".to_owned()), placed, place);
            }
        }
        let why = format!("no plugin of the server block of {} answers", self.zone);
        Outcome::Failure { code: "SERVFAIL".to_owned(), why, by: None }
    }

    fn step(&self, placed: &Placed) -> (Step, Option<Place>) {
        let within = |zones: &[String]| name::longest(zones, &self.name).is_some();
        let step = match &placed.plugin {
            Plugin::Passes | Plugin::Bind(_) | Plugin::Root(_) | Plugin::Rewrite(_) => Step::Next,
            Plugin::Hosts(hosts) => hosts.ask(&self.name, self.kind),
            Plugin::Template { zones, templates } => return template::ask(zones, templates, &self.name, self.kind),
            Plugin::Forward(forwards) => match forwards.iter().find(|forward| forward.takes(&self.name)) {
                Some(forward) => return (Step::Upstream(forward.to.clone()), Some(forward.place.clone())),
                None => Step::Next,
            },
            Plugin::Kubernetes(cluster) => self.ask_cluster(cluster),
            Plugin::File { zones, fallthrough } if within(zones) => {
                let is_open = name::longest(&fallthrough.zones, &self.name).is_some();
                if is_open { Step::Unknown("what the zone file holds is not known".to_owned()) } else { Step::ZoneFile }
            }
            Plugin::Whoami => Step::NoData,
            Plugin::Obscure { zones, why } if within(zones) => Step::Unknown(why.clone()),
            Plugin::File { .. } | Plugin::Obscure { .. } => Step::Next,
        };
        (step, None)
    }

    fn ask_cluster(&self, cluster: &Kubernetes) -> Step {
        let Some(zone) = name::longest(&cluster.zones, &self.name) else { return Step::Next };
        let is_everywhere = self.name == format!("kubernetes.default.svc.{zone}") && cluster.is_whole;
        if is_everywhere || name::longest(&cluster.fallthrough.zones, &self.name).is_none() {
            return Step::Cluster;
        }
        Step::Unknown(format!("whether the cluster has {} is not known", self.name))
    }

    /// Applies the rules of a rewrite; an outcome where they end the question.
    fn rewrite(&mut self, rules: &[Rule], placed: &Placed) -> Option<Outcome> {
        for rule in rules {
            match rule.apply(&self.name, self.kind) {
                Rewritten::Unchanged => continue,
                Rewritten::Unknown(why) => return Some(Outcome::Unknown { why }),
                Rewritten::Type(kind) => {
                    self.is_other_type = true;
                    self.kind = kind;
                }
                Rewritten::Name(name) => {
                    if name::is_domain_name(&name) != Some(true) {
                        let why = format!("invalid name after rewrite: {name}");
                        return Some(self.outcome(Step::Failure(why), placed, None));
                    }
                    self.name = name.to_lowercase();
                    if let What::Name { restores, .. } = &rule.what {
                        self.restores.push(*restores);
                    }
                }
            }
            if !rule.goes_on {
                break;
            }
        }
        None
    }

    /// Returns the name that an answer is for, as the client sees it; `None` where that is not modelled.
    fn owner(&self, answered: String) -> Option<String> {
        let all = |what: Restores| self.restores.iter().all(|one| *one == what);
        if all(Restores::Yes) {
            Some(self.asked.clone())
        } else if all(Restores::No) {
            Some(answered)
        } else {
            None
        }
    }

    fn outcome(&self, step: Step, placed: &Placed, place: Option<Place>) -> Outcome {
        let place = place.unwrap_or_else(|| placed.place.clone());
        let by = |place: Place| By { plugin: placed.name.to_owned(), place, zone: self.zone.clone() };
        match step {
            Step::Addresses { .. } | Step::Names { .. } | Step::Upstream(_) | Step::Cluster | Step::ZoneFile
                if self.is_other_type =>
            {
                Outcome::Unknown { why: "the question's type was rewritten".to_owned() }
            }
            Step::Addresses { owner, addresses, place } => match self.owner(owner) {
                Some(owner) => Outcome::Answer { addresses, owner, by: by(place) },
                None => Outcome::Unknown { why: "what rewrite makes of the answer's name is not modelled".to_owned() },
            },
            Step::Names { names, place } => Outcome::Names { names, by: by(place) },
            Step::NoData => Outcome::NoData { by: by(place) },
            Step::NoSuchName => Outcome::NoSuchName { by: by(place) },
            Step::Failure(why) => Outcome::Failure { code: "SERVFAIL".to_owned(), why, by: Some(by(place)) },
            Step::Code(code) => {
                Outcome::Failure { why: format!("{} says {code}", placed.name), code, by: Some(by(place)) }
            }
            Step::Upstream(to) => Outcome::Upstream { to, name: self.name.clone(), by: by(place) },
            Step::Cluster => Outcome::Cluster { by: by(place) },
            Step::ZoneFile => Outcome::ZoneFile { by: by(place) },
            Step::Unknown(why) => Outcome::Unknown { why },
            Step::Next => Outcome::Unknown { why: "a step without an answer".to_owned() },
        }
    }
}
