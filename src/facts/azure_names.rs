//! The names of Azure that the extension asks DNS for, besides the agent's endpoint.
//!
//! Knowledge: azure-backup.md section 2, the table of required hosts by cloud; the account is the storage location's.

use super::Facts;
use super::arm::AzureCloud;
use super::objects::StorageLocation;

/// What the extension needs a name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The blobs of a storage location's account.
    Blobs,
    /// Signing in to Entra ID.
    SignIn,
    /// Azure Resource Manager.
    Management,
    /// Microsoft's registry.
    Registry,
}

/// A name that the extension needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureName {
    /// The name, without a dot at the end, in small letters.
    pub name: String,
    /// What it is needed for.
    pub purpose: Purpose,
}

/// The hosts of one cloud.
struct Cloud {
    sign_in: &'static str,
    management: &'static str,
    blob_suffix: &'static str,
}

const PUBLIC: Cloud = Cloud {
    sign_in: "login.microsoftonline.com",
    management: "management.azure.com",
    blob_suffix: "blob.core.windows.net",
};
const US_GOVERNMENT: Cloud = Cloud {
    sign_in: "login.microsoftonline.us",
    management: "management.usgovcloudapi.net",
    blob_suffix: "blob.core.usgovcloudapi.net",
};
const CHINA: Cloud = Cloud {
    sign_in: "login.chinacloudapi.cn",
    management: "management.chinacloudapi.cn",
    blob_suffix: "blob.core.chinacloudapi.cn",
};

/// The registry, in every cloud.
const REGISTRY: &str = "mcr.microsoft.com";
/// The accounts of so many locations are asked for.
const MOST_ACCOUNTS: usize = 3;

impl Facts {
    /// Returns the names of Azure that the extension asks DNS for, as far as the region and the locations tell.
    #[must_use]
    pub fn azure_names(&self) -> Vec<AzureName> {
        let Some(cloud) = self.region().map(cloud_of) else { return Vec::new() };
        let mut names: Vec<AzureName> = Vec::new();
        let mut add = |name: String, purpose| {
            if !names.iter().any(|known| known.name == name) {
                names.push(AzureName { name, purpose });
            }
        };
        for host in self.locations().filter_map(|location| host_of(location, &cloud)).take(MOST_ACCOUNTS) {
            add(host, Purpose::Blobs);
        }
        add(cloud.sign_in.to_owned(), Purpose::SignIn);
        add(cloud.management.to_owned(), Purpose::Management);
        add(REGISTRY.to_owned(), Purpose::Registry);
        names
    }

    /// Returns the host of the account's blobs that a location names.
    #[must_use]
    pub fn blob_host(&self, location: &StorageLocation) -> Option<String> {
        host_of(location, &cloud_of(self.region()?))
    }
}

/// Returns the host of an account's blobs, by the account's name and its region's cloud.
#[must_use]
pub fn blob_host_in(account: &str, region: &str) -> Option<String> {
    account_host(account, &cloud_of(region))
}

fn account_host(account: &str, cloud: &Cloud) -> Option<String> {
    let account = account.to_ascii_lowercase();
    let is_account = (3..=24).contains(&account.len()) && account.bytes().all(|b| b.is_ascii_alphanumeric());
    is_account.then(|| format!("{account}.{}", cloud.blob_suffix))
}

/// Returns the hosts of a region's cloud.
fn cloud_of(region: &str) -> Cloud {
    match AzureCloud::of_region(region) {
        AzureCloud::UsGovernment => US_GOVERNMENT,
        AzureCloud::China => CHINA,
        AzureCloud::Public => PUBLIC,
    }
}

/// Returns the account's host: by the address in the settings, which Velero uses as it is, else by the account's name.
fn host_of(location: &StorageLocation, cloud: &Cloud) -> Option<String> {
    if let Some(uri) = location.setting("storageAccountURI") {
        let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
        let host = rest.split(['/', '?', ':']).next()?.trim_end_matches('.').to_ascii_lowercase();
        return is_host(&host).then_some(host);
    }
    account_host(location.setting("storageAccount")?, cloud)
}

/// Returns whether a text from a setting may become a question to DNS: a name of several plain labels.
fn is_host(text: &str) -> bool {
    let is_label =
        |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    // An address is no name.
    let has_letter = text.bytes().any(|b| b.is_ascii_alphabetic());
    text.len() <= 253 && has_letter && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Text;

    fn location(settings: &[(&str, &str)]) -> StorageLocation {
        let mut location = StorageLocation::default();
        for (key, value) in settings {
            location.spec.config.insert((*key).to_owned(), Text::new(value));
        }
        location
    }

    #[test]
    fn the_account_is_named_by_its_address_or_its_name() {
        let host = |settings: &[(&str, &str)]| host_of(&location(settings), &PUBLIC);
        let named = Some("contoso.blob.core.windows.net".to_owned());
        assert_eq!(host(&[("storageAccount", "contoso")]), named);
        assert_eq!(host(&[("storageAccountURI", "https://Contoso.blob.core.windows.net:443/x?y")]), named);
        for odd in ["https://", "ftp://a.b", "https://10.0.0.1/", "https://a b.c/", "contoso"] {
            assert_eq!(host(&[("storageAccount", "contoso"), ("storageAccountURI", odd)]), None, "{odd}");
        }
        assert_eq!(host(&[("storageAccount", "../x")]), None);
    }
}
