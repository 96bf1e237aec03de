//! A restore brought back what was backed up on another version of Kubernetes.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorSourceandTargetClusterCRDVersionMismatch (FlowSchemas and
//! PriorityLevelConfigurations); velero#4524 (a backup of 1.23 restored on 1.22), velero#2310. Velero notes the source's
//! version in the Backup's annotation velero.io/source-cluster-k8s-gitversion.

use super::check::{Check, Judgement};
use super::reading::ended::{Ended, newest_restores};
use super::reading::minor::Minor;
use super::reading::recent::{RECENT, REMEMBERED};
use super::reading::told::failures;
use crate::catalogue::{Match, Sign, classify};
use crate::facts::objects::Restore;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB613",
    name: "restored-from-another-version",
    hop: Hop::Runs,
    title: "restores are from the cluster's own version",
    needs: &[required(Need::Restores), required(Need::Backups), helpful(Need::Logs)],
    explains: &["UserErrorSourceandTargetClusterCRDVersionMismatch"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest restore of the last 30 days is of a backup that was made on another minor version of
  Kubernetes, and whether that made it fail.

Why it matters
  What the backup holds in an API version that this cluster does not serve is not restored. FlowSchemas and
  PriorityLevelConfigurations are the usual ones, and are Kubernetes' own; others may be an application's.

How it is found
  The Backup's annotation velero.io/source-cluster-k8s-gitversion against the server's version. By itself
  that is a remark. It is an error or a warning, as the restore itself, where the restore failed or is
  incomplete and its words, or the log's, say that a kind or version is not served.

What to do
  FlowSchemas and PriorityLevelConfigurations of the source can be left: each cluster brings its own. What
  an application needs is restored to a cluster of the same version, or applied by hand in a version that
  is served here.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorSourceandTargetClusterCRDVersionMismatch;
  velero#4524, velero#2310.
";

fn run(facts: &Facts) -> Judgement {
    facts.restores.rows(Need::Restores.what())?;
    facts.backups.rows(Need::Backups.what())?;
    Ok(newest_restores(facts).into_iter().filter_map(|(restore, how)| other_version(facts, restore, how)).collect())
}

fn other_version(facts: &Facts, restore: &Restore, how: Ended) -> Option<Finding> {
    let age = restore.began().map(|began| facts.observed_at.duration_since(began));
    if age.is_some_and(|age| age > REMEMBERED) {
        return None;
    }
    let wanted = restore.spec.backup_name.as_deref()?;
    let backup = facts.backups.known_rows().iter().find(|backup| backup.metadata.name == wanted)?;
    let source = backup.metadata.annotation("velero.io/source-cluster-k8s-gitversion")?;
    let here = facts.server.version.as_deref()?;
    if Minor::parse(source)? == Minor::parse(here)? {
        return None;
    }
    let proof = (how != Ended::Well).then(|| not_served(facts, restore)).flatten();
    let is_recent = age.is_none_or(|age| age <= RECENT);
    let severity = match (&proof, how) {
        (Some(_), Ended::Badly) if is_recent => Severity::Error,
        (Some(_), Ended::Partly) if is_recent => Severity::Warning,
        _ => Severity::Info,
    };
    let mut message = format!(
        "The restore {} is of a backup that was made on Kubernetes {}; this cluster has {}. What the backup holds in an API version \
         that is not served here cannot be restored.",
        restore.metadata.name,
        source.trim_start_matches('v'),
        here.trim_start_matches('v')
    );
    message.push_str(match (&proof, how) {
        (Some((Sign::FlowControlVersionMismatch, _)), _) => {
            "\nThat befell FlowSchemas or PriorityLevelConfigurations, which each cluster brings with it."
        }
        (Some(_), _) => "\nIts words say that a kind or version was not served.",
        (None, Ended::Well) => "\nIt completed, and nothing says that anything was left out.",
        (None, _) => "\nNothing that was read says that this is why it did not complete.",
    });
    let mut finding = Finding::new(severity, restore.subject(), message).seen(Evidence::quoted(
        format!("{} .metadata.annotations[velero.io/source-cluster-k8s-gitversion]", backup.at()),
        source,
    ));
    finding.evidence.extend(proof.map(|(_, evidence)| evidence));
    Some(
        finding
            .without(
                facts
                    .unread(Need::Logs)
                    .filter(|_| how != Ended::Well)
                    .map(|unread| format!("whether the log says that a version is not served: {}", unread.why)),
            )
            .mended_by(
                Remedy::guided(
                    "FlowSchemas and PriorityLevelConfigurations of the source can be left: each cluster brings its own. Restore what an \
                     application lacks to a cluster of the source's version, or apply it by hand in a version that is served here.",
                )
                .documented("kubectl api-versions")
                .documented(format!(
                    "kubectl --namespace {} describe restores.velero.io {}",
                    facts.extension.namespace, restore.metadata.name
                )),
            ),
    )
}

/// Returns where words of the restore say that a kind or version is not served.
fn not_served(facts: &Facts, restore: &Restore) -> Option<(Sign, Evidence)> {
    let is_it = |found: &Match| matches!(found.sign, Sign::FlowControlVersionMismatch | Sign::ApiVersionNotServed);
    let lines = failures(facts, "restore", restore.metadata.namespace(), &restore.metadata.name);
    restore.reasons().chain(lines.iter().map(|line| (line.log.at(), line.text))).find_map(|(at, text)| {
        let found = classify(text).into_iter().find(is_it)?;
        let quote = text.get(found.quote.clone()).unwrap_or(text);
        Some((found.sign, Evidence::quoted(at, quote.trim())))
    })
}
