//! The extension runs and has no storage location.
//!
//! Knowledge: founding page, UserErrorNoDefaultBackupStorageLocationFound and
//! UserErrorDeleteBackupFailedBackupStorageLocationNotFound. The location comes with the extension's
//! helm release, from its settings: where the release itself is not there, its absence is no news.

use super::check::{Check, Judgement};
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB403",
    name: "bsl-missing",
    hop: Hop::Storage,
    title: "the extension has a backup storage location",
    needs: &[required(Need::StorageLocations), helpful(Need::Deployments)],
    explains: &[
        "UserErrorNoDefaultBackupStorageLocationFound",
        "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether there is a backup storage location in the extension's namespace.

Why it matters
  Without one nothing can be backed up, restored or deleted.

How it is found
  The list of BackupStorageLocations, in all namespaces. One in another namespace belongs to another
  Velero and does not count. Where the extension's own Deployments are missing, the location is missing
  with them, and this check does not apply.

What to do
  The extension makes the location from its four settings (container, account, the account's group and
  subscription). Give them anew: that makes the location again. Use the container that holds the
  backups: the recovery points are found again in it.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorNoDefaultBackupStorageLocationFound; the
  settings of the backup extension in azure-cli-extensions.
";

fn run(facts: &Facts) -> Judgement {
    let all = facts.storage_locations.rows(Need::StorageLocations.what())?;
    if facts.locations().next().is_some() {
        return Ok(Vec::new());
    }
    if let Some(unread) = facts.unread(Need::StorageLocations) {
        return Err(Stop::Inconclusive(unread));
    }
    let deployments = facts.deployments.known();
    if deployments.is_some_and(|rows| !rows.iter().any(|row| facts.is_own(&row.metadata))) {
        return Err(Stop::not_applicable(
            "the extension's Deployments are not there, and its storage location comes with them",
        ));
    }
    let namespace = &facts.extension.namespace;
    let mut message = if facts.storage_locations.is_absent() {
        format!(
            "The cluster does not know the kind BackupStorageLocation (velero.io), so the extension in {namespace} has no storage location: Velero's custom resource definitions are missing."
        )
    } else {
        format!(
            "There is no BackupStorageLocation in {namespace}: the extension does not know where to keep its backups."
        )
    };
    if !all.is_empty() {
        let others: Vec<String> =
            all.iter().map(|l| format!("{}/{}", l.metadata.namespace(), l.metadata.name)).collect();
        message.push_str(&format!(
            "\nThere are others in other namespaces, of another Velero: {}.",
            listing(others.iter().map(String::as_str), 3)
        ));
    }
    let name = plain(facts.extension.name.as_deref());
    let update = format!(
        "az k8s-extension update --name {name} --cluster-name CLUSTER --resource-group RESOURCE_GROUP --cluster-type managedClusters --configuration-settings blobContainer=CONTAINER storageAccount=ACCOUNT storageAccountResourceGroup=ACCOUNT_GROUP storageAccountSubscriptionId=SUBSCRIPTION"
    );
    let show = format!(
        "az k8s-extension show --name {name} --cluster-name CLUSTER --resource-group RESOURCE_GROUP --cluster-type managedClusters --query configurationSettings"
    );
    let remedy = if facts.storage_locations.is_absent() {
        Remedy::guided("Find out who deleted the definitions, so that it does not happen again. Note the extension's settings, then delete and reinstall it with the same four settings of the storage location: its backups are found again in the container. Its identity is a new one then, which needs its role at the account.")
            .documented(show)
            .documented(format!("az k8s-extension delete --name {name} --cluster-name CLUSTER --resource-group RESOURCE_GROUP --cluster-type managedClusters"))
            .documented(format!("az k8s-extension create --name {name} --extension-type microsoft.dataprotection.kubernetes --scope cluster --cluster-type managedClusters --cluster-name CLUSTER --resource-group RESOURCE_GROUP --release-train stable --configuration-settings blobContainer=CONTAINER storageAccount=ACCOUNT storageAccountResourceGroup=ACCOUNT_GROUP storageAccountSubscriptionId=SUBSCRIPTION"))
    } else {
        Remedy::guided(
        "See what settings the extension has in Azure, then give it the four of the storage location anew, with the container that holds the backups: the recovery points are found again in it. If that does not bring the location back, delete and reinstall the extension with the same four settings.",
    )
    .documented(show)
    .documented(update)
    };
    let subject = Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, "default");
    let finding = Finding::new(Severity::Error, subject, message)
        .seen(Evidence::at(format!("backupstoragelocations.velero.io in namespace {namespace}: none")))
        .without(
            facts
                .unread(Need::Deployments)
                .map(|unread| format!("whether the extension's Deployments are there at all: {}", unread.why)),
        )
        .mended_by(remedy);
    Ok(vec![finding])
}

/// Returns a name for a command, or a word in capitals for one that is not known.
fn plain(name: Option<&str>) -> &str {
    name.filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')))
        .unwrap_or("EXTENSION")
}
