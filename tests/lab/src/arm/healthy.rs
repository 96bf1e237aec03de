//! A subscription in which everything that a backup needs is there: the Azure half of the story that the cluster tells.
//!
//! Names, settings and versions are those of `aks.rs` and `extension.rs`; shapes are those of the management clients' models
//! and of recorded answers. Object ids are invented, and speak: `…a1` is the cluster's, `…b1` the extension's, `…c1` the vault's.

use serde_json::{Value, json};

use super::world::World;
use crate::aks::{CLUSTER, KUBELET, NODE_GROUP, Pool, REGION, RESOURCE_GROUP, SUBSCRIPTION};
use crate::extension::{ACCOUNT, ACCOUNT_GROUP, CONTAINER, NAME, NAMESPACE};
use crate::world::minutes_ago;

/// The tenant of the subscription.
pub const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
/// The group of the snapshots.
pub const SNAPSHOT_GROUP: &str = "aksbackup-snapshots";
/// The backup vault, in the group of the storage account.
pub const VAULT: &str = "aksbackup-vault";
/// The backup policy.
pub const POLICY: &str = "daily";
/// The backup instance.
pub const INSTANCE: &str = "cluster-rg-5a1d2f0e-9a52-4d8e-8c5b-7d3f1b2c4e60";
/// The trusted access binding of the vault.
pub const BINDING: &str = "aksbackup-vault";
/// The version of the extension.
pub const EXTENSION_VERSION: &str = "0.0.3004-544";
/// The host of the cluster's API server.
pub const FQDN: &str = "cluster-dns-1a2b3c4d.hcp.centralus.azmk8s.io";
/// The object id of the cluster's identity.
pub const CLUSTER_PRINCIPAL: &str = "5a5a5a5a-0000-4000-8000-0000000000a1";
/// The object id of the extension's identity.
pub const EXTENSION_PRINCIPAL: &str = "5a5a5a5a-0000-4000-8000-0000000000b1";
/// The object id of the vault's identity.
pub const VAULT_PRINCIPAL: &str = "5a5a5a5a-0000-4000-8000-0000000000c1";
/// The object id of the kubelets' identity.
pub const KUBELET_PRINCIPAL: &str = "5a5a5a5a-0000-4000-8000-0000000000d1";

/// Built-in role: Storage Blob Data Contributor.
pub const BLOB_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
/// Built-in role: Storage Blob Data Reader.
pub const BLOB_READER: &str = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
/// Built-in role: Storage Account Contributor.
pub const ACCOUNT_CONTRIBUTOR: &str = "17d1049b-9a84-46fb-8f53-869881c3d3ab";
/// Built-in role: Disk Snapshot Contributor.
pub const SNAPSHOT_CONTRIBUTOR: &str = "7efff54f-a5b4-42b5-a1c5-5411624893ce";
/// Built-in role: Disk Restore Operator.
pub const RESTORE_OPERATOR: &str = "b50d9833-a0cb-478e-945f-707fcc997c13";
/// Built-in role: Owner.
pub const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
/// Built-in role: Reader.
pub const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
/// Built-in role: Contributor.
pub const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
/// Built-in role: User Access Administrator.
pub const ACCESS_ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";

/// Returns the id of the subscription.
pub fn subscription_id() -> String {
    format!("/subscriptions/{SUBSCRIPTION}")
}

/// Returns the id of a resource group.
pub fn group_id(group: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}")
}

/// Returns the id of the cluster.
pub fn cluster_id() -> String {
    format!("{}/providers/Microsoft.ContainerService/managedClusters/{CLUSTER}", group_id(RESOURCE_GROUP))
}

/// Returns the id of the extension.
pub fn extension_id() -> String {
    format!("{}/providers/Microsoft.KubernetesConfiguration/extensions/{NAME}", cluster_id())
}

/// Returns the id of the vault's trusted access binding.
pub fn binding_id() -> String {
    format!("{}/trustedAccessRoleBindings/{BINDING}", cluster_id())
}

