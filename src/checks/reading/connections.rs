//! Connections that the extension, its hook Jobs and its agent cannot make, wherever one of them says so.
//!
//! Several checks tell apart why: no answer, refused, not trusted. They read the same places: the agent's
//! newest outcome, the logs of the extension's containers, the ExtensionConfig's error. Within one log the
//! newest word about a destination counts, and of a program that goes on only the last quarter of an hour; a single
//! attempt that failed, and five minutes without another, is no trouble.

use jiff::SignedDuration;

use super::agent;
use super::extension_parts::is_past_hook;
use super::said::{Said, newest_within, was_passing};
use super::waiting::workload_of;
use crate::catalogue::{Captured, Match, Sign, classify};
use crate::facts::objects::{ExtensionConfig, Pod, StorageLocation};
use crate::facts::{Facts, Need, Requirement, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Severity, Subject, listing};

/// What the checks of connections read.
pub const NEEDS: &[Requirement] = &[
    required(Need::Logs),
    required(Need::AgentLogs),
    required(Need::Pods),
    required(Need::AgentPods),
    helpful(Need::ExtensionConfigs),
    helpful(Need::Jobs),
    helpful(Need::StorageLocations),
    helpful(Need::NetworkPolicies),
    helpful(Need::Nodes),
];

/// Who could not make a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The extension agent in kube-system.
    Agent,
    /// The pod of a Job of the extension.
    HookJob,
    /// A container of the extension.
    Extension,
    /// The agent, in the words that it left in the ExtensionConfig.
    Record,
}

/// A connection that was not made.
pub struct Connection {
    /// Who says so.
    pub speaker: Speaker,
    /// The same, as the subject of a sentence.
    pub who: String,
    /// The workload or record that it is about.
    pub subject: Subject,
    /// The other end, as far as the message names it.
    pub to: Option<String>,
    /// Why not.
    pub sign: Sign,
    evidence: Evidence,
    concerns: Vec<Subject>,
    hurts_now: bool,
}

/// A program that goes on writing for so long without a word of it has got over it.
const OVER: SignedDuration = SignedDuration::from_mins(15);

/// Lists the connections that are not made now, for reasons among `signs`, each workload's together.
///
/// # Errors
/// Inconclusive where no place could be read. Where some could, what is known is told, and the runner says that
/// the rest was not read.
pub fn connections(facts: &Facts, signs: &[Sign]) -> Result<Vec<Vec<Connection>>, Stop> {
    if facts.agent_logs.known().is_none() && facts.extension_configs.known().is_none() {
        facts.logs.rows(Need::Logs.what())?;
    }
    let mut all = of_agent(facts);
    all.extend(of_extension(facts));
    all.extend(of_record(facts));
    let mut groups: Vec<Vec<Connection>> = Vec::new();
    for connection in all.into_iter().filter(|connection| signs.contains(&connection.sign)) {
        match groups.iter_mut().find(|group| group.iter().any(|other| other.subject == connection.subject)) {
            Some(group) => group.push(connection),
            None => groups.push(vec![connection]),
        }
    }
    Ok(groups)
}

/// Makes the finding about a group: the worst of their severities, all their evidence.
pub fn finding(group: &[Connection], message: String) -> Option<Finding> {
    let first = group.first()?;
    let hurts = group.iter().any(|connection| connection.hurts_now);
    let severity = if hurts { Severity::Error } else { Severity::Warning };
    let mut finding = Finding::new(severity, first.subject.clone(), message);
    for connection in group {
        finding = finding.seen(connection.evidence.clone());
        for concern in &connection.concerns {
            if !finding.concerns.contains(concern) {
                finding.concerns.push(concern.clone());
            }
        }
    }
    Some(finding)
}

/// Names the other ends: `a and b`.
pub fn destinations(group: &[Connection]) -> String {
    let mut names: Vec<&str> =
        group.iter().map(|c| c.to.as_deref().unwrap_or("an address that the message does not name")).collect();
    names.sort_unstable();
    names.dedup();
    listing(names, 4)
}

/// Names them for a rule that is to last: by their names where they have any, since addresses change.
pub fn lasting_names(group: &[Connection]) -> String {
    let name = |to: &str| to.split(" (").next().unwrap_or(to).to_owned();
    let mut names: Vec<String> = group.iter().filter_map(|connection| connection.to.as_deref()).map(name).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { "that address".to_owned() } else { listing(names.iter().map(String::as_str), 4) }
}

fn of_agent(facts: &Facts) -> Vec<Connection> {
    let Ok(Some(trouble)) = agent::trouble(facts) else { return Vec::new() };
    let said = &trouble.said;
    if !agent::is_network_trouble(said.found.sign) {
        return Vec::new();
    }
    let found = trouble.finding(facts, "");
    vec![Connection {
        speaker: Speaker::Agent,
        who: "The extension agent".to_owned(),
        subject: found.subject,
        to: destination(&said.found),
        sign: said.found.sign,
        evidence: said.evidence(),
        concerns: found.concerns,
        hurts_now: found.severity == Severity::Error,
    }]
}

