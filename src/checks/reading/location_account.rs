//! The storage account behind a location, as the location's own settings name it, and Microsoft's
//! documented commands about it.
//!
//! Knowledge: Velero's Azure settings (pkg/util/azure/storage.go), the role by mode of sign-in
//! (Azure Backup's FAQ and support matrix), the founding page's `az role assignment create`.
//! Azure is not asked: nothing here says how the account is, only what the cluster calls it.

use super::word::word;
use crate::facts::objects::StorageLocation;
use crate::facts::{Extension, Facts};

/// How the extension signs in to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With its own identity; wants a role for the data.
    Identity,
    /// With the account's key, which it asks Azure for; wants a role on the account itself.
    Keys,
    /// With a key that it was given in a variable.
    GivenKey,
    /// The setting cannot be read.
    Unclear,
}

/// The account behind a location.
pub struct Account<'f> {
    location: &'f StorageLocation,
    extension: &'f Extension,
    region: Option<&'f str>,
}

/// The role for the data, in the account's own words.
pub const DATA_ROLE: &str = "Storage Blob Data Contributor";
/// The role that may list the account's keys.
pub const KEY_ROLE: &str = "Storage Account Contributor";

impl<'f> Account<'f> {
    /// Returns the account behind a location.
    pub fn of(facts: &'f Facts, location: &'f StorageLocation) -> Self {
        Self { location, extension: &facts.extension, region: facts.region() }
    }

    /// Returns the account's name.
    pub fn name(&self) -> &'f str {
        word(self.location.setting("storageAccount"), "ACCOUNT")
    }

    /// Returns the account's resource group.
    pub fn group(&self) -> &'f str {
        word(self.location.setting("resourceGroup"), "ACCOUNT_GROUP")
    }

    /// Returns the account's subscription.
    pub fn subscription(&self) -> &'f str {
        word(self.location.setting("subscriptionId"), "SUBSCRIPTION")
    }

    /// Returns the container's name.
    pub fn container(&self) -> &'f str {
        word(self.location.container(), "CONTAINER")
    }

    /// Returns the account in words: `storage account contosobackup (resource group rg-backup)`.
    pub fn words(&self) -> String {
        let name = self.location.setting("storageAccount");
        let group = self.location.setting("resourceGroup");
        match (name, group) {
            (Some(name), Some(group)) => format!("storage account {name} (resource group {group})"),
            (Some(name), None) => format!("storage account {name}"),
            (None, _) => "the storage account, which the settings do not name".to_owned(),
        }
    }

    /// Returns the container and its account in words.
    pub fn container_words(&self) -> String {
        match self.location.container() {
            Some(container) => format!("container {container} in {}", self.words()),
            None => format!("the container in {}", self.words()),
        }
    }

    /// Returns how the settings say that the extension signs in.
    pub fn mode(&self) -> Mode {
        if self.location.setting("storageAccountKeyEnvVar").is_some() {
            return Mode::GivenKey;
        }
        match self.location.setting("useAAD") {
            None => Mode::Keys,
            Some(text) => go_bool(text).map_or(Mode::Unclear, |aad| if aad { Mode::Identity } else { Mode::Keys }),
        }
    }

    /// Returns what the settings say about the sign-in, in words.
    pub fn mode_words(&self) -> String {
        match (self.mode(), self.location.setting("useAAD")) {
            (Mode::GivenKey, _) => "the settings name a variable with a key (storageAccountKeyEnvVar)".to_owned(),
            (Mode::Identity, _) => {
                "the settings say useAAD=true, to sign in with the extension's own identity".to_owned()
            }
            (Mode::Unclear, Some(text)) => format!("the settings say useAAD={text}, which is neither true nor false"),
            (_, Some(text)) => format!("the settings say useAAD={text}, to work with the account's keys"),
            (_, None) => {
                "the settings do not say useAAD=true, so the extension works with the account's keys".to_owned()
            }
        }
    }

    /// Returns the account's id.
    pub fn scope(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Storage/storageAccounts/{}",
            self.subscription(),
            self.group(),
            self.name()
        )
    }

    /// Returns the address of the account's blobs.
    pub fn blob_endpoint(&self) -> String {
        let suffix = match self.region.unwrap_or_default().to_ascii_lowercase() {
            r if r.starts_with("usgov") || r.starts_with("usdod") => "core.usgovcloudapi.net",
            r if r.starts_with("china") => "core.chinacloudapi.cn",
            _ => "core.windows.net",
        };
        format!("https://{}.blob.{suffix}/", self.name())
    }

    fn extension_name(&self) -> &'f str {
        word(self.extension.name.as_deref(), "EXTENSION")
    }

    /// Returns the command that shows the extension's identity.
    pub fn show_identity(&self) -> String {
        format!(
            "az k8s-extension show --name {} --cluster-name CLUSTER --resource-group RESOURCE_GROUP --cluster-type managedClusters --query aksAssignedIdentity.principalId --output tsv",
            self.extension_name()
        )
    }

    /// Returns the command that grants the extension's identity a role at the account.
    pub fn grant(&self, role: &str) -> String {
        format!(
            "az role assignment create --assignee-object-id \"$({})\" --assignee-principal-type ServicePrincipal --role \"{role}\" --scope {}",
            self.show_identity(),
            self.scope()
        )
    }

    /// Returns the command that shows who has which role at the account, and since when.
    pub fn show_roles(&self) -> String {
        format!(
            "az role assignment list --scope {} --include-inherited --query \"[].{{principal:principalId, role:roleDefinitionName, since:createdOn}}\" --output table",
            self.scope()
        )
    }

    /// Returns the command that shows properties of the account.
    pub fn show(&self, query: &str) -> String {
        format!(
            "az storage account show --name {} --resource-group {} --subscription {} --query \"{query}\"",
            self.name(),
            self.group(),
            self.subscription()
        )
    }

    /// Returns the command that changes the extension's settings.
    pub fn update(&self, settings: &str) -> String {
        format!(
            "az k8s-extension update --name {} --cluster-name CLUSTER --resource-group RESOURCE_GROUP --cluster-type managedClusters --configuration-settings {settings}",
            self.extension_name()
        )
    }

    /// Returns the command that makes the extension sign in with its own identity.
    pub fn use_identity(&self) -> String {
        self.update(&format!("useAAD=true storageAccountURI={}", self.blob_endpoint()))
    }

    /// Returns the command that gives the extension another container or account: the four settings go together.
    pub fn move_to(&self, container: &str, account: &str, group: &str, subscription: &str) -> String {
        self.update(&format!(
            "blobContainer={container} storageAccount={account} storageAccountResourceGroup={group} storageAccountSubscriptionId={subscription}"
        ))
    }

    /// Returns the command that shows whether Velero can use the location by now.
    pub fn watch(&self) -> String {
        let meta = &self.location.metadata;
        format!("kubectl --namespace {} get backupstoragelocations.velero.io {}", meta.namespace(), meta.name)
    }
}

/// Reads a yes or no as Go does; `None` for anything else.
pub fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}
