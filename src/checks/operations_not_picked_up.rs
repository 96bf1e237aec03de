//! What Azure asks of the extension is not taken up: its custom resources stay without a status.
//!
//! Knowledge: Azure Backup's troubleshooting page, KubernetesBackupCustomResourcesTrackingTimeOutError; field notes on
//! UserErrorKubernetesCustomResourcesNotPickedUpByExtension. The controller's schemas are published nowhere, so an
//! operation without a status is evidence only where others of its kind have one, or the controller does not run.

use jiff::{SignedDuration, Timestamp};

use super::check::{Check, Judgement};
use super::reading::elapsed::words;
use super::reading::ended::{Ended, ended};
use super::reading::operation_state::{age, has_ended, has_failed, newest_first, words as asked};
use super::reading::recent::RECENT;
use crate::facts::objects::{Operation, Pod};
use crate::facts::{Facts, MICROSOFT_GROUP, Need, OPERATIONS, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB606",
    name: "operations-not-picked-up",
    hop: Hop::Runs,
    title: "the extension takes up what Azure asks of it",
    needs: &[required(Need::Operations), helpful(Need::Pods), helpful(Need::Backups), helpful(Need::Restores)],
    explains: &[
        "UserErrorKubernetesCustomResourcesNotPickedUpByExtension",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup, restore, deletion or validation that Azure asked for has been taken up by
  the extension's controller.

Why it matters
  What is not taken up is not done: the vault waits, and ends the job with a time-out.

How it is found
  The newest custom resource of each kind of clusterbackup.dataprotection.microsoft.com has no status 15
  minutes after it was made; 4 hours while another one of the kind is under way. It is an error where
  another one of its kind has a status, or the controller has no ready pod. Where neither is so, it is a
  remark: what a status looks like is published nowhere. It is a remark too after three days, and once
  something that was asked for later, or a later run of Velero's, came through.

What to do
  Mend the controller's pod; with it the operations are taken up. If it runs, its log says what holds it.

Sources
  Azure Backup's troubleshooting page for AKS, KubernetesBackupCustomResourcesTrackingTimeOutError; public
  reports of UserErrorKubernetesCustomResourcesNotPickedUpByExtension.
";

const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// While another operation of the kind is under way, the next one may have to wait for it.
const BEHIND: SignedDuration = SignedDuration::from_hours(4);

/// Returns whether something that Azure asked for later, or a backup or restore of Velero's that began later, came through.
fn was_passed(facts: &Facts, operation: &Operation) -> bool {
    let Some(made) = operation.metadata.creation_timestamp else { return false };
    let is_later = |began: Option<Timestamp>| began.is_some_and(|began| began > made);
    let operations = facts.operations.known_rows().iter();
    let backups = facts.backups.known_rows().iter();
    let restores = facts.restores.known_rows().iter();
    operations
        .filter(|other| is_later(other.metadata.creation_timestamp))
        .any(|other| has_ended(other) && !has_failed(other))
        || backups
            .filter(|run| is_later(run.began()))
            .any(|run| ended(run.status.phase.as_deref()) == Some(Ended::Well))
        || restores
            .filter(|run| is_later(run.began()))
            .any(|run| ended(run.status.phase.as_deref()) == Some(Ended::Well))
}

/// The controller's Deployment, by documentation.
const CONTROLLER: &str = "dataprotection-microsoft-controller";

fn run(facts: &Facts) -> Judgement {
    facts.operations.rows(Need::Operations.what())?;
    let controller = controller(facts);
    let idle = facts.pods.known().is_some() && controller.is_none_or(|pod| !pod.is_ready());
    let mut ignored: Vec<(&Operation, SignedDuration)> = Vec::new();
    let mut have_others = false;
    for resource in OPERATIONS {
        let all = newest_first(facts, resource);
        let Some(newest) = all.first().copied().filter(|newest| newest.status.is_none()) else { continue };
        let is_busy = all.iter().any(|other| other.status.is_some() && !has_ended(other));
        let limit = if is_busy { BEHIND } else { PATIENCE };
        if let Some(age) = age(facts, newest).filter(|age| *age > limit) {
            ignored.push((newest, age));
            have_others |= all.iter().any(|other| other.status.is_some());
        }
    }
    if ignored.is_empty() {
        return Ok(Vec::new());
    }
    let mut message = String::new();
    // What is old, or was passed by something newer, hurts nobody any more: the vault ended its job long ago.
    let past = ignored.iter().filter(|(operation, age)| *age > RECENT || was_passed(facts, operation)).count();
    let is_past = past == ignored.len();
    if !is_past {
        ignored.retain(|(operation, age)| *age <= RECENT && !was_passed(facts, operation));
    }
    let is_proved = (idle || have_others) && !is_past;
    let severity = if is_proved { Severity::Error } else { Severity::Info };
    let subject = Subject::namespaced("apps/v1", "Deployment", &facts.extension.namespace, CONTROLLER);
    let mut finding = Finding::new(severity, subject, String::new());
    for (operation, age) in &ignored {
        let made = operation.metadata.creation_timestamp.map(minute).unwrap_or_default();
        message.push_str(&format!(
            "The {} {} was asked for {} ago, at {made}, and has no status.\n",
            asked(&operation.resource),
            operation.metadata.name,
            words(*age)
        ));
        finding = finding
            .seen(Evidence::quoted(format!("{} .status", operation.at()), "(none)"))
            .concerning(operation.subject());
    }
    message.push_str(&match (facts.pods.known(), controller) {
        (None, _) => "Whether the controller, which takes these up, runs was not read.".to_owned(),
        (Some(_), None) => "The controller, which takes these up, has no pod.".to_owned(),
        (Some(_), Some(pod)) if pod.is_ready() => {
            format!("The controller, which takes these up, is ready ({}).", pod.metadata.name)
        }
        (Some(_), Some(pod)) => {
            format!("The controller's pod, {}, which takes these up, is not ready.", pod.metadata.name)
        }
    });
    if is_past {
        message.push_str(if ignored.iter().all(|(operation, _)| was_passed(facts, operation)) {
            " Something that was asked for later, or a later run of Velero's, has come through."
        } else {
            " That was days ago: the vault's job for it may have ended long since."
        });
    } else if have_others {
        message.push_str(
            " Others of the kind have a status, so it is not that this version of the extension writes none.",
        );
    } else if !is_proved {
        message.push_str(
            " No other one of the kind has a status either, so it may be that this version of the extension writes none.",
        );
    }
    finding.message = message;
    let namespace = &facts.extension.namespace;
    let text = if is_past {
        "See in the vault whether the job for it has ended; if it is still wanted, start it anew from there."
    } else if idle {
        "Mend the controller's pod first; with it the operations are taken up."
    } else {
        "Read the controller's log for the operation's name. If it says nothing of it, start the controller again while no backup or \
         restore runs, and start the operation anew from the vault."
    };
    let group = MICROSOFT_GROUP;
    Ok(vec![
        finding
            .without(facts.unread(Need::Pods).map(|unread| format!("whether the controller runs: {}", unread.why)))
            .mended_by(
                Remedy::guided(text)
                    .documented(format!("kubectl --namespace {namespace} get pods"))
                    .documented(format!(
                        "kubectl --namespace {namespace} logs deployment/{CONTROLLER} --all-containers --tail 500"
                    ))
                    .documented(format!(
                        "kubectl get backups.{group},restores.{group},deletebackups.{group},validateforbackups.{group} --all-namespaces"
                    )),
            ),
    ])
}

/// Returns the controller's pod; a ready one where there are several.
fn controller(facts: &Facts) -> Option<&Pod> {
    let is_controller = |pod: &&Pod| {
        pod.metadata.label("control-plane") == Some(CONTROLLER)
            || pod
                .metadata
                .owner("ReplicaSet")
                .is_some_and(|set| set.name.starts_with("dataprotection-microsoft-controller-"))
    };
    facts.own_pods().filter(|pod| !pod.has_ended()).filter(is_controller).max_by_key(|pod| pod.is_ready())
}
