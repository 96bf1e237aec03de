//! Runs, hooks and restores: backups that nobody takes up or that were cut off, hooks that cannot work, restores that failed.

use serde_json::{Value, json};

use super::Scenario;
use crate::extension::{self, CONTROLLER, NAMESPACE};
use crate::world::{World, minutes_ago};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "runs_past",
        about: "A past of runs that is no trouble: a restore tried again, hooks that select pods that run.",
        world: past,
    },
    Scenario {
        name: "runs_backup_works_for_hours",
        about: "The newest backup has been InProgress for seven hours.",
        world: works_for_hours,
    },
    Scenario {
        name: "runs_backup_interrupted",
        about: "The newest backup was cut off: the agent's pod is younger than it.",
        world: interrupted,
    },
    Scenario {
        name: "runs_namespace_gone",
        about: "The newest backup takes in a namespace that does not exist, and a pattern.",
        world: namespace_gone,
    },
    Scenario {
        name: "runs_restore_into_terminating",
        about: "A restore waits for a namespace whose deletion does not come to an end.",
        world: into_terminating,
    },
    Scenario {
        name: "runs_restore_version",
        about: "A restore of a backup of Kubernetes 1.24 lacks FlowSchemas; the log says so.",
        world: restore_version,
    },
    Scenario {
        name: "runs_delete_read_only",
        about: "A deletion failed, because the location was read only.",
        world: delete_read_only,
    },
    Scenario {
        name: "runs_operation_failed",
        about: "The validation that Azure asked for failed, in the shape of a status that nobody has documented.",
        world: operation_failed,
    },
    Scenario {
        name: "runs_operation_just_made",
        about: "The controller's image is not pulled; the backup that Azure asked for has no status, but is seconds old.",
        world: operation_just_made,
    },
    Scenario {
        name: "hooks_wrong",
        about: "Hooks of the flat form, without entries, with wrong labels, namespaces and containers.",
        world: hooks_wrong,
    },
    Scenario {
        name: "hooks_failed",
        about: "A hook failed in the newest backup, because its container is not in the pod.",
        world: hooks_failed,
    },
    Scenario {
        name: "runs_item_sync_late",
        about: "The location is checked, but its backups were last read five hours ago; the log says why.",
        world: item_sync_late,
    },
];

const GROUP: &str = "clusterbackup.dataprotection.microsoft.com/v1alpha1";
const NEWEST: &str = "3f0a2c1e-7a77-4a0c-9b7d-0d8f64a1b002";

fn newest(phase: &str, begun: i64, change: impl FnOnce(&mut Value)) -> Value {
    let mut backup = extension::backup(NEWEST, phase, begun);
    change(&mut backup);
    backup
}

fn restore(name: &str, phase: &str, begun: i64, change: impl FnOnce(&mut Value)) -> Value {
    let mut restore = json!({
        "apiVersion": "velero.io/v1", "kind": "Restore",
        "metadata": {"namespace": NAMESPACE, "name": format!("clusterrestore-dataprotection-microsoft-restore-{name}")},
        "spec": {
            "backupName": format!("clusterbackup-dataprotection-microsoft-backup-{NEWEST}"),
            "includedNamespaces": ["shop"], "namespaceMapping": {"shop": "shop-test"},
        },
        "status": {"phase": phase, "startTimestamp": minutes_ago(begun)},
    });
    change(&mut restore);
    restore
}

fn operation(kind: &str, name: &str, status: Option<Value>) -> Value {
    let mut operation =
        json!({"apiVersion": GROUP, "kind": kind, "metadata": {"namespace": NAMESPACE, "name": name}, "spec": {}});
    if let Some(status) = status {
        operation["status"] = status;
    }
    operation
}

fn hook(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": GROUP, "kind": kind, "metadata": {"namespace": "default", "name": name}, "spec": spec})
}

/// A database in the namespace shop, which runs.
fn database() -> Value {
    let labels = json!({"app": "postgres", "tier": "db"});
    let spec = json!({"containers": [{"name": "postgres", "image": "registry.example.com/shop/postgres:17"}, {"name": "metrics", "image": "registry.example.com/shop/exporter:3"}]});
    crate::aks::deployment("shop", "postgres", 1, &json!({"app": "postgres"}), &labels, &spec)
}

