//! Whether the cluster of the kubeconfig and the cluster in Azure are one.
//!
//! Two witnesses: the nodes' machines lie in the resource group whose `managedBy` is the cluster, and their pools are the
//! cluster's; the kubeconfig's host is one of the cluster's names. An address, localhost or a tunnel says nothing, since
//! private clusters are reached so. Whoever changes anything in Azure must have [`Binding::Proved`].
//! Knowledge: facts about ARM (`managedBy` of a node resource group), AKS' labels of nodes.

use super::arm::{AgentPool, ArmId};
use super::need::Need;
use super::{Facts, Fetched};

/// Whether the two are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// They are.
    Proved,
    /// They are not: each is something that cannot be if they were.
    Contradicted(Vec<Contradiction>),
    /// Nobody knows; why.
    Unproved(String),
}

/// Something that cannot be if the two were one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// What, in a sentence.
    pub says: String,
    /// Where it was seen.
    pub at: String,
    /// What was seen there.
    pub quote: String,
}

/// What the names of AKS' API servers end with, by cloud.
const HOSTS_OF_AKS: [&str; 3] = [".azmk8s.io", ".cx.aks.containerservice.azure.us", ".cx.prod.service.azk8s.cn"];

/// Returns whether a host is an API server of AKS by its name; it may then stand in a question to Azure.
#[must_use]
pub fn is_aks_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.len() <= 253
        && HOSTS_OF_AKS.iter().any(|end| host.ends_with(end))
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

impl Facts {
    /// Judges whether the cluster of the kubeconfig and the one in Azure are one.
    #[must_use]
    pub fn binding(&self) -> Binding {
        let Some(cluster) = self.cluster_id() else {
            let why = self
                .node_group
                .unread(Need::NodeGroup.what())
                .map_or_else(|| "which cluster of Azure this is could not be found".to_owned(), |unread| unread.why);
            return Binding::Unproved(why);
        };
        let mut against = Vec::new();
        let groups = self.machine_groups();
        let managed = self.node_group.known();
        let owner = managed.and_then(|group| group.managed_by.as_ref());
        if let (Some(group), Some(owner)) = (managed, owner)
            && groups.contains(&group.id)
            && *owner != cluster
        {
            against.push(Contradiction {
                says: format!("The nodes lie in a resource group that belongs to another cluster, {}.", owner.name()),
                at: format!("{} managedBy", group.id),
                quote: owner.to_string(),
            });
        }
        against.extend(self.foreign_host());
        against.extend(self.foreign_group(&groups));
        let pools = self.foreign_pools();
        if let Some(pools) = &pools {
            against.push(Contradiction {
                says: "The nodes are of pools that the cluster in Azure does not have.".to_owned(),
                at: format!("{cluster} properties.agentPoolProfiles"),
                quote: pools.clone(),
            });
        }
        if !against.is_empty() {
            return Binding::Contradicted(against);
        }
        let is_owner = managed.is_some_and(|group| groups.contains(&group.id)) && owner == Some(&cluster);
        if is_owner {
            return Binding::Proved;
        }
        let why = match &self.nodes {
            _ if groups.is_empty() => "no node shows which resource group its machine lies in".to_owned(),
            _ if matches!(self.node_group, Fetched::Got(_)) => {
                "the resource group of the nodes names no cluster that it belongs to".to_owned()
            }
            _ => self
                .node_group
                .unread(Need::NodeGroup.what())
                .map_or_else(|| "the resource group of the nodes is gone".to_owned(), |unread| unread.why),
        };
        Binding::Unproved(why)
    }

    /// Returns the kubeconfig's host where it is an AKS host of another cluster.
    fn foreign_host(&self) -> Option<Contradiction> {
        let host = self.server_host.as_deref()?.to_ascii_lowercase();
        let cluster = self.managed_cluster.known()?;
        let mut names = cluster.host_names().peekable();
        names.peek()?;
        if !is_aks_host(&host) || names.any(|name| name.trim_end_matches('.').eq_ignore_ascii_case(&host)) {
            return None;
        }
        let own: Vec<&str> = cluster.host_names().collect();
        Some(Contradiction {
            says: format!("The kubeconfig reaches {host}, which is no name of cluster {} in Azure.", cluster.name),
            at: format!("{} properties.fqdn", cluster.id),
            quote: own.join(", "),
        })
    }

    /// Returns the group that the nodes lie in, where the cluster in Azure says that its nodes lie in another one.
    fn foreign_group(&self, groups: &[ArmId]) -> Option<Contradiction> {
        let cluster = self.managed_cluster.known()?;
        let own = cluster.node_group_id()?;
        let first = groups.first().filter(|_| !groups.contains(&own))?;
        Some(Contradiction {
            says: format!(
                "The nodes lie in resource group {}, and those of cluster {} lie in {}.",
                first.name(),
                cluster.name,
                own.name()
            ),
            at: format!("{} properties.nodeResourceGroup", cluster.id),
            quote: own.name().to_owned(),
        })
    }

    /// Returns the pools of the nodes, where none of them is one of the cluster's in Azure.
    ///
    /// Nodes that were provisioned without a pool bear no such label; a pool that was made or deleted a moment ago is no
    /// contradiction, so that one that agrees is enough.
    fn foreign_pools(&self) -> Option<String> {
        let cluster = self.managed_cluster.known()?;
        let known: Vec<&AgentPool> = cluster.properties.agent_pool_profiles.iter().collect();
        let mut pools: Vec<&str> = self
            .nodes
            .known_rows()
            .iter()
            .filter(|node| !node.is_virtual())
            .filter_map(|node| node.metadata.label("kubernetes.azure.com/agentpool"))
            .collect();
        pools.sort_unstable();
        pools.dedup();
        let is_known = |pool: &&str| known.iter().any(|own| own.name.eq_ignore_ascii_case(pool));
        let is_foreign = !known.is_empty() && !pools.is_empty() && !pools.iter().any(is_known);
        is_foreign.then(|| pools.join(", "))
    }

    /// Returns the id of the resource group that the first of the nodes lies in.
    #[must_use]
    pub fn machine_group(&self) -> Option<ArmId> {
        // Auto-provisioned nodes and VM pools lie in the same one; a second one is somebody else's machine.
        self.machine_groups().into_iter().next()
    }
}
