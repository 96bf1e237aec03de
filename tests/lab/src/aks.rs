//! What AKS makes in every cluster: nodes of pools, the objects of kube-system, storage classes.
//!
//! Names and labels are those of real clusters; the subscription and the groups are invented.

use serde_json::{Value, json};

/// The version of the nodes where a world says none: that of the API server.
pub(crate) const KUBELET: &str = "v1.36.3";

/// The subscription of every lab.
pub const SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
/// The resource group of the cluster.
pub const RESOURCE_GROUP: &str = "rg";
/// The name of the cluster.
pub const CLUSTER: &str = "cluster";
/// The region of the cluster.
pub const REGION: &str = "centralus";
/// The group of the cluster's nodes.
pub const NODE_GROUP: &str = "MC_rg_cluster_centralus";
/// The endpoint from which the extension agent fetches its configuration.
pub const DP_ENDPOINT: &str = "centralus.dp.kubernetesconfiguration.azure.com";

/// A node pool.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the fields are those of an agent pool
pub struct Pool {
    pub name: &'static str,
    pub mode: &'static str,
    pub count: usize,
    pub arch: &'static str,
    pub os: &'static str,
    pub size: &'static str,
    pub cpu: &'static str,
    pub memory: &'static str,
    pub pods: &'static str,
    pub taints: Vec<Value>,
}

impl Pool {
    /// A system pool as `az aks create` makes it: three amd64 nodes in three zones.
    pub fn system() -> Self {
        Self {
            name: "nodepool1",
            mode: "System",
            count: 3,
            arch: "amd64",
            os: "linux",
            size: "Standard_D4ds_v5",
            cpu: "3860m",
            memory: "14159Mi",
            pods: "110",
            taints: Vec::new(),
        }
    }

    /// Returns the names of its nodes.
    pub fn names(&self) -> Vec<String> {
        let scale_set = self.scale_set();
        (0..self.count)
            .map(|index| match self.os {
                "windows" => format!("aks{}{index:06}", self.name),
                _ => format!("{scale_set}{index:06}"),
            })
            .collect()
    }

    /// Returns the name of its scale set.
    pub fn scale_set(&self) -> String {
        match self.os {
            "windows" => format!("aks{}", self.name),
            _ => format!("aks-{}-31415926-vmss", self.name),
        }
    }

    /// Returns its nodes.
    pub fn nodes(&self) -> Vec<Value> {
        let resources =
            json!({"cpu": self.cpu, "memory": self.memory, "pods": self.pods, "ephemeral-storage": "119703055367"});
        let windows = self.os == "windows";
        self.names()
            .iter()
            .enumerate()
            .map(|(index, name)| {
                json!({
                    "apiVersion": "v1", "kind": "Node",
                    "metadata": {"name": name, "labels": {
                        "agentpool": self.name,
                        "beta.kubernetes.io/arch": self.arch,
                        "beta.kubernetes.io/instance-type": self.size,
                        "beta.kubernetes.io/os": self.os,
                        "failure-domain.beta.kubernetes.io/region": REGION,
                        "failure-domain.beta.kubernetes.io/zone": zone(index),
                        "kubernetes.azure.com/agentpool": self.name,
                        "kubernetes.azure.com/cluster": NODE_GROUP,
                        "kubernetes.azure.com/mode": self.mode.to_lowercase(),
                        "kubernetes.azure.com/node-image-version": if windows { "AKSWindows-2022-containerd-20348.4294.251110" } else { "AKSUbuntu-2204gen2containerd-202511.07.0" },
                        "kubernetes.azure.com/os-sku": if windows { "Windows2022" } else { "Ubuntu" },
                        "kubernetes.azure.com/role": "agent",
                        "kubernetes.azure.com/storageprofile": "managed",
                        "kubernetes.io/arch": self.arch,
                        "kubernetes.io/hostname": name,
                        "kubernetes.io/os": self.os,
                        "node.kubernetes.io/instance-type": self.size,
                        "topology.disk.csi.azure.com/zone": zone(index),
                        "topology.kubernetes.io/region": REGION,
                        "topology.kubernetes.io/zone": zone(index),
                    }},
                    "spec": {
                        "providerID": format!(
                            "azure:///subscriptions/{SUBSCRIPTION}/resourceGroups/{NODE_GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/{}/virtualMachines/{index}",
                            self.scale_set()
                        ),
                        "taints": self.taints,
                    },
                    "status": {
                        "allocatable": resources, "capacity": resources,
                        "addresses": [
                            {"type": "InternalIP", "address": format!("10.224.0.{}", 4 + index)},
                            {"type": "Hostname", "address": name},
                            // Where the simulated kubelet listens.
                            {"type": "ExternalIP", "address": "127.0.0.1"},
                        ],
                        "nodeInfo": {
                            "architecture": self.arch, "operatingSystem": self.os,
                            "osImage": if windows { "Windows Server 2022 Datacenter" } else { "Ubuntu 22.04.5 LTS" },
                            "kernelVersion": if windows { "10.0.20348.4294" } else { "5.15.0-1098-azure" },
                            "containerRuntimeVersion": "containerd://1.7.29-1", "kubeletVersion": KUBELET, "kubeProxyVersion": KUBELET,
                            "bootID": "", "machineID": "", "systemUUID": "",
                        },
                    },
                })
            })
            .collect()
    }
}