/// Returns the id of the backup vault.
pub fn vault_id() -> String {
    format!("{}/providers/Microsoft.DataProtection/backupVaults/{VAULT}", group_id(ACCOUNT_GROUP))
}

/// Returns the id of the backup policy.
pub fn policy_id() -> String {
    format!("{}/backupPolicies/{POLICY}", vault_id())
}

/// Returns the id of the backup instance.
pub fn instance_id() -> String {
    format!("{}/backupInstances/{INSTANCE}", vault_id())
}

/// Returns the id of the storage account.
pub fn account_id() -> String {
    format!("{}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}", group_id(ACCOUNT_GROUP))
}

/// Returns the id of the blob container.
pub fn container_id() -> String {
    format!("{}/blobServices/default/containers/{CONTAINER}", account_id())
}

/// Returns the id of an identity in the node group.
pub fn identity_id(name: &str) -> String {
    format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", group_id(NODE_GROUP))
}

/// Returns the name of the extension's identity.
pub fn extension_identity() -> String {
    format!("ext-{NAME}-{CLUSTER}")
}

/// Returns the id of a pool's scale set.
pub fn scale_set_id(pool: &Pool) -> String {
    format!("{}/providers/Microsoft.Compute/virtualMachineScaleSets/{}", group_id(NODE_GROUP), pool.scale_set())
}

/// Returns the id of the disk of a claim, as [`crate::aks::disk`] names it.
pub fn disk_id(namespace: &str, claim: &str) -> String {
    format!("{}/providers/Microsoft.Compute/disks/pvc-{namespace}-{claim}", group_id(NODE_GROUP))
}

/// Returns the id of a snapshot.
pub fn snapshot_id(name: &str) -> String {
    format!("{}/providers/Microsoft.Compute/snapshots/{name}", group_id(SNAPSHOT_GROUP))
}

/// Returns the id of a private DNS zone.
pub fn private_zone_id(group: &str, zone: &str) -> String {
    format!("{}/providers/Microsoft.Network/privateDnsZones/{zone}", group_id(group))
}

/// Returns the id of a virtual network.
pub fn network_id(group: &str, network: &str) -> String {
    format!("{}/providers/Microsoft.Network/virtualNetworks/{network}", group_id(group))
}

/// Returns a private DNS zone.
pub fn private_zone() -> Value {
    json!({"location": "global", "tags": {}, "properties": {"numberOfRecordSets": 2, "provisioningState": "Succeeded"}})
}

/// Returns a link of a private DNS zone to a network.
pub fn zone_link(network: &str) -> Value {
    json!({"location": "global", "tags": {}, "properties": {
        "provisioningState": "Succeeded", "registrationEnabled": false, "resolutionPolicy": "Default",
        "virtualNetwork": {"id": network}, "virtualNetworkLinkState": "Completed",
    }})
}

/// Returns a connection of a private endpoint to an account; what of the account it is for, Azure does not tell here.
pub fn private_endpoint(status: &str) -> Value {
    let connection = format!("{}/privateEndpointConnections/{ACCOUNT}.1f2e3d4c", account_id());
    json!({
        "id": connection, "name": format!("{ACCOUNT}.1f2e3d4c"), "type": "Microsoft.Storage/storageAccounts/privateEndpointConnections",
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpoint": {"id": format!("{}/providers/Microsoft.Network/privateEndpoints/blob", group_id(ACCOUNT_GROUP))},
            "privateLinkServiceConnectionState": {"status": status, "description": "", "actionRequired": "None"},
        },
    })
}

/// Returns the id of a built-in role.
pub fn role_id(role: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}")
}

/// Returns a role assignment. Its name is the GUID of its place.
pub fn assignment(scope: &str, name: &str, principal: &str, role: &str) -> (String, Value) {
    let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let made = minutes_ago(60 * 24 * 30);
    let properties = json!({
        "roleDefinitionId": role_id(role), "principalId": principal, "principalType": "ServicePrincipal", "scope": scope,
        "condition": null, "conditionVersion": null, "description": null, "delegatedManagedIdentityResourceId": null,
        "createdOn": made, "updatedOn": made, "createdBy": "", "updatedBy": "",
    });
    (id, json!({"properties": properties}))
}

