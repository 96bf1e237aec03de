//! A world: what a cluster holds, as a plain value, and what must be seen before it is there.
//!
//! Worlds are built by composition: a healthy one, and small changes to it. Nothing here talks to a cluster.

use serde_json::{Value, json};

use crate::dns::Dns;
use crate::pod_status;

/// Everything that one cluster holds.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The sets of custom resource definitions.
    pub crds: Vec<Crds>,
    /// All objects, in no order: nodes first, workloads last, the rest between them.
    pub objects: Vec<Value>,
    /// The logs that containers have written.
    pub logs: Vec<Log>,
    /// Events that only a kubelet could report, on pods whose names are not known before.
    pub pod_events: Vec<PodEvent>,
    /// What the admission webhook denies. With none there is no webhook.
    pub denials: Vec<Denial>,
    /// Objects that the API server must refuse before the workloads are made: policies take a moment to be in force.
    pub refused: Vec<Value>,
    /// Paths that are deleted once the objects are there.
    pub deletions: Vec<String>,
    /// What the DNS of the VNet and of the world answers, if CoreDNS runs at all.
    pub dns: Option<Dns>,
    /// The keys of coredns-custom that the second replica of CoreDNS has, where no change reaches its node any longer.
    pub stuck_replica: Option<Value>,
    /// What must be seen before the world is there.
    pub observed: Vec<Condition>,
}

/// A set of custom resource definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crds {
    /// velero.io.
    Velero,
    /// snapshot.storage.k8s.io.
    Snapshot,
    /// aks.clusterconfig.azure.com: ExtensionConfig and ConfigSyncStatus.
    AksClusterConfig,
    /// clusterconfig.azure.com: the same on Arc, and seen on older AKS clusters.
    ClusterConfig,
    /// aadpodidentity.k8s.io.
    PodIdentity,
    /// clusterbackup.dataprotection.microsoft.com.
    ClusterBackup,
}

/// The log of a container, in every pod of the namespace that has one of that name.
#[derive(Debug, Clone)]
pub struct Log {
    /// The pod's namespace.
    pub namespace: String,
    /// The container's name.
    pub container: String,
    /// The lines of this run of the container.
    pub lines: Vec<String>,
    /// The lines of the run before (`kubectl logs -p`).
    pub previous: Vec<String>,
}

/// An event on every pod whose name starts so.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the fields of an event
pub struct PodEvent {
    pub namespace: String,
    pub pod_prefix: String,
    pub kind: &'static str,
    pub reason: &'static str,
    pub message: String,
}

/// What the admission webhook `validation.gatekeeper.sh` denies.
#[derive(Debug, Clone)]
pub struct Denial {
    /// The kinds that are denied: `Pod`, `Job`, …
    pub kinds: Vec<&'static str>,
    /// The namespace in which they are denied.
    pub namespace: String,
    /// What follows `denied the request: `.
    pub message: String,
}

/// Something that must be seen before a world is there. Texts are looked for anywhere in what is named.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the fields name the object
pub enum Condition {
    /// A deployment has all its replicas ready.
    Ready { namespace: String, name: String },
    /// A pod's status says this.
    Pod { namespace: String, prefix: String, says: String },
    /// An event of the namespace says this.
    Event { namespace: String, says: String },
    /// The object at an API path says this.
    Object { path: String, says: String },
}

