//! Whether a pod like the install hook's would be let in: a dry run, which leaves nothing.
//!
//! Knowledge: azure-backup.md 3.1 (the hook Job and its container), diagnosis.md section 5, row 8. For a Job or a
//! ReplicaSet a denial is only in events, and those are gone after an hour: asking shows it at any time.

use serde_json::{Value, json};

use super::{Live, refused};
use crate::cluster::{Path, Refusal, Verdict};
use crate::facts::objects::{AdmissionTrial, Container, Probe, Workload};
use crate::facts::{Fetched, Need};

/// Where the extension's images come from, when no Deployment of it is left to say so.
const IMAGE: &str = "mcr.microsoft.com/azurebackup/k8s/velero:0.0.0";

impl Live<'_> {
    pub(super) async fn admission_trial(&self, namespace: &str) -> Fetched<AdmissionTrial> {
        if self.facts.borrow().namespace.is_absent() {
            return Fetched::Absent;
        }
        let pod = {
            let facts = self.facts.borrow();
            pod(namespace, facts.deployments.known_rows().iter().find(|known| known.runs_velero()))
        };
        match self.api.try_out(&Path::list("", "v1", Some(namespace), "pods"), &pod).await {
            Ok(Verdict::Accepted { warnings }) => {
                Fetched::Got(AdmissionTrial { allowed: true, message: None, warnings })
            }
            Ok(Verdict::Denied(message)) => {
                Fetched::Got(AdmissionTrial { allowed: false, message: Some(message), warnings: Vec::new() })
            }
            Err(Refusal::NotFound) => Fetched::Absent,
            Err(refusal) => refused(refusal, self.right_of(Need::AdmissionTrial)),
        }
    }
}

/// Makes the pod on trial: as the live Deployment has it, else with what is documented.
///
/// What admission is known to judge is taken over: labels, images, requests and limits, how the containers may run and
/// that they have probes. Command, volumes and account are not; a dry run starts nothing.
fn pod(namespace: &str, live: Option<&Workload>) -> Value {
    let template = live.map(|live| &live.spec.template);
    let containers: Vec<Value> = match template {
        Some(template) => template.spec.containers.iter().map(container).collect(),
        None => vec![json!({
            "name": "velero",
            "image": IMAGE,
            "command": ["/velero"],
            "args": ["version", "--client-only"],
            // Documented for the pods of the extension.
            "resources": {
                "requests": {"cpu": "500m", "memory": "256Mi"},
                "limits": {"cpu": "1000m", "memory": "1280Mi"}
            }
        })],
    };
    let labels = template.map(|template| json!(template.metadata.labels));
    let mut spec = json!({"restartPolicy": "OnFailure", "containers": containers});
    if let Some(context) = template.and_then(|template| template.spec.security_context.as_ref()) {
        put(&mut spec, "securityContext", json!(context));
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            // The server makes the name, so that no pod of the same name can be in the way.
            "generateName": "dataprotection-microsoft-kubernetes-agent-upgrade-crds-",
            "namespace": namespace,
            "labels": labels.unwrap_or_else(|| json!({"app.kubernetes.io/name": "dataprotection-microsoft-kubernetes"}))
        },
        "spec": spec
    })
}

fn container(live: &Container) -> Value {
    let mut container = json!({
        "name": live.name,
        "image": live.image.as_deref().unwrap_or(IMAGE),
        "resources": live.resources
    });
    if let Some(context) = &live.security_context {
        put(&mut container, "securityContext", json!(context));
    }
    // What a probe asks is not kept: that there is one is what policies demand.
    let probes = [("livenessProbe", live.liveness_probe), ("readinessProbe", live.readiness_probe)];
    for (field, _) in probes.iter().filter(|(_, probe)| *probe == Some(Probe {})) {
        put(&mut container, field, json!({"tcpSocket": {"port": 8085}}));
    }
    container
}

fn put(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pod_on_trial_is_as_the_live_one_where_there_is_one() {
        let live: Workload = serde_json::from_value(json!({
            "spec": {"template": {
                "metadata": {"labels": {"name": "velero"}},
                "spec": {
                    "securityContext": {"runAsNonRoot": true, "fsGroup": 1000},
                    "containers": [{
                        "name": "velero",
                        "image": "mcr.microsoft.com/azurebackup/k8s/velero:0.0.3000.1",
                        "resources": {"limits": {"cpu": "2"}},
                        "securityContext": {"readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
                        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8081}}
                    }]
                }
            }}
        }))
        .expect("it is a Deployment");
        let made = pod("backup", Some(&live));
        assert_eq!(made["metadata"]["labels"], json!({"name": "velero"}));
        assert_eq!(made["spec"]["securityContext"], json!({"runAsNonRoot": true, "fsGroup": 1000}));
        assert_eq!(
            made["spec"]["containers"],
            json!([{
                "name": "velero",
                "image": "mcr.microsoft.com/azurebackup/k8s/velero:0.0.3000.1",
                "resources": {"limits": {"cpu": "2"}},
                "securityContext": {"readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
                "livenessProbe": {"tcpSocket": {"port": 8085}}
            }])
        );
        let documented = pod("backup", None);
        assert_eq!(
            documented["spec"]["containers"][0]["resources"]["limits"],
            json!({"cpu": "1000m", "memory": "1280Mi"})
        );
    }
}
