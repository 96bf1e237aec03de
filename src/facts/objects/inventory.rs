//! The claims and the volumes of a whole cluster, and the pods that use them: as little of each as a verdict takes.
//!
//! A cluster may have a hundred thousand of each. What is read has the API's own shape, one object at a time
//! ([`SeenClaim`], [`SeenVolume`], [`SeenPod`]); what is kept, in memory and in a saved file, are these rows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{Condition, Labels, OwnerReference, labels, name, names, null_as_default, optional_name};
use super::volume::ClaimReference;
use crate::facts::Quantity;
use crate::facts::arm::ArmId;

/// A PersistentVolumeClaim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimRow {
    /// The namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// The name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// `Pending`, `Bound` or `Lost`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub phase: Option<String>,
    /// The volume that it was given.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub volume: Option<String>,
    /// The class that it asks for; empty for none on purpose.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub class: Option<String>,
    /// How much it asks for, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<u64>,
    /// Who is to make its volume, as the cluster has noted.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub provisioner: Option<String>,
    /// The labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "labels")]
    pub labels: Labels,
    /// The pod that it was made with and goes with, for an ephemeral volume.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub of_pod: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Timestamp>,
    /// Whether its deletion was asked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_going: bool,
    /// Whether it is being resized.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_resizing: bool,
    /// Whether it asks for a raw device.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_block: bool,
}

/// A PersistentVolume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeRow {
    /// The name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// `Available`, `Bound`, `Released` or `Failed`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub phase: Option<String>,
    /// The driver of a CSI volume; else the name of its field in the API: `azureDisk`, `nfs`, `hostPath`.
    #[serde(deserialize_with = "name")]
    pub driver: String,
    /// What the driver knows it by: of a disk its id in Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<ArmId>,
    /// What the driver was told of it, as far as a rule asks; keys in lower case.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub attributes: Words,
    /// The class.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub class: Option<String>,
    /// Its size, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// The claim that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimReference>,
    /// `Delete` or `Retain`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub reclaim: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Timestamp>,
    /// Whether several nodes may write to it at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_many_writers: bool,
}

/// A few words by their keys, in as little room as they take: a map has room for eleven.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Words(Box<[(Box<str>, Box<str>)]>);

impl Words {
    /// Returns the word of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| **own == *key).map(|(_, word)| &**word)
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Words {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(words: I) -> Self {
        // Sorted, so that the same words are the same bytes.
        let sorted: BTreeMap<String, String> = words.into_iter().collect();
        Self(sorted.into_iter().map(|(key, word)| (key.into_boxed_str(), word.into_boxed_str())).collect())
    }
}

impl Serialize for Words {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, word)| (key, word)))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(labels(deserializer)?.into_iter().collect())
    }
}

/// A pod that uses claims.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimUser {
    /// The namespace.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// The pod.
    #[serde(deserialize_with = "name")]
    pub pod: String,
    /// The kind of the workload that it belongs to; `Pod` where it belongs to none.
    #[serde(deserialize_with = "name")]
    pub kind: String,
    /// The name of that workload.
    #[serde(deserialize_with = "name")]
    pub owner: String,
    /// The node that it was given to.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_name")]
    pub node: Option<String>,
    /// The claims, of its own namespace.
    #[serde(deserialize_with = "names")]
    pub claims: Vec<String>,
    /// Its labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "labels")]
    pub labels: Labels,
}

/// What is read of an object's metadata; its other annotations are never looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenMeta {
    #[serde(deserialize_with = "name")]
    name: String,
    #[serde(deserialize_with = "name")]
    namespace: String,
    #[serde(deserialize_with = "labels")]
    labels: Labels,
    #[serde(deserialize_with = "null_as_default")]
    annotations: SeenAnnotations,
    #[serde(deserialize_with = "null_as_default")]
    owner_references: Vec<OwnerReference>,
    creation_timestamp: Option<Timestamp>,
    deletion_timestamp: Option<Timestamp>,
}

/// Who is to make a claim's volume: the present annotation, and the one before it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeenAnnotations {
    #[serde(rename = "volume.kubernetes.io/storage-provisioner", deserialize_with = "optional_name")]
    provisioner: Option<String>,
    #[serde(rename = "volume.beta.kubernetes.io/storage-provisioner", deserialize_with = "optional_name")]
    provisioner_before: Option<String>,
}

