//! The oldest and the newest API server that the plugin is held to, 1.34 and 1.37, beside the 1.36 of all other tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aksbackup_lab::{Lab, Options, Version, binaries, scenario};
use serde_json::{Value, json};

fn lab(version: Version, name: &str) -> Lab {
    let lab = Lab::start_with(Options { server: version, ..Options::default() }).unwrap();
    lab.play(&scenario(name).unwrap()).unwrap();
    lab
}

fn plugin(kubeconfig: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let output =
        command.args(args).env("KUBECONFIG", kubeconfig).env_remove("KUBERNETES_SERVICE_HOST").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn doctor(kubeconfig: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let (code, report, told) = plugin(kubeconfig, &[&["doctor", "-o", "json"], args].concat());
    (code, serde_json::from_str(&report).unwrap_or_else(|error| panic!("{error}: {told}")))
}

/// Returns the names of what was found, remarks left out.
fn found(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] != "info");
    let mut names: Vec<&str> = findings.map(|finding| finding["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Holds that a healthy cluster of a version is found healthy, whole, and as that version.
fn holds_healthy(version: Version, kubeconfig: &Path, args: &[&str]) {
    let (code, report) = doctor(kubeconfig, args);
    assert_eq!(code, Some(0), "{} {args:?}: {report:#}", version.name());
    assert_eq!(report["summary"]["inconclusive"], 0, "{report:#}");
    let told = report["cluster"]["kubernetesVersion"].as_str().unwrap();
    assert!(told.trim_start_matches('v').starts_with(version.name()), "{told}");
}

fn apply(lab: &Lab, documents: &str) {
    let mut child = Command::new(&binaries().unwrap().kubectl)
        .args(["apply", "-f", "-"])
        .env("KUBECONFIG", lab.kubeconfig())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(documents.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// The healthy cluster: as the administrator, as somebody whom the administrator impersonates, and as a user who is
/// known by a certificate and has exactly the printed roles.
fn healthy(version: Version) -> Lab {
    let lab = lab(version, "healthy");
    holds_healthy(version, lab.kubeconfig(), &[]);
    holds_healthy(version, lab.kubeconfig(), &["--as", "ann", "--as-group", "system:masters"]);
    let user = lab.user("reader", &[]).unwrap();
    apply(&lab, &plugin(Path::new("/nonexistent"), &["rbac", "--with", "ask", "--for", "user:reader"]).1);
    until_allowed(&user, &["list", "nodes"]);
    until_allowed(&user, &["create", "pods", "--subresource=portforward", "--namespace", "kube-system"]);
    let (code, report) = doctor(&user, &[]);
    assert_eq!(code, Some(0), "{}: {report:#}", version.name());
    assert!(!report.to_string().contains("a right that is missing"), "{report:#}");
    lab
}

/// Waits until the server follows the new roles.
fn until_allowed(user: &Path, right: &[&str]) {
    for _ in 0..400 {
        let asked = [&["auth", "can-i"], right].concat();
        let told = Command::new(&binaries().unwrap().kubectl).args(asked).env("KUBECONFIG", user).output().unwrap();
        if told.stdout.starts_with(b"yes") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{right:?} was never allowed");
}

/// Holds that what is broken is found as on every other version.
fn broken(version: Version) {
    for (name, wanted) in [("s1_no_room", "pods-no-room"), ("bsl_read_only", "bsl-read-only")] {
        let lab = lab(version, name);
        let (code, report) = doctor(lab.kubeconfig(), &[]);
        assert_eq!(code, Some(1), "{} {name}", version.name());
        assert!(found(&report).contains(&wanted), "{} {name}: {:?}", version.name(), found(&report));
        assert_eq!(report["summary"]["inconclusive"], 0, "{report:#}");
    }
}

/// Writes one kubeconfig with the contexts `older` and `newer`.
fn both(folder: &Path, older: &Lab, newer: &Lab) -> PathBuf {
    let mut whole = json!({"apiVersion": "v1", "kind": "Config", "current-context": "newer"});
    for (name, lab) in [("older", older), ("newer", newer)] {
        let own: Value = serde_yaml::from_str(&std::fs::read_to_string(lab.kubeconfig()).unwrap()).unwrap();
        for key in ["clusters", "users", "contexts"] {
            let mut row = own[key][0].clone();
            row["name"] = json!(name);
            if key == "contexts" {
                row["context"] = json!({"cluster": name, "user": name});
            }
            if whole[key].is_null() {
                whole[key] = json!([]);
            }
            whole[key].as_array_mut().unwrap().push(row);
        }
    }
    let file = folder.join("both");
    std::fs::write(&file, whole.to_string()).unwrap();
    file
}

/// Returns the groups that a server prefers a version of, with all versions, as kubectl lists them.
fn served(lab: &Lab) -> Vec<String> {
    lab.kubectl(&["api-versions"]).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_oldest_and_the_newest_server_are_diagnosed_alike() {
    let older = healthy(Version::V1_34);
    let newer = healthy(Version::V1_37);
    broken(Version::V1_34);
    broken(Version::V1_37);

    // What a restore from the newer into the older would meet is what the two servers say of themselves.
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = both(folder.path(), &older, &newer);
    let (_, report) = doctor(&kubeconfig, &["--target-context", "older"]);
    let told: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["name"] == "target-lacks-api-versions")
        .collect();
    let checks = report["checks"].as_array().unwrap();
    let outcome = checks.iter().find(|check| check["name"] == "target-lacks-api-versions").unwrap();
    assert!(matches!(outcome["outcome"].as_str().unwrap(), "passed" | "found"), "{outcome}");
    let here = served(&older);
    let lacking: Vec<String> = served(&newer).into_iter().filter(|one| !here.contains(one)).collect();
    // The cluster's own orders need no restore.
    let wanted = lacking.iter().filter(|one| !one.starts_with("storagemigration.k8s.io/"));
    let mut wanted: Vec<String> =
        wanted.filter_map(|one| one.split_once('/')).map(|(group, version)| format!("{version}.{group}")).collect();
    let mut groups: Vec<&str> = told.iter().map(|finding| finding["subject"]["name"].as_str().unwrap()).collect();
    wanted.sort_unstable();
    groups.sort_unstable();
    assert_eq!(groups, wanted, "of {lacking:?}");
}