impl World {
    /// Adds an object.
    pub fn with(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// Adds several objects.
    pub fn with_all(mut self, objects: impl IntoIterator<Item = Value>) -> Self {
        self.objects.extend(objects);
        self
    }

    /// Adds a set of definitions.
    pub fn with_crds(mut self, crds: Crds) -> Self {
        if !self.crds.contains(&crds) {
            self.crds.push(crds);
        }
        self
    }

    /// Removes the objects for which the test holds.
    pub fn without(mut self, test: impl Fn(&Value) -> bool) -> Self {
        self.objects.retain(|object| !test(object));
        self.observed.retain(|condition| match condition {
            Condition::Ready { namespace, name } => self
                .objects
                .iter()
                .any(|object| is(object, "Deployment", name) && object["metadata"]["namespace"] == **namespace),
            _ => true,
        });
        self
    }

    /// Changes one object.
    ///
    /// # Panics
    ///
    /// If there is none of that kind and name: a scenario that changes nothing would prove nothing.
    pub fn edit(mut self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        let object = self.objects.iter_mut().find(|object| is(object, kind, name));
        change(object.unwrap_or_else(|| panic!("the world has no {kind} {name}")));
        self
    }

    /// Changes all objects of one kind.
    pub fn edit_all(mut self, kind: &str, change: impl Fn(&mut Value)) -> Self {
        self.objects.iter_mut().filter(|object| object["kind"] == kind).for_each(change);
        self
    }

    /// Tells the pods of a deployment or a job their status, instead of letting them run.
    pub fn tell(self, kind: &str, name: &str, status: &Value) -> Self {
        let text = status.to_string();
        self.edit(kind, name, |object| {
            object["spec"]["template"]["metadata"]["annotations"]["aksbackup-lab/status"] = json!(text);
        })
        .unobserved(name)
    }

    /// Breaks one container in all pods of a deployment or a job; the others run.
    pub fn break_container(self, kind: &str, name: &str, container: &str, phase: &str, broken: &Value) -> Self {
        let object = self.objects.iter().find(|object| is(object, kind, name));
        let object = object.unwrap_or_else(|| panic!("the world has no {kind} {name}"));
        let status =
            pod_status::with_broken(&object["spec"]["template"]["spec"]["containers"], container, phase, broken);
        self.tell(kind, name, &status)
    }

    /// Adds an event that a kubelet would report on every pod whose name starts so.
    pub fn pod_event(mut self, namespace: &str, prefix: &str, reason: &'static str, message: &str) -> Self {
        self.pod_events.push(PodEvent {
            namespace: namespace.to_owned(),
            pod_prefix: prefix.to_owned(),
            kind: "Warning",
            reason,
            message: message.to_owned(),
        });
        self
    }

    /// Lets the admission webhook deny some kinds in a namespace.
    pub fn deny(mut self, kinds: &[&'static str], namespace: &str, message: &str) -> Self {
        self.denials.push(Denial {
            kinds: kinds.to_vec(),
            namespace: namespace.to_owned(),
            message: message.to_owned(),
        });
        self
    }

    /// Waits until the API server refuses this object, before the workloads are made.
    pub fn refuses(mut self, object: Value) -> Self {
        self.refused.push(object);
        self
    }

    /// Gives up waiting for a deployment.
    pub fn unobserved(mut self, deployment: &str) -> Self {
        self.observed.retain(|condition| !matches!(condition, Condition::Ready { name, .. } if name == deployment));
        self
    }

    /// Gives a container of a namespace its log.
    pub fn log<S: Into<String>>(
        mut self,
        namespace: &str,
        container: &str,
        lines: impl IntoIterator<Item = S>,
    ) -> Self {
        self.logs.retain(|log| log.namespace != namespace || log.container != container);
        self.logs.push(Log {
            namespace: namespace.to_owned(),
            container: container.to_owned(),
            lines: lines.into_iter().map(Into::into).collect(),
            previous: Vec::new(),
        });
        self
    }

    /// Deletes the object at an API path once the world is made.
    pub fn deleting(mut self, path: &str) -> Self {
        self.deletions.push(path.to_owned());
        self
    }

    /// Waits for a text in the status of a pod.
    pub fn see_pod(mut self, namespace: &str, prefix: &str, says: &str) -> Self {
        let (namespace, prefix, says) = (namespace.to_owned(), prefix.to_owned(), says.to_owned());
        self.observed.push(Condition::Pod { namespace, prefix, says });
        self
    }

    /// Waits for a text in an event.
    pub fn see_event(mut self, namespace: &str, says: &str) -> Self {
        self.observed.push(Condition::Event { namespace: namespace.to_owned(), says: says.to_owned() });
        self
    }

    /// Waits for a text in an object.
    pub fn see_object(mut self, path: &str, says: &str) -> Self {
        self.observed.push(Condition::Object { path: path.to_owned(), says: says.to_owned() });
        self
    }

    /// Leaves the second replica of CoreDNS with these keys of coredns-custom, whatever the ConfigMap holds.
    pub fn stuck_replica(mut self, keys: Value) -> Self {
        self.stuck_replica = Some(keys);
        self
    }

    /// Starts the two CoreDNS replicas, in front of a VNet's DNS that answers so.
    pub fn with_dns(mut self, dns: Dns) -> Self {
        self.dns = Some(dns);
        self
    }
}

/// Tells whether an object has that kind and name.
pub(crate) fn is(object: &Value, kind: &str, name: &str) -> bool {
    object["kind"] == kind && object["metadata"]["name"] == name
}

/// Returns an RFC 3339 time so many minutes ago.
pub fn minutes_ago(minutes: i64) -> String {
    let seconds = jiff::Timestamp::now().as_second() - 60 * minutes;
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}
