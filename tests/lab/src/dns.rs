//! The two CoreDNS replicas: the real program, in namespaces of its own, with the files that a kubelet would write.
//!
//! Each replica asks a second CoreDNS on 127.0.0.53, which plays the DNS of the VNet and of the world.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::binaries::Binaries;
use crate::condition::items;
use crate::control_plane::{COREDNS_TOKEN, ControlPlane, read_json};

/// What the DNS of the VNet and of the world answers. A name that is not listed does not exist.
#[derive(Debug, Clone, Default)]
pub struct Dns {
    /// Names, without the dot at the end, and their answers.
    pub names: Vec<(String, Answer)>,
}

/// The answer to the question for one name.
#[derive(Debug, Clone)]
pub enum Answer {
    /// An IPv4 address.
    Address(String),
    /// An alias into a private zone that does not hold the name: NXDOMAIN, though the name exists in the world.
    Alias(String),
    /// An alias into a private zone that gives a private address.
    AliasTo(String, String),
    /// A server that fails.
    Failure,
}

/// How many replicas there are.
const REPLICAS: usize = 2;

/// The container's ports that can be forwarded: DNS, health, readiness, metrics.
const PORTS: [u16; 4] = [53, 8080, 8181, 9153];

impl Dns {
    /// Adds a name.
    pub fn name(mut self, name: &str, answer: Answer) -> Self {
        self.names.retain(|(other, _)| other != name);
        self.names.push((name.to_owned(), answer));
        self
    }

    /// Returns the Corefile of the server that plays the VNet.
    fn corefile(&self) -> String {
        let mut text = ". {\n    bind 127.0.0.53\n    errors\n".to_owned();
        for (name, answer) in &self.names {
            // Anchored, or a question for a name below this one would be answered too.
            let pattern = format!("^{}[.]$", name.replace('.', "[.]"));
            let block = match answer {
                Answer::Address(address) => format!(
                    "template IN A {name} {{\n match {pattern}\n answer \"{{{{ .Name }}}} 60 IN A {address}\"\n fallthrough\n}}\n\
                     template IN ANY {name} {{\n match {pattern}\n rcode NOERROR\n fallthrough\n}}\n"
                ),
                Answer::Alias(target) => format!(
                    "template IN ANY {name} {{\n match {pattern}\n rcode NXDOMAIN\n answer \"{{{{ .Name }}}} 60 IN CNAME {target}.\"\n \
                     authority \"{} 10 IN SOA azureprivatedns.net. azureprivatedns-host.microsoft.com. 1 3600 300 2419200 10\"\n fallthrough\n}}\n",
                    parent(target)
                ),
                Answer::AliasTo(target, address) => format!(
                    "template IN A {name} {{\n match {pattern}\n answer \"{{{{ .Name }}}} 60 IN CNAME {target}.\"\n \
                     answer \"{target}. 10 IN A {address}\"\n fallthrough\n}}\n\
                     template IN ANY {name} {{\n match {pattern}\n answer \"{{{{ .Name }}}} 60 IN CNAME {target}.\"\n fallthrough\n}}\n"
                ),
                Answer::Failure => {
                    format!("template IN ANY {name} {{\n match {pattern}\n rcode SERVFAIL\n fallthrough\n}}\n")
                }
            };
            text += &block;
        }
        text + "template ANY ANY . {\n rcode NXDOMAIN\n authority \". 60 IN SOA a.root-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 60\"\n}\n}\n"
    }
}

fn parent(name: &str) -> String {
    format!("{}.", name.split_once('.').map_or(name, |(_, parent)| parent))
}

/// The running replicas of one lab.
pub(crate) struct Replicas {
    folder: PathBuf,
}

