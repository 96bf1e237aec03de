//! No backup has been begun for days, or none ever: nothing fails, and nothing is protected.
//!
//! Knowledge: azure-backup.md section 2 (a protected cluster is backed up every 4 to 24 hours, begun within 2 hours of
//! the time); diagnosis.md section 4, pains 6 and 7: everything says Succeeded and nothing is protected, unseen for days.
//! Look-alikes, which nothing in the cluster tells from trouble for certain: protection that was stopped or never set
//! up on purpose, a cluster that is there to be restored into, a cluster that was stopped, a new installation.

use jiff::{SignedDuration, Timestamp};

use super::check::{Check, Judgement};
use super::reading::agent::is_installed;
use super::reading::elapsed::{since, words};
use super::reading::ended::{Ended, ended};
use super::reading::extension_parts::agent_subject;
use crate::facts::objects::{Backup, ExtensionConfig, Operation, StorageLocation};
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB609",
    name: "no-recent-backup",
    hop: Hop::Runs,
    title: "backups have been made lately",
    needs: &[
        required(Need::Backups),
        helpful(Need::ExtensionConfigs),
        helpful(Need::StorageLocations),
        helpful(Need::Operations),
        helpful(Need::Restores),
        helpful(Need::Nodes),
        helpful(Need::Pods),
    ],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a backup has been begun within the last two days; and whether there is one at all, two days after
  the extension came.

Why it matters
  Nothing fails where nothing is asked for: the extension is installed, its storage location is available,
  and what has changed since the last backup is lost if it is needed now.

How it is found
  When Velero's newest backup began, however it went: failures have a check of their own. Azure Backup's
  schedules are daily at the longest. Where the backups of this cluster have come at longer intervals, twice
  their usual distance counts instead of the two days. Azure's own requests in the cluster (the Backups of
  clusterbackup.dataprotection.microsoft.com), as far as they are kept, tell whether Azure has asked since. It
  is a remark only while every node has been ready for less than 26 hours, as after a stop of the cluster: the
  next backup may not be due. It is a remark, too, where no backup was ever made but restores were: such a
  cluster may be there to be restored into.

What to do
  Look at the backup instance in the vault: whether there is one, whether its protection is stopped or in
  error, and when its jobs last ran. Where that is as it is meant to be, ignore this finding (--ignore).

Sources
  Azure Backup's support matrix for AKS (schedules); public reports of protection gaps.
";

/// Longer than the longest time between two scheduled backups, twice over.
const LONG: SignedDuration = SignedDuration::from_hours(48);
/// A scheduled backup comes within a day, and begins within two hours of its time.
const DUE: SignedDuration = SignedDuration::from_hours(26);
/// Of how many backups the usual distance is worked out, and of how many at least.
const MOST: usize = 8;
const LEAST: usize = 3;

