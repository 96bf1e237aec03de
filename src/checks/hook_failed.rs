//! Hooks failed in the newest backup or restore.
//!
//! Knowledge: Velero counts them in status.hookStatus; facts/error_catalogue.json, UserErrorHookExecutionFailed;
//! velero#6721: a failed hook makes a backup PartiallyFailed. Velero's log has a line for each, with the fields `backup`
//! or `restore`, `hookName`, `hookContainer`, and the pod's namespace and name.

use super::check::{Check, Judgement};
use super::reading::ended::newest_restores;
use super::reading::extension_parts::agent_logs;
use super::reading::log_line::{LogLine, log_lines};
use super::reading::recent::RECENT;
use super::reading::run_series::series;
use super::reading::told::{quoted, told};
use crate::catalogue::{Sign, classify};
use crate::facts::objects::{Hook, HookStatus, Meta};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB624",
    name: "hook-failed",
    hop: Hop::Runs,
    title: "hooks succeed",
    needs: &[
        required(Need::Backups),
        required(Need::Restores),
        helpful(Need::Logs),
        helpful(Need::Hooks),
        helpful(Need::Pods),
    ],
    explains: &["UserErrorHookExecutionFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether hooks failed in the newest backup of a series that has ended, or in the newest restore of the
  last three days.

Why it matters
  What a hook was to do was not done: a database was not frozen, or not thawed, so that what was backed up
  may be inconsistent.

How it is found
  status.hookStatus of the Backup or Restore. The lines of Velero's log that tell of the hook are quoted
  while they last, and say why: a container that is not there, a pod that does not run, a command that
  does not exist (hooks run without a shell), the kubelet that was not reached.

What to do
  What the line says. Then run a backup on demand and look at hookStatus again.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorHookExecutionFailed; Velero's documentation on
  hooks; velero#6721.
";

/// How many lines of the log are quoted.
const MOST_LINES: usize = 3;

/// A run whose hooks failed.
struct Run<'f> {
    what: &'static str,
    meta: &'f Meta,
    subject: Subject,
    at: String,
    began: Option<jiff::Timestamp>,
    hooks: &'f HookStatus,
}

fn run(facts: &Facts) -> Judgement {
    facts.backups.rows(Need::Backups.what())?;
    facts.restores.rows(Need::Restores.what())?;
    let backups = series(facts).into_iter().filter_map(|known| {
        let (backup, _) = known.newest_ended()?;
        Some(Run {
            what: "backup",
            meta: &backup.metadata,
            subject: backup.subject(),
            at: backup.at(),
            began: backup.began(),
            hooks: backup.status.hook_status.as_ref()?,
        })
    });
    let is_recent =
        |began: Option<jiff::Timestamp>| began.is_none_or(|began| facts.observed_at.duration_since(began) <= RECENT);
    let restores = newest_restores(facts).into_iter().filter_map(|(restore, _)| {
        let hooks = restore.status.hook_status.as_ref().filter(|_| is_recent(restore.began()))?;
        Some(Run {
            what: "restore",
            meta: &restore.metadata,
            subject: restore.subject(),
            at: restore.at(),
            began: restore.began(),
            hooks,
        })
    });
    Ok(backups.chain(restores).filter(|run| run.hooks.hooks_failed > 0).map(|run| failed(facts, &run)).collect())
}

fn failed(facts: &Facts, run: &Run<'_>) -> Finding {
    let Run { what, meta, hooks, .. } = run;
    let when = run.began.map(|began| format!(", which began at {}", minute(began))).unwrap_or_default();
    let mut message = format!(
        "In the newest {what}, {}{when}, {} of {} hooks failed.",
        meta.name,
        hooks.hooks_failed,
        hooks.hooks_attempted.max(hooks.hooks_failed)
    );
    let mut finding = Finding::new(Severity::Warning, run.subject.clone(), String::new()).seen(Evidence::quoted(
        format!("{} .status.hookStatus", run.at),
        format!("hooksAttempted {}, hooksFailed {}", hooks.hooks_attempted, hooks.hooks_failed),
    ));
    let whole = format!("{}/{}", meta.namespace(), meta.name);
    let mut lines: Vec<LogLine<'_>> = log_lines(facts)
        .filter(|line| line.field(what).is_some_and(|run| run == whole || run == meta.name))
        .filter(|line| line.is_failure() && is_of_hook(line))
        .collect();
    lines.reverse();
    let said = told(lines.iter().map(|line| (line.log.at(), line.text)));
    if let Some(said) = &said {
        message.push('\n');
        message.push_str(&said.sentence());
    }
    let mut pods: Vec<String> =
        lines.iter().filter_map(|line| Some(format!("{}/{}", line.field("namespace")?, line.field("name")?))).collect();
    pods.sort_unstable();
    pods.dedup();
    if !pods.is_empty() {
        message.push_str(&format!(" Seen in {}.", listing(pods.iter().map(String::as_str), 4)));
    }
    for line in lines.iter().take(MOST_LINES) {
        finding = finding.seen(quoted(line.log.at(), line.text));
    }
    if lines.is_empty() && facts.unread(Need::Logs).is_none() {
        message.push_str(
            "\nThe lines that said why are no longer in the agent's log; the run's own log is in the storage account.",
        );
    }
    // The names of the entries are those of the hooks in Velero's log, as far as is known.
    for name in lines.iter().filter_map(|line| line.field("hookName")) {
        for hook in facts.hooks.known_rows().iter().filter(|hook| hook.is_of_restores() == (*what == "restore")) {
            if has_entry(hook, name) && !finding.concerns.contains(&hook.subject()) {
                finding = finding.concerning(hook.subject());
            }
        }
    }
    finding.message = message;
    let namespace = &facts.extension.namespace;
    finding
        .without(facts.unread(Need::Logs).map(|unread| format!("why they failed: {}", unread.why)))
        .without(facts.unread(Need::Hooks).map(|unread| format!("which hook object it was: {}", unread.why)))
        .mended_by(
            Remedy::guided(
                "Mend what the log names, in the BackupHook or RestoreHook or in the pods. If a command failed by itself, run it by \
                 hand in that container. Then run a backup on demand and look at hookStatus again.",
            )
            .documented(agent_logs(facts, namespace, &format!("--tail 5000 | grep {} | grep -i hook", meta.name)))
            .documented(
                "kubectl get backuphooks.clusterbackup.dataprotection.microsoft.com,restorehooks.clusterbackup.dataprotection.microsoft.com --all-namespaces",
            ),
        )
}

fn has_entry(hook: &Hook, name: &str) -> bool {
    hook.entries().any(|entry| entry.name.as_deref() == Some(name))
}

/// Tells whether a line is about a hook, by its own fields or by its words.
fn is_of_hook(line: &LogLine<'_>) -> bool {
    let is_sign = |sign: Sign| sign.about().codes.contains(&"UserErrorHookExecutionFailed");
    ["hookName", "hookPhase", "hookSource"].iter().any(|key| line.field(key).is_some())
        || classify(line.text).iter().any(|found| is_sign(found.sign))
}
