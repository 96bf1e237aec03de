//! The way of a question: which server block takes it, and which plugin answers.
//!
//! Knowledge: core/dnsserver/server.go and coredns-on-aks.md 2.3. The block of the longest zone takes the question, whatever its plugins do with it: there
//! is no way back to a shorter zone. Only a view, which is asked before the plugins, leaves a question to the next block or a shorter zone.

use super::directives::joins_the_chain;
use super::lookup::{By, Outcome, RecordType};
use super::model::{Model, Served};
use super::name;
use super::plugins::plugin::{Doubted, Kubernetes, Passing, Placed, Plugin, Search, Step};
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
        let (served, zone) = match serving(&here, &asked, port) {
            Ok(found) => found,
            Err(outcome) => return *outcome,
        };
        Walk {
            release: self.release,
            asked: asked.clone(),
            name: asked,
            kind,
            zone,
            restores: Vec::new(),
            is_other_type: false,
            doubts: Vec::new(),
        }
        .walk(served)
    }
}

/// Returns the block that takes a question, with its zone: that of the longest zone whose view, if it has one, lets the question in. Zones are compared
/// letter by letter: one in capitals serves nothing.
fn serving<'m>(blocks: &[&'m Served], name: &str, port: u16) -> Result<(&'m Served, String), Box<Outcome>> {
    let refused = |why: String| Box::new(Outcome::Failure { code: "REFUSED".to_owned(), why, by: None });
    let is_of = |served: &Served, zone: &str| {
        let mut keys = served.block.keys.iter();
        keys.any(|key| key.transport == "dns" && key.port == i64::from(port) && key.zone == zone)
    };
    let mut rest = name;
    loop {
        let zone = if rest.is_empty() { "." } else { rest };
        for served in blocks.iter().filter(|served| is_of(served, zone)) {
            if !served.plugins.iter().any(|placed| joins_the_chain(placed.name)) {
                return Err(refused(format!("the server block of {zone} has no plugin that answers")));
            }
            match served.passing() {
                Passing::Always => return Ok((served, zone.to_owned())),
                Passing::Never => {}
                Passing::Depends => {
                    let why = format!("a view decides which questions the server block of {zone} takes");
                    return Err(Box::new(Outcome::Unknown { why }));
                }
            }
        }
        if zone == "." {
            return Err(refused(format!("no server block serves {name}")));
        }
        rest = rest.split_once('.').map_or("", |(_, parent)| parent);
    }
}

/// Says what is no longer certain of a name, where a search path is walked for it.
fn searched(search: &Search, name: &str) -> Option<Doubted> {
    match search {
        Search::Below(domain) if domain == name => Some(Doubted::Everything),
        Search::Below(domain) => name::is_below(domain, name).then_some(Doubted::Negative),
        Search::Services => name.contains(".svc.").then_some(Doubted::Negative),
        Search::Anything => Some(Doubted::Negative),
    }
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
    /// What plugins on the way may make of an outcome.
    doubts: Vec<(Doubted, String)>,
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
            self.doubt(&placed.plugin);
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
        if let Some((_, why)) = self.doubts.iter().find(|(of, _)| of.covers(&Step::Failure(String::new()))) {
            return Outcome::Unknown { why: why.clone() };
        }
        let why = format!("no plugin of the server block of {} answers", self.zone);
        Outcome::Failure { code: "SERVFAIL".to_owned(), why, by: None }
    }

    /// Notes what a plugin that passes a question on may make of its answer.
    fn doubt(&mut self, plugin: &Plugin) {
        let lies_in = |zones: &[String]| name::longest(zones, &self.name).is_some();
        match plugin {
            Plugin::Doubt { zones, of, why } if lies_in(zones) => self.doubts.push((*of, why.clone())),
            Plugin::Dns64 if self.kind == RecordType::Aaaa => {
                self.doubts.push((Doubted::Everything, "dns64 may make an address".to_owned()));
            }
            Plugin::Autopath { zones, searches } if lies_in(zones) => {
                let of = searches.iter().filter_map(|search| searched(search, &self.name));
                let why = || "autopath may find another name of the search path".to_owned();
                self.doubts.extend(of.map(|of| (of, why())));
            }
            _ => {}
        }
    }

    fn step(&self, placed: &Placed) -> (Step, Option<Place>) {
        let within = |zones: &[String]| name::longest(zones, &self.name).is_some();
        let step = match &placed.plugin {
            Plugin::Passes
            | Plugin::Bind(_)
            | Plugin::Root(_)
            | Plugin::Rewrite(_)
            | Plugin::View(_)
            | Plugin::Autopath { .. }
            | Plugin::Dns64
            | Plugin::Doubt { .. } => Step::Next,
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
        for (index, rule) in rules.iter().enumerate() {
            match rule.apply(&self.name, self.kind) {
                Rewritten::Unchanged => continue,
                Rewritten::Unknown(why) => return Some(Outcome::Unknown { why }),
                Rewritten::Applied => {}
                Rewritten::MayApply if rule.goes_on || index + 1 == rules.len() => continue,
                Rewritten::MayApply => {
                    let why = "whether a rule of rewrite ends the others is not known".to_owned();
                    return Some(Outcome::Unknown { why });
                }
                Rewritten::Aliases => {
                    self.doubts.push((Doubted::Aliases, "rewrite may change an alias in the answer".to_owned()));
                }
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
        if let Some((_, why)) = self.doubts.iter().find(|(of, _)| of.covers(&step)) {
            return Outcome::Unknown { why: why.clone() };
        }
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
