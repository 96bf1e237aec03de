//! Claims, volumes and classes as the tests of `check-pvcs` write them.

use serde_json::{Value, json};

pub const DISK: &str = "disk.csi.azure.com";
pub const FILE: &str = "file.csi.azure.com";

/// Returns a CSI source of a volume.
pub fn csi(driver: &str, handle: &str, attributes: &Value) -> Value {
    json!({"csi": {"driver": driver, "volumeHandle": handle, "volumeAttributes": attributes}})
}

/// Returns the source of an Azure disk.
pub fn disk(name: &str) -> Value {
    let id = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/disks/{name}",
        aksbackup_lab::aks::SUBSCRIPTION,
        aksbackup_lab::aks::NODE_GROUP
    );
    csi(DISK, &id, &json!({"skuname": "Premium_LRS"}))
}

/// Returns the source of a share of Azure Files.
pub fn share(name: &str, attributes: &Value) -> Value {
    csi(FILE, &format!("MC_rg#account#{name}###shop"), attributes)
}

/// Returns a volume that is kept for a claim.
pub fn volume(name: &str, source: &Value, class: &str, claim: Option<(&str, &str)>) -> Value {
    let mut spec = json!({
        "capacity": {"storage": "8Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain",
    });
    let fields = spec.as_object_mut().unwrap();
    fields.extend(source.as_object().unwrap().clone());
    if !class.is_empty() {
        fields.insert("storageClassName".to_owned(), json!(class));
    }
    if let Some((namespace, name)) = claim {
        let of = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name});
        fields.insert("claimRef".to_owned(), of);
    }
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec})
}

/// Returns a claim; a class of `None` leaves the choice to the cluster.
pub fn claim(namespace: &str, name: &str, class: Option<&str>, volume: Option<&str>) -> Value {
    let mut spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}});
    if let Some(class) = class {
        spec["storageClassName"] = json!(class);
    }
    if let Some(volume) = volume {
        spec["volumeName"] = json!(volume);
    }
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"namespace": namespace, "name": name}, "spec": spec,
    })
}

/// Returns a claim and the volume that it is bound to: `pv-NAMESPACE-NAME`.
pub fn pair(namespace: &str, name: &str, class: &str, source: &Value) -> [Value; 2] {
    let of = format!("pv-{namespace}-{name}");
    [volume(&of, source, class, Some((namespace, name))), claim(namespace, name, Some(class), Some(&of))]
}

/// Returns a storage class.
pub fn class(name: &str, provisioner: &str, mode: &str) -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
        "provisioner": provisioner, "reclaimPolicy": "Delete", "volumeBindingMode": mode,
    })
}

/// Returns a pod that uses claims.
pub fn pod(namespace: &str, name: &str, node: Option<&str>, claims: &[&str]) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name}, "spec": pod_spec(claims),
    });
    if let Some(node) = node {
        pod["spec"]["nodeName"] = json!(node);
    }
    pod
}

/// Returns the spec of pods that use claims.
pub fn pod_spec(claims: &[&str]) -> Value {
    let volumes: Vec<Value> = claims
        .iter()
        .enumerate()
        .map(|(index, claim)| json!({"name": format!("v{index}"), "persistentVolumeClaim": {"claimName": claim}}))
        .collect();
    json!({"containers": [{"name": "c", "image": "registry.example.com/c:1"}], "volumes": volumes})
}
