//! There are storage locations, and none is the default.
//!
//! Knowledge: founding page, UserErrorNoDefaultBackupStorageLocationFound; Velero: a backup that names
//! no location goes to the one with `spec.default: true`, else to the one that the server's flag names,
//! which is `default` unless it is changed.

use super::check::{Check, Judgement};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB404",
    name: "bsl-no-default",
    hop: Hop::Storage,
    title: "one backup storage location is the default",
    needs: &[required(Need::StorageLocations)],
    explains: &["UserErrorNoDefaultBackupStorageLocationFound"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether one of the extension's backup storage locations has spec.default: true.

Why it matters
  A backup that names no location goes to the default one. Without it Velero refuses such a backup, and
  the vault says that no default backup storage location was found.

How it is found
  The field of every location in the extension's namespace. A location that is named \"default\" without
  being marked is taken by Velero as long as its server runs with the usual flag: that is a remark only.

What to do
  Mark the location that the extension writes to.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorNoDefaultBackupStorageLocationFound; Velero's
  documentation on storage locations.
";

/// The name that Velero's server looks for where no location is marked.
const USUAL: &str = "default";

fn run(facts: &Facts) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let locations: Vec<&StorageLocation> = facts.locations().collect();
    if locations.is_empty() || locations.iter().any(|location| location.spec.default) {
        return Ok(Vec::new());
    }
    let namespace = &facts.extension.namespace;
    let usual = locations.iter().find(|location| location.metadata.name == USUAL);
    let names = listing(locations.iter().map(|location| location.metadata.name.as_str()), 4);
    let (severity, message) = match usual {
        Some(_) => (
            Severity::Info,
            "No storage location is marked as the default. The one named \"default\" is taken all the same, but only as long as Velero's server runs with its usual flag.".to_owned(),
        ),
        None => (
            Severity::Error,
            format!("No storage location is marked as the default, and none is named \"default\". The extension has {names}. A backup that names no location is refused."),
        ),
    };
    let target = match (usual, locations.as_slice()) {
        (Some(location), _) | (None, [location]) => location.metadata.name.as_str(),
        _ => "LOCATION",
    };
    let remedy = Remedy::guided(if target == "LOCATION" {
        "Mark the location that the extension writes to: compare its account and container with the extension's settings."
    } else {
        "Mark the location as the default. If the extension's settings name another account or container, give it those settings anew instead."
    })
    .documented(format!(
        "kubectl --namespace {namespace} patch backupstoragelocations.velero.io {target} --type merge --patch '{{\"spec\":{{\"default\":true}}}}'"
    ));
    let subject = Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, USUAL);
    let mut finding = Finding::new(severity, subject, message).mended_by(remedy);
    for location in locations {
        finding = finding.seen(Evidence::at(format!("{} .spec.default", location.at())));
        if location.metadata.name != USUAL {
            finding = finding.concerning(location.subject());
        }
    }
    Ok(vec![finding])
}
