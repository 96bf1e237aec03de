//! Scenario 2 of the page and its look-alikes: the extension gets no token. All of them speak through the storage location.
//!
//! Who answered decides: NMI (pod identity) says "no azure identity found", IMDS "Identity not found", Entra an AADSTS code.

use serde_json::{Value, json};

use super::Scenario;
use crate::aks::SUBSCRIPTION;
use crate::extension::{ACCOUNT, ACCOUNT_GROUP, AGENT, NAMESPACE};
use crate::world::{Crds, World};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "s2_nmi_refused_no_exception",
        about: "Pod identity refuses the agent's token request, and no exception exists.",
        world: nmi_refused_no_exception,
    },
    Scenario {
        name: "s2_exception_mismatch",
        about: "An exception exists, but its label is not that of the extension's pods.",
        world: exception_mismatch,
    },
    Scenario {
        name: "s2_imds_identity_not_found",
        about: "The extension's identity is not assigned to the nodes; IMDS says so.",
        world: imds_identity_not_found,
    },
    Scenario {
        name: "s2_several_identities",
        about: "The nodes have several identities, and the request names none.",
        world: several_identities,
    },
    Scenario {
        name: "s2_workload_identity_not_injected",
        about: "Workload identity is meant, but the pod was never given its variables.",
        world: workload_identity_not_injected,
    },
    Scenario {
        name: "s2_federated_mismatch",
        about: "No federated credential matches the pod's service account (AADSTS70021).",
        world: federated_mismatch,
    },
    Scenario {
        name: "s2_oidc_issuer_off",
        about: "The cluster's OIDC issuer is switched off (AADSTS700211).",
        world: oidc_issuer_off,
    },
];

/// The client id of the extension's identity.
const CLIENT: &str = "4e95dcc5-a769-4745-b2d9-8f1c9a450777";

impl World {
    /// The storage location is unavailable, and says why.
    pub(super) fn unavailable(self, message: &str) -> Self {
        self.edit("BackupStorageLocation", "default", |location| {
            location["status"]["phase"] = json!("Unavailable");
            location["status"]["message"] = json!(message);
        })
        .see_object(&format!("/apis/velero.io/v1/namespaces/{NAMESPACE}/backupstoragelocations/default"), message)
        .log(NAMESPACE, "velero", [format!(
            "time=\"{}\" level=error msg=\"Error getting a backup store\" backup-storage-location=dataprotection-microsoft/default controller=backup-storage-location error={:?} logSource=\"pkg/controller/backup_storage_location_controller.go:152\"",
            crate::world::minutes_ago(1), message,
        )])
    }

    /// The pod identity add-on: its DaemonSet and the exception for AKS's own pods.
    fn pod_identity(self) -> Self {
        let labels = json!({"app.kubernetes.io/component": "nmi", "component": "nmi", "kubernetes.azure.com/managedby": "aks", "tier": "node"});
        self.with_crds(Crds::PodIdentity)
            .with(json!({
                "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"namespace": "kube-system", "name": "nmi", "labels": labels},
                "spec": {
                    "selector": {"matchLabels": {"component": "nmi"}},
                    "template": {"metadata": {"labels": labels}, "spec": {
                        "hostNetwork": true, "nodeSelector": {"kubernetes.io/os": "linux"}, "tolerations": [{"operator": "Exists"}],
                        "containers": [{"name": "nmi", "image": "mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.18",
                            "resources": {"requests": {"cpu": "50m", "memory": "25Mi"}}}],
                    }},
                },
            }))
            .with(exception("kube-system", "aks-addon-exception", json!({"kubernetes.azure.com/managedby": "aks"})))
            .see_pod("kube-system", "nmi", "Running")
    }
}

/// Returns an exception from pod identity.
fn exception(namespace: &str, name: &str, labels: Value) -> Value {
    json!({
        "apiVersion": "aadpodidentity.k8s.io/v1", "kind": "AzurePodIdentityException",
        "metadata": {"namespace": namespace, "name": name}, "spec": {"podLabels": labels},
    })
}

