//! Pods, their containers and their logs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{Condition, Labels, Meta, labels, name, null_as_default, optional_name};
use crate::facts::{Quantity, Text};
use crate::finding::Subject;

/// A pod.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// Name, namespace and labels.
    pub metadata: Meta,
    /// What it asks for.
    pub spec: PodSpec,
    /// How it is.
    pub status: PodStatus,
}

/// What a pod asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// The node that it was given.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub node_name: Option<String>,
    /// The identity that it runs as.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub service_account_name: Option<String>,
    /// How names are resolved: `ClusterFirst`, `Default`, `None` and so on.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub dns_policy: Option<String>,
    /// Whether it shares its node's network.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// Labels that a node must have.
    #[serde(skip_serializing_if = "Labels::is_empty", deserialize_with = "labels")]
    pub node_selector: Labels,
    /// Finer demands on the node and on the neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    /// The taints that it puts up with.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tolerations: Vec<Toleration>,
    /// The containers.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
    /// The containers that run first, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub init_containers: Vec<Container>,
    /// How its containers may run, as far as admission is known to judge it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<Box<SecurityContext>>,
    /// The volumes that it mounts, as far as they come from claims.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub volumes: Vec<PodVolume>,
}

/// Finer demands on the node and on the neighbours.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    /// Demands on the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<NodeAffinity>,
}

/// Demands on the node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAffinity {
    /// The demands that must be met.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution", skip_serializing_if = "Option::is_none")]
    pub required: Option<NodeSelector>,
}

/// Demands of which one must be met.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    /// The demands.
    #[serde(deserialize_with = "null_as_default")]
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// Requirements that must all be met.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    /// The requirements on labels.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<NodeSelectorRequirement>,
}

/// One requirement on a node's label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorRequirement {
    /// The label.
    #[serde(deserialize_with = "name")]
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    #[serde(deserialize_with = "name")]
    pub operator: String,
    /// The values.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub values: Vec<String>,
}

/// A taint that a pod puts up with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    /// The taint's key; all keys where it is missing.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub key: Option<String>,
    /// `Exists` or `Equal`; `Equal` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub operator: Option<String>,
    /// The taint's value.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub value: Option<String>,
    /// The taint's effect; all effects where it is missing.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub effect: Option<String>,
}

/// A container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// The name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// The image.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub image: Option<String>,
    /// What it asks for and may not exceed.
    pub resources: Resources,
    /// The names of its environment variables; the values are not kept.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// How it may run, as far as admission is known to judge it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<Box<SecurityContext>>,
    /// Whether somebody asks whether it lives; what is asked is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    /// Whether somebody asks whether it is ready; what is asked is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    /// `Always` for a container of those that run first which stays beside the others.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub restart_policy: Option<String>,
}

impl Container {
    /// Returns whether it runs Velero's server, by its image: the name is the installer's choice.
    #[must_use]
    pub fn runs_velero(&self) -> bool {
        let image = self.image.as_deref().unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or(image);
        name.split([':', '@']).next() == Some("velero")
    }
}

/// That there is a probe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {}

/// How a pod or a container may run. What stands only in one of the two is null in the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityContext {
    /// Whether it may not run as root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_non_root: Option<bool>,
    /// The user that it runs as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<i64>,
    /// The group that it runs as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_group: Option<i64>,
    /// The group that its volumes belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fs_group: Option<i64>,
    /// Whether it may do all that its node may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// Whether a process of it may have more rights than the one that began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_privilege_escalation: Option<bool>,
    /// Whether it may not write to its image's files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_root_filesystem: Option<bool>,
    /// The rights of root that it is given, or that are taken from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    /// Which system calls it may make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_profile: Option<SeccompProfile>,
}

/// The rights of root that a container is given, or that are taken from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Those that it is given.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub add: Vec<String>,
    /// Those that are taken from it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub drop: Vec<String>,
}

/// Which system calls a container may make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SeccompProfile {
    /// `RuntimeDefault`, `Unconfined` or `Localhost`.
    #[serde(rename = "type", deserialize_with = "name")]
    pub kind: String,
    /// The file of a profile of one's own.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub localhost_profile: Option<String>,
}

/// The name of an environment variable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EnvVar {
    /// The name.
    #[serde(deserialize_with = "name")]
    pub name: String,
}

