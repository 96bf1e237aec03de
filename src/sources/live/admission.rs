//! Whether a pod like the install hook's would be let in: a dry run, which leaves nothing.
//!
//! Knowledge: azure-backup.md 3.1 (the hook Job and its container), diagnosis.md section 5, row 8. For a Job or a
//! ReplicaSet a denial is only in events, and those are gone after an hour: asking shows it at any time.

use serde_json::json;

use super::{Live, refused};
use crate::cluster::{Path, Refusal, Verdict};
use crate::facts::objects::AdmissionTrial;
use crate::facts::{Fetched, Need};

/// Where the extension's images come from, when no Deployment of it is left to say so.
const IMAGE: &str = "mcr.microsoft.com/azurebackup/k8s/velero:0.0.0";

impl Live<'_> {
    pub(super) async fn admission_trial(&self, namespace: &str) -> Fetched<AdmissionTrial> {
        if self.facts.borrow().namespace.is_absent() {
            return Fetched::Absent;
        }
        let image = {
            let facts = self.facts.borrow();
            let velero = facts.deployments.known_rows().iter().find(|deployment| deployment.runs_velero());
            let containers = velero.map(|deployment| deployment.spec.template.spec.containers.as_slice());
            let image = containers.unwrap_or_default().iter().filter_map(|container| container.image.clone()).next();
            image.unwrap_or_else(|| IMAGE.to_owned())
        };
        let pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                // The server makes the name, so that no pod of the same name can be in the way.
                "generateName": "dataprotection-microsoft-kubernetes-agent-upgrade-crds-",
                "namespace": namespace,
                "labels": {"app.kubernetes.io/name": "dataprotection-microsoft-kubernetes"}
            },
            "spec": {
                "restartPolicy": "OnFailure",
                "containers": [{
                    "name": "velero",
                    "image": image,
                    "command": ["/velero"],
                    "args": ["version", "--client-only"],
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "128Mi"},
                        "limits": {"cpu": "500m", "memory": "256Mi"}
                    }
                }]
            }
        });
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