impl Replicas {
    /// Starts the replicas; the last one with files of its own, where it is stuck. They wait for the API server's answers by themselves.
    pub(crate) fn start(
        plane: &ControlPlane,
        binaries: &Binaries,
        folder: &Path,
        dns: &Dns,
        files: &Volumes,
        stuck: Option<&Volumes>,
    ) -> Result<Self> {
        let replicas = Self { folder: folder.to_owned() };
        let upstream = folder.join("upstream");
        fs::create_dir_all(folder)?;
        fs::write(&upstream, dns.corefile())?;
        for index in 0..REPLICAS {
            let root = replicas.root(index);
            let account = root.join("var/run/secrets/kubernetes.io/serviceaccount");
            for path in ["etc/coredns", "tmp"] {
                fs::create_dir_all(root.join(path))?;
            }
            fs::create_dir_all(&account)?;
            fs::write(account.join("token"), COREDNS_TOKEN)?;
            fs::write(account.join("namespace"), "kube-system")?;
            fs::write(account.join("ca.crt"), &plane.authority.certificate)?;
            fs::write(root.join("etc/resolv.conf"), "nameserver 127.0.0.53\nsearch reddog.microsoft.com\n")?;
            stuck.filter(|_| index + 1 == REPLICAS).unwrap_or(files).write(&root)?;
            let specification = json!({
                "Root": root, "Coredns": binaries.coredns, "Upstream": upstream, "API": format!("127.0.0.1:{}", plane.ports.api),
                "Sockets": replicas.sockets(index), "Ports": PORTS,
                "Machine": replicas.machine_ports(index), "Log": replicas.log(index),
            });
            fs::create_dir_all(replicas.sockets(index))?;
            fs::write(replicas.log(index), "")?;
            let file = folder.join(format!("{index}.json"));
            fs::write(&file, specification.to_string())?;
            plane.components.start(
                &format!("coredns-{index}"),
                &binaries.lab_helper,
                &["replica".to_owned(), file.display().to_string()],
            )?;
        }
        Ok(replicas)
    }

