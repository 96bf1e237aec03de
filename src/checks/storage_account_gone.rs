//! Azure has no storage account of the name that the extension's settings give.
//!
//! Knowledge: ARM's 404; azure-cli-extensions pull request 10314 (the account was there, in another group).

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, is_elsewhere, locations, named, works_elsewhere};
use super::reading::azure_extension::{show, update};
use super::reading::word::word;
use crate::facts::arm::{ArmExtension, ArmId};
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB420",
    name: "storage-account-gone",
    hop: Hop::Storage,
    title: "Azure has the storage account that the settings name",
    needs: &[required(Need::StorageAccount), helpful(Need::ArmExtensions), helpful(Need::StorageLocations)],
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
  Whether Azure finds the storage account that the extension's settings in Azure name, in the resource group and the
  subscription that they name.

Why it matters
  Without the account there is nowhere to write to. If it was deleted, its recovery points are gone with it unless it
  is recovered in time.

How it is found
  Azure Resource Manager answers 404 for the id that the settings make. That is said of the account in the named
  group: it may well exist in another one.

What to do
  Look for the account by its name alone. If it is elsewhere, give the extension all four settings anew. If it was
  deleted less than 14 days ago, it can often be recovered.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorNoDefaultBackupStorageLocationFound; Azure Storage's page on
  recovering a deleted account; azure-cli-extensions pull request 10314.
";

fn run(facts: &Facts) -> Judgement {
    if !facts.storage_account.is_absent() {
        named(facts)?;
        facts.storage_account.required(Need::StorageAccount.what())?;
        return Ok(Vec::new());
    }
    // Absent is an answer about an id: without it nothing can be said of which.
    let account = named(facts)?;
    let extension = facts.backup_extension().ok();
    // Where the settings do not tell the subscription, the cluster's was asked; the location may know better.
    let untold = extension.is_none_or(|extension| extension.storage_setting("subscriptionId").is_none());
    let told_here = locations(facts, &account).filter_map(|location| location.setting("subscriptionId"));
    let is_elsewhere = |id: &str| account.subscription().is_none_or(|asked| !asked.eq_ignore_ascii_case(id));
    if untold && told_here.into_iter().any(is_elsewhere) {
        return Err(Stop::inconclusive(
            "the settings in Azure do not tell the account's subscription, and the storage location in the cluster names another one than was asked",
        ));
    }
    Ok(vec![say(facts, extension, &account)])
}

fn say(facts: &Facts, extension: Option<&ArmExtension>, account: &ArmId) -> Finding {
    let name = account.name();
    let (group, subscription) = (account.group().unwrap_or_default(), account.subscription().unwrap_or_default());
    let message = format!(
        "Azure has no storage account {name} in resource group {group} of subscription {subscription}, which the extension's settings name. It was deleted, or the settings name the wrong group or subscription: it may well exist in another one."
    );
    let elsewhere = works_elsewhere(facts, account, None);
    let message = elsewhere.map_or(message.clone(), |location| message + &is_elsewhere(location));
    let severity = if elsewhere.is_some() { Severity::Warning } else { Severity::Error };
    let plain = word(Some(name), "ACCOUNT");
    let mut remedy = Remedy::guided(
        "Look for the account by its name alone. If it is in another group or subscription, give the extension all four \
         settings anew. If it was deleted, the recovery points in it are gone unless the account is recovered, which is \
         possible for about 14 days while no other account has taken its name.",
    )
    .documented(format!(
        "az storage account list --subscription {} --query \"[?name=='{plain}'].id\" --output tsv",
        shell_word(subscription)
    ))
    .documented(format!("az storage account check-name --name {plain}"));
    if let Some(extension) = extension {
        let container = word(extension.storage_setting("bucket"), "CONTAINER");
        remedy = remedy.documented(show(extension, "configurationSettings")).documented(update(
            extension,
            &format!(
                "blobContainer={container} storageAccount={plain} storageAccountResourceGroup=ACCOUNT_GROUP storageAccountSubscriptionId=SUBSCRIPTION"
            ),
        ));
    }
    let mut finding = Finding::new(severity, azure_subject(account), message)
        .seen(Evidence::quoted(account.to_string(), "404 Not Found"));
    finding.concerns = concerned(facts, account);
    finding.mended_by(remedy)
}
