//! Deployments, ReplicaSets, Jobs and DaemonSets: what makes pods.

use serde::{Deserialize, Serialize};

use super::meta::{Condition, Meta, null_as_default};
use super::pod::PodSpec;

/// An object that makes pods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Workload {
    /// Name, namespace and labels.
    pub metadata: Meta,
    /// What it wants.
    pub spec: WorkloadSpec,
    /// How far it has come.
    pub status: WorkloadStatus,
}

/// What an object that makes pods wants.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadSpec {
    /// How many pods it wants; one where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// The pods that it makes.
    pub template: PodTemplate,
}

/// The pods that a workload makes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodTemplate {
    /// Labels.
    pub metadata: Meta,
    /// What such a pod asks for.
    pub spec: PodSpec,
}

/// How far an object that makes pods has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadStatus {
    /// How many pods there are (Deployments, ReplicaSets).
    pub replicas: u32,
    /// How many of them are ready (Deployments, ReplicaSets).
    pub ready_replicas: u32,
    /// How many pods ended well (Jobs).
    pub succeeded: u32,
    /// How many pods failed (Jobs).
    pub failed: u32,
    /// How many pods run (Jobs).
    pub active: u32,
    /// How many nodes should run a pod (DaemonSets).
    pub desired_number_scheduled: u32,
    /// How it is, in more detail.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}

impl Workload {
    /// Returns how many pods it wants.
    #[must_use]
    pub fn wanted(&self) -> u32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// Returns whether it is NMI, which answers pods in place of the metadata service.
    ///
    /// The labels differ between versions of the add-on, so any of the known signs counts.
    #[must_use]
    pub fn is_node_managed_identity(&self) -> bool {
        let component = |meta: &Meta| {
            meta.label("component") == Some("nmi") || meta.label("app.kubernetes.io/component") == Some("nmi")
        };
        matches!(self.metadata.name.as_str(), "nmi" | "aad-pod-identity-nmi")
            || component(&self.metadata)
            || component(&self.spec.template.metadata)
    }

    /// Returns whether it is Cilium, AKS' data plane of that name, by the names that Cilium itself gives.
    #[must_use]
    pub fn is_cilium(&self) -> bool {
        self.metadata.name == "cilium" && self.spec.template.metadata.label("k8s-app").is_none_or(|app| app == "cilium")
    }

    /// Returns whether it runs Velero's server, by its image: names and labels are the installer's choice.
    #[must_use]
    pub fn runs_velero(&self) -> bool {
        self.spec.template.spec.containers.iter().any(super::pod::Container::runs_velero)
    }

    /// Returns the condition of the given type.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.kind == kind)
    }
}