/// Returns the settings of the extension, by their full names.
pub fn settings() -> Value {
    json!({
        "configuration.backupStorageLocation.bucket": CONTAINER,
        "configuration.backupStorageLocation.config.resourceGroup": ACCOUNT_GROUP,
        "configuration.backupStorageLocation.config.storageAccount": ACCOUNT,
        "configuration.backupStorageLocation.config.subscriptionId": SUBSCRIPTION,
        "configuration.backupStorageLocation.config.useAAD": "true",
        "configuration.backupStorageLocation.config.storageAccountURI": format!("https://{ACCOUNT}.blob.core.windows.net/"),
        "credentials.tenantId": TENANT,
    })
}

/// Returns the properties that an installed extension has beside those that it was asked for.
pub(crate) fn installed(properties: &mut Value) {
    properties["provisioningState"] = json!("Succeeded");
    properties["currentVersion"] = json!(EXTENSION_VERSION);
    properties["errorInfo"] = Value::Null;
    properties["statuses"] = json!([{
        "code": "InstallationSucceeded", "displayStatus": "Installed", "level": "Information",
        "message": "Successfully installed the extension", "time": minutes_ago(0),
    }]);
}

impl World {
    /// Takes the cluster away, with its nodes' group and what hung on it; the vault, the snapshots and the account stay.
    ///
    /// The vault reads the account, as one that keeps copies of its own does.
    pub fn delete_cluster(&mut self) {
        let gone = [cluster_id(), group_id(NODE_GROUP)].map(|id| id.to_lowercase());
        let is_of_it = |id: &str| gone.iter().any(|gone| id == gone || id.starts_with(&format!("{gone}/")));
        let of_it: Vec<String> =
            self.resources().map(|(id, _)| id.to_owned()).filter(|id| is_of_it(&id.to_lowercase())).collect();
        of_it.iter().for_each(|id| self.remove(id));
        let name = "a55160ed-0000-4000-8000-000000000009";
        let (id, value) = assignment(&account_id(), name, VAULT_PRINCIPAL, BLOB_READER);
        self.set(&id, value);
    }

    /// Returns the world in which everything is as it should be.
    pub fn healthy() -> Self {
        let mut world = Self::empty();
        world.set(&subscription_id(), subscription());
        for (name, manager) in
            [(RESOURCE_GROUP, None), (NODE_GROUP, Some(cluster_id())), (SNAPSHOT_GROUP, None), (ACCOUNT_GROUP, None)]
        {
            let mut group = json!({
                "type": "Microsoft.Resources/resourceGroups", "location": REGION, "tags": {},
                "properties": {"provisioningState": "Succeeded"},
            });
            if let Some(manager) = manager {
                group["managedBy"] = json!(manager);
            }
            world.set(&group_id(name), group);
        }
        for (namespace, state) in [
            ("Microsoft.Authorization", "RegistrationFree"),
            ("Microsoft.PolicyInsights", "RegistrationFree"),
            ("Microsoft.ResourceGraph", "RegistrationFree"),
            ("Microsoft.Compute", "Registered"),
            ("Microsoft.ContainerService", "Registered"),
            ("Microsoft.DataProtection", "Registered"),
            ("Microsoft.KubernetesConfiguration", "Registered"),
            ("Microsoft.ManagedIdentity", "Registered"),
            ("Microsoft.Network", "Registered"),
            ("Microsoft.Storage", "Registered"),
        ] {
            world.set(&format!("{}/providers/{namespace}", subscription_id()), provider(namespace, state));
        }
        world.set(&cluster_id(), cluster());
        world.set(&binding_id(), binding());
        world.set(&extension_id(), extension());
        identities(&mut world);
        let pool = Pool::system();
        world.set(&scale_set_id(&pool), scale_set(&pool));
        storage(&mut world);
        protection(&mut world);
        volumes(&mut world);
        roles(&mut world);
        world
    }
}

