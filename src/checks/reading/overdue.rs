//! From when on a run of Velero's takes too long, and what keeps it.
//!
//! Knowledge: Azure Backup gives each snapshot of a volume 10 minutes (csiSnapshotTimeout 10m0s) and what goes on in the
//! background an hour (itemOperationTimeout 1h0m0s; Velero's own default is 4 hours); the vault's most frequent schedule
//! is every 4 hours. Velero takes a new run up within seconds unless another one of the kind runs, and takes up nothing
//! again that ran when it ended.

use jiff::{SignedDuration, Timestamp};

use super::agent_restart::velero_runs_since;
use super::elapsed::{since, words};
use super::extension_parts::{agent, agent_logs, agent_subject};
use super::location_rhythm::Rhythm;
use super::recent::RECENT;
use crate::facts::objects::Pod;
use crate::facts::{Facts, Need};
use crate::finding::{Evidence, Finding, Remedy, Severity, Subject, minute};

/// A run that has not ended.
pub struct Run<'f> {
    /// `backup` or `restore`.
    pub what: &'static str,
    /// The run.
    pub subject: Subject,
    /// Where its evidence stands.
    pub at: String,
    /// Velero's word for how far it is.
    pub phase: &'f str,
    /// When it was asked for.
    pub made: Option<Timestamp>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// How long what goes on in the background may take.
    pub background: Option<&'f str>,
    /// Whether another run of the kind is under way, for which a new one waits.
    pub has_other: bool,
    /// Whether another run of the kind that was asked for later has ended.
    pub was_passed: bool,
}

/// A new run is taken up within this time.
const PICK_UP: SignedDuration = SignedDuration::from_mins(10);
/// A run that was not taken up for this long fails whatever waits for it.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(1);
/// The objects and snapshots of a run take no longer: the next one is due then.
const WORK: SignedDuration = SignedDuration::from_hours(4);
/// The longest time between two scheduled backups.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Velero's own limit for what goes on in the background.
const BACKGROUND: SignedDuration = SignedDuration::from_hours(4);

