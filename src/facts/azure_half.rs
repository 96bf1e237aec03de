//! What the facts of Azure say together: which cluster, which extension, which vault.

use serde::{Deserialize, Serialize};

use super::arm::{
    ArmExtension, ArmId, BackupInstance, ClusterProperties, ManagedCluster, UserIdentity, Vault, ZoneLink,
};
use super::binding::Binding;
use super::fetched::Stop;
use super::need::Need;
use super::objects::optional_name;
use super::{Facts, Fetched};

/// What the user named of Azure instead of having it found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Named {
    /// The subscription.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// The cluster's resource group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<ArmId>,
    /// The cluster.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The vault, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<ArmId>,
    /// The policy, by its name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<ArmId>,
}

impl Named {
    /// Returns whether nothing was named.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the id of the cluster, where all of it was named; `subscription` stands in for one that was not.
    #[must_use]
    pub fn cluster_id(&self, subscription: Option<&str>) -> Option<ArmId> {
        let subscription = self.subscription.as_deref().or(subscription)?;
        let (group, cluster) = (self.resource_group.as_ref()?, self.cluster.as_deref()?);
        Some(ArmId::new(&format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}"
        )))
    }
}

/// Why what is behind the extension in Azure does not apply.
const NO_EXTENSION: &str = "Azure has no backup extension on this cluster";

impl Facts {
    /// Returns the resource groups of the nodes' machines; virtual nodes have none.
    #[must_use]
    pub fn machine_groups(&self) -> Vec<ArmId> {
        let mut groups: Vec<ArmId> = Vec::new();
        for node in self.nodes.known_rows().iter().filter(|node| !node.is_virtual()) {
            let machine = node.spec.provider_id.as_deref().and_then(|id| id.strip_prefix("azure://")).map(ArmId::new);
            if let Some(group) = machine.and_then(|machine| machine.group_id()).filter(|group| !groups.contains(group))
            {
                groups.push(group);
            }
        }
        groups
    }

    /// Returns the id of the cluster: as it was named, else as Azure has it.
    #[must_use]
    pub fn cluster_id(&self) -> Option<ArmId> {
        let machines = self.machine_groups();
        let subscription = machines.first().and_then(ArmId::subscription);
        self.named
            .cluster_id(subscription)
            .or_else(|| self.managed_cluster.known().map(|cluster| cluster.id.clone()))
            .or_else(|| self.node_group.known()?.managed_by.clone())
            .or_else(|| self.cluster_of_instances())
            .filter(|id| id.has_type("Microsoft.ContainerService/managedClusters"))
    }

    /// Returns the cluster that all backup instances are of, where it is gone and only its vault still knows it.
    fn cluster_of_instances(&self) -> Option<ArmId> {
        let mut clusters = self.backup_instances.known_rows().iter().map(BackupInstance::cluster);
        let first = clusters.next().filter(|_| self.managed_cluster.is_absent())?;
        clusters.all(|other| other == first).then(|| first.clone())
    }

    /// Returns whether anything was asked of Azure about this cluster or its vault, and answered; a sign-in is no answer.
    #[must_use]
    pub const fn has_asked_azure(&self) -> bool {
        self.node_group.known().is_some()
            || self.managed_cluster.known().is_some()
            || self.managed_cluster.is_absent()
            || self.vaults.known().is_some()
    }

    /// Returns whether Azure was to be asked, and could not be.
    #[must_use]
    pub const fn has_failed_to_ask_azure(&self) -> bool {
        !self.has_asked_azure() && !self.azure_sign_in.is_unasked()
    }

    /// Returns whether the cluster itself did not answer, and all that is known is from Azure.
    #[must_use]
    pub fn is_by_azure_alone(&self) -> bool {
        let is_silent = |why: &str| why.starts_with(Fetched::<()>::CLUSTER_SILENT);
        matches!(&self.nodes, Fetched::Failed(why) if is_silent(why))
    }

