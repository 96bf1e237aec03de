//! The storage account is of a kind that Azure Backup for AKS does not support.
//!
//! Knowledge: azure-backup.md section 2: standard general-purpose v2 accounts only. Folders (hierarchical namespace) are
//! documented neither as supported nor as not.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, read, show, without_locations, words, working, works_all_the_same};
use super::reading::azure_extension::update;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB426",
    name: "storage-account-unsuitable",
    hop: Hop::Storage,
    title: "the storage account is of a kind that backup supports",
    needs: &[required(Need::StorageAccount), helpful(Need::ArmExtensions), helpful(Need::StorageLocations)],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage account of the backups is a standard general-purpose v2 account (StorageV2), and whether it has a
  hierarchical namespace.

Why it matters
  Azure Backup for AKS supports standard general-purpose v2 accounts only. What works with another kind today may stop,
  and nobody is bound to help. Of a hierarchical namespace the documentation says nothing.

How it is found
  The kind, the sku and the property isHnsEnabled of the account in Azure. Where Velero has found the location to work
  within the last hour, it is a warning.

What to do
  Give the extension a container in a standard StorageV2 account in the cluster's region. Keep the old account as long as
  its recovery points are wanted.

Sources
  Azure Backup's support matrix for AKS; Azure Storage's overview of accounts.
";

fn run(facts: &Facts) -> Judgement {
    let (id, account) = read(facts)?;
    let mut parts: Vec<String> = Vec::new();
    let mut seen: Vec<Evidence> = Vec::new();
    if let Some(kind) =
        account.kind.as_deref().filter(|kind| !kind.is_empty() && !kind.eq_ignore_ascii_case("StorageV2"))
    {
        parts.push(format!("The {} is of kind {kind}; Azure Backup for AKS supports StorageV2 only.", words(&id)));
        seen.push(Evidence::quoted(format!("{id} kind"), kind));
    }
    let sku = account.sku.as_ref().map(|sku| sku.name.as_str()).unwrap_or_default();
    if sku.to_ascii_lowercase().starts_with("premium") {
        parts.push(format!(
            "The {} is a premium one ({sku}); Azure Backup for AKS supports standard ones only.",
            words(&id)
        ));
        seen.push(Evidence::quoted(format!("{id} sku.name"), sku));
    }
    let is_unsupported = !parts.is_empty();
    if account.properties.is_hns_enabled == Some(true) {
        parts.push(format!(
            "The {} has a hierarchical namespace, of which Azure Backup's documentation says neither that it is supported nor that it is not.",
            words(&id)
        ));
        seen.push(Evidence::quoted(format!("{id} properties.isHnsEnabled"), "true"));
    }
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let mut message = parts.join("\n");
    let works = working(facts, &id);
    if let Some(location) = works {
        message.push_str(&works_all_the_same(location));
    }
    let severity = if is_unsupported && works.is_none() { Severity::Error } else { Severity::Warning };
    let mut remedy = Remedy::guided(
        "Give the extension a container in a standard StorageV2 account in the cluster's region, without a hierarchical \
         namespace, and grant its identity the role there. The recovery points in the old container are not taken along: keep \
         it as long as they are wanted.",
    )
    .documented(show(&id, "{kind:kind, sku:sku.name, hns:isHnsEnabled}"));
    if let Ok(extension) = facts.backup_extension() {
        remedy = remedy.documented(update(
            extension,
            "blobContainer=CONTAINER storageAccount=ACCOUNT storageAccountResourceGroup=ACCOUNT_GROUP storageAccountSubscriptionId=SUBSCRIPTION",
        ));
    }
    let mut finding = Finding::new(severity, azure_subject(&id), message);
    finding.evidence = seen;
    finding.concerns = concerned(facts, &id);
    let unread = if is_unsupported { without_locations(facts) } else { None };
    Ok(vec![finding.without(unread).mended_by(remedy)])
}
