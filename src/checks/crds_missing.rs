//! The extension is installed, but the API server does not serve the kinds that it works with.
//!
//! Knowledge: azure-backup.md 3.2 (the kinds, from a real cluster's exclusion list), incidents.jsonl
//! (`extension-crd-missing`: everything says Succeeded, and the controller picks nothing up), diagnosis.md section 5,
//! row 5. The names of Microsoft's kinds are known, their version is not: only Velero's is asked for.

use super::check::{Check, Judgement};
use super::reading::extension_parts::{agent_subject, run_on};
use super::reading::{agent, reinstall};
use crate::facts::objects::ServedGroup;
use crate::facts::{Facts, MICROSOFT_GROUP, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB125",
    name: "crds-missing",
    hop: Hop::Extension,
    title: "the API server serves the kinds that the extension works with",
    needs: &[
        required(Need::ServedGroups),
        required(Need::ExtensionConfigs),
        helpful(Need::Pods),
        helpful(Need::StorageLocations),
    ],
    explains: &[
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "UserErrorKubernetesCustomResourcesNotPickedUpByExtension",
        "UserErrorKubernetesBackupExtensionUnhealthy",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the API server serves the kinds of velero.io, in version v1, and of
  clusterbackup.dataprotection.microsoft.com that backups, restores and deletions are asked for by.

Why it matters
  Azure asks the extension for something by creating an object of these kinds, and the extension asks
  Velero in the same way. Where a kind is missing, nobody picks the order up, although the extension's
  record may say Installed and Azure may say Succeeded.

How it is found
  The API server's discovery, group by group, against the kinds that real clusters list. A version that does
  without one of them is not known, and not ruled out: a lack of the validation of restores alone, or of the
  kinds that deletions are asked for by, is a warning. It is judged only where the record says Installed, or the extension's pods run: before that, the
  installation itself makes the definitions.

What to do
  Find out who deleted the definitions, so that it does not happen again, then install the extension
  again with the same container.

Sources
  Azure Backup's documentation of hooks and restores (the kinds); public reports of an extension that
  is Succeeded while its kinds are missing.
";

/// One group, and the kinds of it that the extension cannot do without.
struct Part {
    group: &'static str,
    /// The version that is used, where it is known.
    version: Option<&'static str>,
    /// The plural names, in the order in which they matter.
    resources: &'static [&'static str],
    /// What does not happen without them.
    without: &'static str,
}

const PARTS: &[Part] = &[
    Part {
        group: "velero.io",
        version: Some("v1"),
        resources: &["backups", "restores", "backupstoragelocations", "deletebackuprequests"],
        without: "Velero, which does the work in the extension's agent, takes its orders as objects of these kinds: what \
                  is missing here can be neither asked for nor done.",
    },
    Part {
        group: MICROSOFT_GROUP,
        version: None,
        resources: &["backups", "restores", "validateforbackups", "validateforrestores", "deletebackups"],
        without: "Azure asks for backups, restores, validations and deletions by creating objects of these kinds: what is \
                  missing here reaches nobody.",
    },
];

/// The Deployment that watches the kinds of Microsoft's group, by documentation.
const CONTROLLER: &str = "dataprotection-microsoft-controller";

fn run(facts: &Facts) -> Judgement {
    let served = facts.served_groups.rows(Need::ServedGroups.what())?;
    if !agent::is_installed(facts) && !run_on(facts) {
        facts.extension_configs.rows(Need::ExtensionConfigs.what())?;
        facts.pods.rows(Need::Pods.what())?;
        return Err(Stop::not_applicable(
            "the extension is not installed, or not to the end: its installation makes the definitions",
        ));
    }
    // A group that discovery did not answer for has no row: nothing is said of it.
    let known = PARTS.iter().filter_map(|part| Some((part, served.iter().find(|group| group.group == part.group)?)));
    let known: Vec<(&Part, &ServedGroup)> = known.collect();
    let findings: Vec<Finding> = known.iter().filter_map(|(part, group)| of_group(facts, part, group)).collect();
    if findings.is_empty() && known.len() < PARTS.len() && facts.unread(Need::ServedGroups).is_none() {
        return Err(Stop::inconclusive("discovery was not asked for every group"));
    }
    Ok(findings)
}

fn of_group(facts: &Facts, part: &Part, group: &ServedGroup) -> Option<Finding> {
    let mut missing: Vec<&str> = Vec::new();
    let mut outdated: Vec<(&str, Vec<&str>)> = Vec::new();
    for resource in part.resources.iter().copied() {
        let versions: Vec<&str> = group.versions_of(resource).collect();
        match part.version {
            _ if versions.is_empty() => missing.push(resource),
            Some(wanted) if !versions.contains(&wanted) => outdated.push((resource, versions)),
            _ => {}
        }
    }
    let lacking: Vec<&str> = part
        .resources
        .iter()
        .copied()
        .filter(|r| missing.contains(r) || outdated.iter().any(|(o, _)| o == r))
        .collect();
    let first = lacking.first()?;
    let full = |resource: &str| format!("{resource}.{}", part.group);
    let mut message = if group.versions.is_empty() {
        format!("The extension is installed, but the API server serves nothing of the group {}.", part.group)
    } else if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|resource| full(resource)).collect();
        format!(
            "The extension is installed, but the API server does not serve {}.",
            listing(names.iter().map(String::as_str), 5)
        )
    } else {
        "The extension is installed, but the API server serves its kinds in another version only.".to_owned()
    };
    for (resource, versions) in &outdated {
        message.push_str(&format!(
            "\n{} is served as {} only; the extension's Velero uses {}.",
            full(resource),
            listing(versions.iter().copied(), 3),
            part.version.unwrap_or_default()
        ));
    }
    message.push('\n');
    message.push_str(part.without);
    // Deleting what is past its time can wait, and a version that has a single kind less may be meant to; everything else
    // is a backup or a restore that fails.
    let is_spared =
        |resource: &&str| matches!(*resource, "deletebackups" | "deletebackuprequests" | "validateforrestores");
    let severity = if lacking.iter().all(is_spared) { Severity::Warning } else { Severity::Error };
    if part.group == MICROSOFT_GROUP && lacking == ["validateforrestores"] {
        message.push_str(
            "\nThe kinds are known from clusters of 2023: it may be that this version of the extension does without that one.",
        );
    }
    let mut finding = Finding::new(severity, definition(&full(first)), message);
    finding = finding.seen(evidence(part, group));
    finding.concerns.extend(lacking.iter().skip(1).map(|resource| definition(&full(resource))));
    finding.concerns.extend(affected(facts, part, &lacking));
    Some(finding.mended_by(remedy(facts, &lacking.iter().map(|resource| full(resource)).collect::<Vec<_>>())))
}

