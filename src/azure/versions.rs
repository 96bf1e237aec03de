//! Which version of Azure's API each question is put in.
//!
//! Older, stable versions are chosen: nothing newer is needed, and the sovereign clouds lag behind the public one.

/// The version that questions about one type are put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The type, or the operation, as it stands in the path.
    pub of: &'static str,
    /// The version.
    pub version: &'static str,
    /// Why this one.
    pub why: &'static str,
}

const fn row(of: &'static str, version: &'static str, why: &'static str) -> Version {
    Version { of, version, why }
}

/// The table, the longest types first: the first that stands in a path counts.
pub const VERSIONS: &[Version] = &[
    row("Microsoft.Storage/storageAccounts", "2023-05-01", "stable in every cloud; containers too"),
    row(
        "Microsoft.DataProtection/backupVaults",
        "2024-04-01",
        "what Azure's own command line sends; policies and jobs too",
    ),
    row(
        "Microsoft.DataProtection/backupInstances",
        "2025-07-01",
        "the first that tells the kinds of volumes of an instance; of a cluster, whatever their vault; 2024-04-01 where a cloud lacks it",
    ),
    row(
        "Microsoft.KubernetesConfiguration/extensions",
        "2023-05-01",
        "what az k8s-extension sends; has aksAssignedIdentity",
    ),
    row("Microsoft.Authorization/roleAssignments", "2022-04-01", "the only stable one"),
    row("Microsoft.Authorization/roleDefinitions", "2022-04-01", "the only stable one"),
    row("Microsoft.Authorization/denyAssignments", "2022-04-01", "the only stable one"),
    row("Microsoft.Authorization/permissions", "2022-04-01", "the only stable one"),
    row("Microsoft.Authorization/locks", "2020-05-01", "the newest stable one"),
    row("Microsoft.PolicyInsights/checkPolicyRestrictions", "2022-03-01", "tells denials, which is all that is asked"),
    row("Microsoft.ResourceGraph/resources", "2021-03-01", "stable in every cloud"),
    row("Microsoft.Compute/virtualMachineScaleSets", "2024-07-01", "stable; identities have not changed for years"),
    row("Microsoft.Compute/disks", "2024-03-02", "stable in every cloud; only whether one is there is asked"),
    row("Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31", "stable in every cloud"),
    row("Microsoft.ContainerService/managedClusters", "2025-05-01", "stable; trusted access bindings too"),
    // Providers and groups have no type in their paths.
    row("/providers/", "2021-04-01", "stable in every cloud: the registration of a provider"),
    row("/resourceGroups/", "2021-04-01", "stable in every cloud; has managedBy"),
];

/// Returns the version for a path: that of the type which stands last in it.
pub(super) fn of(path: &str) -> &'static str {
    let lower = path.to_ascii_lowercase();
    let at = |row: &Version| lower.rfind(&row.of.to_ascii_lowercase());
    let typed = VERSIONS.iter().filter(|row| row.of.starts_with("Microsoft."));
    let found = typed.filter_map(|row| Some((at(row)?, row))).max_by_key(|(at, _)| *at).map(|(_, row)| row);
    let plain = || VERSIONS.iter().filter(|row| row.of.starts_with('/')).find(|row| at(row).is_some());
    found.or_else(plain).map_or("2021-04-01", |row| row.version)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_type_that_stands_last_decides() {
        let cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
        assert_eq!(of(cluster), "2025-05-01");
        assert_eq!(of(&format!("{cluster}/providers/Microsoft.KubernetesConfiguration/extensions")), "2023-05-01");
        assert_eq!(of(&format!("{cluster}/providers/microsoft.authorization/locks")), "2020-05-01");
        assert_eq!(of("/subscriptions/s/resourceGroups/g"), "2021-04-01");
        assert_eq!(of("/subscriptions/s/providers/Microsoft.DataProtection"), "2021-04-01");
    }
}