    /// Returns the cluster as Azure has it.
    ///
    /// # Errors
    /// What stops a check that cannot do without it.
    pub fn azure_cluster(&self) -> Result<&ManagedCluster, Stop> {
        match &self.managed_cluster {
            Fetched::Absent => Err(Stop::not_applicable("Azure has no such cluster any more")),
            cluster => {
                let known = cluster.required(Need::ManagedCluster.what())?;
                // Every cluster has some: without, nothing that was read says that anything is well.
                if known.properties == ClusterProperties::default() {
                    return Err(Stop::inconclusive("Azure's answer about the cluster holds nothing but its id"));
                }
                Ok(known)
            }
        }
    }

    /// Returns the backup extensions that Azure has on the cluster; more than one is trouble of its own.
    pub fn backup_extensions(&self) -> impl Iterator<Item = &ArmExtension> {
        self.arm_extensions.known_rows().iter().filter(|extension| extension.is_backup())
    }

    /// Returns the backup extension as Azure has it; of several, the one that is known in the cluster or works.
    ///
    /// # Errors
    /// Inconclusive where the extensions could not be read, not applicable where there is none.
    pub fn backup_extension(&self) -> Result<&ArmExtension, Stop> {
        self.arm_extensions.rows(Need::ArmExtensions.what())?;
        let here = self.extension.name.as_deref();
        self.backup_extensions()
            .max_by_key(|extension| (Some(extension.name.as_str()) == here, extension.has_succeeded()))
            .ok_or_else(|| match self.arm_extensions.unread(Need::ArmExtensions.what()) {
                Some(unread) => Stop::Inconclusive(unread),
                None => Stop::not_applicable(NO_EXTENSION),
            })
    }

    /// Returns the resource of the extension's identity, where the identities were listed and it is one of them.
    #[must_use]
    pub fn extension_identity(&self) -> Option<&UserIdentity> {
        let principal = self.backup_extension().ok()?.principal()?;
        let is_it = |id: &str| id.eq_ignore_ascii_case(principal);
        self.identities.known_rows().iter().find(|one| one.properties.principal_id.as_deref().is_some_and(is_it))
    }

    /// Returns the links by which the cluster's own network takes answers for one of these names from a private zone.
    ///
    /// Empty where Azure was not asked, or was asked about another cluster.
    #[must_use]
    pub fn own_zone_links(&self, hosts: &[&str]) -> Vec<&ZoneLink> {
        let links = self.private_zone_links.known_rows();
        let Some(cluster) = self.managed_cluster.known().filter(|_| !links.is_empty()) else { return Vec::new() };
        if matches!(self.binding(), Binding::Contradicted(_)) {
            return Vec::new();
        }
        let answers = |link: &&ZoneLink| hosts.iter().any(|host| link.answers_for(host));
        links.iter().filter(answers).filter(|link| cluster.is_in_network(&link.network)).collect()
    }

    /// Returns the backup instances of this cluster.
    ///
    /// # Errors
    /// Inconclusive where they could not be read, not applicable where nothing protects the cluster.
    pub fn instances(&self) -> Result<&[BackupInstance], Stop> {
        let rows = self.backup_instances.rows(Need::BackupInstances.what())?;
        match self.backup_instances.unread(Need::BackupInstances.what()) {
            Some(unread) if rows.is_empty() => Err(Stop::Inconclusive(unread)),
            None if rows.is_empty() => Err(Stop::not_applicable("no vault protects this cluster yet")),
            _ => Ok(rows),
        }
    }

