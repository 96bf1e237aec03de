//! The storage account, its resource group or its subscription cannot be found under the names in the settings.
//!
//! Knowledge: ResourceNotFound, ResourceGroupNotFound and SubscriptionNotFound of Azure Resource
//! Manager; azure-cli-extensions pull request 10314 (the account was there, in another group). A blob
//! address that DNS does not know can be an account that is gone, or a private DNS zone without the
//! record: from the cluster both look alike, so both are said.

use super::check::{Check, Judgement};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use super::reading::no_such_host::{DECIDE, group, is_blob_host};
use crate::catalogue::{Captured, Sign};
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB413",
    name: "storage-account-missing",
    hop: Hop::Storage,
    title: "the storage account is where the settings say",
    needs: NEEDS,
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
  Whether Azure says that there is no such storage account, resource group or subscription, or DNS says
  that the account's blob address does not exist.

Why it matters
  The location stays Unavailable. If the account was deleted, its recovery points are gone with it
  unless it is recovered in time.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. \"Not found\" is
  said of the account in the named group: the account may well exist in another group. An address that
  DNS does not know may also be a private DNS zone that lacks the record; then both are reported as
  alternatives.

What to do
  Look for the account by its name alone. If it is elsewhere, give the extension all four settings
  anew. If it was deleted less than 14 days ago, it can often be recovered.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorNoDefaultBackupStorageLocationFound; the error
  codes of Azure Resource Manager; azure-cli-extensions pull request 10314.
";

const SIGNS: &[Sign] = &[
    Sign::AccountNotFound,
    Sign::ResourceGroupNotFound,
    Sign::SubscriptionNotFound,
    Sign::AzureResourceNotFound,
    Sign::DnsNoSuchHost,
];

fn run(facts: &Facts) -> Judgement {
    judge(facts, SIGNS, say)
}

fn say(said: &Said<'_, '_>) -> Option<Verdict> {
    let account = &said.account;
    let message = match said.sign {
        Sign::DnsNoSuchHost => {
            let host = said.captured.host().filter(|host| is_blob_host(host))?;
            format!(
                "DNS does not know {host}: there may be no such account. It was deleted, or the settings spell its name wrong."
            )
        }
        Sign::ResourceGroupNotFound => {
            let named = match said.captured {
                Captured::Name { name: Some(name) } => name.as_str(),
                _ => account.group(),
            };
            format!(
                "Azure has no resource group {named} in subscription {}: the group was deleted, or the settings name the wrong group or subscription. The account itself may be elsewhere.",
                account.subscription()
            )
        }
        Sign::SubscriptionNotFound => format!(
            "Azure knows no subscription {} for the extension's identity: the setting subscriptionId is wrong, or the subscription belongs to another tenant.",
            account.subscription()
        ),
        Sign::AccountNotFound => match said.captured {
            Captured::Resource { group, name: Some(name), .. } => format!(
                "Azure finds no storage account {name}{}: the account was deleted, or the settings name the wrong group. It may well exist in another group.",
                group.as_deref().map(|group| format!(" in resource group {group}")).unwrap_or_default()
            ),
            _ => format!("Azure does not find {}.", account.words()),
        },
        _ => format!(
            "Azure answers that a resource was not found, and does not say which. The location uses {}: the account was deleted, or the settings name the wrong group.",
            account.words()
        ),
    };
    let name = account.name();
    // A subscription that does not exist is no place to look in.
    let subscription = if said.sign == Sign::SubscriptionNotFound { "SUBSCRIPTION" } else { account.subscription() };
    let remedy = Remedy::guided(
        "Look for the account by its name alone. If it is in another group or subscription, give the extension all four settings anew. If it was deleted, the recovery points in it are gone unless the account is recovered, which is possible for about 14 days.",
    )
    .documented(format!("az storage account list --subscription {subscription} --query \"[?name=='{name}'].id\" --output tsv"))
    .documented(format!("az storage account check-name --name {name}"))
    .documented(account.move_to(account.container(), name, "ACCOUNT_GROUP", "SUBSCRIPTION"))
    .documented(account.watch());
    let verdict = Verdict::error(message, remedy);
    // DNS alone does not tell an account that is gone from a private zone without its record.
    Some(if said.sign == Sign::DnsNoSuchHost { verdict.one_of(group(said.location()), DECIDE) } else { verdict })
}
