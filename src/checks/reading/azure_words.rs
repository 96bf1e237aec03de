//! How commands of Azure's name a cluster, a vault, a backup instance or a group.
//!
//! Knowledge: azure-cli's `aks` and its extension `dataprotection`: every command takes the names and the subscription
//! apart. What is not known is a word in capitals.

use crate::facts::arm::ArmId;
use crate::facts::{Facts, shell_word};
use crate::finding::Subject;

use super::azure::azure_subject;

fn part(value: Option<&str>, unknown: &str) -> String {
    value.filter(|value| !value.is_empty()).map_or_else(|| unknown.to_owned(), shell_word)
}

/// Returns the options that name a resource group: `--name rg --subscription s`.
pub fn group_options(id: &ArmId) -> String {
    format!("--name {} --subscription {}", part(id.group(), "GROUP"), part(id.subscription(), "SUBSCRIPTION"))
}

/// Returns the options that name a vault beside something else in it.
pub fn vault_options(vault: Option<&ArmId>) -> String {
    format!(
        "--vault-name {} --resource-group {} --subscription {}",
        part(vault.map(ArmId::name), "VAULT"),
        part(vault.and_then(ArmId::group), "VAULT_GROUP"),
        part(vault.and_then(ArmId::subscription), "SUBSCRIPTION")
    )
}

/// Returns the options that name a backup instance.
pub fn instance_options(instance: &ArmId) -> String {
    format!("--name {} {}", part(Some(instance.name()), "INSTANCE"), vault_options(instance.parent().as_ref()))
}

/// Returns the options that name the cluster; `name` is what the command calls its name.
pub fn cluster_options(facts: &Facts, name: &str) -> String {
    let id = facts.cluster_id();
    let id = id.as_ref();
    format!(
        "--resource-group {} {name} {} --subscription {}",
        part(id.and_then(ArmId::group), "RESOURCE_GROUP"),
        part(id.map(ArmId::name), "CLUSTER"),
        part(id.and_then(ArmId::subscription), "SUBSCRIPTION")
    )
}

/// Returns the cluster, as a subject; without a name where Azure's id of it is not known.
pub fn cluster_subject(facts: &Facts) -> Subject {
    match facts.cluster_id() {
        Some(id) => azure_subject(&id),
        None => Subject { kind: Some("managedClusters".to_owned()), ..Subject::default() },
    }
}

/// Returns the extension's namespace: what is said of backups that do not come about is said of it.
pub fn namespace_subject(facts: &Facts) -> Subject {
    Subject::cluster_wide("v1", "Namespace", &facts.extension.namespace)
}

/// Returns the cluster's name in a sentence.
pub fn cluster_words(facts: &Facts) -> String {
    facts.cluster_id().map_or_else(|| "the cluster".to_owned(), |id| id.words())
}

/// Returns the request by which a vault tries again what failed last with an instance; the Azure CLI has no word for it.
pub fn try_again(instance: &ArmId) -> String {
    format!(
        "az rest --method post --url {} --body '{{\"syncType\":\"Default\"}}'",
        shell_word(&format!("{instance}/sync?api-version=2024-04-01"))
    )
}

/// Returns the request that reads a resource anew.
pub fn read_again(id: &ArmId, version: &str) -> String {
    format!("az rest --method get --url {}", shell_word(&format!("{id}?api-version={version}")))
}
