//! Scenario 1 of the page and its look-alikes: the extension cannot be installed, or its pods do not run.
//!
//! One sentence of helm's ("timed out waiting for the condition") has all these causes.

use serde_json::{Value, json};

use super::Scenario;
use crate::aks::{self, Pool, ballast, taint};
use crate::extension::{self, AGENT, CONTROLLER, GENEVA, HOOK, NAME, NAMESPACE, hook_job, image};
use crate::pod_status;
use crate::world::{World, is, minutes_ago};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "s1_no_room",
        about: "No node has the CPU that the extension's pods request.",
        world: no_room_cpu,
    },
    Scenario {
        name: "s1_no_room_memory",
        about: "No node has the memory that the extension's pods request.",
        world: no_room_memory,
    },
    Scenario {
        name: "s1_no_room_pods",
        about: "The only node already runs as many pods as it may.",
        world: no_room_pods,
    },
    Scenario {
        name: "s1_all_tainted",
        about: "Every pool has a taint that the extension does not tolerate; more nodes would not help.",
        world: all_tainted,
    },
    Scenario {
        name: "s1_wrong_arch",
        about: "Every node is arm64; the extension's images are amd64.",
        world: wrong_arch,
    },
    Scenario { name: "s1_wrong_os", about: "Every node runs Windows.", world: wrong_os },
    Scenario {
        name: "s1_volume_zone",
        about: "A pod of the extension has a volume in a zone without nodes.",
        world: volume_zone,
    },
    Scenario {
        name: "s1_node_selector",
        about: "The agent asks for a node pool that does not exist.",
        world: node_selector,
    },
    Scenario {
        name: "s1_quota",
        about: "A ResourceQuota in the extension's namespace leaves room for one of its three pods.",
        world: quota,
    },
    Scenario {
        name: "s1_limit_range",
        about: "A LimitRange forbids the memory limit of the extension's containers.",
        world: limit_range,
    },
    Scenario {
        name: "s1_denied_by_vap",
        about: "A ValidatingAdmissionPolicy denies the extension's pods.",
        world: denied_by_vap,
    },
    Scenario {
        name: "s1_denied_by_azure_policy",
        about: "An Azure Policy assignment denies the extension's images.",
        world: denied_by_azure_policy,
    },
    Scenario {
        name: "s1_denied_by_constraint",
        about: "A Gatekeeper constraint of one's own denies the extension's pods.",
        world: denied_by_constraint,
    },
    Scenario {
        name: "s1_job_denied_by_azure_policy",
        about: "An Azure Policy assignment denies the pods of the hook Job.",
        world: job_denied_by_azure_policy,
    },
    Scenario { name: "s1_image_pull", about: "The nodes cannot pull the extension's images.", world: image_pull },
    Scenario { name: "s1_crash_loop", about: "The agent ends with an error again and again.", world: crash_loop },
    Scenario { name: "s1_oom_killed", about: "The agent is killed for its memory and restarted.", world: oom_killed },
    Scenario {
        name: "s1_killed_without_oom",
        about: "The kernel kills the agent's plugin process; the pod runs on, and nothing says OOMKilled.",
        world: killed_without_oom,
    },
    Scenario {
        name: "s1_hook_failed",
        about: "The hook Job failed: its pod could not reach the API server.",
        world: hook_failed,
    },
    Scenario {
        name: "s1_namespace_terminating",
        about: "The namespace of the last installation is stuck: an object in it has a finalizer.",
        world: namespace_terminating,
    },
    Scenario {
        name: "s1_rolled_back",
        about: "Helm has rolled everything back; only the ExtensionConfig tells (wording of 2023).",
        world: rolled_back_2023,
    },
    Scenario {
        name: "s1_rolled_back_2026",
        about: "Helm has rolled everything back; only the ExtensionConfig tells (wording of 2026).",
        world: rolled_back_2026,
    },
];

impl World {
    /// Puts other pools in place of the nodes.
    fn pools(self, pools: &[Pool]) -> Self {
        self.without(|object| object["kind"] == "Node").with_all(pools.iter().flat_map(Pool::nodes))
    }

    /// Changes the pod template of a deployment of the extension.
    fn edit_pod(self, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.edit("Deployment", name, |object| change(&mut object["spec"]["template"]["spec"]))
    }

    /// Sets what the ExtensionConfig says.
    pub(super) fn config_says(self, status: &str, message: &str) -> Self {
        self.edit("ExtensionConfig", NAME, |object| {
            object["status"]["status"] = json!(status);
            object["status"]["message"] = json!(message);
            if status != "Installed" {
                object["status"]["helmReleaseStatus"] = json!({});
                object["status"]["reconciliationError"] = json!(message);
            }
        })
    }

