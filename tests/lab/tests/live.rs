//! What a lab promises to its users: kubectl and kube work against it, DNS is real, rights are exact, nothing is left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aksbackup_lab::{Lab, Rule, World, aks, extension, scenario};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{AttachParams, ListParams, LogParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Labs of this file that live at the same time. The machine has two cores.
static AT_ONCE: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    AT_ONCE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn kubectl_reads_logs_runs_programs_and_asks_both_dns_replicas() {
    let _alone = alone();
    let start = Instant::now();
    let lab = Lab::start().unwrap();
    let started = start.elapsed();
    lab.play(&World::healthy()).unwrap();
    println!("ready after {:.1} s, of it {:.1} s to start", start.elapsed().as_secs_f64(), started.as_secs_f64());

    let version = lab.kubectl(&["version", "-o", "json"]).unwrap();
    assert!(version.contains("\"gitVersion\": \"v1.36.3\""), "{version}");

    let log = lab.kubectl(&["logs", "-n", "kube-system", "deploy/extension-agent", "-c", "config-agent"]).unwrap();
    assert!(log.contains("\"Role\":\"ClusterConfigAgent\""), "{log}");
    let log = lab.kubectl(&["logs", "-n", "kube-system", "-l", "k8s-app=kube-dns", "--tail=-1"]).unwrap();
    assert!(log.contains("plugin/reload: Running configuration SHA512"), "{log}");
    assert!(!log.contains("forbidden"), "{log}");

    let agent = ["exec", "-n", "kube-system", "deploy/extension-agent", "-c", "config-agent", "--", "nslookup"];
    let answer = lab.kubectl(&[&agent[..], &[aks::DP_ENDPOINT]].concat()).unwrap();
    assert!(answer.contains("Address: 20.40.200.153"), "{answer}");
    let error = lab.kubectl(&[&agent[..], &["no-such-host.example.com"]].concat()).unwrap_err();
    assert!(error.to_string().contains("exit status 1"), "{error}");

    // kube's own client, over websockets.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pods = pods(lab.kubeconfig()).await;
        let replicas = pods.list(&ListParams::default().labels("k8s-app=kube-dns")).await.unwrap();
        assert_eq!(replicas.items.len(), 2);
        for pod in replicas {
            let name = pod.metadata.name.unwrap();
            for (host, address) in
                [(aks::DP_ENDPOINT, [20, 40, 200, 153]), ("kubernetes.default.svc.cluster.local", [10, 0, 0, 1])]
            {
                let answer = ask(&pods, &name, host).await;
                assert!(answer.ends_with(&address), "{name} gave {answer:?} for {host}");
            }
            let log = pods.logs(&name, &LogParams::default()).await.unwrap();
            assert!(log.contains("CoreDNS-1.14.7"), "{log}");
        }
        let agent = pods.list(&ListParams::default().labels("control-plane=extension-agent")).await.unwrap();
        let name = agent.items[0].metadata.name.clone().unwrap();
        let command = ["nslookup", aks::DP_ENDPOINT];
        let mut run =
            pods.exec(&name, command, &AttachParams::default().container("config-agent").stderr(false)).await.unwrap();
        let mut output = String::new();
        run.stdout().unwrap().read_to_string(&mut output).await.unwrap();
        assert!(output.contains("Address: 20.40.200.153"), "{output}");
    });
}

#[test]
fn a_server_block_in_coredns_custom_changes_the_answer() {
    let _alone = alone();
    let lab = Lab::start().unwrap();
    lab.play(&scenario("s3_no_such_host").unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pods = pods(lab.kubeconfig()).await;
        let replicas = pods.list(&ListParams::default().labels("k8s-app=kube-dns")).await.unwrap();
        let names: Vec<_> = replicas.items.into_iter().map(|pod| pod.metadata.name.unwrap()).collect();
        for name in &names {
            let answer = ask(&pods, name, aks::DP_ENDPOINT).await;
            assert_eq!(answer[3] & 15, 3, "NXDOMAIN is expected of {name}: {answer:?}");
            let text = String::from_utf8_lossy(&answer);
            assert!(text.contains("privatelink"), "{text}");
        }
        let block = format!(
            "{}:53 {{\n    hosts {{\n        20.40.200.153 {0}\n        fallthrough\n    }}\n}}\n",
            aks::DP_ENDPOINT
        );
        lab.apply(&json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "kube-system", "name": "coredns-custom"},
            "data": {"dp.server": block},
        }))
        .unwrap();
        let start = Instant::now();
        for name in &names {
            while !try_to_ask(&pods, name, aks::DP_ENDPOINT)
                .await
                .is_ok_and(|answer| answer.ends_with(&[20, 40, 200, 153]))
            {
                // CoreDNS looks for changes every 30 s or so.
                assert!(start.elapsed() < Duration::from_secs(60), "{name} does not see the block");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        println!("both replicas answered {:.0} s after the change", start.elapsed().as_secs_f64());
    });
}