fn freeze(container: &str, selector: &Value, namespaces: &[&str]) -> Value {
    let exec = |word: &str| json!([{"exec": {"container": container, "command": ["/sbin/fsfreeze", word, "/var/lib/postgresql/data"], "onError": "Continue", "timeout": "30s"}}]);
    json!({
        "name": "freeze", "includedNamespaces": namespaces, "excludedNamespaces": null, "labelSelector": selector,
        "preHooks": exec("--freeze"), "postHooks": exec("--unfreeze"),
    })
}

fn with_database() -> World {
    let mut world = World::healthy().with(database());
    world.observed.push(crate::world::Condition::Ready { namespace: "shop".to_owned(), name: "postgres".to_owned() });
    world
}

fn past() -> World {
    let expressions = json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["db", "cache"]}, {"key": "skip", "operator": "DoesNotExist"}]});
    with_database()
        .with(hook("BackupHook", "by-labels", &json!({"backupHook": [freeze("postgres", &expressions, &["shop"])]})))
        .with(hook("BackupHook", "by-pattern", &json!({"backupHook": [freeze("metrics", &json!({"matchLabels": {"app": "postgres"}}), &["sh*", "crm-*"])]})))
        .with(hook("RestoreHook", "for-later", &json!({"restoreHook": [{"name": "thaw", "includedNamespaces": ["shop-test"], "postHooks": [{"exec": {"container": "postgres", "command": ["/bin/true"], "execTimeout": "30s", "waitTimeout": "5m"}}]}]})))
        .with(newest("Completed", 60, |backup| backup["status"]["hookStatus"] = json!({"hooksAttempted": 2})))
        .with(restore("a", "PartiallyFailed", 50, |restore| restore["status"]["errors"] = json!(2)))
        .with(restore("b", "Completed", 40, |_| {}))
        .with(operation("Backup", "dataprotection-microsoft-backup-1", Some(json!({"state": "Completed"}))))
        .with(operation("ValidateForBackup", "dataprotection-microsoft-validate-1", Some(json!({"state": "Succeeded"}))))
}

fn works_for_hours() -> World {
    // The good one is of the night before.
    let good = extension::backup("3f0a2c1e-7a77-4a0c-9b7d-0d8f64a1b000", "Completed", 660);
    World::healthy().without(|object| object["kind"] == "Backup").with(good).with(newest("InProgress", 0, |backup| {
        backup["status"] = json!({"phase": "InProgress", "version": 1, "startTimestamp": minutes_ago(420)});
    }))
}

fn interrupted() -> World {
    World::healthy().with(newest("Failed", 120, |backup| {
        backup["status"]["failureReason"] =
            json!("found a backup with status \"InProgress\" during the server starting, mark it as \"Failed\"");
    }))
}

fn namespace_gone() -> World {
    World::healthy().with(newest("Completed", 60, |backup| {
        backup["spec"]["includedNamespaces"] = json!(["shop", "crm", "team-*"]);
        backup["spec"]["excludedNamespaces"] = json!(null);
    }))
}

fn into_terminating() -> World {
    // What is in it waits for a controller that is not there.
    let held = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"namespace": "shop-test", "name": "held", "finalizers": ["example.com/held"]},
    });
    World::healthy()
        .with(crate::aks::namespace("shop-test"))
        .with(held)
        .with(newest("Completed", 60, |_| {}))
        .with(restore("a", "InProgress", 30, |_| {}))
        .deleting("/api/v1/namespaces/shop-test")
        .see_object("/api/v1/namespaces/shop-test", "Terminating")
}

fn restore_version() -> World {
    let line = format!(
        "time=\"{}\" level=error msg=\"error restoring flowschemas.flowcontrol.apiserver.k8s.io/catch-all: the server could not find the requested resource\" logSource=\"pkg/restore/restore.go:1388\" restore={NAMESPACE}/clusterrestore-dataprotection-microsoft-restore-a",
        minutes_ago(25)
    );
    World::healthy()
        .with(newest("Completed", 60, |backup| {
            backup["metadata"]["annotations"]["velero.io/source-cluster-k8s-gitversion"] = json!("v1.24.9");
        }))
        .with(restore("a", "PartiallyFailed", 30, |restore| restore["status"]["errors"] = json!(1)))
        .log(NAMESPACE, "velero", [line])
}