/// What a container asks for and may not exceed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resources {
    /// What it asks for.
    #[serde(skip_serializing_if = "Labels::is_empty", deserialize_with = "null_as_default")]
    pub requests: Labels,
    /// What it may not exceed.
    #[serde(skip_serializing_if = "Labels::is_empty", deserialize_with = "null_as_default")]
    pub limits: Labels,
}

/// A volume of a pod that comes from a claim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodVolume {
    /// The claim, where the volume comes from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_volume_claim: Option<VolumeClaim>,
}

/// The claim that a volume comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeClaim {
    /// The claim's name.
    #[serde(deserialize_with = "name")]
    pub claim_name: String,
}

/// How a pod is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub phase: Option<String>,
    /// One word for why, as in `Evicted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// How it is, in more detail.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// How its containers are.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub container_statuses: Vec<ContainerStatus>,
    /// How the containers are that run first.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
}

/// How a container is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// The container's name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Whether it is ready.
    pub ready: bool,
    /// How often it was started again.
    pub restart_count: u32,
    /// The image.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub image: Option<String>,
    /// What it does now.
    pub state: ContainerState,
    /// How it ended the last time.
    pub last_state: ContainerState,
}

/// What a container does, or did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerState {
    /// It waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// It ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated: Option<Terminated>,
}

/// Why a container waits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Waiting {
    /// One word, as in `ImagePullBackOff`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Terminated {
    /// One word, as in `OOMKilled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// The exit code.
    pub exit_code: i32,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

impl Pod {
    /// Returns the pod as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject("v1", "Pod")
    }

    /// Returns the pod as evidence points at it: `pod/namespace/name`.
    #[must_use]
    pub fn at(&self) -> String {
        format!("pod/{}/{}", self.metadata.namespace(), self.metadata.name)
    }

    /// Returns the condition of the given type.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.kind == kind)
    }

    /// Returns whether the pod has ended, well or not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.status.phase.as_deref(), Some("Succeeded" | "Failed"))
    }

    /// Returns whether the pod says that it is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| c.status == "True")
    }

    /// Returns the scheduler's words while it finds no node for the pod.
    #[must_use]
    pub fn unschedulable(&self) -> Option<&Text> {
        let condition = self.condition("PodScheduled")?;
        let waits = condition.status == "False" && self.spec.node_name.is_none();
        condition.message.as_ref().filter(|_| waits)
    }

    /// Returns the status of every container, those that run first included.
    pub fn container_statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        self.status.init_container_statuses.iter().chain(&self.status.container_statuses)
    }

    /// Returns what the pod asks of a node: the sum of its containers, or the largest that runs first if that is more.
    #[must_use]
    pub fn requests(&self, resource: &str) -> Quantity {
        let of = |container: &Container| {
            container.resources.requests.get(resource).and_then(|text| Quantity::parse(text)).unwrap_or_default()
        };
        let together = self.spec.containers.iter().map(of).fold(Quantity::default(), Quantity::plus);
        let first = self.spec.init_containers.iter().map(of).max().unwrap_or_default();
        together.max(first)
    }

    /// Returns whether the pod puts up with the taint.
    #[must_use]
    pub fn tolerates(&self, taint: &super::node::Taint) -> bool {
        self.spec.tolerations.iter().any(|toleration| {
            let key = toleration.key.as_deref().is_none_or(|key| key.is_empty() || key == taint.key);
            let effect = toleration.effect.as_deref().is_none_or(|e| e.is_empty() || e == taint.effect);
            let value = match toleration.operator.as_deref() {
                Some("Exists") => true,
                _ => {
                    toleration.key.as_deref().is_some_and(|key| !key.is_empty())
                        && toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default()
                }
            };
            key && effect && value
        })
    }
}

/// The tail of one container's log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Log {
    /// The pod's namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// The pod.
    #[serde(deserialize_with = "name")]
    pub pod: String,
    /// The container.
    #[serde(deserialize_with = "name")]
    pub container: String,
    /// Whether it is the log of the run before this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub previous: bool,
    /// The lines, oldest first, each with the time stamp of the container runtime in front.
    #[serde(deserialize_with = "null_as_default")]
    pub lines: Vec<Text>,
}

impl Log {
    /// Returns the log as evidence points at it: `pod/namespace/name log container`.
    #[must_use]
    pub fn at(&self) -> String {
        let previous = if self.previous { " (previous run)" } else { "" };
        format!("pod/{}/{} log {}{previous}", self.namespace, self.pod, self.container)
    }
}
