//! The newest backups failed.
//!
//! Knowledge: Velero's phases of a backup. Only the newest outcome counts: a failure that a completed
//! backup follows is history. One that still runs says nothing yet; then the one before counts. Users
//! found out after ten days, or never (facts/diagnosis.md section 4).

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::ended::Ended;
use super::reading::extension_parts::{agent_logs, agent_subject};
use super::reading::recent::RECENT;
use super::reading::run_series::series;
use super::reading::told::{failures, quoted, told};
use crate::catalogue::{Sign, classify};
use crate::facts::objects::Backup;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB601",
    name: "backups-failing",
    hop: Hop::Runs,
    title: "the newest backup completed",
    needs: &[required(Need::Backups), helpful(Need::StorageLocations), helpful(Need::Pods), helpful(Need::Logs)],
    explains: &["UserErrorBackupPluginPodRestartedDuringBackup"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup of the extension that has ended failed, was refused, or is incomplete.

Why it matters
  What changed since the last good backup is lost if it is needed now.

How it is found
  The phase of Velero's backups, newest first: Failed, FailedValidation and PartiallyFailed count, up to
  the last one that completed. One that runs is left out. The reason is quoted from the newest one, and from
  the lines of Velero's log that name it. One that failed more than three days ago, with nothing after it, is
  a remark: that no backup came since is another matter. Where
  a cluster has several series of backups (by schedule, else by the namespaces that they take in), each is
  judged by itself; in a series that is not the newest, a failure counts for a day.

What to do
  Mend the cause, which is reported with it where it is known, then run a backup on demand instead of
  waiting for the next one.

Sources
  Velero's documentation on backups; backup_controller.go.
";

/// How many lines of the log are quoted, where nobody knows what they mean.
const MOST_LINES: usize = 3;

fn run(facts: &Facts) -> Judgement {
    facts.backups.rows(Need::Backups.what())?;
    // Each series by itself: the good backups of one say nothing about those of another.
    let all: Vec<(String, Vec<(&Backup, Ended)>)> = series(facts)
        .iter()
        .map(|known| (known.words(), known.all_ended()))
        .filter(|(_, all)| !all.is_empty())
        .collect();
    let is_only = all.len() == 1;
    let is_failing = |runs: &[(&Backup, Ended)]| runs.first().is_some_and(|(_, how)| *how != Ended::Well);
    let failing: Vec<&(String, Vec<(&Backup, Ended)>)> = all.iter().filter(|(_, runs)| is_failing(runs)).collect();
    let worst = failing.iter().min_by_key(|(_, runs)| runs.first().is_none_or(|(_, how)| *how == Ended::Partly));
    let Some((name, runs)) = worst.copied() else { return Ok(Vec::new()) };
    let bad: Vec<(&Backup, Ended)> = runs.iter().take_while(|(_, how)| *how != Ended::Well).copied().collect();
    let Some((newest, how)) = bad.first().copied() else { return Ok(Vec::new()) };
    let good = runs.get(bad.len()).map(|(backup, _)| *backup);
    let mut finding = say(facts, newest, how, &bad, good, (!is_only).then(|| name.clone()));
    for (other, runs) in failing.iter().filter(|(other, _)| other != name) {
        let Some((backup, _)) = runs.first() else { continue };
        finding.message.push_str(&format!(
            "\nThe newest {other} is no good one either: {}.",
            backup.status.phase.as_deref().unwrap_or_default()
        ));
        finding = finding
            .seen(Evidence::quoted(
                format!("{} .status.phase", backup.at()),
                backup.status.phase.as_deref().unwrap_or_default(),
            ))
            .concerning(backup.subject());
    }
    Ok(vec![finding])
}

fn say(
    facts: &Facts,
    newest: &Backup,
    how: Ended,
    bad: &[(&Backup, Ended)],
    good: Option<&Backup>,
    series: Option<String>,
) -> Finding {
    let verb = match (newest.status.phase.as_deref(), how) {
        (Some("FailedValidation"), _) => "was refused",
        (_, Ended::Partly) => "is incomplete",
        _ => "failed",
    };
    let when = newest.began().map(|began| format!(", which began {},", minute(began))).unwrap_or_default();
    let series = series.unwrap_or_else(|| "backup".to_owned());
    let mut message = format!("The newest {series}{when} {verb}");
    if bad.len() > 1 {
        let first = bad.last().and_then(|(backup, _)| backup.began());
        message.push_str(&format!(
            "; none has completed since {}: {} in a row",
            first.map_or_else(|| "then".to_owned(), minute),
            bad.len()
        ));
    }
    message.push('.');
    message.push_str(&match good {
        Some(good) => {
            let done = good.status.completion_timestamp.or_else(|| good.began());
            let age = done.map(|done| format!(", {} ago", words(since(done, facts.observed_at)))).unwrap_or_default();
            format!(" The last good one is {}{age}.", done.map_or_else(|| good.metadata.name.clone(), minute))
        }
        None => " No backup that completed is known.".to_owned(),
    });
    let age = newest.began().map(|began| since(began, facts.observed_at)).filter(|age| *age > RECENT);
    if let Some(age) = age {
        message.push_str(&format!(
            "\nThat was {} ago, and no other one has ended since: what failed then may be mended, or still fail; no newer backup \
             tells.",
            words(age)
        ));
    }
    let severity = match how {
        _ if age.is_some() => Severity::Info,
        Ended::Partly => Severity::Warning,
        _ => Severity::Error,
    };
    let namespace = &facts.extension.namespace;
    let mut finding = Finding::new(severity, Subject::cluster_wide("v1", "Namespace", namespace), String::new());
    let at = format!("backup.velero.io/{}/{}", newest.metadata.namespace(), newest.metadata.name);
    let mut reasons: Vec<&str> = Vec::new();
    if let Some(reason) = newest.status.failure_reason.as_deref().filter(|reason| !reason.trim().is_empty()) {
        reasons.push(reason);
        finding = finding.seen(Evidence::quoted(format!("{at} .status.failureReason"), reason.trim()));
    }
    for error in &newest.status.validation_errors {
        reasons.push(error.as_str());
        finding = finding.seen(Evidence::quoted(format!("{at} .status.validationErrors"), error.trim()));
    }
    let lines = failures(facts, "backup", newest.metadata.namespace(), &newest.metadata.name);
    if reasons.is_empty() {
        let phase = newest.status.phase.as_deref().unwrap_or_default();
        finding = finding.seen(Evidence::quoted(format!("{at} .status.phase"), phase));
    }
    if let Some(errors) = newest.status.errors.filter(|errors| *errors > 0) {
        let errors = usize::try_from(errors).unwrap_or(usize::MAX);
        message.push_str(&format!("\nVelero counted {}.", counted(errors, "error", "errors")));
    }
    let said = told(lines.iter().map(|line| (line.log.at(), line.text)));
    match said.filter(|_| !reasons.iter().any(|reason| told([(String::new(), *reason)]).is_some())) {
        // What the log says of this backup, as far back as it goes.
        Some(said) => {
            message.push_str(&format!("\nThe log says why: {}", said.sentence()));
            reasons.extend(lines.iter().map(|line| line.text));
            finding = finding.seen(said.evidence);
        }
        None if reasons.is_empty() && !lines.is_empty() => {
            message.push_str("\nThe log has lines about it, in words that this tool does not know.");
            for line in lines.iter().take(MOST_LINES) {
                finding = finding.seen(quoted(line.log.at(), line.text));
            }
        }
        None if reasons.is_empty() => message
            .push_str("\nWhy stands in the backup's own log and results, which Velero keeps in the storage account."),
        None => {}
    }
    let blame = blame(&reasons);
    if blame.location {
        let name = newest.spec.storage_location.as_deref().unwrap_or_else(|| default_location(facts));
        finding = finding.concerning(Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, name));
    }
    if blame.agent {
        finding.concerns.extend(agent_subject(facts));
    }
    finding = finding.concerning(newest.metadata.subject("velero.io/v1", "Backup"));
    finding.message = message;
    finding
        .without(facts.unread(Need::Logs).map(|unread| format!("what the log says of it: {}", unread.why)))
        .mended_by(
        Remedy::guided(
            "Mend the cause, then run a backup on demand from the vault: the next one on schedule may be hours away.",
        )
        .documented(format!("kubectl --namespace {namespace} describe backups.velero.io {}", newest.metadata.name))
        .documented(agent_logs(facts, namespace, &format!("--tail 2000 | grep {}", newest.metadata.name))),
    )
}

/// What a failed backup's own reasons point at; where it gives none, everything is possible.
struct Blame {
    location: bool,
    agent: bool,
}

fn blame(reasons: &[&str]) -> Blame {
    let signs: Vec<Sign> = reasons.iter().flat_map(|reason| classify(reason)).map(|found| found.sign).collect();
    if signs.is_empty() {
        return Blame { location: true, agent: true };
    }
    // The catalogue knows which words stand behind a location that is not ready.
    let is_about_location = |sign: &Sign| {
        matches!(sign, Sign::LocationUnavailable | Sign::LocationNotFound | Sign::ReadOnlyLocation)
            || sign.about().codes.contains(&"UserErrorBackupStorageLocationNotReady")
    };
    Blame {
        location: signs.iter().any(is_about_location),
        agent: signs
            .iter()
            .any(|sign| matches!(sign, Sign::PluginKilled | Sign::OutOfMemory | Sign::RestartedDuringRun)),
    }
}

fn default_location(facts: &Facts) -> &str {
    let marked = facts.locations().find(|location| location.spec.default);
    marked.map_or("default", |location| location.metadata.name.as_str())
}
