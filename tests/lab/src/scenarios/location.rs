//! The storage location: unavailable for each of the reasons that its message can give, read-only, missing, stale.

use serde_json::json;

use super::Scenario;
use crate::aks::SUBSCRIPTION;
use crate::extension::{ACCOUNT, ACCOUNT_GROUP, NAMESPACE};
use crate::world::{World, minutes_ago};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "bsl_unavailable_permission_mismatch",
        about: "The identity lacks the data role on the account (AuthorizationPermissionMismatch).",
        world: permission_mismatch,
    },
    Scenario {
        name: "bsl_unavailable_list_keys",
        about: "An extension in key mode may not list the account's keys (AuthorizationFailed).",
        world: list_keys,
    },
    Scenario {
        name: "bsl_unavailable_network",
        about: "The account's network rules refuse the cluster (AuthorizationFailure).",
        world: network,
    },
    Scenario {
        name: "bsl_unavailable_key_access_off",
        about: "The account allows no shared keys (KeyBasedAuthenticationNotPermitted).",
        world: key_access_off,
    },
    Scenario {
        name: "bsl_unavailable_throttled",
        about: "Azure throttles the listing of the account's keys (429).",
        world: throttled,
    },
    Scenario {
        name: "bsl_unavailable_container_not_found",
        about: "The blob container does not exist.",
        world: container_not_found,
    },
    Scenario {
        name: "bsl_unavailable_account_not_found",
        about: "The storage account, or the group that the settings name, does not exist.",
        world: account_not_found,
    },
    Scenario {
        name: "bsl_unavailable_x509",
        about: "Something between the cluster and the account replaces certificates.",
        world: x509,
    },
    Scenario { name: "bsl_read_only", about: "The storage location's access mode is ReadOnly.", world: read_only },
    Scenario { name: "bsl_missing", about: "The extension runs, but there is no storage location.", world: missing },
    Scenario {
        name: "bsl_no_default",
        about: "There is a storage location, but none is the default.",
        world: no_default,
    },
    Scenario {
        name: "bsl_stale",
        about: "The storage location says Available, but was last validated six hours ago.",
        world: stale,
    },
    Scenario {
        name: "bsl_never_validated",
        about: "The storage location was never validated.",
        world: never_validated,
    },
];

/// The wrapping of Velero and of Azure's client for one answer of blob storage or of ARM.
fn answered(request: &str, status: &str, code: &str, body: &str) -> String {
    const LINE: &str = "--------------------------------------------------------------------------------";
    format!(
        "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = {request}\n{LINE}\nRESPONSE {status}\nERROR CODE: {code}\n{LINE}\n{body}\n{LINE}\n"
    )
}

fn blob(status: &str, code: &str, message: &str) -> String {
    answered(
        &format!("GET https://{ACCOUNT}.blob.core.windows.net/aks-backups"),
        status,
        code,
        &format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}\nRequestId:0f3c2a7e-701e-0046-3a5b-5bd2a3000000\nTime:2026-11-20T08:14:11.0000000Z</Message></Error>"
        ),
    )
}

fn keys(status: &str, code: &str, message: &str) -> String {
    answered(
        &format!(
            "failed to get storage account access key: POST https://management.azure.com/subscriptions/{SUBSCRIPTION}/resourceGroups/{ACCOUNT_GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}/listKeys"
        ),
        status,
        code,
        &json!({"error": {"code": code, "message": message}}).to_string(),
    )
}

/// An extension in key mode: Terraform's and ARM's default.
fn key_mode(world: World) -> World {
    world.edit("BackupStorageLocation", "default", |location| {
        location["spec"]["config"] =
            json!({"resourceGroup": ACCOUNT_GROUP, "storageAccount": ACCOUNT, "subscriptionId": SUBSCRIPTION});
    })
}

fn permission_mismatch() -> World {
    World::healthy().unavailable(&blob(
        "403 This request is not authorized to perform this operation using this permission.",
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
    ))
}

fn list_keys() -> World {
    key_mode(World::healthy()).unavailable(&keys(
        "403 Forbidden",
        "AuthorizationFailed",
        &format!(
            "The client '4e95dcc5-a769-4745-b2d9-8f1c9a450777' with object id '8b1a9953-1c5e-4b0c-9a39-4c6f6f0d8e11' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/listKeys/action' over scope '/subscriptions/{SUBSCRIPTION}/resourceGroups/{ACCOUNT_GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}' or the scope is invalid. If access was recently granted, please refresh your credentials."
        ),
    ))
}

fn network() -> World {
    World::healthy().unavailable(&blob(
        "403 This request is not authorized to perform this operation.",
        "AuthorizationFailure",
        "This request is not authorized to perform this operation.",
    ))
}

fn key_access_off() -> World {
    key_mode(World::healthy()).unavailable(&blob(
        "403 Key based authentication is not permitted on this storage account.",
        "KeyBasedAuthenticationNotPermitted",
        "Key based authentication is not permitted on this storage account.",
    ))
}

fn throttled() -> World {
    key_mode(World::healthy()).unavailable(&keys(
        "429 Too Many Requests",
        "TooManyRequests",
        "The request is being throttled as the limit has been reached for operation type - ListKeys. For more information, see - https://aka.ms/srpthrottlinglimits",
    ))
}

fn container_not_found() -> World {
    World::healthy().unavailable(&blob(
        "404 The specified container does not exist.",
        "ContainerNotFound",
        "The specified container does not exist.",
    ))
}

fn account_not_found() -> World {
    key_mode(World::healthy()).unavailable(&keys(
        "404 Not Found",
        "ResourceNotFound",
        &format!(
            "The Resource 'Microsoft.Storage/storageAccounts/{ACCOUNT}' under resource group '{ACCOUNT_GROUP}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        ),
    ))
}

fn x509() -> World {
    World::healthy().unavailable(&format!(
        "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = Get \"https://{ACCOUNT}.blob.core.windows.net/aks-backups?comp=list&delimiter=%2F&restype=container\": tls: failed to verify certificate: x509: certificate signed by unknown authority"
    ))
}

fn read_only() -> World {
    World::healthy()
        .edit("BackupStorageLocation", "default", |location| location["spec"]["accessMode"] = json!("ReadOnly"))
        .see_object(&path(), "ReadOnly")
}

fn missing() -> World {
    World::healthy().without(|object| object["kind"] == "BackupStorageLocation")
}

fn no_default() -> World {
    World::healthy()
        .edit("BackupStorageLocation", "default", |location| {
            location["metadata"]["name"] = json!("secondary");
            location["spec"]["default"] = json!(false);
        })
        .see_object(&path().replace("/default", "/secondary"), "Available")
}

fn stale() -> World {
    World::healthy()
        .edit("BackupStorageLocation", "default", |location| {
            location["status"]["lastValidationTime"] = json!(minutes_ago(360));
            location["status"]["lastSyncedTime"] = json!(minutes_ago(360));
        })
        .see_object(&path(), "Available")
}

fn never_validated() -> World {
    World::healthy()
        .without(|object| object["kind"] == "Backup")
        .edit("BackupStorageLocation", "default", |location| {
            location.as_object_mut().and_then(|fields| fields.remove("status"));
        })
        .see_object(&path(), "ReadWrite")
}

fn path() -> String {
    format!("/apis/velero.io/v1/namespaces/{NAMESPACE}/backupstoragelocations/default")
}
