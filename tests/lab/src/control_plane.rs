//! Starts etcd, the API server, the controller manager, the scheduler and the simulated kubelets of one lab.
//!
//! May not know what a world holds. Every wait has a bound, and its error shows the end of the program's log.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kube::config::{AuthInfo, Cluster, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};
use serde_json::{Value, json};

use crate::api::Api;
use crate::binaries::{Binaries, source};
use crate::certificates::{Authority, Signed};
use crate::clock::Clock;
use crate::component::Components;
use crate::lab::{Options, Version};

/// How long a program may take until it answers. Warm it is two seconds; the machine may be busy with builds.
const BOUND: Duration = Duration::from_secs(60);

/// The token of the administrator. The lab listens on the loopback only and ends with the test.
const ADMIN: &str = "lab-admin";

/// The token that CoreDNS finds in its service account's folder.
pub(crate) const COREDNS_TOKEN: &str = "lab-coredns";

/// What the API server writes down, where it does: each request once, at its end, without its content.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
";

/// Where the programs of one lab listen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    etcd: u16,
    etcd_peer: u16,
    pub(crate) api: u16,
    kubelet: u16,
    pub(crate) webhook: u16,
}

impl Ports {
    /// Finds free ports. They are held together, so they differ, and given back just before they are used.
    ///
    /// They lie below those that the kernel gives to outgoing connections: such a one took a port meanwhile, often.
    fn free() -> Result<Self> {
        const FIRST: u16 = 15_000;
        const COUNT: u16 = 17_000;
        // Other labs that start at this moment begin somewhere else.
        let begin = RandomState::new().hash_one(std::process::id());
        let candidates = (0..COUNT).map(|step| FIRST + ((begin % u64::from(COUNT)) as u16 + step) % COUNT);
        let held: Vec<_> =
            candidates.filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()).take(5).collect();
        ensure!(held.len() == 5, "no five ports are free from {FIRST} on");
        let port = |index: usize| held[index].local_addr().map(|address| address.port());
        Ok(Self { etcd: port(0)?, etcd_peer: port(1)?, api: port(2)?, kubelet: port(3)?, webhook: port(4)? })
    }
}

/// A running control plane.
pub(crate) struct ControlPlane {
    pub(crate) components: Components,
    pub(crate) ports: Ports,
    pub(crate) authority: Authority,
    pub(crate) api: Api,
    pub(crate) kubeconfig: PathBuf,
}

impl ControlPlane {
    /// Starts all programs in the folder and waits until the API server and the kubelets are there.
    pub(crate) async fn start(
        binaries: &Binaries,
        components: Components,
        folder: &Path,
        options: &Options,
    ) -> Result<Self> {
        let Options { audit, server: version, controllers, .. } = *options;
        let clock = Clock::start();
        let ports = Ports::free()?;
        let authority = Authority::create(&folder.join("pki"))?;
        let file = |name: &str| authority.file(name).display().to_string();
        let etcd = format!("http://127.0.0.1:{}", ports.etcd);
        components.start(
            "etcd",
            &binaries.etcd,
            &arguments(&[
                ("data-dir", &folder.join("etcd").display().to_string()),
                ("listen-client-urls", &etcd),
                ("advertise-client-urls", &etcd),
                ("listen-peer-urls", &format!("http://127.0.0.1:{}", ports.etcd_peer)),
                ("unsafe-no-fsync", "true"),
            ]),
        )?;
        let tokens = folder.join("tokens.csv");
        fs::write(
            &tokens,
            format!(
                "{ADMIN},lab-admin,lab-admin,\"system:masters\"\n{COREDNS_TOKEN},system:serviceaccount:kube-system:coredns,coredns,\
                 \"system:serviceaccounts,system:serviceaccounts:kube-system\"\n"
            ),
        )?;
        let mut for_audit = Vec::new();
        if audit {
            let policy = folder.join("audit.yaml");
            fs::write(&policy, AUDIT_POLICY)?;
            for_audit = arguments(&[
                ("audit-policy-file", &policy.display().to_string()),
                ("audit-log-path", &Self::audit_log(folder).display().to_string()),
                ("audit-log-mode", "blocking"),
            ]);
        }
        let mut for_server = arguments(&[
            ("etcd-servers", &etcd),
            ("cert-dir", &folder.join("pki").display().to_string()),
            ("tls-cert-file", &file("server.crt")),
            ("tls-private-key-file", &file("server.key")),
            ("client-ca-file", &file("ca.crt")),
            ("bind-address", "127.0.0.1"),
            ("secure-port", &ports.api.to_string()),
            ("token-auth-file", &tokens.display().to_string()),
            ("authorization-mode", "RBAC"),
            ("service-account-issuer", "https://kubernetes.default.svc"),
            ("service-account-key-file", &file("sa.pub")),
            ("service-account-signing-key-file", &file("sa.key")),
            ("service-cluster-ip-range", "10.0.0.0/16"),
            // A node's internal address is one of a VNet; where its simulated kubelet listens is the external one.
            ("kubelet-preferred-address-types", "ExternalIP"),
            ("allow-privileged", "true"),
            ("disable-admission-plugins", "ServiceAccount"),
            ("enable-priority-and-fairness", "false"),
            ("profiling", "false"),
        ]);
        for_server.append(&mut for_audit);
        let program = match version {
            Version::V1_34 => &binaries.kube_apiserver_1_34,
            Version::V1_36 => &binaries.kube_apiserver,
            Version::V1_37 => &binaries.kube_apiserver_1_37,
        };
        components.start("kube-apiserver", program, &for_server)?;

        let server = format!("https://127.0.0.1:{}", ports.api);
        let kubeconfig = folder.join("kubeconfig");
        let admin = AuthInfo { token: Some(ADMIN.to_owned().into()), ..AuthInfo::default() };
        let config = write_kubeconfig(&kubeconfig, &server, &authority.certificate, "lab-admin", admin)?;
        let mut config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await?;
        config.proxy_url = None;
        // The API server says 429, try again after a second, while it readies a new definition, which takes 80 ms.
        config.default_retry = false;
        let api = Api::new(kube::Client::try_from(config)?);
        let plane = Self { components, ports, authority, api, kubeconfig };
        plane.wait("kube-apiserver", "/livez").await?;
        clock.tell("the API server lives");
        plane.start_controllers(binaries, folder, controllers).await?;
        clock.tell("controllers and kubelets started");
        plane.wait("kube-apiserver", "/readyz").await?;
        plane.wait_for_kubelets().await?;
        clock.tell("the API server is ready");
        Ok(plane)
    }