fn subscription() -> Value {
    json!({
        "subscriptionId": SUBSCRIPTION, "tenantId": TENANT, "displayName": "Laboratory", "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01", "spendingLimit": "Off"},
    })
}

fn provider(namespace: &str, state: &str) -> Value {
    json!({
        "namespace": namespace, "registrationState": state,
        "registrationPolicy": if state == "RegistrationFree" { "RegistrationFree" } else { "RegistrationRequired" },
        "resourceTypes": [],
    })
}

fn cluster() -> Value {
    let version = KUBELET.trim_start_matches('v');
    let network = json!({
        "networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "none", "networkDataplane": "azure",
        "loadBalancerSku": "standard", "outboundType": "loadBalancer", "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16",
        "dnsServiceIP": "10.0.0.10", "podCidrs": ["10.244.0.0/16"], "serviceCidrs": ["10.0.0.0/16"], "ipFamilies": ["IPv4"],
    });
    let identities = json!({"kubeletidentity": {
        "resourceId": identity_id("cluster-agentpool"), "clientId": "5a5a5a5a-0000-4000-8000-0000000000d2", "objectId": KUBELET_PRINCIPAL,
    }});
    let storage = json!({
        "diskCSIDriver": {"enabled": true}, "fileCSIDriver": {"enabled": true}, "snapshotController": {"enabled": true},
    });
    json!({
        "location": REGION, "tags": {}, "sku": {"name": "Base", "tier": "Standard"},
        "eTag": "5e5ffdce-356b-431b-b050-000000000001",
        "identity": {"type": "SystemAssigned", "principalId": CLUSTER_PRINCIPAL, "tenantId": TENANT},
        "properties": {
            "provisioningState": "Succeeded", "powerState": {"code": "Running"},
            "kubernetesVersion": version, "currentKubernetesVersion": version,
            "dnsPrefix": "cluster-dns", "fqdn": FQDN, "azurePortalFQDN": FQDN.replacen(".hcp.", ".portal.hcp.", 1),
            "nodeResourceGroup": NODE_GROUP, "enableRBAC": true, "supportPlan": "KubernetesOfficial", "disableLocalAccounts": false,
            "maxAgentPools": 100, "resourceUID": "6920f3b1a5d0c40001a1b2c3",
            "servicePrincipalProfile": {"clientId": "msi"}, "agentPoolProfiles": [profile(&Pool::system())],
            "networkProfile": network, "identityProfile": identities, "storageProfile": storage,
            "oidcIssuerProfile": {"enabled": false}, "securityProfile": {}, "metricsProfile": {"costAnalysis": {"enabled": false}},
            "autoUpgradeProfile": {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"},
        },
    })
}

/// Returns a pool as its cluster shows it.
pub fn profile(pool: &Pool) -> Value {
    let version = KUBELET.trim_start_matches('v');
    let windows = pool.os == "windows";
    json!({
        "name": pool.name, "count": pool.count, "vmSize": pool.size, "mode": pool.mode, "maxPods": 110, "type": "VirtualMachineScaleSets",
        "osType": if windows { "Windows" } else { "Linux" }, "osSKU": if windows { "Windows2022" } else { "Ubuntu" }, "osDiskSizeGB": 128,
        "osDiskType": "Ephemeral", "kubeletDiskType": "OS", "availabilityZones": ["1", "2", "3"], "enableAutoScaling": false,
        "provisioningState": "Succeeded", "powerState": {"code": "Running"}, "enableNodePublicIP": false, "enableEncryptionAtHost": false,
        "orchestratorVersion": version, "currentOrchestratorVersion": version, "upgradeSettings": {"maxSurge": "10%"},
        "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202511.07.0", "eTag": "5e5ffdce-356b-431b-b050-000000000002",
    })
}

fn binding() -> Value {
    json!({"properties": {
        "provisioningState": "Succeeded", "sourceResourceId": vault_id(),
        "roles": ["Microsoft.DataProtection/backupVaults/backup-operator"],
    }})
}

fn extension() -> Value {
    let mut properties = json!({
        "extensionType": "microsoft.dataprotection.kubernetes", "autoUpgradeMinorVersion": true, "releaseTrain": "stable", "version": null,
        "scope": {"cluster": {"releaseNamespace": NAMESPACE}}, "configurationSettings": settings(), "configurationProtectedSettings": {},
        "isSystemExtension": false, "packageUri": null, "customLocationSettings": null,
        // A recorded answer had neither a tenant nor a type.
        "aksAssignedIdentity": {"principalId": EXTENSION_PRINCIPAL, "tenantId": null, "type": null},
    });
    installed(&mut properties);
    let made = minutes_ago(60 * 24 * 30);
    json!({
        "properties": properties, "identity": null, "plan": null,
        "systemData": {"createdBy": null, "createdByType": null, "createdAt": made, "lastModifiedBy": null, "lastModifiedByType": null, "lastModifiedAt": made},
    })
}

/// Returns an identity of a cluster's, in the node group.
pub(crate) fn identity(principal: &str, client: &str) -> Value {
    json!({"location": REGION, "tags": {}, "properties": {"tenantId": TENANT, "principalId": principal, "clientId": client}})
}

fn identities(world: &mut World) {
    world.set(
        &identity_id(&extension_identity()),
        identity(EXTENSION_PRINCIPAL, "5a5a5a5a-0000-4000-8000-0000000000b2"),
    );
    world.set(&identity_id("cluster-agentpool"), identity(KUBELET_PRINCIPAL, "5a5a5a5a-0000-4000-8000-0000000000d2"));
}

fn scale_set(pool: &Pool) -> Value {
    json!({
        "location": REGION, "tags": {"aks-managed-poolName": pool.name, "aks-managed-resourceNameSuffix": "31415926"},
        "sku": {"name": pool.size, "tier": "Standard", "capacity": pool.count}, "zones": ["1", "2", "3"],
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {
            identity_id(&extension_identity()): {"principalId": EXTENSION_PRINCIPAL, "clientId": "5a5a5a5a-0000-4000-8000-0000000000b2"},
            identity_id("cluster-agentpool"): {"principalId": KUBELET_PRINCIPAL, "clientId": "5a5a5a5a-0000-4000-8000-0000000000d2"},
        }},
        "properties": {
            "provisioningState": "Succeeded", "overprovision": false, "singlePlacementGroup": false, "orchestrationMode": "Uniform",
            "upgradePolicy": {"mode": "Manual"}, "platformFaultDomainCount": 1, "uniqueId": "8a4d2f10-6a5e-4b11-9a0c-2f3e4d5c6b7a",
        },
    })
}

