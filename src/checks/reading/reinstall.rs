//! How to install the extension again, in the documented commands, with what the cluster knows filled in.
//!
//! Knowledge: founding page (HasErrors); azure-backup.md section 6: the identity is a new one afterwards, so
//! its storage role is granted again; the same container keeps the recovery points usable.

use super::word::word;
use crate::facts::Facts;
use crate::finding::Remedy;

/// Adds the commands for the extension of this name to a remedy.
pub fn commands(remedy: Remedy, facts: &Facts, name: &str) -> Remedy {
    let cluster = "--cluster-type managedClusters --resource-group RESOURCE_GROUP --cluster-name CLUSTER";
    let location = facts.locations().next();
    let setting = |key: &str, unknown: &'static str| word(location.and_then(|l| l.setting(key)), unknown);
    let container = word(location.and_then(|location| location.container()), "CONTAINER");
    let account = setting("storageAccount", "ACCOUNT");
    let group = setting("resourceGroup", "ACCOUNT_GROUP");
    let subscription = setting("subscriptionId", "SUBSCRIPTION");
    remedy
        .documented(format!("az k8s-extension show --name {name} {cluster} --query \"{{state:provisioningState, settings:configurationSettings, identity:aksAssignedIdentity.principalId}}\""))
        .documented(format!("az k8s-extension delete --name {name} {cluster}"))
        .documented(format!("kubectl get namespace {} --ignore-not-found", facts.extension.namespace))
        .documented(format!(
            "az k8s-extension create --name {name} --extension-type microsoft.dataprotection.kubernetes --scope cluster {cluster} --release-train stable --configuration-settings blobContainer={container} storageAccount={account} storageAccountResourceGroup={group} storageAccountSubscriptionId={subscription}"
        ))
        .documented(format!(
            "az role assignment create --assignee-object-id $(az k8s-extension show --name {name} {cluster} --query aksAssignedIdentity.principalId --output tsv) --assignee-principal-type ServicePrincipal --role \"Storage Blob Data Contributor\" --scope /subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"
        ))
}

/// What must be known before an installation is repeated.
pub const CAUTION: &str = "When you install again, note the settings before you delete the extension: the same container keeps the \
     recovery points usable, and a setting that the Azure CLI does not know is lost. The extension's identity \
     is a new one afterwards, so its storage role is granted again.";
