//! What the backup extension makes in a cluster: its deployments, its storage location, its ExtensionConfig, a backup.
//!
//! Names, labels and sizes are those of real clusters; container names, where nobody has published them, are ours.

use serde_json::{Value, json};

use crate::aks::{CLUSTER, REGION, RESOURCE_GROUP, SUBSCRIPTION, deployment};
use crate::world::minutes_ago;

/// The namespace of the extension.
pub const NAMESPACE: &str = "dataprotection-microsoft";
/// The name of the extension, and of its helm release.
pub const NAME: &str = "azure-aks-backup";
/// The deployment that runs Velero.
pub const AGENT: &str = "dataprotection-microsoft-kubernetes-agent";
/// The deployment that carries out what the vault asks for.
pub const CONTROLLER: &str = "dataprotection-microsoft-controller";
/// The deployment that sends telemetry. Its pods lack the label that the documented pod identity exception names.
pub const GENEVA: &str = "dataprotection-microsoft-geneva-service";
/// The hook job that installs the custom resource definitions.
pub const HOOK: &str = "dataprotection-microsoft-kubernetes-agent-upgrade-crds";
/// The storage account of the backups.
pub const ACCOUNT: &str = "devhayyabackup";
/// The group of the storage account.
pub const ACCOUNT_GROUP: &str = "AzureBackupRG_centralus_1";
/// The blob container of the backups.
pub const CONTAINER: &str = "aks-backups";

/// Returns the image of a part of the extension.
pub fn image(part: &str) -> String {
    format!("mcr.microsoft.com/azurebackup/k8s/{part}:0.0.03004.544")
}

fn container(name: &str, part: &str, sized: bool) -> Value {
    let mut container = json!({"name": name, "image": image(part)});
    if sized {
        container["resources"] =
            json!({"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1280Mi"}});
    }
    container
}

fn pod(containers: &[Value]) -> Value {
    json!({
        "containers": containers,
        "nodeSelector": {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"},
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
    })
}

/// Returns the three deployments.
pub fn deployments() -> Vec<Value> {
    let chart = "dataprotection-microsoft-kubernetes-0.0.3004-544";
    let name = "dataprotection-microsoft-kubernetes";
    let make = |deployment_name: &str, selector: Value, labels: Value, containers: &[Value]| {
        deployment(NAMESPACE, deployment_name, 1, &selector, &labels, &pod(containers))
    };
    vec![
        make(
            CONTROLLER,
            json!({"control-plane": CONTROLLER}),
            json!({
                "app.kubernetes.io/instance": NAME, "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/name": name,
                "control-plane": CONTROLLER, "helm.sh/chart": chart,
            }),
            &[container("manager", "controller", true), container("fluentd", "fluentd", false)],
        ),
        make(
            AGENT,
            json!({"name": "velero"}),
            json!({
                "app.kubernetes.io/instance": NAME, "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/name": name,
                "helm.sh/chart": chart, "name": "velero",
            }),
            &[container("velero", "velero", true), container("fluentd", "fluentd", false)],
        ),
        make(
            GENEVA,
            json!({"app.kubernetes.io/component": "geneva-service"}),
            json!({"app.kubernetes.io/component": "geneva-service", "app.kubernetes.io/name": "azure-arc-k8s"}),
            &[container("geneva-mdsd", "geneva", true), container("msi-adapter", "msi-adapter", false)],
        ),
    ]
}

/// Returns the hook job as helm creates it before it installs the rest.
pub fn hook_job() -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"namespace": NAMESPACE, "name": HOOK, "annotations": {
            "helm.sh/hook": "pre-install,pre-upgrade,pre-rollback", "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
        }, "labels": {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/managed-by": "Helm",
            "app.kubernetes.io/name": "dataprotection-microsoft-kubernetes"}},
        "spec": {
            // No second try, so that the failure is there at once and its pod stays to be read.
            "backoffLimit": 0,
            "template": {"metadata": {"labels": {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/name": "dataprotection-microsoft-kubernetes"}},
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "velero", "image": image("velero"), "command": ["/bin/sh", "-c", "velero install --crds-only --dry-run -o yaml | kubectl apply -f -"]}],
                    "nodeSelector": {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"},
                    "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
                }},
        },
    })
}