    /// An installation that helm still waits for: no backup yet, no validated location.
    pub(super) fn installing(self) -> Self {
        self.without(|object| object["kind"] == "Backup").config_says("Pending", "").edit(
            "BackupStorageLocation",
            "default",
            |location| {
                location.as_object_mut().and_then(|fields| fields.remove("status"));
            },
        )
    }

    /// None of the extension's deployments is there: helm never came to them, or has removed them.
    pub(super) fn nothing_installed(self) -> Self {
        let mine = |object: &Value| object["metadata"]["namespace"] == NAMESPACE && object["kind"] != "ExtensionConfig";
        self.without(mine)
    }

    fn unobserved_extension(self) -> Self {
        self.unobserved(AGENT).unobserved(CONTROLLER).unobserved(GENEVA)
    }

    /// Waits until the scheduler says this of every pod of the extension.
    fn unschedulable(self, says: &str) -> Self {
        let world = self.installing().unobserved_extension();
        [AGENT, CONTROLLER, GENEVA]
            .iter()
            .fold(world, |world, name| world.see_pod(NAMESPACE, name, says))
            .see_event(NAMESPACE, says)
    }

    /// Waits until the controllers say this of the pods that they may not create.
    pub(super) fn not_created(self, says: &str) -> Self {
        self.unobserved_extension().see_event(NAMESPACE, says)
    }
}

/// A pool of small nodes on which others leave so much.
fn crowded(cpu: &str, memory: &str) -> World {
    let pool = Pool { size: "Standard_D2ds_v5", cpu: "1900m", memory: "5400Mi", ..Pool::system() };
    World::healthy()
        .pools(std::slice::from_ref(&pool))
        .with_all(pool.names().iter().map(|node| ballast(node, 0, cpu, memory)))
}

fn no_room_cpu() -> World {
    crowded("1600m", "512Mi").unschedulable("Insufficient cpu")
}

fn no_room_memory() -> World {
    crowded("500m", "5200Mi").unschedulable("Insufficient memory")
}

fn no_room_pods() -> World {
    let pool = Pool { count: 1, pods: "30", ..Pool::system() };
    let node = pool.names().remove(0);
    // Two CoreDNS, the extension agent and operator are the other four.
    World::healthy()
        .pools(&[pool])
        .with_all((0..26).map(|index| ballast(&node, index, "10m", "16Mi")))
        .unschedulable("Too many pods")
}

fn all_tainted() -> World {
    let system = Pool { taints: vec![taint("dedicated", "platform")], ..Pool::system() };
    let user = Pool { name: "gpu", mode: "User", taints: vec![taint("sku", "gpu")], ..Pool::system() };
    World::healthy().pools(&[system, user]).unschedulable("untolerated taint")
}

fn wrong_arch() -> World {
    let pool = Pool { arch: "arm64", size: "Standard_D4pds_v6", ..Pool::system() };
    World::healthy().pools(&[pool]).unschedulable("didn't match Pod's node affinity/selector")
}

fn wrong_os() -> World {
    let pool = Pool { name: "win", os: "windows", mode: "User", ..Pool::system() };
    World::healthy().pools(&[pool]).unschedulable("didn't match Pod's node affinity/selector")
}

fn volume_zone() -> World {
    let pool = Pool { count: 2, ..Pool::system() };
    World::healthy()
        .pools(&[pool])
        .with_all(aks::disk(NAMESPACE, "agent-cache", "centralus-3"))
        .installing()
        .edit_pod(AGENT, |pod| {
            pod["volumes"] = json!([{"name": "cache", "persistentVolumeClaim": {"claimName": "agent-cache"}}]);
            pod["containers"][0]["volumeMounts"] = json!([{"name": "cache", "mountPath": "/cache"}]);
        })
        .unobserved(AGENT)
        .see_pod(NAMESPACE, AGENT, "node affinity")
}

fn node_selector() -> World {
    World::healthy()
        .installing()
        .edit_pod(AGENT, |pod| pod["nodeSelector"]["kubernetes.azure.com/agentpool"] = json!("backup"))
        .unobserved(AGENT)
        .see_pod(NAMESPACE, AGENT, "didn't match Pod's node affinity/selector")
}