fn run(facts: &Facts) -> Judgement {
    let mut rows: Vec<&Backup> = facts.backups.required(Need::Backups.what())?.iter().collect();
    if rows.iter().all(|backup| backup.began().is_none()) {
        // The runner says so where a part of the list was not read.
        return if facts.unread(Need::Backups).is_some() { Ok(Vec::new()) } else { never(facts) };
    }
    rows.sort_by_key(|backup| std::cmp::Reverse((backup.began(), backup.metadata.name.clone())));
    let Some((newest, began)) = rows.first().and_then(|backup| Some((*backup, backup.began()?))) else {
        return Ok(Vec::new());
    };
    let usual = distance(&rows);
    let limit = usual.map_or(LONG, |usual| usual.saturating_mul(2).max(LONG));
    let age = since(began, facts.observed_at);
    // A newer one may be in the part of the list that was not read; the runner says so.
    if age <= limit || facts.unread(Need::Backups).is_some() {
        return Ok(Vec::new());
    }
    let good = rows.iter().find(|backup| is_good(backup)).copied();
    let mut message = format!("No backup has been begun for {}. ", words(age));
    message.push_str(&match good {
        Some(good) if good.metadata.name == newest.metadata.name => {
            format!("The newest one completed, and began at {}.", minute(began))
        }
        Some(good) => format!(
            "The newest one began at {} and {}; the last one that completed began at {}.",
            minute(began),
            how(newest),
            good.began().map_or_else(|| "an unknown time".to_owned(), minute)
        ),
        None => {
            format!("The newest one began at {} and {}; none that completed is known.", minute(began), how(newest))
        }
    });
    if let Some(usual) = usual.filter(|usual| usual.saturating_mul(2) > LONG) {
        message.push_str(&format!(" Before that they came about every {}.", words(usual)));
    }
    let asked = asked_since(facts, began);
    let fresh = all_ready_since(facts).filter(|ready| since(*ready, facts.observed_at) < DUE);
    message.push_str(&what_azure_asked(facts, asked));
    if let Some(ready) = fresh {
        message.push_str(&format!(
            "\nEvery node has been ready only since {} or later, as after a stop of the cluster. A cluster that is stopped makes no \
             backups; the next one on schedule is due within a day.",
            minute(ready)
        ));
    }
    let severity = if fresh.is_some() && asked.is_none() { Severity::Info } else { Severity::Warning };
    let mut finding = begin(facts, severity, message)
        .seen(Evidence::quoted(format!("{} .status.startTimestamp", newest.at()), began.to_string()));
    if let Some(phase) = newest.status.phase.as_deref() {
        finding = finding.seen(Evidence::quoted(format!("{} .status.phase", newest.at()), phase));
    }
    finding = finding.concerning(newest.subject());
    Ok(vec![end(facts, finding, asked)])
}

/// Judges a cluster that has no backup at all: by how long the extension has been there.
fn never(facts: &Facts) -> Judgement {
    // What has not come to its end makes no backups, and has checks of its own.
    if facts.extension_configs.known_rows().iter().any(ExtensionConfig::is_backup) && !is_installed(facts) {
        return Err(Stop::not_applicable("the extension's installation has not come to its end"));
    }
    let records = facts.extension_configs.known_rows().iter().filter(|config| config.is_backup());
    let made = records.filter_map(|config| config.metadata.creation_timestamp);
    let located = facts.locations().filter_map(|location| location.metadata.creation_timestamp);
    let Some(here) = made.chain(located).min() else {
        return Err(Stop::inconclusive("there is no backup, and nothing tells how long the extension has been here"));
    };
    let age = since(here, facts.observed_at);
    if age <= LONG {
        return Ok(Vec::new());
    }
    let asked = asked_since(facts, here);
    let restores = facts.restores.known_rows().len();
    let mut message = format!(
        "The extension has been here for {}, since {}, and the cluster has no backup: none that completed, none that failed.",
        words(age),
        minute(here)
    );
    message.push_str(&what_azure_asked(facts, asked));
    if restores > 0 {
        message.push_str(
            "\nThere are restores, so the cluster may be there to be restored into, and not to be backed up.",
        );
    }
    let severity = if restores > 0 && asked.is_none() { Severity::Info } else { Severity::Warning };
    let finding = begin(facts, severity, message)
        .seen(Evidence::at(format!("backups.velero.io in namespace {}: none", facts.extension.namespace)));
    Ok(vec![end(facts, finding, asked)])
}

fn begin(facts: &Facts, severity: Severity, message: String) -> Finding {
    Finding::new(severity, Subject::cluster_wide("v1", "Namespace", &facts.extension.namespace), message)
}

fn end(facts: &Facts, mut finding: Finding, asked: Option<&Operation>) -> Finding {
    if let Some(asked) = asked {
        let made = asked.metadata.creation_timestamp.map(|made| made.to_string()).unwrap_or_default();
        finding = finding
            .seen(Evidence::quoted(format!("{} .metadata.creationTimestamp", asked.at()), made))
            .concerning(asked.subject());
    }
    finding.concerns.extend(agent_subject(facts));
    finding.concerns.extend(facts.locations().map(StorageLocation::subject));
    if facts.locations().next().is_none() {
        // The one that is missing, by its usual name.
        let namespace = &facts.extension.namespace;
        finding =
            finding.concerning(Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, "default"));
    }
    finding
        .without(
            facts
                .unread(Need::Operations)
                .map(|unread| format!("whether Azure has asked for a backup since: {}", unread.why)),
        )
        .mended_by(remedy(facts, asked))
}

