//! Many runs: a thousand in a row and fifty at once, and what they leave behind. And a broken APIService.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aksbackup_lab::{Lab, Plan, scenario};
use serde_json::{Value, json};

use crate::expect;
use crate::run::doctor;

/// How many runs follow each other.
const IN_A_ROW: usize = 1000;
/// How many of them are looked at together.
const WINDOW: usize = IN_A_ROW / 4;
/// How much larger the largest of the last runs may be than the largest of the first, in KiB.
const MOST_GROWTH_KIB: i64 = 4 << 10;
/// How much larger the API server's own process may be after the runs in a row than before them, in MiB.
///
/// It was 18 after the first hundred and after two hundred, 30 after a thousand: its heap settles, and does not follow the
/// runs. Twice that; 64 KiB that a run leaves behind, a connection with its buffers, would be as much.
const MOST_BY_ROW: usize = 64;
/// The same after the runs at once. It was 66 and 87: what they ask for lies in the heap together, and may double before
/// it is collected.
const MOST_BY_CROWD: usize = 192;
/// How many runs go on at once.
const AT_ONCE: usize = 50;

/// Registers an APIService that nothing answers for, and holds that `doctor` says what it said before.
pub fn broken_api_service(lab: &Lab) -> Vec<String> {
    let before = doctor(lab, &Plan::default(), &[]);
    let name = "v1beta1.broken.example.com";
    lab.apply(&json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "default", "name": "nobody"},
        "spec": {"ports": [{"port": 443}]},
    }))
    .unwrap();
    let path = format!("/apis/apiregistration.k8s.io/v1/apiservices/{name}");
    lab.apply(&json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name},
        "spec": {
            "group": "broken.example.com", "version": "v1beta1", "groupPriorityMinimum": 1000, "versionPriority": 15,
            "insecureSkipTLSVerify": true, "service": {"namespace": "default", "name": "nobody"},
        },
    }))
    .unwrap();
    let is_broken = |service: &Value| {
        service["status"]["conditions"].as_array().into_iter().flatten().any(|one| one["status"] == "False")
    };
    lab.wait_until(&path, Duration::from_secs(30), is_broken).unwrap();
    let after = doctor(lab, &Plan::default(), &[]);
    lab.delete(&path).unwrap();
    match expect::same(&before, &after) {
        Ok(()) => {
            println!("a broken APIService: doctor says the same");
            Vec::new()
        }
        Err(why) => vec![format!("with a broken APIService: {why}")],
    }
}

/// Runs `doctor` a thousand times in a row, and fifty times at once.
pub fn soak() {
    let lab = Lab::start().unwrap();
    // Nothing in it becomes a trouble by growing old within the hour.
    lab.play(&scenario("demo").unwrap()).unwrap();
    let clean = doctor(&lab, &Plan::default(), &[]);
    // The API server's own caches and connections settle first.
    for _ in 0..20 {
        doctor(&lab, &Plan::default(), &[]);
    }
    let folder = tempfile::tempdir().unwrap();
    let before = Left::behind(&lab);
    println!("before: {before}");
    let start = Instant::now();
    let mut peaks = Vec::new();
    for number in 0..IN_A_ROW {
        let run = direct(&lab, folder.path());
        assert_eq!(run.0, clean.code, "run {number}");
        if let Err(why) = same_checks(&clean.report, &run.1) {
            panic!("run {number}: {why}");
        }
        peaks.push(run.2);
        if (number + 1) % WINDOW == 0 {
            println!(
                "{} in a row, {:.0} s: largest of the last {WINDOW} {} MiB; {}",
                number + 1,
                start.elapsed().as_secs_f64(),
                largest(&peaks[number + 1 - WINDOW..]) / 1024,
                Left::behind(&lab)
            );
        }
    }
    let after = Left::behind(&lab);
    println!("after: {after}");
    let (first, last) = (largest(&peaks[..WINDOW]), largest(&peaks[IN_A_ROW - WINDOW..]));
    assert!(first > 0, "nothing was measured");
    assert!(last <= first + MOST_GROWTH_KIB, "the largest run grew from {first} to {last} KiB");
    assert_bounded(&before, &after, MOST_BY_ROW);
    assert_eq!(before.leases, after.leases, "Leases");
    assert_eq!(before.pods, after.pods, "pods");
    // The components' own connections come and go; one for each run would be a thousand.
    assert!(
        after.connections <= before.connections + 10,
        "connections: {} and {}",
        before.connections,
        after.connections
    );
    assert_empty(folder.path());

    let start = Instant::now();
    let folder = folder.path();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| direct(&lab, folder))).collect();
        for run in runs {
            let (code, report, _) = run.join().unwrap();
            assert_eq!(code, clean.code);
            if let Err(why) = same_checks(&clean.report, &report) {
                panic!("of fifty at once: {why}");
            }
        }
    });
    assert_empty(folder);
    let after = Left::behind(&lab);
    println!("{AT_ONCE} of {AT_ONCE} at once say the same, {:.1} s; {after}", start.elapsed().as_secs_f64());
    assert_bounded(&before, &after, MOST_BY_CROWD);
}

