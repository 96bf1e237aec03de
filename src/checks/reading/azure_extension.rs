//! The extension as Azure has it: which cluster it is on, and Microsoft's documented commands about it.
//!
//! Knowledge: azure-backup.md sections 5 and 6: the four settings go together, the command line turns useAAD on by itself,
//! and an extension that was installed again has another identity.

use super::word::word;
use crate::facts::arm::{ArmExtension, ArmId};
use crate::facts::shell_word;
use crate::finding::Remedy;

/// The type, as commands name it.
pub const TYPE: &str = "microsoft.dataprotection.kubernetes";

/// Returns the cluster that an extension is on.
pub fn cluster(extension: &ArmExtension) -> Option<ArmId> {
    let cluster = extension.id.parent()?.parent()?;
    cluster.has_type("Microsoft.ContainerService/managedClusters").then_some(cluster)
}

/// Returns the words of a command that name the cluster; capitals stand for what is not known.
pub fn on(cluster: Option<&ArmId>) -> String {
    let part = |value: Option<&str>, unknown: &str| value.map_or_else(|| unknown.to_owned(), shell_word);
    format!(
        "--cluster-type managedClusters --resource-group {} --cluster-name {} --subscription {}",
        part(cluster.and_then(ArmId::group), "RESOURCE_GROUP"),
        part(cluster.map(ArmId::name), "CLUSTER"),
        part(cluster.and_then(ArmId::subscription), "SUBSCRIPTION"),
    )
}

/// Returns the command that shows an extension.
pub fn show(extension: &ArmExtension, query: &str) -> String {
    let query = if query.is_empty() { String::new() } else { format!(" --query \"{query}\"") };
    format!("az k8s-extension show --name {} {}{query}", shell_word(&extension.name), on(cluster(extension).as_ref()))
}

/// Returns the command that lists the cluster's extensions.
pub fn list(cluster: Option<&ArmId>) -> String {
    let query = "[].{name:name, type:extensionType, state:provisioningState}";
    format!("az k8s-extension list {} --query \"{query}\" --output table", on(cluster))
}

/// Returns the command that changes settings of an extension.
pub fn update(extension: &ArmExtension, settings: &str) -> String {
    format!(
        "az k8s-extension update --name {} {} --configuration-settings {settings}",
        shell_word(&extension.name),
        on(cluster(extension).as_ref())
    )
}

/// Returns the four settings of the storage location; capitals stand for what is not known, or is no plain word.
pub fn four(extension: &ArmExtension) -> String {
    let account = extension.account();
    let group = account.as_ref().and_then(ArmId::group);
    format!(
        "blobContainer={} storageAccount={} storageAccountResourceGroup={} storageAccountSubscriptionId={}",
        word(extension.storage_setting("bucket"), "CONTAINER"),
        word(extension.storage_setting("storageAccount"), "ACCOUNT"),
        group.map_or_else(|| "ACCOUNT_GROUP".to_owned(), shell_word),
        word(account.as_ref().and_then(ArmId::subscription), "SUBSCRIPTION"),
    )
}

/// Returns the command that installs an extension with the four settings.
pub fn create(name: &str, cluster: Option<&ArmId>, four: &str) -> String {
    format!(
        "az k8s-extension create --name {} --extension-type {TYPE} --scope cluster {} --release-train stable --configuration-settings {four}",
        shell_word(name),
        on(cluster)
    )
}

/// Returns the command that grants an extension's identity, looked up at that time, the role for the data.
pub fn grant(name: &str, cluster: Option<&ArmId>, account: Option<&ArmId>) -> String {
    let scope = account.map_or_else(
        || "/subscriptions/SUBSCRIPTION/resourceGroups/ACCOUNT_GROUP/providers/Microsoft.Storage/storageAccounts/ACCOUNT".to_owned(),
        |account| shell_word(account.as_str()),
    );
    format!(
        "az role assignment create --assignee-object-id \"$(az k8s-extension show --name {} {} --query aksAssignedIdentity.principalId --output tsv)\" --assignee-principal-type ServicePrincipal --role \"Storage Blob Data Contributor\" --scope {scope}",
        shell_word(name),
        on(cluster)
    )
}

/// Adds the commands that install the extension again with the settings that it has.
pub fn reinstall(remedy: Remedy, extension: &ArmExtension, namespace: &str) -> Remedy {
    let cluster = cluster(extension);
    remedy
        .documented(show(
            extension,
            "{state:provisioningState, settings:configurationSettings, identity:aksAssignedIdentity.principalId}",
        ))
        .documented(format!("az k8s-extension delete --name {} {}", shell_word(&extension.name), on(cluster.as_ref())))
        .documented(format!("kubectl get namespace {} --ignore-not-found", shell_word(namespace)))
        .documented(create(&extension.name, cluster.as_ref(), &four(extension)))
        .documented(grant(&extension.name, cluster.as_ref(), extension.account().as_ref()))
}
