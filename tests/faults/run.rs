//! One run of the built binary through a proxy, with all that can be seen of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aksbackup_lab::{Lab, Plan, Proxy};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;

use crate::contexts::both;

/// The limit of one request in these runs; a clean run takes a fraction of it.
pub const REQUEST: Duration = Duration::from_secs(2);
/// The limit of a whole run.
pub const WHOLE: Duration = Duration::from_secs(12);
/// How long after its limit a run may still print what it knows, on a machine that does much else.
pub const GRACE: Duration = Duration::from_secs(2);

/// What can be seen of a run.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub wall: Duration,
    pub stderr: String,
    pub report: Option<Value>,
    pub facts: Option<Value>,
    pub peak_kib: i64,
    pub calls: Vec<String>,
    pub struck: usize,
}

/// Runs `doctor` through a proxy of its own.
pub fn doctor(lab: &Lab, plan: &Plan, args: &[String]) -> Run {
    let proxy = lab.proxy(plan.clone()).unwrap();
    through(&proxy, proxy.kubeconfig(), args)
}

/// Runs `doctor` with the cluster as its own target, which alone is reached through the proxy: by their names the calls
/// to the target are the same as those to the source.
pub fn doctor_towards(lab: &Lab, plan: &Plan, args: &[String]) -> Run {
    let proxy = lab.proxy(plan.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = both(folder.path(), lab.kubeconfig(), proxy.kubeconfig());
    through(&proxy, &kubeconfig, &[args, &["--target-context".to_owned(), "target".to_owned()]].concat())
}

fn through(proxy: &Proxy, kubeconfig: &Path, args: &[String]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("facts.json");
    let usage = folder.path().join("usage");
    let start = Instant::now();
    let child = Command::new(std::env::current_exe().unwrap())
        .arg("measure")
        .arg(&usage)
        .arg(env!("CARGO_BIN_EXE_kubectl-aksbackup"))
        .args(["doctor", "--no-azure", "-o", "json", "--save"])
        .arg(&saved)
        .args(["--request-timeout", &format!("{}s", REQUEST.as_secs()), "--timeout", &format!("{}s", WHOLE.as_secs())])
        .args(args)
        .env("KUBECONFIG", kubeconfig)
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let output = end(child.unwrap());
    let wall = start.elapsed();
    assert_eq!(proxy.panics(), 0, "the proxy failed");
    Run {
        code: output.status.code(),
        wall,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        report: serde_json::from_slice(&output.stdout).ok(),
        facts: read(&saved),
        peak_kib: std::fs::read_to_string(&usage).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default(),
        calls: proxy.calls(),
        struck: proxy.struck(),
    }
}

fn read(file: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Waits for the end of a run; one that hangs is ended, and its lack of an exit code is what is seen of it.
fn end(child: Child) -> std::process::Output {
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if ended.recv_timeout(WHOLE + Duration::from_secs(20)).is_err() {
            let _ = killpg(group, Signal::SIGKILL);
        }
    });
    let output = child.wait_with_output().unwrap();
    let _ = done.send(());
    watch.join().unwrap();
    output
}

/// Runs a command as the one child of this process, and writes its peak resident memory in KiB.
///
/// A process of its own for each: the kernel's account of children holds the largest of all of them.
pub fn measure(arguments: &[String]) -> ! {
    // A group of its own, so that all of it can be ended.
    let _ = nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0));
    let [usage, program, rest @ ..] = arguments else { panic!("measure FILE PROGRAM …") };
    let status = Command::new(program).args(rest).status().unwrap();
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    std::fs::write(usage, peak.to_string()).unwrap();
    // A signal has no exit code; none of ours is 255.
    std::process::exit(status.code().unwrap_or(255))
}