fn largest(peaks: &[i64]) -> i64 {
    peaks.iter().max().copied().unwrap_or_default()
}

/// Holds that the API server did not grow by more than so many MiB.
fn assert_bounded(before: &Left, after: &Left, most: usize) {
    assert!(before.server_mib > 0, "the API server was not found");
    assert!(
        after.server_mib <= before.server_mib + most,
        "the API server grew from {} to {} MiB",
        before.server_mib,
        after.server_mib
    );
}

fn assert_empty(folder: &Path) {
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "files: {left:?}");
}

/// One run without a proxy, in a home and a folder for temporary files that should stay empty.
fn direct(lab: &Lab, folder: &Path) -> (Option<i32>, Option<Value>, i64) {
    let usage = tempfile::NamedTempFile::new().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("measure")
        .arg(usage.path())
        .arg(env!("CARGO_BIN_EXE_kubectl-aksbackup"))
        .args(["doctor", "--no-azure", "-o", "json", "--request-timeout", "60s"])
        .env("KUBECONFIG", lab.kubeconfig())
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let peak = std::fs::read_to_string(usage.path()).unwrap().trim().parse().unwrap_or_default();
    (output.status.code(), serde_json::from_slice(&output.stdout).ok(), peak)
}

fn same_checks(one: &Option<Value>, other: &Option<Value>) -> Result<(), String> {
    let (Some(one), Some(other)) = (one, other) else { return Err("no document".to_owned()) };
    if one["checks"] == other["checks"] { Ok(()) } else { Err(format!("{}\n{}", one["checks"], other["checks"])) }
}

/// What runs could leave behind in a cluster.
struct Left {
    connections: usize,
    leases: usize,
    pods: usize,
    server_mib: usize,
}

impl Left {
    fn behind(lab: &Lab) -> Self {
        // Closed connections are gone from the table after a moment.
        std::thread::sleep(Duration::from_millis(500));
        let count = |path: &str| lab.get(path).unwrap()["items"].as_array().map_or(0, Vec::len);
        Self {
            connections: connections(lab.port()),
            leases: count("/apis/coordination.k8s.io/v1/leases"),
            pods: count("/api/v1/pods"),
            server_mib: resident_of_server(lab.port()),
        }
    }
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { connections, leases, pods, server_mib } = self;
        write!(f, "{connections} connections, {leases} Leases, {pods} pods, API server {server_mib} MiB")
    }
}

/// Counts the connections that are open to a port of this machine.
fn connections(port: u16) -> usize {
    const ESTABLISHED: &str = "01";
    let wanted = format!(":{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .flat_map(|file| {
            std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields.get(1).is_some_and(|local| local.ends_with(&wanted)) && fields.get(3) == Some(&ESTABLISHED)
        })
        .count()
}

/// Returns the resident memory of the API server that listens on a port, in MiB.
fn resident_of_server(port: u16) -> usize {
    let flag = format!("--secure-port={port}");
    let of = |entry: std::fs::DirEntry| {
        let command = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
        if !command.split('\0').any(|word| word == flag) {
            return None;
        }
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<usize>().ok()
    };
    std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).find_map(of).unwrap_or_default() / 1024
}