/// Says what the requests of Azure's that are still in the cluster tell.
fn what_azure_asked(facts: &Facts, asked: Option<&Operation>) -> String {
    match asked {
        Some(asked) => format!(
            "\nAzure has asked for one since: the request {} is of {}. No backup of Velero's has begun since.",
            asked.metadata.name,
            asked.metadata.creation_timestamp.map_or_else(|| "an unknown time".to_owned(), minute)
        ),
        None if facts.operations.known().is_some() && facts.unread(Need::Operations).is_none() => {
            "\nNothing in the cluster shows that Azure has asked for one since. Either the protection was stopped, is in error or \
             was never set up, or its requests do not reach the cluster; the vault's backup instance tells which."
                .to_owned()
        }
        None => "\nWhether Azure has asked for one since is not known here; the vault's backup instance tells.".to_owned(),
    }
}

/// Returns the newest request for a backup that is newer than a time.
fn asked_since(facts: &Facts, then: Timestamp) -> Option<&Operation> {
    let requests = facts.operations.known_rows().iter().filter(|operation| operation.resource == "backups");
    let newest = requests.max_by_key(|operation| operation.metadata.creation_timestamp)?;
    // The request of the newest backup itself comes before it begins.
    newest.metadata.creation_timestamp.is_some_and(|made| made > then).then_some(newest)
}

/// Returns when the node became ready that has been so for longest; nothing where a node does not say.
fn all_ready_since(facts: &Facts) -> Option<Timestamp> {
    let ready = facts.nodes.known()?.iter().filter(|node| node.is_ready());
    let since: Option<Vec<Timestamp>> = ready
        .map(|node| {
            let condition = node.status.conditions.iter().find(|condition| condition.kind == "Ready")?;
            condition.last_transition_time
        })
        .collect();
    since?.into_iter().min()
}

/// Returns the usual distance between the newest backups: the middle one.
fn distance(newest_first: &[&Backup]) -> Option<SignedDuration> {
    let times: Vec<Timestamp> = newest_first.iter().filter_map(|backup| backup.began()).take(MOST).collect();
    if times.len() < LEAST {
        return None;
    }
    let pairs = times.iter().zip(times.iter().skip(1));
    let mut gaps: Vec<SignedDuration> = pairs.map(|(later, earlier)| later.duration_since(*earlier)).collect();
    gaps.sort_unstable();
    gaps.get((gaps.len() - 1) / 2).copied()
}

fn is_good(backup: &Backup) -> bool {
    ended(backup.status.phase.as_deref()) == Some(Ended::Well)
}

fn how(backup: &Backup) -> String {
    match (ended(backup.status.phase.as_deref()), backup.status.phase.as_deref()) {
        (Some(Ended::Partly), _) => "is incomplete".to_owned(),
        (Some(Ended::Well), _) => "completed".to_owned(),
        (Some(Ended::Badly), _) => "failed".to_owned(),
        (None, Some(phase)) => format!("says {phase}"),
        (None, None) => "was not taken up".to_owned(),
    }
}

fn remedy(facts: &Facts, asked: Option<&Operation>) -> Remedy {
    let namespace = &facts.extension.namespace;
    let text = if asked.is_some() {
        "See what became of Azure's request, and what the extension's controller and agent say of it."
    } else {
        "See in the vault whether the cluster has a backup instance, and its state; CLUSTER_ID is the cluster's Azure id. Where \
         it says that protection is stopped or in error, resume it or mend what it names. Where nobody means to back this \
         cluster up, ignore this finding."
    };
    let mut remedy = Remedy::guided(text);
    if asked.is_some() {
        remedy = remedy
            .documented(format!("kubectl --namespace {namespace} get backups.{}", crate::facts::MICROSOFT_GROUP))
            .documented(format!("kubectl --namespace {namespace} get pods"));
    }
    remedy
        .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query id --output tsv")
        .documented("az rest --method get --url \"CLUSTER_ID/providers/Microsoft.DataProtection/backupInstances?api-version=2024-04-01\" --query \"value[].{instance:name, state:properties.currentProtectionState, error:properties.protectionErrorDetails.message}\"")
}