    /// Returns where the API server writes down who asked what, if it does.
    pub(crate) fn audit_log(folder: &Path) -> PathBuf {
        folder.join("logs/audit.log")
    }

    async fn start_controllers(&self, binaries: &Binaries, folder: &Path, controllers: bool) -> Result<()> {
        let kubeconfig = self.kubeconfig.display().to_string();
        let file = |name: &str| self.authority.file(name).display().to_string();
        if controllers {
            self.components.start(
                "kube-controller-manager",
                &binaries.kube_controller_manager,
                &arguments(&[
                    ("kubeconfig", &kubeconfig),
                    ("service-account-private-key-file", &file("sa.key")),
                    ("leader-elect", "false"),
                    ("secure-port", "0"),
                    ("cert-dir", &folder.join("pki").display().to_string()),
                    // The CSI drivers of a world do not run; without this their volumes give false events.
                    ("controllers", "*,-persistentvolume-attach-detach-controller"),
                    ("kube-api-qps", "300"),
                    ("kube-api-burst", "600"),
                    ("pvclaimbinder-sync-period", "1s"),
                ]),
            )?;
            self.components.start(
                "kube-scheduler",
                &binaries.kube_scheduler,
                &arguments(&[
                    ("kubeconfig", &kubeconfig),
                    ("leader-elect", "false"),
                    ("secure-port", "0"),
                    ("kube-api-qps", "300"),
                    ("kube-api-burst", "600"),
                ]),
            )?;
        }
        let crds: Vec<Value> = ["logs", "clusterlogs", "clusterexecs", "portforwards"]
            .iter()
            .map(|name| read_json(&binaries.crds.join(format!("kwok/kwok.x-k8s.io_{name}.json"))))
            .collect::<Result<_>>()?;
        self.api.apply_all(&crds).await?;
        for crd in &crds {
            let name = crd["metadata"]["name"].as_str().unwrap_or_default();
            let path = format!("/apis/kwok.x-k8s.io/v1alpha1/{}", name.split('.').next().unwrap_or_default());
            self.api.wait("kwok's definitions", &path, BOUND, |_| true).await?;
        }
        let stages = folder.join("stages.yaml");
        fs::write(&stages, stages_text(binaries)?)?;
        // `kubectl exec` looks for its command where kwok does, whatever the environment that the rule sets.
        let programs = folder.join("programs");
        self.components.start_with_path(
            "kwok",
            &binaries.kwok,
            &arguments(&[
                ("kubeconfig", &kubeconfig),
                ("config", &stages.display().to_string()),
                ("manage-all-nodes", "true"),
                ("node-ip", "127.0.0.1"),
                ("node-port", &self.ports.kubelet.to_string()),
                ("server-address", &format!("127.0.0.1:{}", self.ports.kubelet)),
                ("tls-cert-file", &file("server.crt")),
                ("tls-private-key-file", &file("server.key")),
                // kwok's default lies inside the range of the services: a pod was given the address of kube-dns.
                ("cidr", "10.244.0.0/16"),
                ("enable-crds", "Logs,ClusterLogs,ClusterExec,PortForward"),
                ("node-lease-duration-seconds", "40"),
            ]),
            Some(&programs),
        )
    }

