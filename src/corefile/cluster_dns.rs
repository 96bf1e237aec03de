//! Does a configuration leave the cluster's DNS whole?

use super::acceptance::Acceptance;
use super::lookup::{Outcome, RecordType};
use super::reading::Reading;

/// The name that every cluster has.
const IN_EVERY_CLUSTER: &str = "kubernetes.default.svc.cluster.local.";

/// What becomes of the names that a cluster lives on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterDns {
    /// The cluster's own names and the names asked for are answered or passed on.
    Whole,
    /// CoreDNS does not take the configuration.
    Refused,
    /// A name gets no answer.
    Broken {
        /// The name.
        name: String,
        /// What it gets.
        outcome: Outcome,
    },
    /// This model does not know.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Reading {
    /// Judges the cluster's own names, and some names of the world outside.
    #[must_use]
    pub fn cluster_dns(&self, outside: &[&str]) -> ClusterDns {
        if matches!(self.acceptance(), Acceptance::Refused(_)) {
            return ClusterDns::Refused;
        }
        let mut unknown = None;
        for (name, is_own) in [(IN_EVERY_CLUSTER, true)].into_iter().chain(outside.iter().map(|name| (*name, false))) {
            let outcome = self.lookup(name, RecordType::A);
            let is_whole = match &outcome {
                Outcome::Unknown { why } => {
                    unknown.get_or_insert(format!("{name}: {why}"));
                    continue;
                }
                Outcome::Cluster { .. } | Outcome::ZoneFile { .. } | Outcome::Answer { .. } => true,
                Outcome::Upstream { .. } | Outcome::NoData { .. } | Outcome::NoSuchName { .. } => !is_own,
                Outcome::Failure { .. } | Outcome::NotServing { .. } | Outcome::Names { .. } => false,
            };
            if !is_whole {
                return ClusterDns::Broken { name: name.to_owned(), outcome };
            }
        }
        match unknown {
            Some(why) => ClusterDns::Unknown { why },
            None => ClusterDns::Whole,
        }
    }
}
