//! The road that a backup takes, stretch by stretch: where it holds and where it ends.

use super::check::Outcome;
use super::diagnosis::{Diagnosis, Placed, Role};
use crate::facts::Facts;
use crate::finding::{Hop, Severity, counted};

/// How one stretch of the road is; the worst of what its checks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It is broken.
    Broken,
    /// It holds for now.
    Doubtful,
    /// It could not be judged.
    Unjudged,
    /// It holds.
    Holds,
    /// Nothing here was judged.
    Nothing,
}

/// One stretch of the road.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Which one.
    pub hop: Hop,
    /// How it is.
    pub mark: Mark,
    /// What there is to say about it, on one line.
    pub text: String,
}

/// Returns the whole road.
#[must_use]
pub fn road(diagnosis: &Diagnosis, facts: &Facts) -> Vec<Stretch> {
    Hop::ROAD.into_iter().map(|hop| stretch(hop, diagnosis, facts)).collect()
}

fn stretch(hop: Hop, diagnosis: &Diagnosis, facts: &Facts) -> Stretch {
    let here = || diagnosis.findings.iter().filter(move |placed| placed.check.hop == hop);
    let of_severity = |severity| here().filter(move |placed| placed.finding.severity == severity);
    let outcomes = || diagnosis.ran.iter().filter(move |ran| ran.check.hop == hop).map(|ran| &ran.outcome);
    let unjudged = outcomes().filter(|o| matches!(o, Outcome::Inconclusive(_) | Outcome::Crashed(_))).count();
    let is_trouble = |placed: &&Placed| placed.check.hop == hop && placed.finding.severity != Severity::Info;
    let ignored = diagnosis.ignored.iter().filter(is_trouble).count();
    let (mark, text) = if of_severity(Severity::Error).next().is_some() {
        (Mark::Broken, named(of_severity(Severity::Error), diagnosis))
    } else if of_severity(Severity::Warning).next().is_some() {
        (Mark::Doubtful, named(of_severity(Severity::Warning), diagnosis))
    } else if unjudged > 0 {
        (Mark::Unjudged, format!("{} could not be judged", counted(unjudged, "check", "checks")))
    } else if ignored > 0 {
        (Mark::Nothing, format!("nothing found but what is ignored ({})", counted(ignored, "finding", "findings")))
    } else if outcomes().any(|outcome| matches!(outcome, Outcome::Passed | Outcome::Found(_))) {
        match untried(hop, facts) {
            Some(why) => (Mark::Nothing, why.to_owned()),
            None => (Mark::Holds, remark(hop, facts).unwrap_or_else(|| "no trouble found".to_owned())),
        }
    } else if outcomes().next().is_some() {
        (Mark::Nothing, "does not apply here".to_owned())
    } else {
        (Mark::Nothing, remark(hop, facts).unwrap_or_else(|| "not checked".to_owned()))
    };
    Stretch { hop, mark, text }
}

/// Names findings: `AKSB401, because of AKSB203`; each code once.
fn named<'d>(findings: impl Iterator<Item = &'d Placed>, diagnosis: &Diagnosis) -> String {
    let mut parts: Vec<String> = Vec::new();
    for placed in findings {
        let code = placed.check.code;
        let mut causes: Vec<&str> = Vec::new();
        for root in roots_of(placed, diagnosis) {
            if !causes.contains(&root.check.code) {
                causes.push(root.check.code);
            }
        }
        let part = match placed.role {
            Role::Consequence if !causes.is_empty() => format!("{code}, because of {}", causes.join(", ")),
            _ => code.to_owned(),
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(" · ")
}

/// Follows what explains a finding to its roots; the table of causes has no cycle.
fn roots_of<'d>(placed: &Placed, diagnosis: &'d Diagnosis) -> Vec<&'d Placed> {
    let mut roots = Vec::new();
    let mut open: Vec<&str> = placed.caused_by.iter().map(String::as_str).collect();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(id) = open.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        for cause in diagnosis.findings.iter().filter(|other| other.id == id) {
            if cause.caused_by.is_empty() {
                roots.push(cause);
            } else {
                open.extend(cause.caused_by.iter().map(String::as_str));
            }
        }
    }
    roots.sort_by_key(|root| root.check.code);
    roots
}

