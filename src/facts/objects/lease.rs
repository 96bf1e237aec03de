//! The nodes' leases: when each node last said, by its own clock, that it is alive.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::Meta;

/// A Lease of the namespace kube-node-lease, named like its node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lease {
    /// The node's name.
    pub metadata: Meta,
    /// When it was renewed.
    pub spec: LeaseSpec,
}

/// When a Lease was renewed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseSpec {
    /// The last renewal, by the holder's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_time: Option<Timestamp>,
    /// How long a renewal holds, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_duration_seconds: Option<i64>,
}