/// Returns the storage location, available and validated a minute ago.
pub fn location() -> Value {
    json!({
        "apiVersion": "velero.io/v1", "kind": "BackupStorageLocation",
        "metadata": {"namespace": NAMESPACE, "name": "default", "labels": {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/managed-by": "Helm"}},
        "spec": {
            "accessMode": "ReadWrite", "default": true, "provider": "azure",
            "objectStorage": {"bucket": CONTAINER},
            "config": {
                "resourceGroup": ACCOUNT_GROUP, "storageAccount": ACCOUNT, "subscriptionId": SUBSCRIPTION, "useAAD": "true",
                "storageAccountURI": format!("https://{ACCOUNT}.blob.core.windows.net/"),
            },
        },
        "status": {"phase": "Available", "lastValidationTime": minutes_ago(1), "lastSyncedTime": minutes_ago(1)},
    })
}

/// Returns the ExtensionConfig of an installed extension, in the given API group.
pub fn extension_config(group: &str) -> Value {
    json!({
        "apiVersion": format!("{group}/v1beta1"), "kind": "ExtensionConfig",
        "metadata": {"namespace": NAMESPACE, "name": NAME},
        "spec": {
            "extensionType": "microsoft.dataprotection.kubernetes", "version": "0.0.3004-544", "releaseTrain": "stable",
            "autoUpgradeMinorVersion": true, "lastModifiedTime": minutes_ago(60),
            "parameter": {"configuration": {
                "configuration.backupStorageLocation.bucket": CONTAINER,
                "configuration.backupStorageLocation.config.resourceGroup": ACCOUNT_GROUP,
                "configuration.backupStorageLocation.config.storageAccount": ACCOUNT,
                "configuration.backupStorageLocation.config.subscriptionId": SUBSCRIPTION,
                "credentials.tenantId": "72f988bf-86f1-41af-91ab-2d7cd011db47",
            }},
            "correlationId": "", "armId": format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers/Microsoft.ContainerService/managedClusters/{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions/{NAME}"
            ), "location": REGION,
        },
        "status": {
            "status": "Installed", "message": "", "extensionState": "", "lastSuccessfulReconciledTime": minutes_ago(5),
            "helmReleaseStatus": {"lastReleaseStatus": "deployed", "installedChartVersion": "0.0.3004-544", "lastReleaseVersion": 1},
            "syncStatus": {"isSyncedWithAzure": true, "lastSyncTime": minutes_ago(2)},
        },
    })
}

/// Returns a Velero backup of the vault's schedule in a phase, begun so many minutes ago.
pub fn backup(identifier: &str, phase: &str, begun: i64) -> Value {
    json!({
        "apiVersion": "velero.io/v1", "kind": "Backup",
        "metadata": {"namespace": NAMESPACE, "name": format!("clusterbackup-dataprotection-microsoft-backup-{identifier}"),
            "labels": {"velero.io/storage-location": "default"},
            "annotations": {"disk.csi.azure.com": format!("azbackup-disk.csi.azure.com-{identifier}")}},
        "spec": {
            "storageLocation": "default", "volumeSnapshotLocations": ["default"], "ttl": "23976h0m0s", "csiSnapshotTimeout": "10m0s",
            "itemOperationTimeout": "1h0m0s", "includedNamespaces": ["*"], "snapshotVolumes": true, "includeClusterResources": true,
            "excludedNamespaces": ["kube-system", "kube-node-lease", "kube-public", NAMESPACE],
            "excludedResources": ["v1/Secret", "nodes", "events", "csinodes.storage.k8s.io"],
        },
        "status": {
            "phase": phase, "version": 1, "formatVersion": "1.1.0", "startTimestamp": minutes_ago(begun),
            "completionTimestamp": minutes_ago(begun - 2), "expiration": minutes_ago(begun - 1_438_560),
            "progress": {"itemsBackedUp": 212, "totalItems": 212},
        },
    })
}

/// Returns everything that an installed, healthy extension has.
pub fn healthy() -> Vec<Value> {
    let mut objects = deployments();
    objects.extend([
        crate::aks::namespace(NAMESPACE),
        location(),
        json!({
            "apiVersion": "velero.io/v1", "kind": "VolumeSnapshotLocation", "metadata": {"namespace": NAMESPACE, "name": "default"},
            "spec": {"provider": "azure", "config": {"resourceGroup": ACCOUNT_GROUP, "subscriptionId": SUBSCRIPTION}},
        }),
        extension_config("aks.clusterconfig.azure.com"),
        backup("3f0a2c1e-7a77-4a0c-9b7d-0d8f64a1b001", "Completed", 180),
    ]);
    objects
}