fn delete_read_only() -> World {
    let backup = format!("clusterbackup-dataprotection-microsoft-backup-{NEWEST}");
    World::healthy().with(newest("Completed", 60, |_| {})).with(json!({
        "apiVersion": "velero.io/v1", "kind": "DeleteBackupRequest",
        "metadata": {"namespace": NAMESPACE, "name": format!("{backup}-x7k2m")},
        "spec": {"backupName": backup},
        "status": {"phase": "Processed", "errors": ["cannot delete backup because backup storage location default is currently in read-only mode"]},
    }))
}

fn operation_failed() -> World {
    let status = json!({
        "state": "Failed",
        "errorInfo": {"code": "UserErrorBackupStorageLocationNotReady", "details": [{"message": "the location is not ready"}]},
    });
    World::healthy().with(operation("ValidateForBackup", "dataprotection-microsoft-validate-1", Some(status)))
}

fn operation_just_made() -> World {
    let broken = json!({"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"mcr.microsoft.com/azurebackup/k8s/controller:0.0.03004.544\""}}});
    World::healthy()
        .break_container("Deployment", CONTROLLER, "manager", "Running", &broken)
        .with(operation("Backup", "dataprotection-microsoft-backup-1", None))
        .see_pod(NAMESPACE, CONTROLLER, "ImagePullBackOff")
}

fn hooks_wrong() -> World {
    let by_label = json!({"matchLabels": {"app": "postgres"}});
    let mut flat = freeze("postgres", &by_label, &["shop"]);
    flat["name"] = json!("hook1");
    with_database()
        .with(hook("BackupHook", "a-flat", &flat))
        .with(hook("BackupHook", "b-empty", &json!({})))
        .with(hook(
            "BackupHook",
            "c-label",
            &json!({"backupHook": [freeze("postgres", &json!({"matchLabels": {"app": "postgre"}}), &["shop"])]}),
        ))
        .with(hook("BackupHook", "d-namespace", &json!({"backupHook": [freeze("postgres", &by_label, &["crm"])]})))
        .with(hook("BackupHook", "e-container", &json!({"backupHook": [freeze("db", &by_label, &["shop"])]})))
}

fn hooks_failed() -> World {
    let backup = format!("clusterbackup-dataprotection-microsoft-backup-{NEWEST}");
    let line = format!(
        "time=\"{}\" level=error msg=\"Error executing hook\" backup={NAMESPACE}/{backup} error=\"no such container: \\\"db\\\"\" hookContainer=db hookName=freeze hookPhase=pre hookSource=backupSpec hookType=exec name=postgres-0 namespace=shop resource=pods",
        minutes_ago(59)
    );
    with_database()
        .with(hook(
            "BackupHook",
            "e-container",
            &json!({"backupHook": [freeze("db", &json!({"matchLabels": {"app": "postgres"}}), &["shop"])]}),
        ))
        .with(newest("PartiallyFailed", 60, |backup| {
            backup["status"]["errors"] = json!(1);
            backup["status"]["hookStatus"] = json!({"hooksAttempted": 2, "hooksFailed": 1});
        }))
        .log(NAMESPACE, "velero", [line])
}

fn item_sync_late() -> World {
    let line = format!(
        "time=\"{}\" level=error msg=\"Error listing backups in backup store\" backupLocation={NAMESPACE}/default controller=backup-sync error=\"rpc error: code = Unknown desc = GET https://devhayyabackup.blob.core.windows.net/aks-backups RESPONSE 403: AuthorizationPermissionMismatch: This request is not authorized to perform this operation using this permission.\"",
        minutes_ago(1)
    );
    let path = format!("/apis/velero.io/v1/namespaces/{NAMESPACE}/backupstoragelocations/default");
    World::healthy()
        .edit("BackupStorageLocation", "default", |location| {
            location["spec"]["backupSyncPeriod"] = json!("1m0s");
            location["status"]["lastSyncedTime"] = json!(minutes_ago(300));
        })
        .log(NAMESPACE, "velero", [line])
        .see_object(&path, "Available")
}
