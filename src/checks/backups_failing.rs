//! The newest backups failed.
//!
//! Knowledge: Velero's phases of a backup. Only the newest outcome counts: a failure that a completed
//! backup follows is history. One that still runs says nothing yet; then the one before counts. Users
//! found out after ten days, or never (facts/diagnosis.md section 4).

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::ended::{Ended, ended};
use super::reading::extension_parts::agent_subject;
use crate::catalogue::{Sign, classify};
use crate::facts::objects::Backup;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB601",
    name: "backups-failing",
    hop: Hop::Runs,
    title: "the newest backup completed",
    needs: &[required(Need::Backups), helpful(Need::StorageLocations), helpful(Need::Pods)],
    explains: &["UserErrorBackupPluginPodRestartedDuringBackup", "KubernetesBackupGenericWarning"],
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
  the last one that completed. One that runs is left out. The reason is quoted from the newest one. Where
  a cluster has several series of backups (by schedule, else by the namespaces that they take in), each is
  judged by itself; in a series that is not the newest, a failure counts for a day.

What to do
  Mend the cause, which is reported with it where it is known, then run a backup on demand instead of
  waiting for the next one.

Sources
  Velero's documentation on backups; backup_controller.go.
";

fn run(facts: &Facts) -> Judgement {
    let rows = facts.backups.rows(Need::Backups.what())?;
    let mut backups: Vec<(&Backup, Ended)> =
        rows.iter().filter_map(|backup| Some((backup, ended(backup.status.phase.as_deref())?))).collect();
    backups.sort_by(|(a, _), (b, _)| (b.began(), &b.metadata.name).cmp(&(a.began(), &a.metadata.name)));
    // Each series by itself: the good backups of one say nothing about those of another.
    let mut series: Vec<Series<'_>> = Vec::new();
    for (backup, how) in backups {
        match series.iter_mut().find(|known| known.name == backup.series()) {
            Some(known) => known.all.push((backup, how)),
            None => series.push(Series { name: backup.series(), all: vec![(backup, how)] }),
        }
    }
    let is_only = series.len() == 1;
    // The first is the one with the newest backup of all. An old failure in another may belong to a scope that nobody
    // backs up any more.
    let failing: Vec<&Series<'_>> = series
        .iter()
        .enumerate()
        .filter(|(at, known)| known.is_failing() && (*at == 0 || known.is_fresh(facts)))
        .map(|(_, known)| known)
        .collect();
    let worst = failing.iter().min_by_key(|known| known.all.first().is_none_or(|(_, how)| *how == Ended::Partly));
    let Some(worst) = worst else { return Ok(Vec::new()) };
    let others: Vec<&Series<'_>> = failing.iter().filter(|known| known.name != worst.name).copied().collect();
    let bad: Vec<(&Backup, Ended)> = worst.all.iter().take_while(|(_, how)| *how != Ended::Well).copied().collect();
    let Some((newest, how)) = bad.first().copied() else { return Ok(Vec::new()) };
    let good = worst.all.get(bad.len()).map(|(backup, _)| *backup);
    let mut finding = say(facts, newest, how, &bad, good, (!is_only).then(|| worst.words()));
    for other in others {
        let Some((backup, _)) = other.all.first() else { continue };
        finding.message.push_str(&format!(
            "\nThe newest {} is no good one either: {}.",
            other.words(),
            backup.status.phase.as_deref().unwrap_or_default()
        ));
        finding = finding
            .seen(Evidence::quoted(
                format!("backup.velero.io/{}/{} .status.phase", backup.metadata.namespace(), backup.metadata.name),
                backup.status.phase.as_deref().unwrap_or_default(),
            ))
            .concerning(backup.metadata.subject("velero.io/v1", "Backup"));
    }
    Ok(vec![finding])
}

/// Backups that belong together: of one schedule, or of the same namespaces; the newest first.
struct Series<'f> {
    name: (Option<&'f str>, Vec<&'f str>),
    all: Vec<(&'f Backup, Ended)>,
}

/// A failure in a series that is not the newest counts for a day: a series that lives has its next backup by then.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

impl Series<'_> {
    fn is_failing(&self) -> bool {
        self.all.first().is_some_and(|(_, how)| *how != Ended::Well)
    }

    fn is_fresh(&self, facts: &Facts) -> bool {
        let newest = self.all.first().and_then(|(backup, _)| backup.began());
        newest.is_none_or(|began| facts.observed_at.duration_since(began) <= FRESH)
    }

    /// Names it, behind "the newest".
    fn words(&self) -> String {
        match &self.name {
            (Some(schedule), _) => format!("backup of the schedule {schedule}"),
            (None, namespaces) if namespaces.is_empty() => "backup of all namespaces".to_owned(),
            (None, namespaces) => format!("backup of {}", listing(namespaces.iter().copied(), 4)),
        }
    }
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
    let severity = if how == Ended::Partly { Severity::Warning } else { Severity::Error };
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
    if reasons.is_empty() {
        let phase = newest.status.phase.as_deref().unwrap_or_default();
        finding = finding.seen(Evidence::quoted(format!("{at} .status.phase"), phase));
        if let Some(errors) = newest.status.errors.filter(|errors| *errors > 0) {
            message.push_str(&format!(
                "\nVelero counted {errors} {}; what they are stands in the backup's log.",
                if errors == 1 { "error" } else { "errors" }
            ));
        }
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
    finding.mended_by(
        Remedy::guided("Mend the cause, then run a backup on demand from the vault: the next one on schedule may be hours away.")
            .documented(format!("kubectl --namespace {namespace} describe backups.velero.io {}", newest.metadata.name))
            .documented(format!(
                "kubectl --namespace {namespace} logs deployment/dataprotection-microsoft-kubernetes-agent --container velero --tail 2000 | grep {}",
                newest.metadata.name
            )),
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
