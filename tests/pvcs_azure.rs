//! `check-pvcs` with Azure: a real API server, the real `az`, and the simulator of Azure Resource Manager.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

use std::process::{Command, Output};
use std::sync::OnceLock;

use aksbackup_lab::arm::FaultRule;
use aksbackup_lab::arm::healthy::{disk_id, instance_id, policy_id};
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

fn check(azure: &Azure, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let path = std::env::join_paths([aksbackup_lab::az().unwrap(), "/usr/bin".into(), "/bin".into()]).unwrap();
    for name in azure.remove_env() {
        command.env_remove(name);
    }
    command.arg("check-pvcs").args(args).env("KUBECONFIG", cluster().kubeconfig());
    command.env("PATH", path).envs(azure.env()).output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Returns the claim shop/data of a run, and its exit code.
fn data(azure: &Azure) -> (Value, Value, i32) {
    let output = check(azure, &["-o", "json"]);
    let report = report(&output);
    let claims = report["claims"].as_array().unwrap();
    let claim = claims.iter().find(|claim| claim["namespace"] == "shop" && claim["name"] == "data");
    (
        claim.unwrap_or_else(|| panic!("{report:#}")).clone(),
        report["judgedAgainst"].clone(),
        output.status.code().unwrap(),
    )
}

fn scope(azure: &Azure, parameters: &Value) {
    let mut whole = json!({"objectType": "KubernetesClusterBackupDatasourceParameters", "snapshotVolumes": true,
        "includeClusterScopeResources": true});
    whole.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
    let list = json!({"policyInfo": {"policyParameters": {"backupDatasourceParametersList": [whole]}}});
    azure.edit(|world| assert!(world.patch(&instance_id(), json!({"properties": list}))));
}

#[test]
fn the_backup_instance_says_what_is_in_scope() {
    let azure = Azure::start().unwrap();
    let (claim, against, code) = data(&azure);
    assert_eq!((&claim["verdict"], &claim["code"], code), (&json!("backed-up"), &Value::Null, 0), "{claim:#}");
    assert_eq!(against, json!({"instance": instance_id(), "policy": policy_id(), "scope": "azure"}));
    for (parameters, verdict, intended) in [
        (json!({"includedNamespaces": ["other"]}), "skipped", true),
        (json!({"excludedNamespaces": ["shop"]}), "skipped", true),
        (json!({"snapshotVolumes": false}), "skipped", true),
        (json!({"includedVolumeTypes": ["AzureFileShareSMB"]}), "skipped", true),
        (json!({"includedVolumeTypes": ["AzureDisk"]}), "backed-up", false),
    ] {
        scope(&azure, &parameters);
        let (claim, _, code) = data(&azure);
        assert_eq!(
            (&claim["verdict"], &claim["intended"]),
            (&json!(verdict), &json!(intended)),
            "{parameters}: {claim:#}"
        );
        // What was left out on purpose never counts.
        assert_eq!(code, 0, "{parameters}");
    }
}

#[test]
fn without_an_instance_nothing_protects_the_claims() {
    let azure = Azure::start().unwrap();
    azure.edit(|world| world.remove(&instance_id()));
    let (claim, against, code) = data(&azure);
    assert_eq!((&claim["verdict"], &claim["intended"], code), (&json!("skipped"), &json!(false), 1), "{claim:#}");
    assert!(claim["reason"].as_str().unwrap().contains("nothing protects this cluster"), "{claim:#}");
    assert_eq!(against["scope"], "azure");
}

#[test]
fn a_disk_that_azure_has_no_more_is_what_the_page_calls_not_found() {
    let azure = Azure::start().unwrap();
    azure.edit(|world| world.remove(&disk_id("shop", "data")));
    let (claim, _, code) = data(&azure);
    assert_eq!(
        (&claim["verdict"], &claim["explains"], code),
        (&json!("will-fail"), &json!(["UserErrorPVNotFound"]), 1)
    );
    // It was asked for by its id: the index alone proves nothing.
    let asked = azure.calls().iter().filter(|call| call.path.to_lowercase().ends_with("/disks/pvc-shop-data")).count();
    assert_eq!(asked, 1, "{:#?}", azure.calls());
    assert!(azure.calls().iter().all(|call| call.path.matches("/disks/").count() <= 1));
}

#[test]
fn a_cloud_that_lags_behind_is_asked_in_the_older_version() {
    let azure = Azure::start().unwrap();
    let mut refusal = FaultRule::error(
        "/backupInstances",
        400,
        "InvalidApiVersionParameter",
        "The api-version '2025-07-01' is invalid.",
    );
    refusal.times = Some(1);
    azure.fault(refusal);
    let (_, against, _) = data(&azure);
    let versions: Vec<String> = azure
        .calls()
        .iter()
        .filter(|call| call.path.ends_with("/backupInstances"))
        .map(|call| call.query.clone())
        .collect();
    assert_eq!(versions.len(), 2, "{versions:?}");
    assert!(versions[0].contains("2025-07-01") && versions[1].contains("2024-04-01"), "{versions:?}");
    // The simulator knows one version only: what it refuses leaves the scope to the newest backup.
    assert_eq!(against["scope"], "last-backup");
}

#[test]
fn without_az_the_newest_backup_says_what_is_in_scope() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    command.args(["check-pvcs"]).env("KUBECONFIG", cluster().kubeconfig()).env("PATH", "/usr/bin:/bin");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let text = text.replace('\n', " ");
    assert!(text.lines().take(2).any(|line| line.contains("judged by the newest backup in the cluster")), "{text}");
    assert!(text.contains("az, the Azure CLI, is not installed"), "{text}");
}
