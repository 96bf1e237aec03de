//! A lab: one control plane, and the world that is played on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::aks::KUBELET;
use crate::api::path;
use crate::binaries::{Binaries, binaries, source};
use crate::clock::Clock;
use crate::component::{Components, Supervisor};
use crate::condition::{self, contains, items};
use crate::control_plane::{ControlPlane, read_json};
use crate::dns::{Replicas, Volumes};
use crate::proxy::{Plan, Proxy};
use crate::user::{self, Rule};
use crate::world::{Condition, Crds, World, is};

/// How long any one thing of a world may take until it is seen. All are there within seconds when the machine is idle.
const BOUND: Duration = Duration::from_secs(45);

/// How often a lab is started again when a port that was free has been taken meanwhile.
const TRIES: usize = 3;

/// How a lab is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Runs the CoreDNS replicas of worlds that have them. Without it they are pods like all others.
    pub dns: bool,
    /// Has the API server write down who asks what: see [`Lab::audit`].
    pub audit: bool,
    /// Which API server runs. Everything beside it stays what it is; the nodes say that they are of the server's version.
    pub server: Version,
    /// Runs the controller manager and the scheduler. Without them every object stays as it was written, whatever it says.
    pub controllers: bool,
}

/// The versions of the API server that a lab can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// 1.34, the oldest that the plugin is held to. What runs beside it is newer than Kubernetes supports there.
    V1_34,
    /// 1.36, as what runs beside it.
    #[default]
    V1_36,
    /// 1.37, the newest.
    V1_37,
}

impl Version {
    /// Returns the version as people say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_34 => "1.34",
            Self::V1_36 => "1.36",
            Self::V1_37 => "1.37",
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { dns: true, audit: false, server: Version::default(), controllers: true }
    }
}

/// A real control plane with simulated nodes. Everything ends when it is dropped, and when its process dies.
pub struct Lab {
    // Declared before the folder's owner (the supervisor in `plane`), so that tasks end first.
    runtime: Option<Runtime>,
    plane: ControlPlane,
    binaries: Binaries,
    folder: PathBuf,
    options: Options,
}

impl Lab {
    /// Starts a lab.
    pub fn start() -> Result<Self> {
        Self::start_with(Options::default())
    }

    /// Starts a lab with options.
    pub fn start_with(options: Options) -> Result<Self> {
        let binaries = binaries()?;
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().thread_name("lab").build()?;
        let mut failure = None;
        for _ in 0..TRIES {
            let folder = tempfile::Builder::new().prefix("aksbackup-lab-").tempdir()?;
            let supervisor = Supervisor::start(&binaries.lab_helper, folder.path())?;
            // From here on the supervisor removes the folder: this process may not live to do it.
            let folder = folder.keep();
            let components = Components::new(supervisor, folder.join("logs"))?;
            let (owned, at) = (binaries.clone(), folder.clone());
            let of_plane = options.clone();
            match wait_for(&runtime, async move { ControlPlane::start(&owned, components, &at, &of_plane).await }) {
                Ok(plane) => return Ok(Self { runtime: Some(runtime), plane, binaries, folder, options }),
                Err(error) if error.to_string().contains("address already in use") => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(failure.context("no lab could be started")?)
    }

    /// Returns the administrator's kubeconfig. Its current context is `lab`.
    pub fn kubeconfig(&self) -> &Path {
        &self.plane.kubeconfig
    }

    /// Returns the lab's folder, which is removed with it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a user with exactly these rights and returns its kubeconfig.
    pub fn user(&self, name: &str, rules: &[Rule]) -> Result<PathBuf> {
        self.wait_for(user::create(&self.plane, &self.folder, name, rules))
    }

    /// Returns the address of the API server.
    pub fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.plane.ports.api)
    }

    /// Returns the PEM file of the lab's authority.
    pub fn authority(&self) -> PathBuf {
        self.plane.authority.file("ca.crt")
    }

    /// Makes a client certificate and its key, as PEM; it ended in 2021 where it is `expired`.
    pub fn client_certificate(&self, name: &str, groups: &[&str], expired: bool) -> Result<(String, String)> {
        let signed = self.plane.authority.client(name, groups, expired)?;
        Ok((signed.certificate, signed.key))
    }

    /// Makes the certificate of a client that has a key already, as PEM (PKCS #8).
    pub fn client_certificate_for(&self, name: &str, key: &str) -> Result<String> {
        self.plane.authority.client_for(name, key)
    }

    /// Makes a certificate and its key for a server of the test's own, as PEM.
    pub fn server_certificate(&self, names: &[&str], expired: bool) -> Result<(String, String)> {
        let signed = self.plane.authority.server_for(names, expired)?;
        Ok((signed.certificate, signed.key))
    }

