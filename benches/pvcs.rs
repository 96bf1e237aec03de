//! What `check-pvcs` costs on a large cluster: against fetching the same pages and keeping nothing, and against kubectl
//! and jq doing the join of claims, volumes and pods.
//!
//! `cargo bench --bench pvcs` prints the figures that docs/performance.md states; nothing here passes or fails. With
//! `AKSBACKUP_BENCH_LARGE=1` it goes on to 100,000 claims and volumes.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "it measures and prints"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aksbackup::cluster::{Flags, Logins, Path as ApiPath, connect};
use aksbackup_lab::{Crds, Lab, Options, World, aks, binaries};
use nix::sys::resource::{UsageWho, getrusage};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

const RUNS: usize = 9;
const FEW_RUNS: usize = 3;
const NAMESPACES: usize = 20;
/// The page size of `check-pvcs`.
const PAGE: u32 = 1000;
/// So many claims are written at once.
const BATCH: usize = 2_000;
const LARGE: &str = "AKSBACKUP_BENCH_LARGE";

/// The join that `check-pvcs` makes, as somebody would write it by hand.
const JOIN: &str = r#"
(.items | map(select(.kind == "PersistentVolume")) | INDEX(.metadata.name)) as $volumes
| (.items | map(select(.kind == "Pod") | .metadata as $pod | .spec.volumes[]? | .persistentVolumeClaim.claimName // empty
    | {key: "\($pod.namespace)/\(.)", value: $pod.name}) | INDEX(.key)) as $users
| .items[] | select(.kind == "PersistentVolumeClaim")
| [.metadata.namespace, .metadata.name, .status.phase, $volumes[.spec.volumeName // ""].spec.csi.driver,
   $users["\(.metadata.namespace)/\(.metadata.name)"].value] | @tsv"#;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("measure", command)) => return measure(command),
        Some(("raw", _)) => return raw(),
        _ => {}
    }
    let lab = Lab::start_with(Options { dns: false, controllers: false, ..Options::default() });
    let lab = lab.expect("the laboratory starts");
    let mut world = World::default().with_crds(Crds::Snapshot);
    world = world.with_all(aks::Pool::system().nodes()).with_all(aks::storage());
    for index in 0..NAMESPACES {
        world = world.with(aks::namespace(&format!("team-{index:02}")));
    }
    lab.play(&world).expect("the cluster is there");
    let mut there = 0;
    for (count, pods, runs) in [(1_000, true, RUNS), (10_000, true, RUNS), (100_000, false, FEW_RUNS)] {
        if count > 10_000 && std::env::var_os(LARGE).is_none() {
            println!("100,000 claims: not asked for ({LARGE}=1)");
            break;
        }
        let start = Instant::now();
        while there < count {
            let next = (there + BATCH).min(count);
            lab.apply_all(&(there..next).flat_map(|index| objects(index, pods)).collect::<Vec<_>>()).expect("objects");
            there = next;
        }
        println!(
            "{count} claims and volumes{}, made in {:.0} s:",
            if pods { " and pods" } else { ", pods as before" },
            start.elapsed().as_secs_f64()
        );
        compare(&lab, runs);
        if count == 10_000 {
            by_hand(&lab);
        }
    }
}

/// Measures `check-pvcs` and the bare pages by turns, so that what else the machine does strikes both.
fn compare(lab: &Lab, runs: usize) {
    let me = std::env::current_exe().expect("this program has a path").display().to_string();
    let check = [env!("CARGO_BIN_EXE_kubectl-aksbackup"), "check-pvcs", "--no-azure", "-o", "json", "--timeout", "0"];
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        ours.push(measured(lab.kubeconfig(), &check));
        bare.push(measured(lab.kubeconfig(), &[&me, "raw"]));
    }
    let [ours, bare] = [ours, bare].map(|all| Cost {
        wall: median(all.iter().map(|one| one.wall)),
        cpu: median(all.iter().map(|one| one.cpu)),
        peak: all.iter().map(|one| one.peak).max().unwrap_or_default(),
    });
    for (what, cost) in [("check-pvcs", &ours), ("bare pages", &bare)] {
        println!(
            "  {what:<11} {:>9.1} ms wall, {:>9.1} ms processor, {:>6.1} MiB resident",
            cost.wall.as_secs_f64() * 1000.0,
            cost.cpu.as_secs_f64() * 1000.0,
            cost.peak as f64 / 1024.0
        );
    }
    println!(
        "  {:.2}x the bare pages, medians of {runs}, peak the largest",
        ours.wall.as_secs_f64() / bare.wall.as_secs_f64()
    );
}

