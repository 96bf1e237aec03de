//! Whole runs of the release binary: how long a start takes, and what `doctor` costs on a larger cluster.
//!
//! `cargo bench` prints the figures that docs/performance.md states. Nothing here passes or fails: numbers are held by
//! people who read them, not by timed tests.

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

use aksbackup_lab::{Lab, Plan, World};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

/// How often a start is measured; the median is what counts on a machine that others use too.
const STARTS: usize = 200;
const RUNS: usize = 15;
/// How much later each answer comes where round trips are counted.
const DELAY: Duration = Duration::from_millis(40);
const NODES: usize = 50;
const PODS: usize = 1000;
/// The larger cluster: pods of other people, and events in the extension's own namespace.
const MANY_PODS: usize = 10_000;
const MANY_EVENTS: usize = 2_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("measure", command)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return measure(command);
    }
    let binary = env!("CARGO_BIN_EXE_kubectl-aksbackup");
    println!("start of a process, median of {STARTS}:");
    let mut nothing = Duration::ZERO;
    for (what, program, args) in
        [("/bin/true", "/bin/true", &[][..]), ("--help", binary, &["--help"]), ("version", binary, &["version"])]
    {
        let median = median_start(program, args);
        if program == "/bin/true" {
            nothing = median;
        }
        let times = median.as_secs_f64() / nothing.as_secs_f64();
        println!("  {what:<10} {:>8.3} ms   {times:.2}x", median.as_secs_f64() * 1000.0);
    }

    let lab = Lab::start().expect("the laboratory starts");
    lab.play(&large(PODS, 0)).expect("the cluster is there");
    println!("doctor on {NODES} nodes and {PODS} pods, each run a process of its own:");
    costs(&lab, binary);
    round_trips(&lab, binary);
    drop(lab);

    let lab = Lab::start().expect("the laboratory starts");
    lab.play(&large(MANY_PODS, MANY_EVENTS)).expect("the cluster is there");
    println!("doctor on {NODES} nodes, {MANY_PODS} pods and {MANY_EVENTS} events in the extension's namespace:");
    costs(&lab, binary);
}

/// Measures some runs of `doctor`, each a process of its own.
fn costs(lab: &Lab, binary: &str) {
    let mut walls = Vec::new();
    let mut peaks = Vec::new();
    for _ in 0..RUNS {
        let (wall, peak) = measured(lab.kubeconfig(), &[binary, "doctor", "--no-azure", "-o", "json"]);
        walls.push(wall);
        peaks.push(peak);
    }
    walls.sort();
    peaks.sort_unstable();
    println!("  wall   {:>8.1} ms median", walls[RUNS / 2].as_secs_f64() * 1000.0);
    println!("  peak   {:>8.1} MiB resident, largest of {RUNS}", peaks[RUNS - 1] as f64 / 1024.0);
}

/// Delays every answer, and counts how many delays a run waits for, one after the other.
fn round_trips(lab: &Lab, binary: &str) {
    let mut medians = Vec::new();
    let mut calls = Vec::new();
    for delay in [Duration::ZERO, DELAY] {
        let mut walls = Vec::new();
        for _ in 0..RUNS {
            let proxy = lab.proxy(Plan { delay, ..Plan::default() }).expect("the proxy starts");
            walls.push(measured(proxy.kubeconfig(), &[binary, "doctor", "--no-azure", "-o", "json"]).0);
            calls = proxy.calls();
        }
        walls.sort();
        medians.push(walls[RUNS / 2]);
    }
    let logs = calls.iter().filter(|call| call.contains("/log?")).count();
    let more = medians[1].saturating_sub(medians[0]);
    println!("the same by way of a proxy, {} calls of which {logs} are for logs:", calls.len());
    println!("  wall   {:>8.1} ms median", medians[0].as_secs_f64() * 1000.0);
    println!(
        "  wall   {:>8.1} ms with {} ms added to each call: {:.1} round trips",
        medians[1].as_secs_f64() * 1000.0,
        DELAY.as_millis(),
        more.as_secs_f64() / DELAY.as_secs_f64()
    );
}

fn median_start(program: &str, args: &[&str]) -> Duration {
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
            assert!(status.expect("the program starts").success());
            start.elapsed()
        })
        .collect();
    times.sort();
    times[STARTS / 2]
}

/// Runs a command below a process of its own, whose account of its children holds nothing else.
fn measured(kubeconfig: &Path, command: &[&str]) -> (Duration, i64) {
    let me = std::env::current_exe().expect("this program has a path");
    let output = Command::new(me).arg("measure").args(command).env("KUBECONFIG", kubeconfig).output();
    let text = String::from_utf8(output.expect("the measure starts").stdout).expect("numbers");
    let (micros, kibibytes) = text.trim().split_once(' ').expect("two numbers");
    (Duration::from_micros(micros.parse().expect("a number")), kibibytes.parse().expect("a number"))
}

/// Runs the command and prints its wall time in microseconds and its peak resident memory in KiB.
fn measure(command: &[String]) {
    let start = Instant::now();
    let status = Command::new(&command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let code = status.expect("the program starts").code();
    assert!(matches!(code, Some(0..=3)), "it ended with {code:?}");
    let wall = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel keeps accounts");
    println!("{} {}", wall.as_micros(), usage.max_rss());
}

/// A healthy cluster with many nodes and many pods of other people.
fn large(pods: usize, events: usize) -> World {
    let mut world = World::healthy();
    let node: Value = world.objects.iter().find(|object| object["kind"] == "Node").expect("a node").clone();
    for index in 3..NODES {
        let mut another = node.clone();
        another["metadata"]["name"] = json!(format!("aks-nodepool1-31415926-vmss{index:06}"));
        world.objects.push(another);
    }
    for index in 0..pods {
        world.objects.push(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": format!("shop-{index:05}"), "namespace": "shop", "labels": {"app": "shop"}},
            "spec": {
                "nodeName": format!("aks-nodepool1-31415926-vmss{:06}", index % (NODES - 3) + 3),
                "containers": [{
                    "name": "shop",
                    "image": "example.azurecr.io/shop:1",
                    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                    "env": (0..20).map(|n| json!({"name": format!("SETTING_{n}"), "value": "a value of some length"})).collect::<Vec<_>>()
                }]
            }
        }));
    }
    for index in 0..events {
        world.objects.push(json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": format!("backup.{index:06}"), "namespace": "dataprotection-microsoft"},
            "involvedObject": {"kind": "Pod", "namespace": "dataprotection-microsoft", "name": "somebody-elses"},
            "reason": "Pulled",
            "type": "Normal",
            "message": "Container image \"mcr.microsoft.com/azurebackup/k8s/velero:0.0.02574.247\" already present on machine",
            "lastTimestamp": "2026-11-24T09:00:00Z"
        }));
    }
    world
}
