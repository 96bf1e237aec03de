//! The id of a resource in Azure Resource Manager.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The id of a resource, a group or a subscription; two that differ only in case are the same.
///
/// A lock may have nearly any name, so that an id is what Azure wrote, redacted and on one line; in a printed command it is
/// quoted as every word is.
#[derive(Debug, Clone, Default, Eq, Serialize)]
#[serde(transparent)]
pub struct ArmId(String);

impl ArmId {
    /// Makes an id of what Azure or a person wrote.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        /// Azure's own bound of an id is well below this.
        const LONGEST: usize = 2048;
        let text = crate::facts::Text::new(raw);
        let kept: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        Self(kept.trim_end_matches('/').to_owned())
    }

    /// Returns whether it holds only what the names of subscriptions, groups, clusters and vaults may hold.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '(' | ')' | '@'))
    }

    /// Returns the id as Azure wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the part behind a word of the path: the subscription's behind `subscriptions`, and so on.
    fn behind(&self, word: &str) -> Option<&str> {
        let mut parts = self.0.split('/');
        parts.by_ref().find(|part| part.eq_ignore_ascii_case(word))?;
        parts.next().filter(|part| !part.is_empty())
    }

    /// Returns the subscription; what is not made of letters, digits and dashes is none.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        let is_of_ids = |id: &&str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        self.behind("subscriptions").filter(is_of_ids)
    }

    /// Returns the name of the resource group.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.behind("resourceGroups")
    }

    /// Returns the id of the resource group.
    #[must_use]
    pub fn group_id(&self) -> Option<Self> {
        Some(Self(format!("/subscriptions/{}/resourceGroups/{}", self.subscription()?, self.group()?)))
    }

    /// Returns the id of the subscription.
    #[must_use]
    pub fn subscription_id(&self) -> Option<Self> {
        Some(Self(format!("/subscriptions/{}", self.subscription()?)))
    }

    /// Returns the name of the resource: the last part.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the name, where it may stand inside a query that stands between quotes in a command.
    #[must_use]
    pub fn name_in_query(&self) -> Option<&str> {
        let is_of_queries = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        Some(self.name()).filter(|name| !name.is_empty() && name.chars().all(is_of_queries))
    }

    /// Returns the resource that a child such as a backup instance belongs to.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (kind, _) = self.0.rsplit_once('/')?;
        let (parent, _) = kind.rsplit_once('/')?;
        (!parent.is_empty()).then(|| Self(parent.to_owned()))
    }

    /// Returns whether `other` is this scope or lies below it; the root lies above everything.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.0.to_ascii_lowercase(), other.0.to_ascii_lowercase());
        mine.is_empty() || theirs == mine || theirs.strip_prefix(&mine).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns whether it is a management group: those that are asked about lie above the subscription that was asked.
    #[must_use]
    pub fn is_management_group(&self) -> bool {
        self.0.to_ascii_lowercase().starts_with("/providers/microsoft.management/")
    }

    /// Returns the scope in a person's words: `resource group rg`, `storage account x`, `subscription s`.
    #[must_use]
    pub fn words(&self) -> String {
        const KINDS: [(&str, &str); 6] = [
            ("Microsoft.ContainerService/managedClusters", "cluster"),
            ("Microsoft.Storage/storageAccounts", "storage account"),
            ("Microsoft.DataProtection/backupVaults", "vault"),
            ("Microsoft.DataProtection/backupVaults/backupInstances", "backup instance"),
            ("Microsoft.Compute/disks", "disk"),
            ("Microsoft.ManagedIdentity/userAssignedIdentities", "identity"),
        ];
        if let Some((_, word)) = KINDS.iter().find(|(kind, _)| self.has_type(kind)) {
            return format!("{word} {}", self.name());
        }
        match (self.group(), self.subscription()) {
            (Some(group), _) if !self.0.to_ascii_lowercase().contains("/providers/") => {
                format!("resource group {group}")
            }
            (None, Some(subscription)) => format!("subscription {subscription}"),
            _ if self.0.is_empty() => "everything".to_owned(),
            _ => self.0.clone(),
        }
    }

    /// Returns whether the type of the resource, its parents' types included, is this one: `Microsoft.Storage/storageAccounts`.
    #[must_use]
    pub fn has_type(&self, kind: &str) -> bool {
        let Some(at) = self.0.to_ascii_lowercase().rfind("/providers/") else { return false };
        let mut parts = self.0[at + "/providers/".len()..].split('/');
        let mut mine = parts.next().unwrap_or_default().to_owned();
        while let (Some(of), Some(_)) = (parts.next(), parts.next()) {
            mine.push('/');
            mine.push_str(of);
        }
        mine.eq_ignore_ascii_case(kind)
    }
}

impl PartialEq for ArmId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for ArmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ArmId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<String>::deserialize(deserializer).map(|raw| Self::new(raw.as_deref().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_apart_whatever_its_case() {
        let id = ArmId::new("/SUBSCRIPTIONS/s/resourcegroups/RG(1)/Providers/Microsoft.Storage/storageaccounts/acc/");
        assert_eq!((id.subscription(), id.group(), id.name()), (Some("s"), Some("RG(1)"), "acc"));
        assert!(id.has_type("Microsoft.Storage/storageAccounts"));
        assert_eq!(id, ArmId::new(&id.as_str().to_ascii_uppercase()));
        assert_eq!(id.words(), "storage account acc");
        assert_eq!(id.group_id().map(|group| group.words()), Some("resource group RG(1)".to_owned()));
        let extension = ArmId::new(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/providers/Microsoft.KubernetesConfiguration/extensions/e",
        );
        assert!(!extension.has_type("Microsoft.ContainerService/managedClusters"));
        let instance = ArmId::new(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v/backupInstances/i",
        );
        assert_eq!(instance.words(), "backup instance i");
        assert_eq!(instance.parent().map(|vault| vault.words()), Some("vault v".to_owned()));
    }

    #[test]
    fn a_scope_holds_what_lies_below_it_and_no_namesake() {
        let group = ArmId::new("/subscriptions/s/resourceGroups/rg");
        assert!(group.holds(&ArmId::new("/subscriptions/S/resourcegroups/RG/providers/x/y/z")));
        assert!(!group.holds(&ArmId::new("/subscriptions/s/resourceGroups/rg2")));
        assert!(ArmId::new("/").holds(&group));
    }

    #[test]
    fn an_id_keeps_the_name_of_a_lock_and_stays_on_one_line() {
        let id =
            ArmId::new("/subscriptions/s/providers/Microsoft.Authorization/locks/Prod lock - don't delete\n\u{1b}");
        assert_eq!(id.name(), "Prod lock - don't delete");
        assert!(!id.is_plain());
    }
}