/// Measures kubectl and jq, once.
fn by_hand(lab: &Lab) {
    if !Command::new("jq").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        println!("  kubectl | jq: there is no jq on this machine");
        return;
    }
    let kubectl = binaries().expect("the laboratory's programs").kubectl.display().to_string();
    let line = format!("{kubectl} get pvc,pv,pods --all-namespaces -o json | jq -r '{JOIN}'");
    let cost = measured(lab.kubeconfig(), &["sh", "-c", &line]);
    println!(
        "  kubectl, jq {:>9.1} ms wall, {:>9.1} ms processor, {:>6.1} MiB resident in the larger of both, once",
        cost.wall.as_secs_f64() * 1000.0,
        cost.cpu.as_secs_f64() * 1000.0,
        cost.peak as f64 / 1024.0
    );
}

struct Cost {
    wall: Duration,
    cpu: Duration,
    /// In KiB.
    peak: u64,
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[times.len() / 2]
}

/// Runs a command below a process of its own, whose account of its children holds nothing else.
fn measured(kubeconfig: &Path, command: &[&str]) -> Cost {
    let me = std::env::current_exe().expect("this program has a path");
    let output = Command::new(me).arg("measure").args(command).env("KUBECONFIG", kubeconfig).output();
    let text = String::from_utf8(output.expect("the measure starts").stdout).expect("numbers");
    let numbers: Vec<u64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let [wall, cpu, peak] = numbers[..] else { unreachable!("three numbers: {text}") };
    Cost { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu), peak }
}

/// Runs the command and prints its wall and processor time in microseconds and its peak resident memory in KiB.
fn measure(command: &[String]) {
    let start = Instant::now();
    let status = Command::new(&command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let code = status.expect("the program starts").code();
    assert_eq!(code, Some(0), "{command:?}");
    let wall = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel keeps accounts");
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    println!("{} {} {}", wall.as_micros(), micros(usage.user_time()) + micros(usage.system_time()), usage.max_rss());
}

/// Fetches the pages of claims, volumes and pods at once, with the client of `check-pvcs`, and keeps nothing.
fn raw() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (api, _) = connect(&Flags::default(), &Logins::default()).await.expect("the cluster is there");
        let list = async |resource: &str| {
            let path = ApiPath::list("", "v1", None, resource);
            let cut = api.each_of(&path, PAGE, |_: IgnoredAny| ()).await.expect("the list is there");
            assert!(cut.is_none(), "{cut:?}");
        };
        futures::join!(list("persistentvolumeclaims"), list("persistentvolumes"), list("pods"));
    });
}

/// Returns a claim as the disk driver leaves it, its volume, and the pod that uses it.
fn objects(index: usize, pod: bool) -> Vec<Value> {
    let (namespace, name) = (format!("team-{:02}", index % NAMESPACES), format!("data-shop-{index:06}"));
    let driver = "disk.csi.azure.com";
    let volume = format!("pvc-{:08x}-1bf0-4dda-aec3-{index:012x}", index.wrapping_mul(2_654_435_761) % (1 << 32));
    let id = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/disks/{volume}",
        aks::SUBSCRIPTION,
        aks::NODE_GROUP
    );
    let labels = json!({"app.kubernetes.io/name": "shop", "app.kubernetes.io/instance": format!("shop-{index}"), "app.kubernetes.io/managed-by": "Helm"});
    let mut made = vec![
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": volume, "annotations": {
                "pv.kubernetes.io/provisioned-by": driver, "volume.kubernetes.io/provisioner-deletion-secret-name": "",
                "volume.kubernetes.io/provisioner-deletion-secret-namespace": "",
            }},
            "spec": {
                "capacity": {"storage": "32Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "managed-csi",
                "persistentVolumeReclaimPolicy": "Delete",
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name},
                "csi": {"driver": driver, "volumeHandle": id, "volumeAttributes": {
                    "csi.storage.k8s.io/pv/name": volume, "csi.storage.k8s.io/pvc/name": name,
                    "csi.storage.k8s.io/pvc/namespace": namespace, "requestedsizegib": "32", "skuname": "StandardSSD_ZRS",
                    "storage.kubernetes.io/csiProvisionerIdentity": "1761900000000-1234-disk.csi.azure.com",
                }},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "topology.disk.csi.azure.com/zone", "operator": "In", "values": ["centralus-1"]},
                ]}]}},
            },
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"namespace": namespace, "name": name, "labels": labels, "annotations": {
                "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes",
                "volume.beta.kubernetes.io/storage-provisioner": driver, "volume.kubernetes.io/storage-provisioner": driver,
            }},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "managed-csi", "volumeName": volume,
                "resources": {"requests": {"storage": "32Gi"}},
            },
            "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "32Gi"}},
        }),
    ];
    if pod {
        let env: Vec<Value> =
            (0..20).map(|n| json!({"name": format!("SETTING_{n}"), "value": "a value of some length"})).collect();
        made.push(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": namespace, "name": format!("shop-{index:06}"), "labels": labels},
            "spec": {
                "containers": [{
                    "name": "shop", "image": "example.azurecr.io/shop:1", "env": env,
                    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}],
            },
        }));
    }
    made
}