fn storage(world: &mut World) {
    let made = minutes_ago(60 * 24 * 31);
    world.set(&account_id(), json!({
        "location": REGION, "tags": {}, "kind": "StorageV2", "sku": {"name": "Standard_GRS", "tier": "Standard"},
        "properties": {
            "provisioningState": "Succeeded", "statusOfPrimary": "available", "statusOfSecondary": "available", "primaryLocation": REGION,
            "secondaryLocation": "eastus2", "creationTime": made, "accessTier": "Hot", "publicNetworkAccess": "Enabled",
            "allowSharedKeyAccess": false, "allowBlobPublicAccess": false, "isHnsEnabled": false, "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": true, "privateEndpointConnections": [],
            "networkAcls": {"defaultAction": "Allow", "bypass": "AzureServices", "ipRules": [], "virtualNetworkRules": [], "resourceAccessRules": []},
            "primaryEndpoints": {"blob": format!("https://{ACCOUNT}.blob.core.windows.net/"), "dfs": format!("https://{ACCOUNT}.dfs.core.windows.net/")},
            "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": true, "keyType": "Account"}}},
        },
    }));
    world.set(&format!("{}/blobServices/default", account_id()), json!({
        "sku": {"name": "Standard_GRS", "tier": "Standard"},
        "properties": {
            "cors": {"corsRules": []}, "deleteRetentionPolicy": {"enabled": true, "days": 7, "allowPermanentDelete": false},
            "containerDeleteRetentionPolicy": {"enabled": true, "days": 7}, "isVersioningEnabled": false, "changeFeed": {"enabled": false},
            "restorePolicy": {"enabled": false},
        },
    }));
    world.set(&container_id(), json!({
        "etag": "\"0x8DE2B8A1F5C3D20\"",
        "properties": {
            "publicAccess": "None", "leaseState": "Available", "leaseStatus": "Unlocked", "hasImmutabilityPolicy": false, "hasLegalHold": false,
            "deleted": false, "remainingRetentionDays": 0, "defaultEncryptionScope": "$account-encryption-key", "denyEncryptionScopeOverride": false,
            "immutableStorageWithVersioning": {"enabled": false}, "lastModifiedTime": made,
        },
    }));
}