    /// Starts a program that ends with the lab; what it prints goes to the log that is returned.
    pub fn start_beside(&self, name: &str, program: &Path, arguments: &[&str]) -> Result<PathBuf> {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.plane.components.start(name, program, &arguments)?;
        Ok(self.folder.join("logs").join(format!("{name}.log")))
    }

    /// Returns the audit log's file. Only with [`Options::audit`]; each line is one event at the end of a request.
    pub fn audit(&self) -> PathBuf {
        ControlPlane::audit_log(&self.folder)
    }

    /// Puts a proxy before the API server, which breaks what the plan says.
    pub fn proxy(&self, plan: Plan) -> Result<Proxy> {
        let runtime = self.runtime.as_ref().expect("there until the lab is dropped");
        Proxy::start(runtime.handle(), &self.plane, &self.folder, plan)
    }

    /// Returns the port that the API server listens on.
    pub fn port(&self) -> u16 {
        self.plane.ports.api
    }

    /// Runs kubectl as the administrator and returns what it prints.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.kubectl_as(self.kubeconfig(), arguments)
    }

    /// Runs kubectl with another kubeconfig.
    pub fn kubectl_as(&self, kubeconfig: &Path, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.binaries.kubectl)
            .env("KUBECONFIG", kubeconfig)
            .args(arguments)
            .output()
            .with_context(|| format!("cannot run {}", self.binaries.kubectl.display()))?;
        ensure!(
            output.status.success(),
            "kubectl {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Creates an object, or merges it over the one that is there.
    pub fn apply(&self, object: &Value) -> Result<()> {
        self.wait_for(self.plane.api.apply(object))
    }

    /// Creates many objects at once, in no order, and does not wait for what becomes of them.
    pub fn apply_all(&self, objects: &[Value]) -> Result<()> {
        self.wait_for(self.plane.api.apply_all(objects))
    }

    /// Reads an API path.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.wait_for(async { Ok(self.plane.api.get(path).await?) })
    }

    /// Deletes the object at an API path.
    pub fn delete(&self, path: &str) -> Result<()> {
        self.wait_for(self.plane.api.delete(path))
    }

    /// Waits until the object at an API path passes the test, and returns it.
    pub fn wait_until(
        &self,
        path: &str,
        bound: Duration,
        test: impl Fn(&Value) -> bool + Send + Sync,
    ) -> Result<Value> {
        self.wait_for(self.plane.api.wait("what the test waits for", path, bound, test))
    }

    /// Applies a world and waits until it is there. A second world is laid over the first.
    pub fn play(&self, world: &World) -> Result<()> {
        let result = self.wait_for(self.play_all(world));
        match (result, self.plane.components.ended()) {
            (Err(error), Some(ended)) => Err(error.context(ended)),
            (result, _) => result,
        }
    }

    async fn play_all(&self, world: &World) -> Result<()> {
        let api = &self.plane.api;
        let clock = Clock::start();
        self.start_webhook(world)?;
        let mut before = self.crds(world)?;
        let workload =
            |object: &&Value| ["Deployment", "DaemonSet", "Job", "Pod"].iter().any(|kind| object["kind"] == *kind);
        before.extend(world.objects.iter().filter(|object| !workload(object)).cloned());
        before.extend(self.kubelet_objects(world)?);
        for node in before.iter_mut().filter(|object| object["kind"] == "Node") {
            let version = &mut node["status"]["nodeInfo"]["kubeletVersion"];
            if *version == KUBELET {
                *version = json!(format!("v{}.0", self.options.server.name()));
            }
        }
        // Nodes and namespaces first: they are what others wait for.
        before.sort_by_key(|object| match object["kind"].as_str() {
            Some("Node") => 0,
            Some("Namespace") => 1,
            Some("CustomResourceDefinition") => 2,
            _ => 3,
        });
        api.apply_all(&before).await?;
        clock.tell("definitions, nodes and settings");
        // Not before its role is there: its log would tell of a trouble that is none.
        let replicas = self.start_dns(world)?;
        let nodes = world.objects.iter().filter(|object| object["kind"] == "Node").count();
        // Pods that are bound before the kubelet knows its node may stay pending.
        api.wait("the nodes", "/api/v1/nodes", BOUND, |list| {
            items(list).filter(|node| is_ready(node, self.options.controllers)).count() >= nodes
        })
        .await?;
        clock.tell("nodes ready");
        for quota in world.objects.iter().filter(|object| object["kind"] == "ResourceQuota") {
            // A quota is not enforced before its status is filled.
            api.wait("the quota", &path(quota)?, BOUND, |quota| quota["status"]["hard"].is_object()).await?;
        }
        for object in &world.refused {
            api.wait_refused(object, BOUND).await?;
        }
        // What takes room without a scheduler must be there before what needs room.
        let (bound, free): (Vec<_>, Vec<_>) =
            world.objects.iter().filter(workload).partition(|object| object["spec"]["nodeName"].is_string());
        if !bound.is_empty() {
            api.apply_all(bound).await?;
            let (first, ready): (Vec<_>, Vec<_>) = (
                free.iter().copied().filter(|object| object["metadata"]["namespace"] == "kube-system").collect(),
                world
                    .observed
                    .iter()
                    .filter(|one| matches!(one, Condition::Ready { namespace, .. } if namespace == "kube-system"))
                    .collect(),
            );
            api.apply_all(first).await?;
            for one in ready {
                condition::wait(api, one, BOUND).await?;
            }
        }
        api.apply_all(free).await?;
        clock.tell("workloads");
        for path in &world.deletions {
            api.delete(path).await?;
        }
        if let Some(replicas) = &replicas {
            replicas.attach(api, BOUND).await?;
            replicas.wait_ready(&self.plane, BOUND).await?;
        }
        clock.tell("DNS");
        self.report_events(world).await?;
        for one in &world.observed {
            condition::wait(api, one, BOUND).await?;
        }
        clock.tell("all is seen");
        Ok(())
    }

    fn start_dns(&self, world: &World) -> Result<Option<Replicas>> {
        let folder = self.folder.join("dns");
        let Some(dns) = world.dns.as_ref().filter(|_| self.options.dns && !folder.exists()) else { return Ok(None) };
        let map = |name: &str| {
            world.objects.iter().find(|object| is(object, "ConfigMap", name)).cloned().unwrap_or(json!({}))
        };
        let volumes = Volumes::read(&map("coredns"), &map("coredns-custom"))?;
        let stuck = world.stuck_replica.as_ref();
        let stuck = stuck.map(|keys| Volumes::read(&map("coredns"), &json!({"data": keys}))).transpose()?;
        let replicas = Replicas::start(&self.plane, &self.binaries, &folder, dns, &volumes, stuck.as_ref())?;
        let follow = replicas.follow(self.plane.api.clone(), volumes, stuck.is_some());
        self.runtime.as_ref().expect("there until the lab is dropped").spawn(follow);
        Ok(Some(replicas))
    }

    fn start_webhook(&self, world: &World) -> Result<()> {
        if world.denials.is_empty() {
            return Ok(());
        }
        let file = self.folder.join("denials.json");
        let denials: Vec<_> = world
            .denials
            .iter()
            .map(|denial| json!({"Kinds": denial.kinds, "Namespace": denial.namespace, "Message": denial.message}))
            .collect();
        fs::write(&file, json!(denials).to_string())?;
        let pki = |name: &str| self.plane.authority.file(name).display().to_string();
        let address = format!("127.0.0.1:{}", self.plane.ports.webhook);
        self.plane.components.start(
            "gatekeeper",
            &self.binaries.lab_helper,
            &["gatekeeper".to_owned(), address, pki("server.crt"), pki("server.key"), file.display().to_string()],
        )
    }

    fn crds(&self, world: &World) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        for crds in &world.crds {
            match crds {
                Crds::Velero => found.extend(read_folder(&self.binaries.crds.join("velero"))?),
                Crds::Snapshot => found.extend(
                    read_folder(&self.binaries.crds.join("snapshot"))?
                        .into_iter()
                        .filter(|crd| crd["spec"]["group"] == "snapshot.storage.k8s.io"),
                ),
                Crds::AksClusterConfig => found.extend(read_own("aks-cluster-config")?),
                Crds::ClusterConfig => found.extend(read_own("cluster-config")?),
                Crds::PodIdentity => found.extend(read_own("pod-identity")?),
                Crds::ClusterBackup => found.extend(read_own("cluster-backup")?),
            }
        }
        Ok(found)
    }

    /// Returns what the simulated kubelets need: logs and the programs of the containers; and the webhook's registration.
    fn kubelet_objects(&self, world: &World) -> Result<Vec<Value>> {
        let logs = self.folder.join("containers");
        fs::create_dir_all(&logs)?;
        let empty = logs.join("empty");
        fs::write(&empty, "")?;
        let mut namespaces: Vec<&str> = world.logs.iter().map(|log| log.namespace.as_str()).collect();
        namespaces.extend(["kube-system", crate::extension::NAMESPACE, "shop"]);
        namespaces.sort_unstable();
        namespaces.dedup();
        let mut objects = Vec::new();
        for namespace in namespaces {
            let mut rules = vec![json!({"logsFile": empty, "previousLogsFile": empty})];
            for log in world.logs.iter().filter(|log| log.namespace == namespace) {
                let file = logs.join(format!("{namespace}-{}", log.container));
                let previous = file.with_extension("previous");
                fs::write(&file, cri(&log.lines))?;
                fs::write(&previous, cri(&log.previous))?;
                rules.push(json!({"containers": [log.container], "logsFile": file, "previousLogsFile": previous}));
            }
            objects.push(json!({
                "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterLogs", "metadata": {"name": namespace},
                "spec": {"selector": {"matchNamespaces": [namespace]}, "logs": rules},
            }));
        }
        let programs = self.folder.join("programs");
        fs::create_dir_all(&programs)?;
        let nslookup = programs.join("nslookup");
        if !nslookup.exists() {
            std::os::unix::fs::symlink(&self.binaries.lab_helper, nslookup)?;
        }
        objects.push(json!({
            "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterExec", "metadata": {"name": "programs"},
            "spec": {"selector": {}, "execs": [{"local": {"workDir": programs, "envs": [
                {"name": "PATH", "value": format!("{}:/usr/bin:/bin", programs.display())},
                {"name": "LAB_DNS_SOCKET", "value": Replicas::socket(&self.folder.join("dns"), 53)},
                {"name": "LAB_DNS_ADDRESS", "value": "10.0.0.10"},
            ]}}]},
        }));
        if !world.denials.is_empty() {
            let rules = json!([{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["pods", "jobs", "deployments"]}]);
            let url = format!("https://127.0.0.1:{}/v1/admit", self.plane.ports.webhook);
            let authority = crate::control_plane::base64(self.plane.authority.certificate.as_bytes());
            objects.push(json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": "gatekeeper-validating-webhook-configuration", "labels": {"gatekeeper.sh/system": "yes"}},
                "webhooks": [{
                    "name": "validation.gatekeeper.sh", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
                    "timeoutSeconds": 3, "rules": rules, "clientConfig": {"url": url, "caBundle": authority},
                }],
            }));
        }
        Ok(objects)
    }

    /// Writes the events that a kubelet would have reported.
    async fn report_events(&self, world: &World) -> Result<()> {
        let mut events = Vec::new();
        for (index, event) in world.pod_events.iter().enumerate() {
            let namespace = &event.namespace;
            let named =
                |pod: &Value| pod["metadata"]["name"].as_str().is_some_and(|name| name.starts_with(&event.pod_prefix));
            let path = format!("/api/v1/namespaces/{namespace}/pods");
            let list = self.plane.api.wait(&format!("{event:?}"), &path, BOUND, |list| items(list).any(named)).await?;
            for pod in items(&list).filter(|pod| named(pod)) {
                let name = pod["metadata"]["name"].as_str().unwrap_or_default();
                let now = crate::world::minutes_ago(0);
                events.push(json!({
                    "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": namespace, "name": format!("{name}.lab{index}")},
                    "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name, "uid": pod["metadata"]["uid"]},
                    "type": event.kind, "reason": event.reason, "message": event.message, "count": 3,
                    "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]}, "reportingComponent": "kubelet",
                    "firstTimestamp": now, "lastTimestamp": now,
                }));
            }
        }
        self.plane.api.apply_all(&events).await
    }

    fn wait_for<T: Send>(&self, future: impl Future<Output = Result<T>> + Send) -> Result<T> {
        wait_for(self.runtime.as_ref().expect("there until the lab is dropped"), future)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // In a test that is async itself a runtime may not be dropped in the ordinary way.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs a future to its end on the runtime, also when the caller stands in a runtime of its own.
fn wait_for<T: Send>(runtime: &Runtime, future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join().expect("the lab does not panic"))
}

