//! Worlds without trouble, and worlds that are no trouble of the extension's.

use serde_json::json;

use super::Scenario;
use crate::aks::{self, DP_ENDPOINT, Pool};
use crate::dns::{Answer, Dns};
use crate::extension::{self, AGENT, CONTROLLER, GENEVA, NAMESPACE};
use crate::world::{Condition, Crds, World};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "healthy",
        about: "Nothing is wrong: three nodes, the extension runs, its storage location is available.",
        world: World::healthy,
    },
    Scenario {
        name: "healthy_clusterconfig",
        about: "The same, with the ExtensionConfig in the API group of Arc and of older AKS clusters.",
        world: clusterconfig,
    },
    Scenario {
        name: "no_extension",
        about: "An AKS cluster on which the backup extension was never installed.",
        world: World::aks,
    },
    Scenario {
        name: "not_aks",
        about: "A cluster of another vendor: no node has an Azure providerID.",
        world: not_aks,
    },
];

impl World {
    /// Returns an AKS cluster without the extension.
    pub fn aks() -> Self {
        let mut world = Self::default().with_crds(Crds::Snapshot);
        world = world.with_all(Pool::system().nodes()).with_all(aks::kube_system()).with_all(aks::storage());
        world = world.with(aks::namespace("shop")).with_all(aks::disk("shop", "data", "centralus-1"));
        for name in ["coredns", "extension-agent", "extension-operator"] {
            world.observed.push(Condition::Ready { namespace: "kube-system".to_owned(), name: name.to_owned() });
        }
        world.log("kube-system", "config-agent", agent_log()).with_dns(public_dns())
    }

    /// Returns an AKS cluster on which the extension works.
    pub fn healthy() -> Self {
        let mut world = Self::aks().with_all(extension::healthy());
        for crds in [Crds::Velero, Crds::AksClusterConfig, Crds::ClusterBackup] {
            world = world.with_crds(crds);
        }
        for name in [AGENT, CONTROLLER, GENEVA] {
            world.observed.push(Condition::Ready { namespace: NAMESPACE.to_owned(), name: name.to_owned() });
        }
        world.log(NAMESPACE, "velero", [r#"time="2026-11-22T02:14:07Z" level=info msg="BackupStorageLocations is valid, marking as available" backup-storage-location=dataprotection-microsoft/default controller=backup-storage-location"#])
    }
}

fn clusterconfig() -> World {
    let mut world = World::healthy().without(|object| object["kind"] == "ExtensionConfig");
    world.crds.retain(|crds| *crds != Crds::AksClusterConfig);
    world.with_crds(Crds::ClusterConfig).with(extension::extension_config("clusterconfig.azure.com"))
}

fn not_aks() -> World {
    World::aks()
        .edit_all("Node", |node| {
            let name = node["metadata"]["name"].clone();
            node["metadata"]["labels"] =
                json!({"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": name});
            node["spec"]["providerID"] = json!("kind://docker/kind/kind-control-plane");
        })
        .without(|object| {
            ["extension-agent", "extension-operator"].iter().any(|name| object["metadata"]["name"] == *name)
        })
        .without(|object| object["kind"] == "StorageClass" || object["kind"] == "CSIDriver")
}

/// Returns the DNS of a VNet without private zones.
pub(super) fn public_dns() -> Dns {
    Dns::default()
        .name(DP_ENDPOINT, Answer::Address("20.40.200.153".to_owned()))
        .name("devhayyabackup.blob.core.windows.net", Answer::Address("20.60.248.33".to_owned()))
        .name("mcr.microsoft.com", Answer::Address("150.171.69.10".to_owned()))
        .name("login.microsoftonline.com", Answer::Address("20.190.151.6".to_owned()))
        .name("management.azure.com", Answer::Address("4.150.240.10".to_owned()))
}

/// Returns the log of an extension agent that works.
fn agent_log() -> Vec<String> {
    vec![super::agent_line("Information", "GET configurations returned response code {200}", 2)]
}