/// Says why a stretch without trouble was not proved to hold: nobody has gone over it yet.
fn untried(hop: Hop, facts: &Facts) -> Option<&'static str> {
    let has_location = facts.locations().next().is_some();
    let is_checked = facts.locations().any(|location| location.status.phase.is_some());
    match hop {
        Hop::Extension if facts.pods.known().is_some() && facts.own_pods().next().is_none() => {
            Some("no pod of the extension is there")
        }
        Hop::Dns if facts.has_agent() != Some(false) && facts.dns_answers.known().is_none_or(Vec::is_empty) => {
            Some("no trouble found, but nobody was asked for the agent's name")
        }
        Hop::Identity if !is_checked => Some("no token has been asked for yet"),
        Hop::Storage if !has_location => Some("there is no storage location yet"),
        Hop::Storage if !is_checked => Some("the storage location has not been checked yet"),
        Hop::Runs if facts.backups.is_absent() || facts.backups.known().is_some_and(Vec::is_empty) => {
            Some("there is no backup yet")
        }
        _ => None,
    }
}

/// Says what was seen on a stretch that holds.
fn remark(hop: Hop, facts: &Facts) -> Option<String> {
    match hop {
        Hop::You => match (facts.server.version.is_some(), facts.has_asked_azure()) {
            (true, true) => Some("signed in to the cluster and to Azure".to_owned()),
            (true, false) => Some("signed in to the cluster".to_owned()),
            (false, true) => Some("signed in to Azure".to_owned()),
            (false, false) => None,
        },
        Hop::Cluster => {
            let nodes = facts.nodes.known()?;
            let ready = nodes.iter().filter(|node| node.is_ready()).count();
            Some(format!("{ready} of {} nodes ready", nodes.len()))
        }
        Hop::Extension => {
            facts.pods.known()?;
            let pods: Vec<_> = facts.own_pods().filter(|pod| !pod.has_ended()).collect();
            let ready = pods.iter().filter(|pod| pod.is_ready()).count();
            Some(format!("{ready} of {} pods ready", pods.len()))
        }
        Hop::Dns => {
            if facts.has_agent() == Some(false) {
                return Some("the extension agent runs in the AKS control plane, outside the cluster's DNS".to_owned());
            }
            let answers = facts.dns_answers.known().filter(|answers| !answers.is_empty())?;
            let replicas = match answers.len() {
                1 => "the CoreDNS replica".to_owned(),
                2 => "both CoreDNS replicas".to_owned(),
                many => format!("all {many} CoreDNS replicas"),
            };
            Some(format!("{} resolves on {replicas}", answers.first()?.name))
        }
        Hop::Identity => None,
        Hop::Storage => {
            let mut locations = facts.locations();
            let first = locations.next()?;
            let more = locations.count();
            let phase = first.status.phase.as_deref()?;
            let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
            Some(format!("BackupStorageLocation {} is {phase}{rest}", first.metadata.name))
        }
        Hop::Vault if facts.has_failed_to_ask_azure() => Some("Azure could not be asked".to_owned()),
        Hop::Vault if !facts.has_asked_azure() => Some("Azure was not asked".to_owned()),
        Hop::Vault => {
            let instances = facts.backup_instances.known()?;
            let first = instances.first()?;
            let state = first.properties.current_protection_state.as_deref()?;
            let more = instances.len() - 1;
            let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
            Some(format!("backup instance {} is {state}{rest}", first.label()))
        }
        Hop::Volumes => None,
        Hop::Runs => {
            facts.last_recovery_point().map(|when| format!("last completed backup {}", crate::finding::minute(when)))
        }
    }
}