fn protection(world: &mut World) {
    world.set(&vault_id(), json!({
        "location": REGION, "tags": {}, "eTag": "W/\"datetime'2026-10-25T09%3A00%3A00.0000000Z'\"",
        "identity": {"type": "SystemAssigned", "principalId": VAULT_PRINCIPAL, "tenantId": TENANT},
        "properties": {
            "provisioningState": "Succeeded", "isVaultProtectedByResourceGuard": false, "resourceMoveState": "Unknown",
            "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
            "securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 14}, "immutabilitySettings": {"state": "Disabled"}},
            "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
            "featureSettings": {"crossRegionRestoreSettings": {"state": "Disabled"}, "crossSubscriptionRestoreSettings": {"state": "Enabled"}},
        },
    }));
    world.set(&policy_id(), json!({"properties": {
        "objectType": "BackupPolicy", "datasourceTypes": ["Microsoft.ContainerService/managedClusters"],
        "policyRules": [
            {
                "name": "BackupDaily", "objectType": "AzureBackupRule",
                "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
                "dataStore": {"dataStoreType": "OperationalStore", "objectType": "DataStoreInfoBase"},
                "trigger": {
                    "objectType": "ScheduleBasedTriggerContext",
                    "schedule": {"repeatingTimeIntervals": ["R/2026-01-01T02:00:00+00:00/P1D"], "timeZone": "Coordinated Universal Time"},
                    "taggingCriteria": [{"isDefault": true, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}],
                },
            },
            {
                "name": "Default", "objectType": "AzureRetentionRule", "isDefault": true,
                "lifecycles": [{
                    "deleteAfter": {"duration": "P7D", "objectType": "AbsoluteDeleteOption"}, "targetDataStoreCopySettings": [],
                    "sourceDataStore": {"dataStoreType": "OperationalStore", "objectType": "DataStoreInfoBase"},
                }],
            },
        ],
    }}));
    world.set(&instance_id(), instance());
    for (number, begun) in [(1, 180), (2, 180 + 24 * 60)] {
        let name = format!("3f0a2c1e-7a77-4a0c-9b7d-0d8f64a1b00{number}");
        world.set(&format!("{}/backupJobs/{name}", vault_id()), job(&name, "Completed", begun));
    }
}