fn zone(index: usize) -> String {
    format!("{REGION}-{}", index % 3 + 1)
}

/// Returns a taint that no pod of the extension tolerates.
pub fn taint(key: &str, value: &str) -> Value {
    json!({"key": key, "value": value, "effect": "NoSchedule"})
}

/// CoreDNS's Corefile as AKS generates it, to the letter.
pub const COREFILE: &str = r#".:53 {
    errors
    ready
    health {
      lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
      ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
    import custom/*.override
    template ANY ANY internal.cloudapp.net {
      match "^(?:[^.]+\.){4,}internal\.cloudapp\.net\.$"
      rcode NXDOMAIN
      fallthrough
    }
    template ANY ANY reddog.microsoft.com {
      rcode NXDOMAIN
    }
}
import custom/*.server
"#;

/// Returns a deployment. `spec` is the pod's.
pub fn deployment(namespace: &str, name: &str, replicas: u32, selector: &Value, labels: &Value, spec: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    })
}

/// Returns what is in kube-system of every cluster.
pub fn kube_system() -> Vec<Value> {
    let tolerates_all = json!([{"operator": "Exists"}]);
    let addon = |mut labels: Value| {
        labels["kubernetes.azure.com/managedby"] = json!("aks");
        labels
    };
    let extension_part = |name: &str, containers: Value| {
        let labels = addon(json!({
            "app.kubernetes.io/component": name, "app.kubernetes.io/name": "extension-manager", "control-plane": name,
        }));
        deployment(
            "kube-system",
            name,
            1,
            &json!({"app.kubernetes.io/component": name}),
            &labels,
            &json!({"containers": containers, "tolerations": tolerates_all, "nodeSelector": {"kubernetes.azure.com/cluster": NODE_GROUP}}),
        )
    };
    let small = json!({"requests": {"cpu": "10m", "memory": "20Mi"}, "limits": {"cpu": "200m", "memory": "200Mi"}});
    let image = |name: &str| format!("mcr.microsoft.com/azurearck8s/aks/stable/{name}:1.32.1");
    vec![
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"namespace": "kube-system", "name": "coredns", "labels": {
                "addonmanager.kubernetes.io/mode": "Reconcile", "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true",
            }},
            "data": {"Corefile": COREFILE},
        }),
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"namespace": "kube-system", "name": "coredns-custom", "labels": {
                "addonmanager.kubernetes.io/mode": "EnsureExists", "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true",
            }},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": "kube-system", "name": "kube-dns", "labels": {
                "addonmanager.kubernetes.io/mode": "Reconcile", "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true",
                "kubernetes.io/name": "CoreDNS",
            }},
            "spec": {"clusterIP": "10.0.0.10", "selector": {"k8s-app": "kube-dns"}, "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
            ]},
        }),
        deployment(
            "kube-system",
            "coredns",
            2,
            &json!({"k8s-app": "kube-dns"}),
            &addon(json!({"k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true"})),
            &json!({
                "containers": [{
                    "name": "coredns", "image": "mcr.microsoft.com/oss/v2/kubernetes/coredns:v1.13.1-20",
                    "args": ["-conf", "/etc/coredns/Corefile"],
                    "ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}, {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
                        {"name": "metrics", "containerPort": 9153, "protocol": "TCP"}],
                    "resources": {"requests": {"cpu": "100m", "memory": "70Mi"}, "limits": {"cpu": "3", "memory": "500Mi"}},
                    "volumeMounts": [
                        {"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": true},
                        {"name": "custom-config-volume", "mountPath": "/etc/coredns/custom", "readOnly": true},
                    ],
                }],
                "dnsPolicy": "Default", "priorityClassName": "system-node-critical", "tolerations": tolerates_all,
                "volumes": [
                    {"name": "config-volume", "configMap": {"name": "coredns", "items": [{"key": "Corefile", "path": "Corefile"}]}},
                    {"name": "custom-config-volume", "configMap": {"name": "coredns-custom", "optional": true}},
                ],
            }),
        ),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:coredns"},
            "rules": [
                {"apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"], "verbs": ["list", "watch"]},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
            ],
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "system:coredns"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"},
            "subjects": [{"kind": "ServiceAccount", "namespace": "kube-system", "name": "coredns"}],
        }),
        extension_part(
            "extension-agent",
            json!([
                {"name": "config-agent", "image": image("config-agent"), "resources": small},
                {"name": "fluent-bit", "image": image("fluent-bit-collector"), "resources": small},
            ]),
        ),
        extension_part(
            "extension-operator",
            json!([
                {"name": "manager", "image": image("extensionoperator"), "resources": small},
                {"name": "fluent-bit", "image": image("fluent-bit-collector"), "resources": small},
            ]),
        ),
    ]
}

/// Returns the storage classes, CSI drivers and snapshot class of every cluster.
pub fn storage() -> Vec<Value> {
    let class = |name: &str, provisioner: &str, sku: &str, default: bool| {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": name, "labels": {"addonmanager.kubernetes.io/mode": "EnsureExists", "kubernetes.io/cluster-service": "true"},
                "annotations": {"storageclass.kubernetes.io/is-default-class": default.to_string()}},
            "provisioner": provisioner, "parameters": {"skuname": sku}, "reclaimPolicy": "Delete", "allowVolumeExpansion": true,
            "volumeBindingMode": if provisioner == DISK { "WaitForFirstConsumer" } else { "Immediate" },
        })
    };
    let driver = |name: &str| {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name},
            "spec": {"attachRequired": name == DISK, "podInfoOnMount": true},
        })
    };
    vec![
        class("default", DISK, "StandardSSD_ZRS", true),
        class("managed-csi", DISK, "StandardSSD_ZRS", false),
        class("managed-csi-premium", DISK, "Premium_ZRS", false),
        class("azurefile-csi", FILE, "Standard_LRS", false),
        driver(DISK),
        driver(FILE),
    ]
}

const DISK: &str = "disk.csi.azure.com";
const FILE: &str = "file.csi.azure.com";

/// Returns a claim and its volume, an Azure disk in one zone.
pub fn disk(namespace: &str, name: &str, zone: &str) -> [Value; 2] {
    let volume = format!("pvc-{namespace}-{name}");
    [
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume, "annotations": {"pv.kubernetes.io/provisioned-by": DISK}},
            "spec": {
                "capacity": {"storage": "32Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "managed-csi",
                "persistentVolumeReclaimPolicy": "Delete",
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name},
                "csi": {"driver": DISK, "volumeAttributes": {"skuname": "StandardSSD_LRS"}, "volumeHandle": format!(
                    "/subscriptions/{SUBSCRIPTION}/resourceGroups/{NODE_GROUP}/providers/Microsoft.Compute/disks/{volume}"
                )},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "topology.disk.csi.azure.com/zone", "operator": "In", "values": [zone]},
                ]}]}},
            },
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"namespace": namespace, "name": name},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "managed-csi", "volumeName": volume,
                "resources": {"requests": {"storage": "32Gi"}},
            },
        }),
    ]
}

/// Returns a pod of somebody else that takes room on one node. It names its node, so no scheduler looks at it.
pub fn ballast(node: &str, index: usize, cpu: &str, memory: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "shop", "name": format!("web-{node}-{index}"), "labels": {"app": "web"}},
        "spec": {"nodeName": node, "containers": [{
            "name": "web", "image": "registry.example.com/shop/web:7", "resources": {"requests": {"cpu": cpu, "memory": memory}},
        }]},
    })
}

/// Returns a namespace.
pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}