    /// Returns the ids of the vaults to judge: the one that was named, else those of the instances, else those that have
    /// trusted access.
    #[must_use]
    pub fn vault_ids(&self) -> Vec<ArmId> {
        const VAULTS: &str = "Microsoft.DataProtection/backupVaults";
        let unique = |all: &mut dyn Iterator<Item = ArmId>| {
            let mut ids: Vec<ArmId> = Vec::new();
            for id in all.filter(|id| id.has_type(VAULTS)) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            ids
        };
        if let Some(named) = &self.named.vault {
            return vec![named.clone()];
        }
        let protecting = unique(&mut self.backup_instances.known_rows().iter().filter_map(BackupInstance::vault));
        if !protecting.is_empty() {
            return protecting;
        }
        let bindings = self.trusted_access.known_rows().iter();
        unique(&mut bindings.map(|binding| binding.properties.source_resource_id.clone()))
    }

    /// Returns the object id that a vault acts as for one instance; nothing where the vault has the named identity no more.
    #[must_use]
    pub fn principal_of_instance<'f>(vault: &'f Vault, instance: &BackupInstance) -> Option<&'f str> {
        let identity = vault.identity.as_ref()?;
        let named = instance.properties.identity_details.as_ref();
        match named.and_then(|details| details.user_assigned_identity_arm_url.as_ref()).filter(|id| !id.is_empty()) {
            Some(id) => {
                let own = identity.user_assigned_identities.iter().find(|(own, _)| ArmId::new(own) == *id);
                own.and_then(|(_, given)| given.principal_id.as_deref())
            }
            None => identity.principals().into_iter().next(),
        }
    }

    /// Returns the object ids that a vault acts as for this cluster: those that its instances name, else its first.
    #[must_use]
    pub fn principals_of_vault<'f>(&'f self, vault: &'f Vault) -> Vec<&'f str> {
        let Some(identity) = &vault.identity else { return Vec::new() };
        let instances = self.backup_instances.known_rows().iter().filter(|one| one.vault().as_ref() == Some(&vault.id));
        let mut named: Vec<&str> = instances
            .filter_map(|one| one.properties.identity_details.as_ref()?.user_assigned_identity_arm_url.as_ref())
            .filter_map(|id| identity.user_assigned_identities.iter().find(|(own, _)| ArmId::new(own) == *id))
            .filter_map(|(_, given)| given.principal_id.as_deref())
            .collect();
        named.dedup();
        if named.is_empty() { identity.principals().into_iter().take(1).collect() } else { named }
    }

    /// Returns the subscriptions that matter: the cluster's, the account's, the snapshots'; none where nothing is known.
    #[must_use]
    pub fn subscriptions(&self, cluster: Option<&ArmId>) -> Vec<String> {
        let account = self.backup_extension().ok().and_then(ArmExtension::account);
        let ids = cluster.cloned().into_iter().chain(account).chain(self.snapshot_groups());
        let mut all: Vec<String> = Vec::new();
        for one in ids.filter_map(|id| id.subscription().map(str::to_owned)) {
            if !all.iter().any(|known| known.eq_ignore_ascii_case(&one)) {
                all.push(one);
            }
        }
        all
    }

    /// Returns the storage accounts at which the vaults have a role: where copies of the backups come from, or go to.
    #[must_use]
    pub fn accounts_of_vaults(&self) -> Vec<ArmId> {
        let principals: Vec<&str> =
            self.vaults.known_rows().iter().flat_map(|vault| self.principals_of_vault(vault)).collect();
        let of_vaults =
            self.role_assignments.known_rows().iter().filter(|held| principals.contains(&held.principal.as_str()));
        let mut accounts: Vec<ArmId> = Vec::new();
        for scope in of_vaults.flat_map(|held| &held.assignments).map(|one| &one.properties.scope) {
            if scope.has_type("Microsoft.Storage/storageAccounts") && !accounts.contains(scope) {
                accounts.push(scope.clone());
            }
        }
        accounts
    }

    /// Returns the snapshot resource groups of the instances.
    #[must_use]
    pub fn snapshot_groups(&self) -> Vec<ArmId> {
        let mut groups: Vec<ArmId> = Vec::new();
        for group in self.backup_instances.known_rows().iter().filter_map(BackupInstance::snapshot_group) {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        groups
    }
}