fn instance() -> Value {
    let source = |kind: &str| {
        json!({
            "objectType": kind, "resourceID": cluster_id(), "resourceName": CLUSTER, "resourceLocation": REGION, "resourceUri": "",
            "resourceType": "Microsoft.ContainerService/managedClusters", "datasourceType": "Microsoft.ContainerService/managedClusters",
        })
    };
    json!({"properties": {
        "objectType": "BackupInstance", "friendlyName": format!("{CLUSTER}\\aksbackup"),
        "dataSourceInfo": source("Datasource"), "dataSourceSetInfo": source("DatasourceSet"),
        "policyInfo": {
            "policyId": policy_id(), "policyVersion": "",
            "policyParameters": {
                "dataStoreParametersList": [{
                    "objectType": "AzureOperationalStoreParameters", "dataStoreType": "OperationalStore", "resourceGroupId": group_id(SNAPSHOT_GROUP),
                }],
                "backupDatasourceParametersList": [{
                    "objectType": "KubernetesClusterBackupDatasourceParameters", "snapshotVolumes": true, "includeClusterScopeResources": true,
                    "includedNamespaces": [], "excludedNamespaces": [], "includedResourceTypes": [], "excludedResourceTypes": [],
                    "labelSelectors": [], "backupHookReferences": [],
                }],
            },
        },
        "protectionStatus": {"status": "ProtectionConfigured"}, "currentProtectionState": "ProtectionConfigured", "protectionErrorDetails": null,
        "identityDetails": {"useSystemAssignedIdentity": true}, "provisioningState": "Succeeded",
    }})
}

/// Returns a backup job of the cluster in a status, begun so many minutes ago.
pub fn job(name: &str, status: &str, begun: i64) -> Value {
    json!({"properties": {
        "activityID": name, "backupInstanceFriendlyName": format!("{CLUSTER}\\aksbackup"), "backupInstanceId": instance_id(),
        "dataSourceId": cluster_id(), "dataSourceLocation": REGION, "dataSourceName": CLUSTER, "dataSourceSetName": CLUSTER,
        "dataSourceType": "Microsoft.ContainerService/managedClusters", "destinationDataStoreName": "OperationalStore",
        "duration": "PT2M0S", "startTime": minutes_ago(begun), "endTime": minutes_ago(begun - 2), "isUserTriggered": false,
        "operation": "Backup", "operationCategory": "Backup", "policyId": policy_id(), "policyName": POLICY, "progressEnabled": false,
        "sourceResourceGroup": RESOURCE_GROUP, "sourceSubscriptionID": SUBSCRIPTION, "status": status, "subscriptionId": SUBSCRIPTION,
        "supportedActions": [""], "vaultName": VAULT, "errorDetails": [],
        "extendedInfo": {"additionalDetails": {"Backup Name": name}, "backupInstanceState": "ProtectionConfigured", "subTasks": [], "warningDetails": []},
    }})
}

fn volumes(world: &mut World) {
    for (zone, claim) in [("1", "data"), ("2", "cache")] {
        let name = format!("pvc-shop-{claim}");
        world.set(&disk_id("shop", claim), json!({
            "location": REGION, "zones": [zone], "sku": {"name": "StandardSSD_LRS", "tier": "Standard"},
            "tags": {
                "kubernetes.io-created-for-pv-name": name, "kubernetes.io-created-for-pvc-name": claim,
                "kubernetes.io-created-for-pvc-namespace": "shop", "k8s-azure-created-by": "kubernetes-azure-dd",
            },
            "properties": {
                "provisioningState": "Succeeded", "diskState": "Attached", "diskSizeGB": 32, "diskSizeBytes": 34_359_738_368_u64,
                "creationData": {"createOption": "Empty"}, "networkAccessPolicy": "AllowAll", "publicNetworkAccess": "Enabled",
                "encryption": {"type": "EncryptionAtRestWithPlatformKey"}, "timeCreated": minutes_ago(60 * 24 * 30), "uniqueId": format!("{zone}f8fa2d4-6b1c-4e0e-8f0a-6b3a5a9c1d2e"),
            },
        }));
        for (number, begun) in [(1, 180), (2, 180 + 24 * 60)] {
            world.set(&snapshot_id(&format!("snapshot-{claim}-{number}")), snapshot(&disk_id("shop", claim), begun));
        }
    }
}

