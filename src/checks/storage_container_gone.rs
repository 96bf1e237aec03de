//! Azure has no container of the name that the extension's settings give, or has it as deleted.
//!
//! Knowledge: ARM's 404, and the field deleted of a container that can still be recovered.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, flags, is_elsewhere, named, works_elsewhere};
use super::reading::word::word;
use crate::facts::arm::{ArmExtension, ArmId};
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB421",
    name: "storage-container-gone",
    hop: Hop::Storage,
    title: "Azure has the container that the settings name",
    needs: &[
        required(Need::Container),
        helpful(Need::StorageAccount),
        helpful(Need::ArmExtensions),
        helpful(Need::StorageLocations),
    ],
    explains: &[
        "UserErrorNoDefaultBackupStorageLocationFound",
        "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
        "UserErrorBackupStorageLocationNotReady",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure finds the blob container that the extension's settings name, and does not have it as deleted.

Why it matters
  The container holds the description of every recovery point. Without it nothing can be written, and nothing that was
  written can be restored through this cluster.

How it is found
  Azure Resource Manager answers 404 for the container, or says that it is deleted and can still be recovered. It was
  asked past the account's firewall, so a network rule is not the reason.

What to do
  Recover the container where the account keeps deleted ones. A new, empty container of the same name lets backups go
  on, and leaves the old recovery points lost.

Sources
  Azure Backup's troubleshooting page for AKS; Azure Storage's pages on soft delete for containers.
";

fn run(facts: &Facts) -> Judgement {
    if facts.storage_account.is_absent() {
        return Err(Stop::not_applicable("Azure has no such storage account: see storage-account-gone"));
    }
    let account = named(facts)?;
    let extension = facts.backup_extension().ok();
    let name = extension.and_then(|extension| extension.storage_setting("bucket"));
    if facts.container.is_absent() {
        // Where nobody saw the account, it may be the account that is not there.
        facts.storage_account.required(Need::StorageAccount.what())?;
        return Ok(vec![say(facts, &account, name.unwrap_or("CONTAINER"), false, extension)]);
    }
    let container = facts.container.required(Need::Container.what())?;
    if container.properties.deleted == Some(true) {
        return Ok(vec![say(facts, &account, name.unwrap_or(container.id.name()), true, extension)]);
    }
    Ok(Vec::new())
}

fn say(facts: &Facts, account: &ArmId, name: &str, is_deleted: bool, extension: Option<&ArmExtension>) -> Finding {
    let id = ArmId::new(&format!("{account}/blobServices/default/containers/{name}"));
    let message = if is_deleted {
        format!(
            "The container {name} in storage account {} is deleted; Azure says that it can still be recovered.",
            account.name()
        )
    } else {
        format!(
            "Storage account {} has no container {name}, which the extension's settings name: it was deleted, or the settings spell it wrong.",
            account.name()
        )
    };
    let elsewhere = works_elsewhere(facts, account, Some(name));
    let message = elsewhere.map_or(message.clone(), |location| message + &is_elsewhere(location));
    let severity = if elsewhere.is_some() { Severity::Warning } else { Severity::Error };
    let plain = word(Some(name), "CONTAINER");
    let data = format!("--account-name {} --auth-mode login", shell_word(account.name()));
    let text = if elsewhere.is_some() {
        "Find out first which of the two holds the recovery points, and give the extension those settings. Make no container for \
         settings that nobody uses."
    } else if is_deleted {
        "Recover it, with the version that the list shows: then the recovery points are there again. Do not make an empty \
         container of the same name before that."
    } else {
        "Look whether it can be recovered before you do anything else. Only where it cannot, and the name is right, make an \
         empty one: backups go on then, and the old recovery points stay lost."
    };
    let mut remedy = Remedy::guided(text)
        .documented(format!(
            "az storage container-rm list {} --include-deleted --query \"[].{{name:name, deleted:deleted, version:version}}\" --output table",
            flags(account, "--storage-account")
        ))
        .documented(format!(
            "az storage container restore --name {plain} --deleted-version VERSION {data}"
        ));
    if !is_deleted && elsewhere.is_none() {
        remedy = remedy.documented(format!(
            "az storage container-rm create --name {plain} {}",
            flags(account, "--storage-account")
        ));
        if let Some(extension) = extension {
            remedy = remedy.documented(super::reading::azure_extension::show(extension, "configurationSettings"));
        }
    }
    let seen = if is_deleted {
        Evidence::quoted(format!("{id} properties.deleted"), "true")
    } else {
        Evidence::quoted(id.to_string(), "404 Not Found")
    };
    let mut finding = Finding::new(severity, azure_subject(&id), message).seen(seen);
    finding.concerns = concerned(facts, account);
    finding.mended_by(remedy)
}