#[test]
fn a_user_has_exactly_the_rights_that_were_given() {
    let _alone = alone();
    let lab = Lab::start().unwrap();
    lab.play(&World::healthy()).unwrap();
    let rules = [
        Rule::new(&[""], &["pods"], &["get", "list"]).within(&[extension::NAMESPACE]),
        Rule::new(&[""], &["nodes"], &["list"]),
    ];
    let viewer = lab.user("viewer", &rules).unwrap();
    lab.kubectl_as(&viewer, &["get", "pods", "-n", extension::NAMESPACE]).unwrap();
    lab.kubectl_as(&viewer, &["get", "nodes"]).unwrap();
    for denied in [vec!["get", "pods", "-n", "kube-system"], vec!["get", "bsl", "-A"], vec!["get", "node", "x"]] {
        let error = lab.kubectl_as(&viewer, &denied).unwrap_err().to_string();
        assert!(error.contains("Forbidden") && error.contains("User \"viewer\""), "{error}");
    }
}

#[test]
fn two_labs_live_side_by_side_and_leave_nothing() {
    let _alone = alone();
    let one = Lab::start().unwrap();
    let other = Lab::start().unwrap();
    one.play(&World::aks()).unwrap();
    other.play(&World::healthy()).unwrap();
    assert!(!one.kubectl(&["get", "ns"]).unwrap().contains(extension::NAMESPACE));
    assert!(other.kubectl(&["get", "ns"]).unwrap().contains(extension::NAMESPACE));
    let folders = [one.folder().to_owned(), other.folder().to_owned()];
    drop(one);
    drop(other);
    for folder in folders {
        assert_nothing_left(&folder, Duration::ZERO);
    }
}

#[test]
fn a_lab_dies_with_its_process_even_by_sigkill() {
    let _alone = alone();
    let mut child = Command::new(env!("CARGO_BIN_EXE_aksbackup-lab"))
        .args(["demo", "healthy"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let kubeconfig = line.trim().strip_prefix("export KUBECONFIG=").unwrap();
    let folder = Path::new(kubeconfig).parent().unwrap();
    assert!(processes_of(folder).len() >= 6, "{:?}", processes_of(folder));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_nothing_left(folder, Duration::from_secs(10));
}

/// Returns the command lines of the processes that work in a folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let entries = fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    entries
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(&folder))
        .collect()
}

fn assert_nothing_left(folder: &Path, bound: Duration) {
    let start = Instant::now();
    while folder.exists() || !processes_of(folder).is_empty() {
        assert!(start.elapsed() < bound, "{} and {:?} are left", folder.display(), processes_of(folder));
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn pods(kubeconfig: &Path) -> kube::Api<Pod> {
    let kubeconfig = Kubeconfig::read_from(PathBuf::from(kubeconfig)).unwrap();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    kube::Api::namespaced(kube::Client::try_from(config).unwrap(), "kube-system")
}

/// Asks one replica for an IPv4 address, over TCP through a port-forward, and returns the whole answer.
async fn ask(pods: &kube::Api<Pod>, pod: &str, host: &str) -> Vec<u8> {
    try_to_ask(pods, pod, host).await.unwrap()
}

/// The same, where CoreDNS may be reloading, which closes connections.
async fn try_to_ask(pods: &kube::Api<Pod>, pod: &str, host: &str) -> std::io::Result<Vec<u8>> {
    tokio::time::timeout(Duration::from_secs(10), ask_once(pods, pod, host)).await?
}

async fn ask_once(pods: &kube::Api<Pod>, pod: &str, host: &str) -> std::io::Result<Vec<u8>> {
    let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in host.split('.') {
        question.push(u8::try_from(label.len()).unwrap());
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    let mut forward = pods.portforward(pod, &[53]).await.map_err(std::io::Error::other)?;
    let mut stream = forward.take_stream(53).unwrap();
    stream.write_all(&u16::try_from(question.len()).unwrap().to_be_bytes()).await?;
    stream.write_all(&question).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
