//! Both halves together: a real API server, the real `az`, and the simulator of Azure Resource Manager, in one story.
//!
//! Each world is healthy but for one thing in Azure. What `doctor` says must name that first, and none of its look-alikes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aksbackup_lab::arm::healthy::{
    self, BLOB_CONTRIBUTOR, CLUSTER_PRINCIPAL, EXTENSION_PRINCIPAL, SNAPSHOT_GROUP, VAULT_PRINCIPAL, account_id,
    binding_id, cluster_id, container_id, extension_id, group_id, instance_id, policy_id, subscription_id, vault_id,
};
use aksbackup_lab::arm::{Allowed, FaultRule, World};
use aksbackup_lab::{Azure, Lab, scenario};
use serde_json::{Value, json};

/// One healthy cluster for all worlds of Azure: nothing of it is changed.
fn cluster() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let lab = Lab::start().unwrap();
        lab.play(&scenario("healthy").unwrap()).unwrap();
        lab
    })
}

/// Returns a run of the built binary with the real az, which sees the simulator.
fn doctor(kubeconfig: &Path, azure: &Azure, args: &[&str]) -> Command {
    let mut command = bare(kubeconfig, args);
    let path = std::env::join_paths([aksbackup_lab::az().unwrap(), "/usr/bin".into(), "/bin".into()]).unwrap();
    for name in azure.remove_env() {
        command.env_remove(name);
    }
    command.env("PATH", path).envs(azure.env());
    command
}

/// Returns a run without any az.
fn bare(kubeconfig: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    command.arg("doctor").args(args).env("KUBECONFIG", kubeconfig).env("PATH", "/usr/bin:/bin");
    command
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Runs doctor over a world of Azure and returns its report and its exit code.
fn see(azure: &Azure, args: &[&str]) -> (Value, i32) {
    let mut all = vec!["-o", "json"];
    all.extend(args);
    let output = doctor(cluster().kubeconfig(), azure, &all).output().unwrap();
    (report(&output), output.status.code().unwrap())
}

fn names<'r>(report: &'r Value, role: &str) -> Vec<&'r str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let of_role = findings.filter(|f| f["role"] == role && f["severity"] != "info");
    let mut names: Vec<&str> = of_role.map(|f| f["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn unjudged(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["outcome"] == "inconclusive");
    checks.map(|check| format!("{}: {}", check["name"], check["reason"])).collect()
}

#[test]
fn a_healthy_cluster_has_nothing_wrong_in_azure_either() {
    let azure = Azure::start().unwrap();
    let (report, code) = see(&azure, &[]);
    assert_eq!(unjudged(&report), Vec::<String>::new());
    assert_eq!((names(&report, "root"), names(&report, "also"), code), (vec![], vec![], 0), "{report:#}");
    assert_eq!(report["asked"], json!({"kubernetes": true, "azure": true}));
    assert_eq!(report["cluster"]["name"], "cluster");
    let reads = azure.calls().iter().filter(|call| call.path.starts_with('/') && !call.path.contains("/msi/")).count();
    assert!(reads <= 20, "{reads} reads: {:#?}", azure.calls());
    assert!(azure.most_at_once() <= 4, "{} at once", azure.most_at_once());
}