    /// Waits until the simulated kubelets listen: their port may have been taken since it was found free.
    async fn wait_for_kubelets(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            // Whoever took the port listens there as well, and then kwok ends.
            let listens = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.kubelet)).await.is_ok();
            let log = self.components.tail("kwok");
            if log.contains("address already in use") {
                bail!("{log}");
            }
            if listens {
                return Ok(());
            }
            if let Some(ended) = self.components.ended() {
                bail!("{ended}");
            }
            if start.elapsed() > BOUND {
                bail!("the kubelets do not listen within {BOUND:?}; {log}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the API server answers `ok`; fails early when a program has ended.
    async fn wait(&self, component: &str, path: &str) -> Result<()> {
        let start = Instant::now();
        let client = self.api.client();
        loop {
            let request = http::Request::get(path).body(Vec::new())?;
            if client.request_text(request).await.is_ok() {
                return Ok(());
            }
            if let Some(ended) = self.components.ended() {
                bail!("{ended}");
            }
            if start.elapsed() > BOUND {
                bail!("{path} is not ok within {BOUND:?}; {}", self.components.tail(component));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Writes the kubeconfig of a user who is known by a certificate.
    pub(crate) fn user_kubeconfig(&self, file: &Path, user: &str, signed: &Signed) -> Result<()> {
        let info = AuthInfo {
            client_certificate_data: Some(base64(signed.certificate.as_bytes())),
            client_key_data: Some(base64(signed.key.as_bytes()).into()),
            ..AuthInfo::default()
        };
        let server = format!("https://127.0.0.1:{}", self.ports.api);
        write_kubeconfig(file, &server, &self.authority.certificate, user, info)?;
        Ok(())
    }
}

fn arguments(pairs: &[(&str, &str)]) -> Vec<String> {
    pairs.iter().map(|(key, value)| format!("--{key}={value}")).collect()
}

pub(crate) fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}

/// Puts kwok's stages and the lab's own together. A pod that is told its status is left alone by kwok's.
fn stages_text(binaries: &Binaries) -> Result<String> {
    let told = json!({"key": ".metadata.annotations[\"aksbackup-lab/status\"]", "operator": "DoesNotExist"});
    let mut documents = Vec::new();
    for name in ["node-initialize", "pod-ready", "pod-complete", "pod-delete"] {
        let mut stage = read_json(&binaries.crds.join(format!("stages/{name}.json")))?;
        if name == "pod-ready" {
            let expressions = stage.pointer_mut("/spec/selector/matchExpressions").and_then(Value::as_array_mut);
            expressions.context("kwok's stage pod-ready has no matchExpressions")?.push(told.clone());
        }
        documents.push(stage.to_string());
    }
    let folder = source().join("stages");
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        documents.push(fs::read_to_string(entry?.path())?);
    }
    Ok(documents.join("\n---\n"))
}

fn write_kubeconfig(file: &Path, server: &str, authority: &str, user: &str, info: AuthInfo) -> Result<Kubeconfig> {
    let cluster = Cluster {
        server: Some(server.to_owned()),
        certificate_authority_data: Some(base64(authority.as_bytes())),
        ..Cluster::default()
    };
    let context =
        kube::config::Context { cluster: "lab".to_owned(), user: Some(user.to_owned()), ..Default::default() };
    let config = Kubeconfig {
        clusters: vec![NamedCluster { name: "lab".to_owned(), cluster: Some(cluster), ..Default::default() }],
        auth_infos: vec![NamedAuthInfo { name: user.to_owned(), auth_info: Some(info), ..Default::default() }],
        contexts: vec![NamedContext { name: "lab".to_owned(), context: Some(context), ..Default::default() }],
        current_context: Some("lab".to_owned()),
        api_version: Some("v1".to_owned()),
        kind: Some("Config".to_owned()),
        ..Kubeconfig::default()
    };
    // JSON is YAML, and nobody folds its long lines.
    fs::write(file, serde_json::to_string_pretty(&config)?)?;
    Ok(config)
}

/// Encodes bytes as kubeconfigs want them.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = u32::from_be_bytes([0, chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)]);
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_pads() {
        assert_eq!(super::base64(b"a"), "YQ==");
        assert_eq!(super::base64(b"abcd"), "YWJjZA==");
        assert_eq!(super::base64(b"abc"), "YWJj");
    }
}