/// Says that a run takes too long, and what to do; nothing where it does not.
pub fn overdue(facts: &Facts, run: &Run<'_>) -> Option<Finding> {
    let now = facts.observed_at;
    let subject_name = run.subject.name.as_deref().unwrap_or_default();
    let what = run.what;
    let (severity, message, advice) = match run.phase {
        "" | "New" | "Queued" | "ReadyToStart" => {
            let waited = since(run.made?, now);
            if waited <= PICK_UP || run.has_other {
                return None;
            }
            // After days nobody waits for it any more, and Velero that took up others since has its reasons.
            let is_past = waited > RECENT || run.was_passed;
            let severity = match waited {
                _ if is_past => Severity::Info,
                waited if waited > GIVEN_UP => Severity::Error,
                _ => Severity::Warning,
            };
            let mut waits = format!(
                "The {what} {subject_name} was asked for {} ago, at {}, and Velero has not taken it up, although no other {what} \
                 runs.",
                words(waited),
                minute(run.made?)
            );
            if run.was_passed {
                waits.push_str(" Others that were asked for later have ended.");
            }
            let advice = if is_past {
                format!(
                    "See in the vault what became of the job that asked for it. Velero may still take the {what} up when it is started again."
                )
            } else if agent(facts).is_some_and(Pod::is_ready) {
                format!(
                    "See what the agent's log says. A Velero that takes nothing up although it runs is started again while no backup or \
                     restore is under way; it then takes the {what} up."
                )
            } else if facts.pods.known().is_none() {
                format!("See whether the agent's pod runs, and what its log says; Velero, in it, takes the {what} up.")
            } else {
                format!("See why the agent's pod does not run; as soon as it does, Velero takes the {what} up.")
            };
            (severity, waits, advice)
        }
        "InProgress"
        | "WaitingForPluginOperations"
        | "WaitingForPluginOperationsPartiallyFailed"
        | "Finalizing"
        | "FinalizingPartiallyFailed" => {
            let began = run.began?;
            let took = since(began, now);
            let restarted = velero_runs_since(facts)
                .filter(|start| run.phase == "InProgress" && *start > began && since(*start, now) > PICK_UP);
            if let Some(start) = restarted {
                let message = format!(
                    "The {what} {subject_name}, which began at {}, says {}, but the Velero that ran it ended; the present one runs \
                     since {}. Nobody takes the {what} up again, so it will never end by itself.",
                    minute(began),
                    run.phase,
                    minute(start)
                );
                let advice = format!(
                    "Start the {what} anew from the vault. As Velero starts it marks what says InProgress as failed; where it has not, \
                     start the agent again while no other backup or restore is under way. Some older versions leave such a {what} as it \
                     is."
                );
                (Severity::Error, message, advice)
            } else {
                let background = match Rhythm::of(run.background.filter(|text| !text.trim().is_empty())) {
                    Rhythm::Every(span) if run.background.is_some() => span,
                    _ => BACKGROUND,
                };
                let limit = if run.phase == "InProgress" { WORK } else { WORK.saturating_add(background.min(DAY)) };
                if took <= limit {
                    return None;
                }
                let severity = if took > DAY { Severity::Error } else { Severity::Warning };
                let message = format!(
                    "The {what} {subject_name} has gone on for more than {}, since {}, and says {}; it should be done within {}.",
                    words(took),
                    minute(began),
                    run.phase,
                    words(limit)
                );
                let advice = format!(
                    "See what the log last said of this {what}. While lines about it still come, let it go on. If none have come for long \
                     and no other backup or restore is under way, start the agent again: Velero then marks the {what} as failed, and it can \
                     be started anew from the vault."
                );
                (severity, message, advice)
            }
        }
        _ => return None,
    };
    let agent_words = match (facts.pods.known(), agent(facts)) {
        (None, _) => String::new(),
        (Some(_), None) => "\nThe agent, in which Velero runs, has no pod.".to_owned(),
        (Some(_), Some(pod)) if pod.is_ready() => {
            format!("\nThe agent's pod, {}, in which Velero runs, says that it is ready.", pod.metadata.name)
        }
        (Some(_), Some(pod)) => {
            format!("\nThe agent's pod, {}, in which Velero runs, is not ready.", pod.metadata.name)
        }
    };
    let phase = if run.phase.is_empty() { "(none)" } else { run.phase };
    let mut finding = Finding::new(severity, run.subject.clone(), format!("{message}{agent_words}"))
        .seen(Evidence::quoted(format!("{} .status.phase", run.at), phase));
    if let Some(began) = run.began.filter(|_| !is_new(run.phase)) {
        finding = finding.seen(Evidence::quoted(format!("{} .status.startTimestamp", run.at), began.to_string()));
    } else if let Some(made) = run.made {
        finding = finding.seen(Evidence::quoted(format!("{} .metadata.creationTimestamp", run.at), made.to_string()));
    }
    finding.concerns.extend(agent_subject(facts));
    let mut remedy = look(facts, &advice, &format!("{what}s"), subject_name);
    if agent(facts).is_some_and(Pod::is_ready) && severity != Severity::Info {
        remedy = remedy.documented(format!(
            "kubectl --namespace {} rollout restart deployment/dataprotection-microsoft-kubernetes-agent",
            facts.extension.namespace
        ));
    }
    Some(
        finding
            .without(
                facts.unread(Need::Pods).map(|unread| format!("whether Velero runs, and since when: {}", unread.why)),
            )
            .mended_by(remedy),
    )
}

/// Returns whether a phase says that nobody has taken the run up.
pub fn is_new(phase: &str) -> bool {
    matches!(phase, "" | "New" | "Queued" | "ReadyToStart")
}

/// Returns whether a phase says that Velero works on the run itself, so that the next one of its kind waits.
pub fn is_under_way(phase: &str) -> bool {
    phase == "InProgress"
}

/// Says how to see what keeps a run; `plural` is Velero's resource.
pub fn look(facts: &Facts, text: &str, plural: &str, name: &str) -> Remedy {
    let namespace = &facts.extension.namespace;
    Remedy::guided(text)
        .documented(format!("kubectl --namespace {namespace} get pods"))
        .documented(format!("kubectl --namespace {namespace} describe {plural}.velero.io {name}"))
        .documented(agent_logs(facts, namespace, &format!("--tail 2000 | grep {name}")))
}
