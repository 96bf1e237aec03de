//! The API server does not serve the snapshot kinds, or serves them in an old version only.
//!
//! Knowledge: azure-backup.md section 2, rule 5 (the CSI drivers and the snapshot controller must be on; AKS brings both,
//! and either can be switched off), velero issue 5044 (what Velero says then). Velero and the CSI drivers ask for v1,
//! which is there since Kubernetes 1.20.

use super::check::{Check, Judgement};
use crate::facts::objects::ServedGroup;
use crate::facts::{Facts, Need, SNAPSHOT_GROUP, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB520",
    name: "snapshot-crds-missing",
    hop: Hop::Volumes,
    title: "the API server serves the snapshot kinds in version v1",
    needs: &[required(Need::ServedGroups), helpful(Need::Backups)],
    explains: &["CSISnapshottingTimedOut"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the API server serves volumesnapshots, volumesnapshotcontents and volumesnapshotclasses of
  snapshot.storage.k8s.io in version v1.

Why it matters
  A volume is backed up by a snapshot. Without these kinds nobody can ask for one, so no disk and no
  file share is in any backup.

How it is found
  The API server's discovery. Where the newest backup completed all the same it is a warning: it holds
  no snapshot that was made now, and had perhaps none to make.

What to do
  Switch the snapshot controller on again; AKS brings the definitions with it. Where somebody installed
  definitions of an old version by hand, replace them.

Sources
  Azure Backup's support matrix for AKS (CSI drivers and snapshot controller); the Kubernetes
  documentation of volume snapshots; velero issue 5044.
";

const RESOURCES: [&str; 3] = ["volumesnapshots", "volumesnapshotcontents", "volumesnapshotclasses"];

/// The version that Velero and the CSI drivers use.
const VERSION: &str = "v1";

fn run(facts: &Facts) -> Judgement {
    let served = facts.served_groups.rows(Need::ServedGroups.what())?;
    let Some(group) = served.iter().find(|group| group.group == SNAPSHOT_GROUP) else {
        // Discovery did not answer for this group.
        return match facts.unread(Need::ServedGroups) {
            Some(unread) => Err(Stop::Inconclusive(unread)),
            None => Err(Stop::inconclusive("discovery was not asked for snapshot.storage.k8s.io")),
        };
    };
    let lacking: Vec<&str> =
        RESOURCES.into_iter().filter(|resource| !group.versions_of(resource).any(|v| v == VERSION)).collect();
    if lacking.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![of_group(facts, group, &lacking)])
}

fn of_group(facts: &Facts, group: &ServedGroup, lacking: &[&str]) -> Finding {
    let names: Vec<String> = lacking.iter().map(|resource| format!("{resource}.{SNAPSHOT_GROUP}")).collect();
    let named = listing(names.iter().map(String::as_str), 3);
    let mut others: Vec<&str> = lacking.iter().flat_map(|resource| group.versions_of(resource)).collect();
    others.sort_unstable();
    others.dedup();
    let mut message = if group.versions.is_empty() {
        format!(
            "The API server serves nothing of the group {SNAPSHOT_GROUP}: the cluster knows no snapshots of volumes."
        )
    } else if others.is_empty() {
        format!("The API server does not serve {named}.")
    } else {
        format!(
            "The API server serves {named} as {} only; Velero and the CSI drivers ask for {VERSION}.",
            listing(others.iter().copied(), 3)
        )
    };
    message.push_str("\nNobody can ask for a snapshot of a volume, so no disk and no file share can be backed up.");
    let newest = facts.backups.known_rows().iter().max_by_key(|backup| backup.began());
    let completed = newest.filter(|backup| backup.status.phase.as_deref() == Some("Completed"));
    if let Some(backup) = completed {
        message.push_str(&format!(
            "\nThe newest backup, {}, completed all the same: either it was made before, or it had no volume to snapshot.",
            backup.metadata.name
        ));
    }
    let severity = if completed.is_some() { Severity::Warning } else { Severity::Error };
    let definition = |name: &str| Subject::cluster_wide("apiextensions.k8s.io/v1", "CustomResourceDefinition", name);
    let mut definitions = names.iter().map(|name| definition(name));
    let mut finding = Finding::new(severity, definitions.next().unwrap_or_default(), message);
    finding.concerns.extend(definitions);
    let said: Vec<String> = group
        .versions
        .iter()
        .map(|version| format!("{}: {}", version.version, listing(version.resources.iter().map(String::as_str), 6)))
        .collect();
    let said = if said.is_empty() { "not served".to_owned() } else { said.join("; ") };
    finding = finding.seen(Evidence::quoted(format!("/apis/{SNAPSHOT_GROUP}"), said));
    finding = finding.without(
        facts.unread(Need::Backups).map(|unread| format!("whether a backup completed all the same: {}", unread.why)),
    );
    finding.mended_by(remedy(&names, others.is_empty()))
}

fn remedy(names: &[String], is_gone: bool) -> Remedy {
    let text = if is_gone {
        "See whether the snapshot controller is on in the cluster's storage profile, and switch it on: AKS brings the \
         definitions with it. If they do not come although it is on, open a support request."
    } else {
        "Find out who installed definitions of the old version (a Helm chart, an operator, a script), and have AKS' own put \
         in their place: switch the snapshot controller on. Do not delete the old definitions: with a definition go all \
         snapshots of its kind, and, by their deletion policy, those in Azure too."
    };
    Remedy::guided(text)
        .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query storageProfile")
        .documented(format!("kubectl get customresourcedefinitions {} --ignore-not-found", names.join(" ")))
        .documented("az aks update --resource-group RESOURCE_GROUP --name CLUSTER --enable-disk-driver --enable-snapshot-controller")
}