    fn root(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}/root"))
    }

    fn sockets(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}"))
    }

    fn machine_ports(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}/ports.json"))
    }

    fn log(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}/log"))
    }

    /// Returns the socket that leads to a port of the first replica.
    pub(crate) fn socket(folder: &Path, port: u16) -> PathBuf {
        folder.join(format!("0/{port}.sock"))
    }

    /// Makes the pods of the deployment lead to the replicas: their logs and their ports.
    pub(crate) async fn attach(&self, api: &Api, bound: Duration) -> Result<()> {
        let start = Instant::now();
        let path = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns";
        let pods = api.wait("the CoreDNS pods", path, bound, |list| items(list).count() >= REPLICAS).await?;
        let mut objects = Vec::new();
        for (index, pod) in items(&pods).take(REPLICAS).enumerate() {
            let metadata = json!({"namespace": "kube-system", "name": pod["metadata"]["name"]});
            let file = self.machine_ports(index);
            while !file.exists() {
                ensure!(start.elapsed() < bound, "{} is not there within {bound:?}", file.display());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let machine = read_json(&file)?;
            // A target, not a command: of a command kwok does not notice the end while the client is silent.
            let forward = |port: &u16| json!({"ports": [port], "target": {"address": "127.0.0.1", "port": machine[port.to_string()]}});
            let forwards: Vec<_> = PORTS.iter().map(forward).collect();
            objects.push(json!({
                "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "PortForward", "metadata": metadata, "spec": {"forwards": forwards},
            }));
            objects.push(json!({
                "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Logs", "metadata": metadata,
                "spec": {"logs": [{"logsFile": self.log(index), "follow": true}]},
            }));
        }
        api.apply_all(&objects).await
    }

    /// Waits until every replica says that it is ready, which means that it has read the API.
    pub(crate) async fn wait_ready(&self, plane: &ControlPlane, bound: Duration) -> Result<()> {
        let start = Instant::now();
        for index in 0..REPLICAS {
            while ask_ready(&self.sockets(index).join("8181.sock")).is_err() {
                if start.elapsed() > bound {
                    let log = fs::read_to_string(self.log(index)).unwrap_or_default();
                    bail!(
                        "CoreDNS replica {index} is not ready within {bound:?}: {log}\n{}",
                        plane.components.tail(&format!("coredns-{index}"))
                    );
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// Follows the ConfigMaps and writes the volumes again when they change, as the kubelet does, but at once.
    /// The last replica is left out where it is stuck.
    pub(crate) fn follow(
        &self,
        api: Api,
        mut known: Volumes,
        is_stuck: bool,
    ) -> impl Future<Output = ()> + Send + use<> {
        let roots: Vec<_> = (0..REPLICAS - usize::from(is_stuck)).map(|index| self.root(index)).collect();
        async move {
            loop {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let corefile = api.get("/api/v1/namespaces/kube-system/configmaps/coredns").await;
                let custom = match api.get("/api/v1/namespaces/kube-system/configmaps/coredns-custom").await {
                    // The volume is optional: without the ConfigMap it is empty.
                    Err(kube::Error::Api(status)) if status.code == 404 => Ok(json!({})),
                    answer => answer,
                };
                let (Ok(corefile), Ok(custom)) = (corefile, custom) else { continue };
                let Ok(current) = Volumes::read(&corefile, &custom) else { continue };
                if current != known && roots.iter().all(|root| current.write(root).is_ok()) {
                    known = current;
                }
            }
        }
    }
}

fn ask_ready(socket: &Path) -> Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /ready HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.contains("200 OK") {
        bail!("not ready");
    }
    Ok(())
}

/// The files of the two ConfigMap volumes of a CoreDNS pod.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Volumes {
    corefile: String,
    custom: Map<String, Value>,
}

impl Volumes {
    /// Reads them from the ConfigMaps.
    pub(crate) fn read(coredns: &Value, custom: &Value) -> Result<Self> {
        let corefile =
            coredns["data"]["Corefile"].as_str().context("the ConfigMap coredns has no Corefile")?.to_owned();
        Ok(Self { corefile, custom: custom["data"].as_object().cloned().unwrap_or_default() })
    }

    fn write(&self, root: &Path) -> Result<()> {
        let custom = self.custom.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
        // The Corefile's folder holds the other volume's mount point, so only its file is swapped.
        write_volume(&root.join("etc/coredns"), &[("Corefile", &self.corefile)])?;
        write_volume(&root.join("etc/coredns/custom"), &custom.collect::<Vec<_>>())
    }
}

/// Writes a volume the way the kubelet does: a new folder, then the link `..data` is swapped, then the links to the keys.
fn write_volume(folder: &Path, files: &[(&str, &str)]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let old = fs::read_link(folder.join("..data")).ok();
    let fresh = format!("..{}", jiff::Timestamp::now().as_nanosecond());
    fs::create_dir(folder.join(&fresh))?;
    for (name, text) in files {
        fs::write(folder.join(&fresh).join(name), text)?;
    }
    symlink(&fresh, folder.join("..data_tmp"))?;
    fs::rename(folder.join("..data_tmp"), folder.join("..data"))?;
    for (name, _) in files {
        if fs::symlink_metadata(folder.join(name)).is_err() {
            symlink(format!("..data/{name}"), folder.join(name))?;
        }
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let key = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !key.starts_with("..") && path.is_symlink() && !files.iter().any(|(name, _)| *name == key) {
            fs::remove_file(path)?;
        }
    }
    if let Some(old) = old {
        fs::remove_dir_all(folder.join(old))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_swapped_and_keys_that_went_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("v");
        write_volume(&at, &[("a.server", "1"), ("b.override", "2")]).unwrap();
        write_volume(&at, &[("a.server", "3")]).unwrap();
        assert_eq!(fs::read_to_string(at.join("a.server")).unwrap(), "3");
        assert!(fs::symlink_metadata(at.join("b.override")).is_err());
    }
}
