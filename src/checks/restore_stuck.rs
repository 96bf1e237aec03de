//! A restore goes on for far longer than it should, or nobody takes it up.
//!
//! Knowledge: reading/overdue.rs; public reports (velero#5697: a restore into a namespace that is being deleted stays
//! InProgress without a word; newer versions of Velero give up after ten minutes).

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::ended::ended;
use super::reading::overdue::{Run, is_under_way, look, overdue};
use crate::facts::objects::Restore;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB612",
    name: "restore-stuck",
    hop: Hop::Runs,
    title: "no restore goes on for too long",
    needs: &[required(Need::Restores), helpful(Need::Pods), helpful(Need::Namespaces)],
    explains: &[
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "UserErrorBackupPluginPodRestartedDuringRestore",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a restore waits or works for far longer than it should.

Why it matters
  What it was to bring back is not there, or only a part of it, and restores behind it wait.

How it is found
  A restore that nobody has taken up ten minutes after it was asked for, while no other one is under way
  (after an hour it is an error). One that says InProgress, although Velero was started after it began:
  nobody takes it up again. One that has gone on for more than 15 minutes while a namespace that it
  restores into is being deleted. One that works for more than 4 hours, or waits for what goes on in the
  background for 4 hours more; after a day it is an error.

What to do
  See whether the agent runs and what its log says of this restore, and let the deletion of a target
  namespace come to its end first. A restore that nobody works on is asked for anew from the vault.

Sources
  Velero's documentation on restores and its server's start; public reports (velero#5697).
";

/// Velero waits ten minutes for the deletion of a namespace that it restores into.
const TARGET_DELETION: SignedDuration = SignedDuration::from_mins(15);

fn run(facts: &Facts) -> Judgement {
    let rows = facts.restores.rows(Need::Restores.what())?;
    let phase = |restore: &Restore| restore.status.phase.clone().unwrap_or_default();
    let mut findings = Vec::new();
    for restore in rows {
        let name = restore.metadata.name.as_str();
        let has_other = rows.iter().any(|other| other.metadata.name != *name && is_under_way(&phase(other)));
        let run = Run {
            what: "restore",
            subject: restore.subject(),
            at: restore.at(),
            phase: restore.status.phase.as_deref().unwrap_or_default(),
            made: restore.metadata.creation_timestamp,
            began: restore.began(),
            background: None,
            has_other,
            was_passed: rows.iter().any(|later| {
                later.metadata.creation_timestamp > restore.metadata.creation_timestamp
                    && ended(later.status.phase.as_deref()).is_some()
            }),
        };
        findings.extend(behind_a_deletion(facts, restore).or_else(|| overdue(facts, &run)));
    }
    Ok(findings)
}

/// Tells of a restore into a namespace whose deletion does not come to an end.
fn behind_a_deletion(facts: &Facts, restore: &Restore) -> Option<Finding> {
    let took = since(restore.began()?, facts.observed_at);
    if restore.status.phase.as_deref() != Some("InProgress") || took <= TARGET_DELETION {
        return None;
    }
    let is_going = |name: &&str| {
        facts.namespaces.known_rows().iter().any(|namespace| {
            namespace.metadata.name == **name && namespace.status.phase.as_deref() == Some("Terminating")
        })
    };
    let going: Vec<&str> = restore.targets().filter(is_going).collect();
    let first = *going.first()?;
    let name = &restore.metadata.name;
    let mut finding = Finding::new(
        Severity::Error,
        restore.subject(),
        format!(
            "The restore {name} has gone on for {} and restores into {}, whose deletion has not come to an end. Velero waits for \
             that; nothing can be created there until it is done.",
            words(took),
            listing(going.iter().copied(), 4)
        ),
    )
    .seen(Evidence::quoted(format!("{} .status.phase", restore.at()), "InProgress"));
    for namespace in &going {
        finding = finding
            .seen(Evidence::quoted(format!("namespace/{namespace} .status.phase"), "Terminating"))
            .concerning(Subject::cluster_wide("v1", "Namespace", *namespace));
    }
    let remedy = look(
        facts,
        "See what the deletion of the namespace waits for, and let it come to its end; do not force it. Then see whether the \
         restore went on, or ask for it anew from the vault.",
        "restores",
        name,
    )
    .documented(format!("kubectl get namespace {first} --output yaml"));
    Some(finding.mended_by(remedy))
}
