//! The newest backup was cut off: Velero started again while it ran.
//!
//! Knowledge: Velero marks what says InProgress as failed when it starts ("found a backup with status …"); Azure Backup's
//! troubleshooting page of 2025, UserErrorBackupPluginPodRestartedDuringBackup; facts/diagnosis.md section 3 (look at the
//! last state: OOMKilled, eviction, node).

use super::check::{Check, Judgement};
use super::reading::agent_restart::{memory_limit, restart_after};
use super::reading::ended::Ended;
use super::reading::extension_parts::{agent_logs, agent_subject};
use super::reading::memory::raise_limit;
use super::reading::run_series::series;
use crate::catalogue::{Sign, classify};
use crate::facts::objects::Backup;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB603",
    name: "backup-interrupted",
    hop: Hop::Runs,
    title: "the newest backup was not cut off",
    needs: &[required(Need::Backups), helpful(Need::Pods), helpful(Need::Events)],
    explains: &["UserErrorBackupPluginPodRestartedDuringBackup"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup that has ended failed because Velero started again while it ran, and what had
  ended Velero.

Why it matters
  The backup is lost. If Velero ended for want of memory, the next one will end in the same way.

How it is found
  The backup's failureReason. Why Velero ended stands in the last state of the agent's container with Velero,
  or the agent's pod is younger than the backup; events of the pod before it are quoted while they last.

What to do
  OOMKilled: raise the extension's memory limit. A new pod: an upgrade or a drained node passes; run a
  backup on demand and keep such work out of the backup's hours.

Sources
  Azure Backup's troubleshooting page for AKS (06/2025), UserErrorBackupPluginPodRestartedDuringBackup;
  source of Velero's server.
";

fn run(facts: &Facts) -> Judgement {
    facts.backups.rows(Need::Backups.what())?;
    let newest = series(facts).into_iter().filter_map(|known| known.newest_ended());
    Ok(newest.filter(|(_, how)| *how == Ended::Badly).filter_map(|(backup, _)| interrupted(facts, backup)).collect())
}

fn interrupted(facts: &Facts, backup: &Backup) -> Option<Finding> {
    let reason = backup.status.failure_reason.as_deref()?;
    if !classify(reason).iter().any(|found| found.sign == Sign::RestartedDuringRun) {
        return None;
    }
    let began = backup.began();
    let when = began.map(|began| format!(", which began at {},", minute(began))).unwrap_or_default();
    let name = &backup.metadata.name;
    let mut message =
        format!("The backup {name}{when} was cut off: Velero started again while it ran, and marked it as failed.");
    let restart = began.and_then(|began| restart_after(facts, began));
    message.push('\n');
    message.push_str(&match (&restart, facts.pods.known()) {
        (Some(restart), _) => restart.words.clone(),
        (None, Some(_)) => "Nothing that is left says what had ended it.".to_owned(),
        (None, None) => "What had ended it was not read.".to_owned(),
    });
    let mut remedy = match &restart {
        Some(restart) if restart.was_out_of_memory => {
            raise_limit(facts, memory_limit(facts), "A backup needs more memory the more resources the cluster has.")
        }
        _ => Remedy::guided(
            "Mend what ended Velero, if it is more than an upgrade or a drained node, then run a backup on demand from the vault.",
        ),
    };
    let mut finding = Finding::new(Severity::Error, backup.subject(), message)
        .seen(Evidence::quoted(format!("{} .status.failureReason", backup.at()), reason.trim()));
    finding.evidence.extend(restart.into_iter().flat_map(|restart| restart.evidence));
    finding.concerns.extend(agent_subject(facts));
    let namespace = &facts.extension.namespace;
    remedy = remedy
        .documented(format!("kubectl --namespace {namespace} describe pods --selector name=velero"))
        .documented(agent_logs(facts, namespace, "--previous --tail 200"));
    Some(
        finding
            .without(facts.unread(Need::Pods).map(|unread| format!("what had ended Velero: {}", unread.why)))
            .without(
                facts
                    .unread(Need::Events)
                    .map(|unread| format!("whether an event says why the pod before it went away: {}", unread.why)),
            )
            .mended_by(remedy),
    )
}
