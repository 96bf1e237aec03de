//! Services, network policies and what the resolvers answer.

use serde::{Deserialize, Serialize};

use super::meta::{Meta, name, null_as_default};
use crate::facts::{Fetched, Text};

/// A Service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Name and namespace.
    pub metadata: Meta,
    /// Where it answers.
    pub spec: ServiceSpec,
}

/// Where a Service answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// The addresses inside the cluster.
    #[serde(rename = "clusterIPs", skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub cluster_ips: Vec<String>,
}

/// A NetworkPolicy; what it allows is not modelled, only that it is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicy {
    /// Name and namespace.
    pub metadata: Meta,
}

/// What one CoreDNS replica said about one name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DnsAnswer {
    /// The replica.
    #[serde(deserialize_with = "name")]
    pub pod: String,
    /// The name that was asked for, without a dot at the end.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What it said.
    pub answer: Fetched<Answer>,
    /// What it said to the further names that it was asked for over the same connection.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub others: Vec<OtherAnswer>,
}

/// What a replica said about a further name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OtherAnswer {
    /// The name, without a dot at the end.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What it said; null where no answer came.
    pub answer: Option<Answer>,
}

/// The answer to a question for an IPv4 address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Answer {
    /// The outcome in the words of DNS: `NOERROR`, `NXDOMAIN`, `SERVFAIL` and so on.
    pub rcode: String,
    /// The names that the name leads to.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub aliases: Vec<Text>,
    /// The addresses.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub addresses: Vec<std::net::Ipv4Addr>,
}