fn quota() -> World {
    World::healthy()
        .installing()
        .with(json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"namespace": NAMESPACE, "name": "team-quota"},
            "spec": {"hard": {"requests.cpu": "1"}},
        }))
        // A quota on CPU wants every container to request some.
        .edit_all("Deployment", |object| {
            if object["metadata"]["namespace"] == NAMESPACE {
                object["spec"]["template"]["spec"]["containers"][1]["resources"]["requests"]["cpu"] = json!("10m");
            }
        })
        .not_created("exceeded quota: team-quota")
}

/// A pod like those of the extension, to be refused in a dry run.
pub(super) fn probe() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": NAMESPACE, "name": "probe"},
        "spec": {"containers": [{"name": "velero", "image": image("velero"),
            "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1280Mi"}}}]},
    })
}

fn limit_range() -> World {
    World::healthy()
        .installing()
        .with(json!({
            "apiVersion": "v1", "kind": "LimitRange", "metadata": {"namespace": NAMESPACE, "name": "team-limits"},
            "spec": {"limits": [{"type": "Container", "max": {"memory": "512Mi"}}]},
        }))
        .refuses(probe())
        .not_created("maximum memory usage per Container is 512Mi, but limit is 1280Mi")
}

fn denied_by_vap() -> World {
    let name = "require-run-as-non-root";
    World::healthy()
        .installing()
        .with(json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]},
                ]},
                "validations": [{
                    "expression": "object.spec.?securityContext.?runAsNonRoot.orValue(false) == true",
                    "message": "pods must set securityContext.runAsNonRoot",
                }],
            },
        }))
        .with(json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": format!("{name}-teams")},
            "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": {"matchExpressions": [
                {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "shop"]},
            ]}}},
        }))
        .refuses(probe())
        .not_created("ValidatingAdmissionPolicy 'require-run-as-non-root'")
}

pub(super) fn azure_policy_message() -> String {
    format!(
        "[azurepolicy-k8sazurev2containerallowedimag-74b9f1fd9ecd8c6a5c1d] Container image {} for container velero has not been allowed.",
        image("velero")
    )
}

fn denied_by_azure_policy() -> World {
    World::healthy()
        .installing()
        .deny(&["Pod"], NAMESPACE, &azure_policy_message())
        .refuses(probe())
        .not_created("denied the request: [azurepolicy-")
}

fn denied_by_constraint() -> World {
    World::healthy()
        .installing()
        .deny(&["Pod"], NAMESPACE, "[denied by require-owner-label] you must provide labels: {\"owner\"}")
        .refuses(probe())
        .not_created("denied the request: [denied by require-owner-label]")
}

fn job_denied_by_azure_policy() -> World {
    World::healthy()
        .nothing_installed()
        .config_says("Pending", "")
        .with(hook_job())
        .deny(&["Pod"], NAMESPACE, &azure_policy_message())
        .refuses(probe())
        .see_event(NAMESPACE, "denied the request: [azurepolicy-")
}

fn image_pull() -> World {
    let image = image("velero");
    let error = format!(
        "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": failed to do request: Head \"https://mcr.microsoft.com/v2/azurebackup/k8s/velero/manifests/0.0.03004.544\": dial tcp 150.171.69.10:443: i/o timeout"
    );
    World::healthy()
        .installing()
        .break_container("Deployment", AGENT, "velero", "Pending", &pod_status::image_pull(&image, &error))
        .pod_event(NAMESPACE, AGENT, "Failed", &format!("Failed to pull image \"{image}\": {error}"))
        .pod_event(NAMESPACE, AGENT, "Failed", "Error: ImagePullBackOff")
        .see_pod(NAMESPACE, AGENT, "ImagePullBackOff")
}

fn crash_loop() -> World {
    let fatal = "An error occurred: some required plugins are missing: unable to locate VolumeSnapshotter plugin named velero.io/azure";
    let mut world = World::healthy()
        .installing()
        .break_container("Deployment", AGENT, "velero", "Running", &pod_status::crash_loop(9))
        .pod_event(NAMESPACE, AGENT, "BackOff", "Back-off restarting failed container velero in pod")
        .log(NAMESPACE, "velero", [fatal]);
    for log in &mut world.logs {
        log.previous.clone_from(&log.lines);
    }
    world.see_pod(NAMESPACE, AGENT, "CrashLoopBackOff")
}

fn oom_killed() -> World {
    World::healthy()
        .with(interrupted_backup("7b1c7c34-2a3e-4d2c-8a7f-1f1ad7d4a004"))
        .break_container("Deployment", AGENT, "velero", "Running", &pod_status::oom_killed(4))
        .pod_event(NAMESPACE, AGENT, "BackOff", "Back-off restarting failed container velero in pod")
        .see_pod(NAMESPACE, AGENT, "OOMKilled")
}