fn of_extension(facts: &Facts) -> Vec<Connection> {
    let mut all = Vec::new();
    for pod in facts.own_pods() {
        let job = pod.metadata.owner("Job");
        // A Job that has come through, now or in another pod, has no trouble any more.
        let came_through = job.is_some_and(|job| {
            facts.jobs.known_rows().iter().any(|known| known.metadata.name == job.name && known.status.succeeded > 0)
        });
        let is_past = job.is_some_and(|job| is_past_hook(facts, &job.name));
        if came_through || is_past || pod.status.phase.as_deref() == Some("Succeeded") {
            continue;
        }
        // What a Job's pod said last stands: it does not try again.
        let span = if job.is_some() { SignedDuration::MAX } else { OVER };
        let logs = facts.logs.known_rows().iter().filter(|log| log.pod == pod.metadata.name && !log.previous);
        for log in logs {
            let mut told: Vec<Option<String>> = Vec::new();
            let is_trouble = |found: &Match| agent::is_network_trouble(found.sign);
            for said in newest_within(log, span, facts.observed_at).filter(|said| is_trouble(&said.found)) {
                let to = destination(&said.found);
                if to.as_deref().is_some_and(is_local) || told.contains(&to) {
                    continue;
                }
                told.push(to.clone());
                // A single attempt that failed among many that did not is what every network has.
                if job.is_none() && was_passing(&said, is_trouble) {
                    continue;
                }
                all.extend(of_line(facts, pod, &said, to));
            }
        }
    }
    all
}

/// Makes the connection that one line of a container's log tells; `None` where others judge it.
fn of_line(facts: &Facts, pod: &Pod, said: &Said<'_>, to: Option<String>) -> Option<Connection> {
    let is_job = pod.metadata.owner("Job").is_some();
    let workload = workload_of(pod);
    // The way to a storage account is the storage checks' affair: they read the location's own message.
    if to.as_deref().is_some_and(|to| location_at(facts, to).is_some()) {
        return None;
    }
    let name =
        workload.as_ref().and_then(|workload| workload.name.clone()).unwrap_or_else(|| pod.metadata.name.clone());
    Some(Connection {
        speaker: if is_job { Speaker::HookJob } else { Speaker::Extension },
        who: if is_job { format!("The Job {name}") } else { format!("The container {} of {name}", said.log.container) },
        subject: workload.unwrap_or_else(|| pod.subject()),
        to,
        sign: said.found.sign,
        evidence: said.evidence(),
        concerns: vec![pod.subject()],
        hurts_now: is_job || !pod.is_ready() || !agent::is_installed(facts),
    })
}

fn of_record(facts: &Facts) -> Vec<Connection> {
    let mut all = Vec::new();
    for config in facts.extension_configs.known_rows().iter().filter(|config| config.is_backup()) {
        if agent::says(config, "Installed") {
            continue;
        }
        let Some(text) = config.failure() else { continue };
        let found = classify(text).into_iter().find(|found| agent::is_network_trouble(found.sign));
        all.extend(found.map(|found| of_words(config, text, &found)));
    }
    all
}

fn of_words(config: &ExtensionConfig, text: &str, found: &Match) -> Connection {
    let quote = text.get(found.quote.clone()).unwrap_or(text);
    Connection {
        speaker: Speaker::Record,
        who: "The extension manager".to_owned(),
        subject: config.subject(),
        to: destination(found),
        sign: found.sign,
        evidence: Evidence::quoted(format!("{} .status", config.at()), quote),
        concerns: Vec::new(),
        hurts_now: agent::says(config, "Failed"),
    }
}

/// Returns the other end: the name, with the address that was dialled where both are known.
fn destination(found: &Match) -> Option<String> {
    match &found.captured {
        Captured::Endpoint { host: Some(host), address: Some(address) } => Some(format!("{host} ({address})")),
        Captured::Endpoint { host: None, address: Some(one) }
        | Captured::Endpoint { host: Some(one), address: None }
        | Captured::Lookup { host: Some(one), .. } => Some(one.clone()),
        _ => None,
    }
}

/// Returns whether the other end is in the pod or on the node itself, which is no way out of the cluster.
fn is_local(to: &str) -> bool {
    ["localhost", "127.", "[::1]", "169.254."]
        .iter()
        .any(|start| to.starts_with(start) || to.contains(&format!("({start}")))
}

/// Returns the storage location whose account the other end is.
fn location_at<'f>(facts: &'f Facts, to: &str) -> Option<&'f StorageLocation> {
    let host = to.split([' ', ':']).next().unwrap_or(to);
    let (account, _) = host.split_once(".blob.")?;
    facts
        .locations()
        .find(|location| location.setting("storageAccount").is_some_and(|known| known.eq_ignore_ascii_case(account)))
}

/// Says which NetworkPolicies there are; nothing where they could not be read.
pub fn policies(facts: &Facts) -> Option<String> {
    let known = facts.network_policies.known()?;
    let namespace = &facts.extension.namespace;
    Some(if known.is_empty() {
        format!("Namespace {namespace} has no NetworkPolicy; Calico's and Cilium's own kinds were not read.")
    } else {
        let names = listing(known.iter().map(|policy| policy.metadata.name.as_str()), 4);
        format!("Namespace {namespace} has NetworkPolicies that may forbid it: {names}.")
    })
}