fn list_keys() -> String {
    format!(
        "https://management.azure.com/subscriptions/{SUBSCRIPTION}/resourceGroups/{ACCOUNT_GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}/listKeys?%24expand=kerb&api-version=2019-06-01"
    )
}

/// NMI's refusal, in the page's words.
fn nmi_refused() -> String {
    format!(
        "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = azure.BearerAuthorizer#WithAuthorization: Failed to refresh the Token for request to {}: StatusCode=404 -- Original Error: adal: Refresh request failed. Status Code = '404'. Response body: no azure identity found for request clientID 4e95##### REDACTED #####0777\n Endpoint http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&client_id={CLIENT}&resource=https%3A%2F%2Fmanagement.azure.com%2F",
        list_keys()
    )
}

/// The wrapping that azidentity gives to an answer of IMDS.
fn managed_identity(status: &str, body: &str) -> String {
    format!(
        "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = ManagedIdentityCredential authentication failed\nGET http://169.254.169.254/metadata/identity/oauth2/token\n--------------------------------------------------------------------------------\nRESPONSE {status}\n--------------------------------------------------------------------------------\n{body}\n--------------------------------------------------------------------------------\nTo troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#managed-id"
    )
}

/// The wrapping that azidentity gives to an answer of Entra.
fn workload_identity(body: &str) -> String {
    format!(
        "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = WorkloadIdentityCredential authentication failed\nPOST https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token\n--------------------------------------------------------------------------------\nRESPONSE 401 Unauthorized\n--------------------------------------------------------------------------------\n{}\n--------------------------------------------------------------------------------\nTo troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#workload",
        json!({"error": "invalid_request", "error_description": body})
    )
}

fn nmi_refused_no_exception() -> World {
    World::healthy().pod_identity().unavailable(&nmi_refused())
}

pub(super) fn exception_mismatch() -> World {
    let labels = json!({"app.kubernetes.io/name": "dataprotection-kubernetes"});
    World::healthy().pod_identity().with(exception(NAMESPACE, "azbkup-exception", labels)).unavailable(&nmi_refused())
}

fn imds_identity_not_found() -> World {
    World::healthy().unavailable(&managed_identity(
        "400 Bad Request",
        "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}",
    ))
}

fn several_identities() -> World {
    World::healthy().unavailable(&managed_identity(
        "400 Bad Request",
        "{\"error\":\"invalid_request\",\"error_description\":\"Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request\"}",
    ))
}

fn workload_identity_not_injected() -> World {
    World::healthy()
        .edit("Deployment", AGENT, |agent| {
            // Meant, by the label; but the webhook that would add the variables is not there.
            agent["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] = json!("true");
        })
        .unavailable(
            "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:\n\tEnvironmentCredential: missing environment variable AZURE_TENANT_ID\n\tWorkloadIdentityCredential: no client ID specified. Check pod configuration or set ClientID in the options\n\tManagedIdentityCredential: no default identity is assigned to this resource\n\tAzureCLICredential: Azure CLI not found on path",
        )
}

fn federated_mismatch() -> World {
    World::healthy().unavailable(&workload_identity(
        "AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: 'https://centralus.oic.prod-aks.azure.com/72f988bf-86f1-41af-91ab-2d7cd011db47/5f2b6d3a-07f4-4bb0-9d6e-0c1d60a3b9f1/'. Assertion Subject: 'system:serviceaccount:dataprotection-microsoft:dataprotection-microsoft-kubernetes-agent'. Assertion Audience: 'api://AzureADTokenExchange'. https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation Trace ID: 3ba2d7bb-3b4c-4a7e-8d9b-6ee1dd5f0400 Correlation ID: 9b2f6e1c-5c2e-4d61-8f0e-5bb5e6f0a3c7 Timestamp: 2026-11-20 08:14:11Z",
    ))
}

fn oidc_issuer_off() -> World {
    World::healthy().unavailable(&workload_identity(
        "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://kubernetes.default.svc'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation Trace ID: 3ba2d7bb-3b4c-4a7e-8d9b-6ee1dd5f0500 Correlation ID: 9b2f6e1c-5c2e-4d61-8f0e-5bb5e6f0a3c8 Timestamp: 2026-11-20 08:14:11Z",
    ))
}