/// Tells whether a node is ready. It is made with a taint that only a controller takes away.
fn is_ready(node: &Value, controllers: bool) -> bool {
    let conditions = node["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True")
        && !(controllers && contains(&node["spec"]["taints"], "node.kubernetes.io/not-ready"))
}

/// Writes lines as a container runtime does.
fn cri(lines: &[String]) -> String {
    let start = jiff::Timestamp::now().as_second() - i64::try_from(lines.len()).unwrap_or_default();
    let time = |index: usize| {
        jiff::Timestamp::from_second(start + i64::try_from(index).unwrap_or_default()).unwrap_or_default()
    };
    // Always nine digits, as the runtime writes them: kwok's reader knows no other form.
    lines.iter().enumerate().map(|(index, line)| format!("{:.9} stderr F {line}\n", time(index))).collect()
}

fn read_folder(folder: &Path) -> Result<Vec<Value>> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    files.iter().map(|file| read_json(file)).collect()
}

/// Reads definitions that are written by hand, in `crds/`.
fn read_own(name: &str) -> Result<Vec<Value>> {
    let file = source().join(format!("crds/{name}.yaml"));
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let found =
        text.split("\n---\n").map(|document| Ok(serde_yaml::from_str(document)?)).collect::<Result<Vec<_>>>()?;
    if found.is_empty() {
        bail!("{} is empty", file.display());
    }
    Ok(found)
}
