//! `doctor --target-context` between two real clusters.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

use std::path::Path;
use std::process::Command;

use aksbackup::checks::CHECKS;
use aksbackup_lab::{Lab, scenario};
use contexts::{both, read};
use serde_json::{Value, json};

#[path = "support/contexts.rs"]
mod contexts;

fn doctor(kubeconfig: &Path, args: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let output =
        command.args(["doctor", "--no-azure", "-o", "json"]).args(args).env("KUBECONFIG", kubeconfig).output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), report, String::from_utf8(output.stderr).unwrap())
}

fn names(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["name"].as_str().unwrap()).collect()
}

#[test]
fn what_of_the_target_would_not_fit_is_found_before_the_restore() {
    let (source, target) = (Lab::start().unwrap(), Lab::start().unwrap());
    source.play(&scenario("healthy").unwrap()).unwrap();
    target.play(&scenario("healthy").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = both(folder.path(), source.kubeconfig(), target.kubeconfig());

    let (code, report, _) = doctor(&kubeconfig, &["--target-context", "target"]);
    assert_eq!(names(&report), Vec::<&str>::new(), "two alike clusters fit: {report:#}");
    assert_eq!(code, Some(0));
    let ran = |report: &Value| {
        report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["name"].as_str().unwrap().starts_with("target-"))
            .count()
    };
    let of_target = CHECKS.iter().filter(|check| check.name.starts_with("target-")).count();
    assert!(of_target > 3);
    assert_eq!(ran(&report), of_target);

    // Without the flag nobody judges a target, and nothing is said to be wrong with it.
    let (code, report, _) = doctor(&kubeconfig, &[]);
    assert_eq!((code, ran(&report)), (Some(0), 0));

    // A class that only the source has, and a namespace of the target that does not go away.
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"},
        "provisioner": "disk.csi.azure.com"
    });
    source.apply(&class).unwrap();
    target.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})).unwrap();
    let held = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": "shop", "finalizers": ["example.com/held"]}
    });
    target.apply(&held).unwrap();
    target.kubectl(&["delete", "namespace", "shop", "--wait=false"]).unwrap();
    let (code, report, _) = doctor(&kubeconfig, &["--target-context", "target"]);
    assert_eq!(names(&report), ["target-lacks-storage-classes", "target-namespaces-terminating"], "{report:#}");
    assert_eq!(code, Some(1));

    // A user of the target who may read nothing leaves the source judged.
    let nobody = target.user("nobody", &[]).unwrap();
    let mut whole = read(&kubeconfig);
    whole["users"][1]["user"] = read(&nobody)["users"][0]["user"].clone();
    std::fs::write(&kubeconfig, whole.to_string()).unwrap();
    let (code, report, _) = doctor(&kubeconfig, &["--target-context", "target"]);
    assert_eq!(code, Some(3), "{report:#}");
    let missing = report["checks"].to_string();
    assert!(missing.contains("storageclasses") && missing.contains("the target"), "{missing}");

    // A target that does not answer is no trouble of the source, and a name that is none is refused.
    whole["clusters"][1]["cluster"]["server"] = json!("https://127.0.0.1:9");
    std::fs::write(&kubeconfig, whole.to_string()).unwrap();
    let (code, report, _) = doctor(&kubeconfig, &["--target-context", "target"]);
    assert_eq!(code, Some(3), "{report:#}");
    assert!(report["checks"].to_string().contains("the API server of context target"), "{report:#}");
    // Nor is a login there that fails.
    let exec = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login", "interactiveMode": "Never"
    });
    whole["users"][1]["user"] = json!({"exec": exec});
    std::fs::write(&kubeconfig, whole.to_string()).unwrap();
    let (code, report, _) = doctor(&kubeconfig, &["--target-context", "target"]);
    assert_eq!(code, Some(3), "{report:#}");
    assert!(report["checks"].to_string().contains("no-such-login"), "{report:#}");
    let (code, _, told) = doctor(&kubeconfig, &["--target-context", "nowhere"]);
    assert_eq!(code, Some(2));
    assert!(told.starts_with("error:") && told.contains("nowhere"), "{told}");
}
