//! The storage account has no container of the location's name.
//!
//! Knowledge: ContainerNotFound of Azure Storage; founding page,
//! UserErrorDeleteBackupFailedBackupStorageLocationNotFound. BlobNotFound in an empty container is
//! harmless and no sign of this. A container that was deleted holds the recovery points: it is looked
//! for among the deleted ones before a new one is made.

use super::check::{Check, Judgement};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB412",
    name: "storage-container-missing",
    hop: Hop::Storage,
    title: "the container exists",
    needs: NEEDS,
    explains: &[
        "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
        "UserErrorNoDefaultBackupStorageLocationFound",
        "UserErrorBackupStorageLocationNotReady",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage account says that it has no container of the name that the location gives
  (ContainerNotFound).

Why it matters
  The location stays Unavailable. If the container was deleted, the recovery points in it cannot be
  restored until it is back.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. The account
  answered, and the sign-in was good: only the container is missing.

What to do
  Look for it among the account's containers, the deleted ones included, and bring it back. If the name
  in the settings is wrong, correct the settings. Make a new container only if there is nothing to
  bring back.

Sources
  Azure Backup's troubleshooting page for AKS,
  UserErrorDeleteBackupFailedBackupStorageLocationNotFound; the error codes of Azure Storage.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::ContainerNotFound], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let account = &said.account;
    let message = format!(
        "There is no {}: the account answered and says so. It was deleted, was never made, or the settings name the wrong one.",
        account.container_words()
    );
    let name = account.name();
    let container = account.container();
    let remedy = Remedy::guided(
        "Look for the container first, the deleted ones included: a deleted container takes its recovery points with it, and can be brought back while the account keeps it. If the settings are wrong, give the extension all four of them anew. Make an empty container only if there is nothing to bring back.",
    )
    .documented(format!("az storage container list --account-name {name} --auth-mode login --include-deleted --output table"))
    .documented(format!("az storage container restore --account-name {name} --auth-mode login --name {container} --deleted-version VERSION"))
    .documented(account.move_to("CONTAINER", name, account.group(), account.subscription()))
    .documented(format!("az storage container create --account-name {name} --auth-mode login --name {container}"));
    Verdict::error(message, remedy)
}
