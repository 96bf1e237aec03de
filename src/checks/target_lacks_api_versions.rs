//! The cluster that a restore is to go to does not serve API versions that the backup holds.
//!
//! Knowledge: founding page, UserErrorSourceandTargetClusterCRDVersionMismatch (flowcontrol.apiserver.k8s.io is its
//! example); Velero backs up each resource in the version that the source prefers, and creates it at the target in
//! that same version.

use super::check::{Check, Judgement};
use super::reading::never_stored::NEVER_STORED;
use crate::facts::objects::ApiGroup;
use crate::facts::{Facts, Need, SNAPSHOT_GROUP, is_built_in, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB631",
    name: "target-lacks-api-versions",
    hop: Hop::Runs,
    title: "the target of a restore serves the API versions that the source prefers",
    needs: &[required(Need::Target), required(Need::ApiGroups)],
    explains: &["UserErrorSourceandTargetClusterCRDVersionMismatch"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  For every API group that both clusters serve, whether the target serves the version that the source
  prefers.

Why it matters
  A backup holds each object in the version that the source prefers, and a restore asks the target for
  exactly that version. Where the target does not serve it, those objects are not restored, and the job
  ends with warnings or fails.

How it is found
  Discovery of both clusters. Groups that hold no stored objects (metrics, reviews) are left out, and so
  are groups of custom resources that the target does not know at all: their definitions come with the
  restore. Whether the backup holds an object of the group is not known here.

What to do
  Restore into a cluster of the same minor version, or leave the resources out of the restore: objects of
  flowcontrol.apiserver.k8s.io are the cluster's own and need no restore.

Sources
  Azure Backup's troubleshooting page for AKS; Velero's documentation of API group versions.
";

/// Kubernetes' own groups that not every version serves, beside those that all do: no definition comes with a restore.
const NOT_EVERYWHERE: &[&str] = &["resource.k8s.io"];

/// Returns whether objects of a group can be in a backup and are wanted of it.
fn is_restored(group: &str) -> bool {
    group != MIGRATIONS && !NEVER_STORED.contains(&group)
}

/// Orders to a cluster to write its own objects anew, which it makes and ends by itself: no restore needs them.
const MIGRATIONS: &str = "storagemigration.k8s.io";

fn run(facts: &Facts) -> Judgement {
    let target = facts.target.required(Need::Target.what())?;
    let source = facts.api_groups.rows(Need::ApiGroups.what())?;
    let served = target.api_groups.whole_rows("the API groups of the target")?;
    let mut findings = Vec::new();
    for group in source.iter().filter(|group| is_restored(&group.group)) {
        let Some(preferred) = group.versions.first() else { continue };
        let there = served.iter().find(|other| other.group == group.group);
        // Definitions of custom resources come with a restore; those of snapshots must be there for its volumes.
        let must_be_there = is_built_in(&group.group)
            || group.group == SNAPSHOT_GROUP
            || NOT_EVERYWHERE.contains(&group.group.as_str());
        let told = match there {
            Some(other) if other.versions.contains(preferred) => continue,
            Some(other) => format!("serves {} instead", versions(other)),
            None if must_be_there => "does not serve that group at all".to_owned(),
            None => continue,
        };
        let name = &group.group;
        let message = format!(
            "The source prefers {name}/{preferred}; {} {told}. Objects of that group in a backup cannot be restored there.",
            target.words()
        );
        let remedy = Remedy::guided(if name == "flowcontrol.apiserver.k8s.io" {
            "Nothing of this group needs a restore: flow schemas are the cluster's own. Leave them out of the restore, or bring both clusters to the same minor version."
        } else {
            "Bring both clusters to the same minor version, or install the same version of what serves this group. Objects that are not needed can be left out of the restore."
        })
        .documented(target.kubectl(&format!("api-resources --api-group {name}")));
        let subject = Subject::cluster_wide("apiregistration.k8s.io/v1", "APIService", format!("{preferred}.{name}"));
        findings.push(
            Finding::new(Severity::Warning, subject, message)
                .seen(Evidence::at(format!("discovery of the source, group {name}")).quoting(versions(group)))
                .seen(
                    Evidence::at(format!("discovery of the target {}, group {name}", target.context))
                        .quoting(there.map_or_else(|| "not served".to_owned(), versions)),
                )
                .mended_by(remedy),
        );
    }
    Ok(findings)
}

fn versions(group: &ApiGroup) -> String {
    group.versions.join(", ")
}