/// A PersistentVolumeClaim as the API shows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SeenClaim {
    metadata: SeenMeta,
    spec: SeenClaimSpec,
    status: SeenClaimStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenClaimSpec {
    #[serde(deserialize_with = "optional_name")]
    volume_name: Option<String>,
    #[serde(deserialize_with = "optional_name")]
    storage_class_name: Option<String>,
    #[serde(deserialize_with = "optional_name")]
    volume_mode: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    resources: SeenResources,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeenResources {
    #[serde(deserialize_with = "null_as_default")]
    requests: SeenSize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeenSize {
    #[serde(deserialize_with = "optional_name")]
    storage: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeenClaimStatus {
    #[serde(deserialize_with = "optional_name")]
    phase: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    conditions: Vec<Condition>,
}

/// A PersistentVolume as the API shows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SeenVolume {
    metadata: SeenMeta,
    spec: SeenVolumeSpec,
    status: SeenVolumeStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeenVolumeStatus {
    #[serde(deserialize_with = "optional_name")]
    phase: Option<String>,
}

/// A source of a volume of which nothing but its being there is read.
type Any = Option<serde::de::IgnoredAny>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenVolumeSpec {
    #[serde(deserialize_with = "optional_name")]
    storage_class_name: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    capacity: SeenSize,
    #[serde(deserialize_with = "names")]
    access_modes: Vec<String>,
    #[serde(deserialize_with = "optional_name")]
    persistent_volume_reclaim_policy: Option<String>,
    claim_ref: Option<ClaimReference>,
    csi: Option<SeenCsi>,
    azure_disk: Option<SeenDisk>,
    azure_file: Option<SeenShare>,
    nfs: Any,
    host_path: Any,
    local: Any,
    iscsi: Any,
    fc: Any,
    rbd: Any,
    cephfs: Any,
    cinder: Any,
    glusterfs: Any,
    flex_volume: Any,
    portworx_volume: Any,
    vsphere_volume: Any,
    aws_elastic_block_store: Any,
    gce_persistent_disk: Any,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenCsi {
    #[serde(deserialize_with = "name")]
    driver: String,
    volume_handle: Option<ArmId>,
    #[serde(deserialize_with = "null_as_default")]
    volume_attributes: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeenDisk {
    #[serde(rename = "diskURI")]
    uri: Option<ArmId>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenShare {
    share_name: Option<ArmId>,
}

impl SeenVolumeSpec {
    /// Returns what the volume is, and what it is known by.
    fn source(self) -> (String, Option<ArmId>, Words) {
        let plain = |word: &str| (word.to_owned(), None, Words::default());
        if let Some(csi) = self.csi {
            let known = |(key, value): (String, Option<String>)| {
                let key = key.to_ascii_lowercase();
                Some((key, super::meta::plain_name(&value?))).filter(|(key, _)| ATTRIBUTES.contains(&key.as_str()))
            };
            let attributes = csi.volume_attributes.into_iter().filter_map(known).collect();
            return (csi.driver, csi.volume_handle, attributes);
        }
        if let Some(disk) = self.azure_disk {
            return ("azureDisk".to_owned(), disk.uri, Words::default());
        }
        if let Some(share) = self.azure_file {
            return ("azureFile".to_owned(), share.share_name, Words::default());
        }
        let others = [
            ("nfs", self.nfs),
            ("hostPath", self.host_path),
            ("local", self.local),
            ("iscsi", self.iscsi),
            ("fc", self.fc),
            ("rbd", self.rbd),
            ("cephfs", self.cephfs),
            ("cinder", self.cinder),
            ("glusterfs", self.glusterfs),
            ("flexVolume", self.flex_volume),
            ("portworxVolume", self.portworx_volume),
            ("vsphereVolume", self.vsphere_volume),
            ("awsElasticBlockStore", self.aws_elastic_block_store),
            ("gcePersistentDisk", self.gce_persistent_disk),
        ];
        others.into_iter().find(|(_, source)| source.is_some()).map_or_else(|| plain(""), |(word, _)| plain(word))
    }
}

/// A pod as the API shows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SeenPod {
    metadata: SeenMeta,
    spec: SeenPodSpec,
    status: SeenVolumeStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenPodSpec {
    #[serde(deserialize_with = "optional_name")]
    node_name: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    volumes: Vec<SeenPodVolume>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenPodVolume {
    #[serde(deserialize_with = "name")]
    name: String,
    persistent_volume_claim: Option<SeenClaimName>,
    ephemeral: Any,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeenClaimName {
    #[serde(deserialize_with = "name")]
    claim_name: String,
}

/// What of a volume's attributes a rule asks for; drivers spell them in any case.
const ATTRIBUTES: [&str; 6] = ["protocol", "fstype", "skuname", "maxshares", "networkendpointtype", "server"];

impl From<SeenClaim> for ClaimRow {
    fn from(claim: SeenClaim) -> Self {
        let SeenClaim { metadata: meta, spec, status } = claim;
        // A pod's own generic ephemeral volume.
        let of_pod = meta.owner_references.into_iter().find(|owner| owner.kind == "Pod").map(|pod| pod.name);
        let is_resizing = status.conditions.iter().any(|one| {
            one.status == "True"
                && matches!(one.kind.as_str(), "Resizing" | "FileSystemResizePending" | "ModifyingVolume")
        });
        Self {
            requested: spec.resources.requests.storage.as_deref().and_then(bytes),
            is_block: spec.volume_mode.as_deref() == Some("Block"),
            is_going: meta.deletion_timestamp.is_some(),
            is_resizing,
            provisioner: meta.annotations.provisioner.or(meta.annotations.provisioner_before),
            of_pod,
            made: meta.creation_timestamp,
            namespace: meta.namespace,
            name: meta.name,
            labels: meta.labels,
            phase: status.phase,
            volume: spec.volume_name,
            class: spec.storage_class_name,
        }
    }
}

impl From<SeenVolume> for VolumeRow {
    fn from(volume: SeenVolume) -> Self {
        let SeenVolume { metadata: meta, mut spec, status } = volume;
        let (class, claim) = (spec.storage_class_name.take(), spec.claim_ref.take());
        let reclaim = spec.persistent_volume_reclaim_policy.take();
        let capacity = spec.capacity.storage.as_deref().and_then(bytes);
        let has_many_writers = spec.access_modes.iter().any(|mode| mode == "ReadWriteMany");
        let (driver, handle, attributes) = spec.source();
        Self {
            name: meta.name,
            made: meta.creation_timestamp,
            phase: status.phase,
            driver,
            handle,
            attributes,
            class,
            capacity,
            claim,
            reclaim,
            has_many_writers,
        }
    }
}

impl ClaimUser {
    /// Returns what is kept of a pod; nothing of one that uses no claim, or has ended.
    #[must_use]
    pub fn of(pod: SeenPod) -> Option<Self> {
        let SeenPod { metadata: meta, spec, status } = pod;
        let has_ended = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
        // The claim of a generic ephemeral volume bears the pod's name before the volume's.
        let claim = |volume: SeenPodVolume| match (volume.persistent_volume_claim, volume.ephemeral) {
            (Some(claim), _) => Some(claim.claim_name),
            (None, Some(_)) => Some(format!("{}-{}", meta.name, volume.name)),
            (None, None) => None,
        };
        let claims: Vec<String> = spec.volumes.into_iter().filter_map(claim).collect();
        if claims.is_empty() || has_ended {
            return None;
        }
        let (kind, owner) = owner_of(&meta);
        Some(Self {
            kind,
            owner,
            claims,
            namespace: meta.namespace,
            node: spec.node_name.filter(|node| !node.is_empty()),
            pod: meta.name,
            labels: meta.labels,
        })
    }
}

/// Returns the workload that a pod belongs to.
///
/// A Deployment's ReplicaSet is named after it and the hash that its pods bear as a label: so none has to be listed.
fn owner_of(meta: &SeenMeta) -> (String, String) {
    let Some(owner) = meta.owner_references.first() else { return ("Pod".to_owned(), meta.name.clone()) };
    let hash = meta.labels.get("pod-template-hash").filter(|_| owner.kind == "ReplicaSet");
    match hash.and_then(|hash| owner.name.strip_suffix(hash.as_str())?.strip_suffix('-')) {
        Some(deployment) => ("Deployment".to_owned(), deployment.to_owned()),
        None => (owner.kind.clone(), owner.name.clone()),
    }
}

/// Returns a quantity in whole bytes; `None` for what is none.
fn bytes(text: &str) -> Option<u64> {
    Some(Quantity::parse(text)?.units())
}
