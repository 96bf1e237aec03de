//! What is in the backups' container may not be changed or deleted.
//!
//! Knowledge: azure-backup.md section 2: write-once storage is not supported. Velero writes what describes a backup more than
//! once, and deletes expired recovery points.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, flags, named, words};
use crate::facts::arm::ArmId;
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB424",
    name: "storage-account-immutable",
    hop: Hop::Storage,
    title: "the backups' container can be written to and cleaned up",
    needs: &[
        required(Need::Container),
        required(Need::StorageAccount),
        helpful(Need::ArmExtensions),
        helpful(Need::StorageLocations),
    ],
    explains: &["UserErrorDeleteBackupFailedBackupStorageLocationReadOnly", "BackupPluginDeleteBackupOperationFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the backups' container has a legal hold or an immutability policy, or it or its account keep versions that
  cannot be changed.

Why it matters
  Azure Backup for AKS does not support write-once storage. Expired recovery points cannot be deleted, and writing over
  what describes a backup is refused: BlobImmutableDueToPolicy, BlobImmutableDueToLegalHold.

How it is found
  The properties of the container and of the account in Azure. Version-level immutability by itself only makes policies
  possible; whether one applies to each blob was not read, so that is a warning.

What to do
  Give the extension a container without such rules. Where the hold is not wanted, whoever set it clears it. A locked
  policy cannot be taken away before its time is over.

Sources
  Azure Backup's support matrix for AKS; Azure Storage's pages on immutable storage.
";

fn run(facts: &Facts) -> Judgement {
    if facts.storage_account.is_absent() || facts.container.is_absent() {
        return Err(Stop::not_applicable("Azure has no such container: see storage-container-gone"));
    }
    let account = named(facts)?;
    let container = facts.container.known();
    let known = facts.storage_account.known();
    let mut strict: Vec<(&str, &str)> = Vec::new();
    let mut versions: Vec<String> = Vec::new();
    let mut seen: Vec<Evidence> = Vec::new();
    let on = |flag: Option<bool>| flag == Some(true);
    if let Some(container) = container {
        let of = &container.properties;
        if on(of.has_legal_hold) {
            strict.push(("a legal hold", "hasLegalHold"));
        }
        if on(of.has_immutability_policy) {
            strict.push(("an immutability policy", "hasImmutabilityPolicy"));
        }
        seen.extend(
            strict.iter().map(|(_, field)| Evidence::quoted(format!("{} properties.{field}", container.id), "true")),
        );
        if of.immutable_storage_with_versioning.as_ref().is_some_and(|one| on(one.enabled)) {
            versions.push(format!("The container {}", container.id.name()));
            seen.push(Evidence::quoted(
                format!("{} properties.immutableStorageWithVersioning.enabled", container.id),
                "true",
            ));
        }
    }
    let of_account = known.and_then(|known| known.properties.immutable_storage_with_versioning.as_ref());
    if of_account.is_some_and(|one| on(one.enabled)) {
        versions.push(format!("The {}", words(&account)));
        seen.push(Evidence::quoted(format!("{account} properties.immutableStorageWithVersioning.enabled"), "true"));
    }
    if seen.is_empty() {
        facts.container.required(Need::Container.what())?;
        facts.storage_account.required(Need::StorageAccount.what())?;
        return Ok(Vec::new());
    }
    let name = container.map(|container| container.id.name().to_owned());
    let mut message = String::new();
    if !strict.is_empty() {
        message = format!(
            "The container {} has {}: blobs in it cannot be changed or deleted, which Azure Backup for AKS does not support.",
            name.as_deref().unwrap_or("of the backups"),
            listing(strict.iter().map(|(word, _)| *word), 2)
        );
    }
    for place in versions {
        let line =
            format!("{place} has version-level immutability switched on, which Azure Backup for AKS does not support.");
        if !message.is_empty() {
            message.push('\n');
        }
        message.push_str(&line);
    }
    let severity = if strict.is_empty() { Severity::Warning } else { Severity::Error };
    let id = container.map_or_else(|| account.clone(), |container| container.id.clone());
    let mut finding = Finding::new(severity, azure_subject(&id), message);
    finding.evidence = seen;
    finding.concerns = concerned(facts, &account);
    Ok(vec![finding.mended_by(remedy(&account, name.as_deref().unwrap_or("CONTAINER")))])
}

fn remedy(account: &ArmId, container: &str) -> Remedy {
    let of = format!("--container-name {} {}", shell_word(container), flags(account, "--account-name"));
    Remedy::guided(
        "Find out who wanted it, and for what. Where it is not wanted on backups, let them clear the hold or take the policy \
         away; a locked policy ends by itself only. Otherwise give the extension a container of its own without such rules, \
         and keep this one: its recovery points stay in it.",
    )
    .documented(format!("az storage container legal-hold show {of}"))
    .documented(format!("az storage container immutability-policy show {of}"))
}
