//! Who a pod is to Azure.

use serde::{Deserialize, Serialize};

use super::meta::{Labels, Meta, null_as_default};
use crate::finding::Subject;

/// A service account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceAccount {
    /// Name, namespace and labels.
    pub metadata: Meta,
}

/// An AzurePodIdentityException: pods whose token requests are let through to the metadata service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentityException {
    /// Name and namespace.
    pub metadata: Meta,
    /// Which pods.
    pub spec: IdentityExceptionSpec,
}

/// Which pods an exception is for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentityExceptionSpec {
    /// Labels that a pod of the exception's namespace must all have.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_labels: Labels,
}

impl IdentityException {
    /// Returns the object as the subject of a finding.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.metadata.subject("aadpodidentity.k8s.io/v1", "AzurePodIdentityException")
    }

    /// Returns the object as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!("azurepodidentityexception.aadpodidentity.k8s.io/{}/{}", self.metadata.namespace(), self.metadata.name)
    }

    /// Returns whether a pod with these labels, in this namespace, is let through.
    #[must_use]
    pub fn covers(&self, namespace: &str, labels: &Labels) -> bool {
        // An exception without labels matches nothing: it would otherwise switch pod identity off.
        self.metadata.namespace() == namespace
            && !self.spec.pod_labels.is_empty()
            && self.spec.pod_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}
