//! Snapshots, their classes and drivers: what can lose data, and what only looks so.

use serde_json::{Value, json};

use super::Scenario;
use crate::aks::{NODE_GROUP, SUBSCRIPTION};
use crate::world::{Crds, World};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "volumes_in_tree_default",
        about: "The default storage class is of the in-tree disk driver.",
        world: in_tree_default,
    },
    Scenario {
        name: "volumes_azurefile_loses_shares",
        about: "The Azure Files driver is 1.32.2, and there is a snapshot of a share.",
        world: azurefile_loses_shares,
    },
    Scenario {
        name: "volumes_classes_interfere",
        about: "Two snapshot classes of one driver are marked for Velero, and one of them deletes.",
        world: classes_interfere,
    },
    Scenario {
        name: "volumes_snapshots_of_a_running_backup",
        about: "A backup has just asked for a snapshot; those of older backups are ready, and their VolumeSnapshots gone.",
        world: running_backup,
    },
];

const DISK: &str = "disk.csi.azure.com";
const FILE: &str = "file.csi.azure.com";

fn in_tree_default() -> World {
    World::healthy().edit("StorageClass", "default", |class| class["provisioner"] = json!("kubernetes.io/azure-disk"))
}

fn azurefile_loses_shares() -> World {
    let labels = json!({"app": "csi-azurefile-node"});
    World::healthy()
        .with_crds(Crds::Snapshot)
        .with(json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"namespace": "kube-system", "name": "csi-azurefile-node", "labels": {"kubernetes.azure.com/managedby": "aks"}},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [
                {"name": "liveness-probe", "image": "mcr.microsoft.com/oss/v2/kubernetes-csi/livenessprobe:v2.15.0"},
                {"name": "azurefile", "image": "mcr.microsoft.com/oss/v2/kubernetes-csi/azurefile-csi:v1.32.2"},
            ]}}},
        }))
        .with(content("snapcontent-share", FILE, &json!({"snapshotHandle": "rg#account#share###2026-11-20T02:03:00.0000000Z"}), ("ns-1", "name-1"), &json!({"readyToUse": true})))
}

fn classes_interfere() -> World {
    let class = |name: &str, policy: &str| {
        json!({
            "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass",
            "metadata": {"name": name, "labels": {"velero.io/csi-volumesnapshot-class": "true"}},
            "driver": DISK, "deletionPolicy": policy,
        })
    };
    World::healthy().with(class("csi-azuredisk-vsc", "Delete")).with(class("team-disks", "Retain"))
}

fn running_backup() -> World {
    let disk = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{NODE_GROUP}/providers/Microsoft.Compute/disks/pvc-shop-data"
    );
    let snapshot = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-snapshots/providers/Microsoft.Compute/snapshots/snapshot-1"
    );
    let throttled = "Failed to check and update snapshot content: failed to take snapshot of the volume: \"rpc error: code = Internal desc = create snapshot error: Retriable: true, RetryAfter: 52s, HTTPStatusCode: 0, RawError: azure cloud provider throttled for operation SnapshotCreateOrUpdate with reason \\\"client throttled\\\"\"";
    World::healthy()
        .with(json!({
            "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot",
            "metadata": {"namespace": "shop", "name": "velero-data-x7k2p", "labels": {"velero.io/backup-name": "nightly"}},
            "spec": {"volumeSnapshotClassName": "azbackup-disk.csi.azure.com-1", "source": {"persistentVolumeClaimName": "data"}},
            "status": {"readyToUse": false, "boundVolumeSnapshotContentName": "snapcontent-now"},
        }))
        .with(content("snapcontent-now", DISK, &json!({"volumeHandle": disk}), ("shop", "velero-data-x7k2p"), &json!({"readyToUse": false, "error": {"message": throttled}})))
        .with(content("snapcontent-old", DISK, &json!({"snapshotHandle": snapshot}), ("ns-1", "name-1"), &json!({"readyToUse": true, "snapshotHandle": snapshot})))
}

fn content(name: &str, driver: &str, source: &Value, of: (&str, &str), status: &Value) -> Value {
    json!({
        "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent", "metadata": {"name": name},
        "spec": {
            "deletionPolicy": "Delete", "driver": driver, "source": source, "volumeSnapshotClassName": format!("azbackup-{driver}-1"),
            "volumeSnapshotRef": {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "namespace": of.0, "name": of.1},
        },
        "status": status,
    })
}