/// A backup that the agent found running when it started again.
fn interrupted_backup(identifier: &str) -> Value {
    let mut backup = extension::backup(identifier, "Failed", 30);
    backup["status"]["failureReason"] =
        json!("found a backup with status \"InProgress\" during the server starting, mark it as \"Failed\"");
    backup
}

fn killed_without_oom() -> World {
    let name = "clusterbackup-dataprotection-microsoft-backup-7b1c7c34-2a3e-4d2c-8a7f-1f1ad7d4a005";
    let mut backup = extension::backup("7b1c7c34-2a3e-4d2c-8a7f-1f1ad7d4a005", "Failed", 30);
    backup["status"]["failureReason"] = json!("rpc error: code = Unavailable desc = transport is closing");
    let time = minutes_ago(29);
    World::healthy().with(backup).log(NAMESPACE, "velero", [
        format!("time=\"{time}\" level=info msg=\"Processed 212 items in group, 212 total items\" backup=dataprotection-microsoft/{name}"),
        format!("time=\"{time}\" level=warning msg=\"plugin process exited\" backup=dataprotection-microsoft/{name} cmd=/plugins/velero-plugin-for-microsoft-azure error=\"signal: killed\" logSource=\"pkg/plugin/clientmgmt/process/logrus_adapter.go:90\" pluginName=velero-plugin-for-microsoft-azure"),
        format!("time=\"{time}\" level=error msg=\"Error uploading log file\" backup={name} bucket=aks-backups error=\"rpc error: code = Unavailable desc = transport is closing\" logSource=\"pkg/persistence/object_store.go:252\""),
        format!("time=\"{time}\" level=error msg=\"backup failed\" backup=dataprotection-microsoft/{name} controller=backup error=\"rpc error: code = Unavailable desc = transport is closing\""),
    ])
    .see_pod(NAMESPACE, AGENT, "Running")
}

fn hook_failed() -> World {
    World::healthy()
        .nothing_installed()
        .with(hook_job())
        .break_container("Job", HOOK, "velero", "Failed", &pod_status::failed())
        .log(NAMESPACE, "velero", ["Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout"])
        .config_says("Failed", &failed_to_install("failed pre-install: job failed: BackoffLimitExceeded"))
        .see_object(&format!("/apis/batch/v1/namespaces/{NAMESPACE}/jobs/{HOOK}"), "BackoffLimitExceeded")
        .see_event(NAMESPACE, "BackoffLimitExceeded")
}

/// The envelope of 2024 and later: canned advice, and the innermost error.
fn failed_to_install(inner: &str) -> String {
    format!(
        "Helm installation failed : Unable to create/update Kubernetes resources for the extension : Recommendation Please check that there are no policies blocking the resource creation/update for the extension : InnerError [release {NAME} failed, and has been uninstalled due to atomic being set: {inner}]"
    )
}

fn namespace_terminating() -> World {
    World::healthy()
        .nothing_installed()
        .without(|object| is(object, "ExtensionConfig", NAME))
        .with(json!({
            "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1", "kind": "DeleteBackup",
            "metadata": {"namespace": NAMESPACE, "name": "delete-3f0a2c1e", "finalizers": ["clusterbackup.dataprotection.microsoft.com/finalizer"]},
        }))
        .deleting(&format!("/api/v1/namespaces/{NAMESPACE}"))
        .see_object(&format!("/api/v1/namespaces/{NAMESPACE}"), "Terminating")
        .see_object(&format!("/api/v1/namespaces/{NAMESPACE}"), "NamespaceFinalizersRemaining")
}

fn rolled_back_2023() -> World {
    rolled_back(&format!(
        "{{Helm installation from path [] for release [{NAME}] failed with the following error: err [release {NAME} failed, and has been uninstalled due to atomic being set: failed post-install: timed out waiting for the condition]}} occurred while doing the operation: {{Installing the extension}} on the config"
    ))
}

fn rolled_back_2026() -> World {
    rolled_back(&format!(
        "Helm installation failed : Timed out waiting for the resource to come to a ready/completed state. Last resource not ready was {NAMESPACE}/{GENEVA} : Recommendation Please contact Microsoft support : InnerError [release {NAME} failed, and has been uninstalled due to atomic being set: context deadline exceeded]"
    ))
}

fn rolled_back(message: &str) -> World {
    World::healthy().nothing_installed().config_says("Failed", message).see_object(
        &format!("/apis/aks.clusterconfig.azure.com/v1beta1/namespaces/{NAMESPACE}/extensionconfigs/{NAME}"),
        "has been uninstalled due to atomic being set",
    )
}
