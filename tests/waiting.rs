//! `doctor --wait` on a real API server: it ends when the trouble does, when the time is up, or when it is told to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use aksbackup_lab::{Fault, Lab, Plan, Proxy, Target, scenario};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

fn start(lab: &Lab, args: &[&str]) -> Child {
    start_by(lab.kubeconfig(), args)
}

fn start_by(kubeconfig: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"))
        .args(["doctor", "--no-azure", "-o", "json"])
        .args(args)
        .env("KUBECONFIG", kubeconfig)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Waits for a line on stderr, and keeps stderr open behind it.
fn until_it_says(child: &mut Child, words: &str) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line.contains(words)), "it never said: {words}");
    std::thread::spawn(move || lines.count());
}

#[test]
fn it_ends_when_the_trouble_does_when_the_time_is_up_or_when_it_is_told_to() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("bsl_read_only").unwrap()).unwrap();

    let began = Instant::now();
    let output = start(&lab, &["--wait", "2s"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(document(&output)["summary"]["found"], 1);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("looking again in 1 s") && told.contains("the time of --wait is up"), "{told}");

    // Told to end while it rests: the last reading is printed whole.
    let mut child = start(&lab, &["--wait", "10m"]);
    until_it_says(&mut child, "looking again in 15 s");
    let began = Instant::now();
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(document(&output)["summary"]["found"], 1);

    // Mended while it waits.
    let mut child = start(&lab, &["--wait", "60s"]);
    until_it_says(&mut child, "looking again in 6 s");
    let patch = r#"{"spec":{"accessMode":"ReadWrite"}}"#;
    let location = ["patch", "backupstoragelocations.velero.io", "default", "--namespace", "dataprotection-microsoft"];
    lab.kubectl(&[&location[..], &["--type", "merge", "--patch", patch]].concat()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{:#}", document(&output)["findings"]);
    assert_eq!(document(&output)["summary"]["found"], 0);

    // Nothing to wait for.
    let began = Instant::now();
    assert_eq!(start(&lab, &["--wait", "10m"]).wait_with_output().unwrap().status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// A kubeconfig that leads elsewhere from one moment to the next; every round reads it anew.
struct Switch(PathBuf);

impl Switch {
    fn to(&self, kubeconfig: &Path) {
        let fresh = self.0.with_extension("new");
        std::fs::copy(kubeconfig, &fresh).unwrap();
        std::fs::rename(&fresh, &self.0).unwrap();
    }
}

fn until_asked(proxy: &Proxy) {
    let began = Instant::now();
    while proxy.calls().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(30), "the next round never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_that_stumbles_is_waited_for_and_an_interrupted_look_hides_no_whole_one() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("bsl_read_only").unwrap()).unwrap();
    let switch = Switch(lab.folder().join("switched"));
    switch.to(lab.kubeconfig());

    // After the remedy, every list fails for a while: that is no reason to stop waiting.
    let mut child = start_by(&switch.0, &["--wait", "60s", "--request-timeout", "2s"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("looking again in 6 s")));
    let patch = r#"{"spec":{"accessMode":"ReadWrite"}}"#;
    let location = ["patch", "backupstoragelocations.velero.io", "default", "--namespace", "dataprotection-microsoft"];
    lab.kubectl(&[&location[..], &["--type", "merge", "--patch", patch]].concat()).unwrap();
    let target = Target::AllBut("GET /version".to_owned());
    let stumbling = lab.proxy(Plan { target, fault: Some(Fault::Status(500)), ..Plan::default() }).unwrap();
    switch.to(stumbling.kubeconfig());
    let line = lines.find(|line| line.contains("looking again")).expect("it gave up at the stumble");
    assert!(line.contains("did not answer and could not be judged"), "{line}");
    switch.to(lab.kubeconfig());
    std::thread::spawn(move || lines.count());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{:#}", document(&output)["checks"]);

    // Interrupted in the middle of a later look: what the look before said is printed.
    lab.kubectl(&[&location[..], &["--type", "merge", "--patch", r#"{"spec":{"accessMode":"ReadOnly"}}"#]].concat())
        .unwrap();
    let mut child = start_by(&switch.0, &["--wait", "60s"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("looking again in 6 s")));
    let slow = lab.proxy(Plan { delay: Duration::from_secs(5), ..Plan::default() }).unwrap();
    switch.to(slow.kubeconfig());
    until_asked(&slow);
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let told = lines.find(|line| line.contains("interrupted")).expect("it says of when the report is");
    assert!(told.contains("what the look before said"), "{told}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let document = document(&output);
    assert_eq!(document["summary"]["found"], 1, "{document:#}");
    assert_eq!(document["summary"]["inconclusive"], 0, "{document:#}");
}