fn definition(name: &str) -> Subject {
    Subject::cluster_wide("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)
}

fn evidence(part: &Part, group: &ServedGroup) -> Evidence {
    let said: Vec<String> = group
        .versions
        .iter()
        .map(|version| {
            let names = listing(version.resources.iter().map(String::as_str), 12);
            format!("{}: {}", version.version, if names.is_empty() { "nothing" } else { &names })
        })
        .collect();
    let said = if said.is_empty() { "not served".to_owned() } else { said.join("; ") };
    Evidence::quoted(format!("/apis/{}", part.group), said)
}

/// What cannot come up, or be there, without the kinds.
fn affected(facts: &Facts, part: &Part, lacking: &[&str]) -> Vec<Subject> {
    let namespace = facts.extension.namespace.as_str();
    if part.group == MICROSOFT_GROUP {
        return vec![Subject::namespaced("apps/v1", "Deployment", namespace, CONTROLLER)];
    }
    let mut subjects: Vec<Subject> = agent_subject(facts).into_iter().collect();
    if lacking.contains(&"backupstoragelocations") {
        subjects.push(Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, "default"));
    }
    subjects
}

fn remedy(facts: &Facts, definitions: &[String]) -> Remedy {
    let name = facts.extension.name.as_deref().unwrap_or("EXTENSION");
    let remedy = Remedy::guided(format!(
        "See whether the definitions are gone, or are being deleted and wait for something, and find out who deleted them \
         (an uninstalled Velero, a clean-up of CRDs), so that it does not happen again. With a definition go all objects of \
         its kind; the backups themselves lie in the storage account and are found again there. The installation makes the \
         definitions anew. {}",
        reinstall::CAUTION
    ))
    .documented(format!(
        "kubectl get customresourcedefinitions {} --ignore-not-found --output custom-columns=NAME:.metadata.name,DELETED:.metadata.deletionTimestamp",
        definitions.join(" ")
    ));
    reinstall::commands(remedy, facts, name)
}
