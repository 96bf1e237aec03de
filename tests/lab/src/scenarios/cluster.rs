//! What a cluster itself lacks, or has too much of, and what stops an installation before it begins.

use serde_json::{Value, json};

use super::Scenario;
use crate::aks::{self, deployment};
use crate::extension::{NAME, NAMESPACE};
use crate::world::{Crds, World, is};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "cluster_crds_missing",
        about: "The definitions of clusterbackup.dataprotection.microsoft.com are gone, and everything says Installed.",
        world: crds_missing,
    },
    Scenario {
        name: "cluster_snapshot_crds_missing",
        about: "The snapshot controller is off, and its definitions are gone.",
        world: snapshot_crds_missing,
    },
    Scenario {
        name: "cluster_webhook_unanswered",
        about: "A webhook that must be asked about the extension's pods names a Service that is gone.",
        world: webhook_unanswered,
    },
    Scenario {
        name: "cluster_webhook_elsewhere",
        about: "The same webhook leaves the extension's namespace out, so only a restore would meet it.",
        world: webhook_elsewhere,
    },
    Scenario {
        name: "cluster_stale_api_service",
        about: "The extension's namespace cannot go: an APIService names a Service that is gone.",
        world: stale_api_service,
    },
    Scenario {
        name: "cluster_second_velero",
        about: "Somebody's own Velero runs beside the extension.",
        world: second_velero,
    },
    Scenario {
        name: "cluster_left_over",
        about: "A cluster role of somebody's own Velero keeps helm from installing the extension.",
        world: left_over,
    },
    Scenario {
        name: "cluster_old_kubelets",
        about: "The nodes' Kubernetes is five minor versions older than the API server's.",
        world: old_kubelets,
    },
    Scenario {
        name: "cluster_denied_after_rollback",
        about: "Helm has taken everything back, and no event is left; a policy would deny the next attempt too.",
        world: denied_after_rollback,
    },
];

impl World {
    /// Leaves a set of definitions out, and what is made by them.
    fn without_crds(mut self, crds: Crds, group: &str) -> Self {
        self.crds.retain(|known| *known != crds);
        let front = format!("{group}/");
        self.without(|object| object["apiVersion"].as_str().is_some_and(|version| version.starts_with(&front)))
    }
}

fn crds_missing() -> World {
    World::healthy().without_crds(Crds::ClusterBackup, "clusterbackup.dataprotection.microsoft.com")
}

fn snapshot_crds_missing() -> World {
    World::healthy().without_crds(Crds::Snapshot, "snapshot.storage.k8s.io")
}

/// A webhook about pods whose Service is gone.
fn webhook(namespaces: &Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "team-policies"},
        "webhooks": [{
            "name": "pods.policies.example.com", "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {"namespace": "team-policies", "name": "policies", "port": 443}},
            "namespaceSelector": {"matchExpressions": [namespaces]},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "Namespaced"}],
            "timeoutSeconds": 5,
        }],
    })
}

fn webhook_unanswered() -> World {
    let only_here = json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": [NAMESPACE]});
    World::healthy()
        .installing()
        .with(aks::namespace("team-policies"))
        .with(webhook(&only_here))
        .refuses(super::install::probe())
        .not_created("failed calling webhook \"pods.policies.example.com\"")
}

fn webhook_elsewhere() -> World {
    let only_there = json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["shop-test"]});
    World::healthy().with(webhook(&only_there))
}

fn stale_api_service() -> World {
    World::healthy()
        .nothing_installed()
        .without(|object| is(object, "ExtensionConfig", NAME))
        .with(json!({
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": {"name": "v1beta1.custom.metrics.k8s.io"},
            "spec": {
                "group": "custom.metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                "insecureSkipTLSVerify": true, "service": {"namespace": "monitoring", "name": "prometheus-adapter", "port": 443},
            },
        }))
        .deleting(&format!("/api/v1/namespaces/{NAMESPACE}"))
        .see_object("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.custom.metrics.k8s.io", "ServiceNotFound")
        .see_object(&format!("/api/v1/namespaces/{NAMESPACE}"), "stale GroupVersion discovery")
}

/// A Velero of somebody's own, as its chart installs it.
fn velero() -> [Value; 2] {
    let labels = json!({"app.kubernetes.io/instance": "velero", "app.kubernetes.io/name": "velero", "app.kubernetes.io/managed-by": "Helm"});
    let pod = json!({"containers": [{"name": "velero", "image": "velero/velero:v1.15.2"}]});
    [
        aks::namespace("velero"),
        deployment("velero", "velero", 1, &json!({"name": "velero-own"}), &with_name(labels), &pod),
    ]
}

fn with_name(mut labels: Value) -> Value {
    labels["name"] = json!("velero-own");
    labels
}

fn second_velero() -> World {
    World::healthy().with_all(velero())
}

fn left_over() -> World {
    let message = "Helm installation failed : Resource already existing in your cluster : Recommendation Manually delete the resource(s) that currently exist in your cluster and try installation again. : InnerError [rendered manifests contain a resource that already exists. Unable to continue with install: ClusterRole \"velero-server\" in namespace \"\" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key \"meta.helm.sh/release-name\" must equal \"azure-aks-backup\": current value is \"velero\"; annotation validation error: key \"meta.helm.sh/release-namespace\" must equal \"dataprotection-microsoft\": current value is \"velero\"]";
    World::healthy().nothing_installed().config_says("Failed", message).with_all(velero())
}

fn old_kubelets() -> World {
    World::healthy().edit_all("Node", |node| node["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.31.9"))
}

fn denied_after_rollback() -> World {
    let message = format!(
        "Helm installation failed : Unable to create/update Kubernetes resources for the extension : Recommendation Please check that there are no policies blocking the resource creation/update for the extension : InnerError [release {NAME} failed, and has been uninstalled due to atomic being set: failed pre-install: job failed: BackoffLimitExceeded]"
    );
    World::healthy()
        .nothing_installed()
        .config_says("Failed", &message)
        .deny(&["Pod"], NAMESPACE, &super::install::azure_policy_message())
        .refuses(super::install::probe())
}
