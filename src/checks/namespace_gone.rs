//! The newest backup takes in a namespace that the cluster no longer has.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorNamespaceNotFound (a namespace of the backup configuration was
//! mistyped or deleted). The configuration itself is in Azure; what it asks for stands in each Velero Backup.

use super::check::{Check, Judgement};
use super::reading::run_series::series;
use crate::facts::objects::Backup;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB604",
    name: "namespace-gone",
    hop: Hop::Runs,
    title: "the namespaces that are backed up exist",
    needs: &[required(Need::Backups), required(Need::Namespaces), helpful(Need::StorageLocations)],
    explains: &["UserErrorNamespaceNotFound"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the namespaces that the newest backup of a series names exist in the cluster.

Why it matters
  A namespace that is not there is not backed up, and each backup ends with a warning. If it was mistyped,
  the one that was meant has never been backed up.

How it is found
  spec.includedNamespaces of the newest Velero Backup against the cluster's namespaces. Patterns are left
  out, and so are backups in locations that are read only: they are kept for reading, and may be another
  cluster's.

What to do
  Correct the backup configuration in the vault, or make the namespace again.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorNamespaceNotFound.
";

fn run(facts: &Facts) -> Judgement {
    facts.backups.rows(Need::Backups.what())?;
    facts.namespaces.rows(Need::Namespaces.what())?;
    // What was read in part proves no absence.
    if let Some(unread) = facts.unread(Need::Namespaces) {
        return Err(Stop::Inconclusive(unread));
    }
    let newest = series(facts).into_iter().filter_map(|known| known.all.first().copied());
    Ok(newest.filter(|backup| !is_elsewhere(facts, backup)).filter_map(|backup| gone(facts, backup)).collect())
}

/// Tells whether the backup lies in a location that is kept for reading only.
fn is_elsewhere(facts: &Facts, backup: &Backup) -> bool {
    let name = backup.spec.storage_location.as_deref();
    facts.locations().any(|location| {
        Some(location.metadata.name.as_str()) == name && location.spec.access_mode.as_deref() == Some("ReadOnly")
    })
}

fn gone(facts: &Facts, backup: &Backup) -> Option<Finding> {
    let is_here = |name: &str| facts.namespaces.known_rows().iter().any(|namespace| namespace.metadata.name == name);
    let mut gone: Vec<&str> = backup
        .spec
        .included_namespaces
        .iter()
        .map(String::as_str)
        .filter(|name| is_name(name) && !is_here(name))
        .collect();
    gone.sort_unstable();
    gone.dedup();
    let first = *gone.first()?;
    let listed = listing(gone.iter().copied(), 6);
    let when = backup.began().map(|began| format!(", of {},", minute(began))).unwrap_or_default();
    let message = if gone.len() == 1 {
        format!(
            "The newest backup{when} names the namespace {listed}, which does not exist in the cluster. Nothing of it is backed up. It \
             was deleted or renamed, or the backup configuration has its name wrong."
        )
    } else {
        format!(
            "The newest backup{when} names namespaces that do not exist in the cluster: {listed}. Nothing of them is backed up. They \
             were deleted or renamed, or the backup configuration has their names wrong."
        )
    };
    let at = format!("{} .spec.includedNamespaces", backup.at());
    Some(
        Finding::new(Severity::Warning, backup.subject(), message).seen(Evidence::quoted(at, listed)).mended_by(
            Remedy::guided(
                "If the namespace is gone for good, take it out of the backup instance's configuration in the vault; if it was \
                 mistyped, put the right name there. The recovery points that hold it stay until their retention ends.",
            )
            .documented(format!("kubectl get namespace {first}"))
            .documented(format!(
                "kubectl --namespace {} get backups.velero.io {} --output jsonpath='{{.spec.includedNamespaces}}'",
                facts.extension.namespace, backup.metadata.name
            )),
        ),
    )
}

/// Returns whether a text can be a namespace's name; patterns and odd words are no evidence of anything.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