/// Returns a snapshot of a disk, made so many minutes ago.
pub fn snapshot(disk: &str, made: i64) -> Value {
    json!({
        "location": REGION, "sku": {"name": "Standard_ZRS", "tier": "Standard"}, "tags": {"created-by": "dataprotection-microsoft"},
        "properties": {
            "provisioningState": "Succeeded", "diskState": "Unattached", "incremental": true, "diskSizeGB": 32, "completionPercent": 100.0,
            "creationData": {"createOption": "Copy", "sourceResourceId": disk}, "timeCreated": minutes_ago(made),
            "networkAccessPolicy": "AllowAll", "publicNetworkAccess": "Enabled", "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        },
    })
}

fn roles(world: &mut World) {
    for (role, name, actions, not_actions, data) in BUILT_IN {
        world.set(&role_id(role), json!({
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": name, "type": "BuiltInRole", "description": name, "assignableScopes": ["/"],
                "permissions": [{"actions": actions, "notActions": not_actions, "dataActions": data, "notDataActions": []}],
                "createdOn": "2017-12-21T00:01:24.7972312Z", "updatedOn": "2021-11-11T20:13:55.3033030Z", "createdBy": null, "updatedBy": null,
            },
        }));
    }
    for (scope, name, principal, role) in [
        (account_id(), "a55160ed-0000-4000-8000-000000000001", EXTENSION_PRINCIPAL, BLOB_CONTRIBUTOR),
        (cluster_id(), "a55160ed-0000-4000-8000-000000000002", VAULT_PRINCIPAL, READER),
        (group_id(SNAPSHOT_GROUP), "a55160ed-0000-4000-8000-000000000003", VAULT_PRINCIPAL, READER),
        (group_id(SNAPSHOT_GROUP), "a55160ed-0000-4000-8000-000000000004", VAULT_PRINCIPAL, SNAPSHOT_CONTRIBUTOR),
        (group_id(SNAPSHOT_GROUP), "a55160ed-0000-4000-8000-000000000005", CLUSTER_PRINCIPAL, CONTRIBUTOR),
    ] {
        let (id, value) = assignment(&scope, name, principal, role);
        world.set(&id, value);
    }
    let (id, mut value) =
        assignment(&subscription_id(), "a55160ed-0000-4000-8000-000000000006", &world.caller.object_id, OWNER);
    value["properties"]["principalType"] = json!("User");
    world.set(&id, value);
}

/// The built-in roles: id, name, actions, what is taken from them, data actions. Their actions are written from memory of Microsoft's catalogue.
type BuiltIn = (&'static str, &'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const BUILT_IN: &[BuiltIn] = &[
    (OWNER, "Owner", &["*"], &[], &[]),
    (
        CONTRIBUTOR,
        "Contributor",
        &["*"],
        &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
        ],
        &[],
    ),
    (READER, "Reader", &["*/read"], &[], &[]),
    (
        ACCESS_ADMINISTRATOR,
        "User Access Administrator",
        &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        &[],
        &[],
    ),
    (
        BLOB_CONTRIBUTOR,
        "Storage Blob Data Contributor",
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        &[],
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
        ],
    ),
    (
        BLOB_READER,
        "Storage Blob Data Reader",
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        &[],
        &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
    ),
    (
        ACCOUNT_CONTRIBUTOR,
        "Storage Account Contributor",
        &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Insights/diagnosticSettings/*",
            "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Storage/storageAccounts/*",
            "Microsoft.Support/*",
        ],
        &[],
        &[],
    ),
    (
        SNAPSHOT_CONTRIBUTOR,
        "Disk Snapshot Contributor",
        &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Compute/snapshots/delete",
            "Microsoft.Compute/snapshots/write",
            "Microsoft.Compute/snapshots/read",
            "Microsoft.Compute/snapshots/beginGetAccess/action",
            "Microsoft.Compute/snapshots/endGetAccess/action",
            "Microsoft.Compute/disks/beginGetAccess/action",
            "Microsoft.Storage/storageAccounts/listkeys/action",
            "Microsoft.Storage/storageAccounts/write",
            "Microsoft.Storage/storageAccounts/read",
            "Microsoft.Storage/storageAccounts/delete",
        ],
        &[],
        &[],
    ),
    (
        RESTORE_OPERATOR,
        "Disk Restore Operator",
        &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Compute/disks/write",
            "Microsoft.Compute/disks/read",
        ],
        &[],
        &[],
    ),
];
