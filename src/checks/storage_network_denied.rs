//! The storage account's network rules refuse the extension.
//!
//! Knowledge: the storage service answers AuthorizationFailure when its network rules, or public
//! access switched off, refuse whoever asks. One word longer, AuthorizationPermissionMismatch, it is a
//! missing role. When only `describe` or `logs` on a workstation fail, it is the workstation that is
//! refused: that never reaches the location's status.

use super::check::{Check, Judgement};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB409",
    name: "storage-network-denied",
    hop: Hop::Storage,
    title: "the account's network rules let the cluster in",
    needs: NEEDS,
    explains: &["BSL_403_AUTHORIZATION_FAILURE_NETWORK", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage account refuses the cluster by its network rules (AuthorizationFailure,
  PublicNetworkAccessDisabled).

Why it matters
  The location stays Unavailable, however many roles are granted.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. The rules
  themselves stand in Azure and are not read.

What to do
  Look at the account's rules. Either let the subnet of the nodes in, or make a private endpoint for
  blob and link the zone privatelink.blob.core.windows.net to the cluster's virtual network. Roles need
  no change.

Sources
  The error codes of Azure Storage; Azure Backup's support matrix for AKS.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::StorageNetworkDenied], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let account = &said.account;
    let message = format!(
        "The network rules of {} refuse the extension: the account was reached, and lets nobody in who asks from this network. This is not a missing role.",
        account.words()
    );
    let remedy = Remedy::guided(
        "Look at the account's rules; then let the subnet of the nodes in, or give the account a private endpoint for blob whose DNS zone is linked to the cluster's virtual network. If there is one already, its name must resolve to the private address inside the cluster.",
    )
    .documented(account.show(
        "{publicNetworkAccess:publicNetworkAccess, rules:networkRuleSet, privateEndpoints:privateEndpointConnections[].privateEndpoint.id}",
    ))
    .documented(format!(
        "az storage account network-rule add --account-name {} --resource-group {} --subscription {} --subnet SUBNET_ID",
        account.name(),
        account.group(),
        account.subscription()
    ))
    .documented(account.watch());
    Verdict::error(message, remedy)
}
