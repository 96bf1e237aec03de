//! The role that `rbac --azure` prints, with the real `az` against the simulator: it is enough, and nothing of it too much.
//!
//! What real Azure asks for each read stands in the simulator as Microsoft's lists of operations have it; it was not tried.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise, and tells what it counted"
)]

use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::sync::OnceLock;

use aksbackup::checks::CHECKS;
use aksbackup::facts::Requirement;
use aksbackup_lab::aks::{Pool, SUBSCRIPTION};
use aksbackup_lab::arm::healthy::{account_id, extension_id, identity_id, role_id, scale_set_id, vault_id};
use aksbackup_lab::arm::{Allowed, World};
use aksbackup_lab::{Azure, Lab, scenario};
use serde_json::{Value, json};

/// Rights that nobody misses by name, and why.
const SILENT: &[(&str, &str)] = &[
    ("Microsoft.Compute/disks/read", "Resource Graph leaves out what its caller may not read, and does not say so"),
    (
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
        "Resource Graph leaves links out, and it is missed where the account is closed and the location fails: tests/azure.rs",
    ),
    (
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
        "it only adds to a finding that the cluster's own words make, and a healthy cluster has none",
    ),
    ("Microsoft.ResourceGraph/resources/read", "whether Azure asks for it is not known, and the simulator does not"),
];

/// The right that only adds to a finding: it is missed there, and stops no check.
const ADDS: &str = "Microsoft.Authorization/permissions/read";
/// The right by which a vault says what it protected of a cluster that is gone; it only adds, too.
const LEFT: &str = "Microsoft.DataProtection/backupVaults/backupInstances/read";

/// One healthy cluster for all worlds of Azure: nothing of it is changed.
fn cluster() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let lab = Lab::start().unwrap();
        lab.play(&scenario("healthy").unwrap()).unwrap();
        lab
    })
}

fn doctor(azure: &Azure, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let path = std::env::join_paths([aksbackup_lab::az().unwrap(), "/usr/bin".into(), "/bin".into()]).unwrap();
    command.arg("doctor").args(args).env("KUBECONFIG", cluster().kubeconfig());
    for name in azure.remove_env() {
        command.env_remove(name);
    }
    command.env("PATH", path).envs(azure.env()).output().unwrap()
}

fn report(azure: &Azure, args: &[&str]) -> Value {
    let output = doctor(azure, &[&["-o", "json"], args].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Returns the role that is printed, and what is said beside it.
fn printed(args: &[&str]) -> (Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    command.args(["rbac", "--azure"]).args(args).env("KUBECONFIG", "/nonexistent");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn actions(role: &Value) -> Vec<String> {
    role["Actions"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// Returns the rights to these actions at each scope where the role may be assigned.
fn rights<'a>(role: &Value, actions: impl IntoIterator<Item = &'a String>) -> Vec<Allowed> {
    let scopes = role["AssignableScopes"].as_array().unwrap();
    let at = |action: &'a String| scopes.iter().map(move |scope| Allowed::new(action, scope.as_str().unwrap()));
    actions.into_iter().flat_map(at).collect()
}

/// Returns a world in which an action is asked for: some reads happen only where something is not as it mostly is.
fn world_of(action: &str) -> (&'static str, World) {
    let mut world = World::healthy();
    let assignment = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/a55160ed-0000-4000-8000-000000000001",
        account_id()
    );
    let name = match action {
        "Microsoft.Resources/subscriptions/providers/read" => {
            world.remove(&extension_id());
            "no extension in Azure"
        }
        "Microsoft.ManagedIdentity/userAssignedIdentities/read" => {
            let own = identity_id("ext-azure-aks-backup-cluster");
            let without = json!({"identity": {"userAssignedIdentities": {own: null}}});
            assert!(world.patch(&scale_set_id(&Pool::system()), without));
            "no scale set has the identity"
        }
        "Microsoft.Authorization/roleDefinitions/read" => {
            let custom = role_id("c0570111-0000-4000-8000-000000000001");
            let blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*";
            world.set(
                &custom,
                json!({"properties": {"roleName": "Backup of the shop", "type": "CustomRole", "permissions": [
                    {"actions": [], "notActions": [], "dataActions": [blobs], "notDataActions": []},
                ]}}),
            );
            assert!(world.patch(&assignment, json!({"properties": {"roleDefinitionId": custom}})));
            "a custom role"
        }
        ADDS => {
            world.remove(&assignment);
            "a role is missing"
        }
        LEFT => {
            world.delete_cluster();
            "the cluster is gone"
        }
        _ => "healthy",
    };
    (name, world)
}

/// Returns the checks that cannot judge without what an action reads, else all that read it; every further one costs time.
fn checks_of(action: &str) -> String {
    let reads = |requirement: &Requirement| requirement.need.actions().contains(&action);
    let some = |is_it: &dyn Fn(&Requirement) -> bool| -> Vec<&str> {
        CHECKS.iter().filter(|check| check.needs.iter().any(is_it)).map(|check| check.code).collect()
    };
    let without = some(&|requirement| requirement.required && reads(requirement));
    if without.is_empty() { some(&reads) } else { without }.join(",")
}

fn of_checks<'r>(report: &'r Value, outcome: &'r str) -> impl Iterator<Item = &'r Value> {
    report["checks"].as_array().unwrap().iter().filter(move |check| check["outcome"] == outcome)
}

fn unjudged(report: &Value) -> Vec<String> {
    of_checks(report, "inconclusive").map(|check| format!("{}: {}", check["name"], check["reason"])).collect()
}

/// Returns the rights that checks name as missing: actions of Azure, and rights of Kubernetes by their resource.
fn missing(report: &Value) -> BTreeSet<&str> {
    let rights = report["checks"].as_array().unwrap().iter().flat_map(|check| check["missing"].as_array().unwrap());
    rights.map(|right| right["action"].as_str().or_else(|| right["resource"].as_str()).unwrap()).collect()
}

/// Returns what findings say they could not read.
fn not_read(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.flat_map(|finding| finding["notRead"].as_array().unwrap()).map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn the_role_is_what_az_takes_and_what_is_said_beside_it_can_be_run() {
    let (role, told) = printed(&[]);
    let keys: BTreeSet<&str> = role.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = "Name IsCustom Description Actions NotActions DataActions NotDataActions AssignableScopes";
    assert_eq!(keys, wanted.split(' ').collect());
    assert_eq!((&role["Name"], &role["IsCustom"]), (&json!("kubectl-aksbackup-reader"), &json!(true)));
    assert_eq!(role["AssignableScopes"], json!(["/subscriptions/SUBSCRIPTION"]));
    for key in ["NotActions", "DataActions", "NotDataActions"] {
        assert_eq!(role[key], json!([]), "{key}");
    }
    for part in [
        "az role definition create --role-definition @FILE",
        "az role assignment create --assignee OBJECT_ID --role kubectl-aksbackup-reader --scope /subscriptions/SUBSCRIPTION",
        "Replace SUBSCRIPTION",
        "Azure's own role Reader suffices",
        "Microsoft.DataProtection/backupInstances/read is inferred",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }

    let other = "99999999-0000-4000-8000-000000000000";
    let (role, told) =
        printed(&["--name", "mine", "--subscription", other, "--subscription", SUBSCRIPTION, "--subscription", other]);
    assert_eq!(role["Name"], "mine");
    let mut scopes = [SUBSCRIPTION, other].map(|id| format!("/subscriptions/{id}"));
    scopes.sort();
    assert_eq!(role["AssignableScopes"], json!(scopes));
    for scope in scopes {
        assert!(told.contains(&format!("--role mine --scope {scope}")), "{told}");
    }
    assert!(!told.contains("Replace"), "{told}");
}

#[test]
fn the_role_is_enough_and_every_action_is_missed_when_it_is_taken_away() {
    let (role, _) = printed(&["--subscription", SUBSCRIPTION]);
    let actions = actions(&role);
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut missed = 0;
    for action in &actions {
        let (name, world) = world_of(action);
        let azure = Azure::start_with(world).unwrap();
        let checks = checks_of(action);
        let vault = vault_id();
        // Of a cluster that is gone nothing names the vault.
        let named = if action == LEFT { &["--vault", vault.as_str()][..] } else { &[] };
        let selection = [&["--check", checks.as_str()], named].concat();
        if seen.insert(name) {
            // All checks where all is well; elsewhere those that the world is for.
            let is_healthy = name == "healthy";
            azure.allow_only(Some(rights(&role, &actions)));
            let with_all = report(&azure, if is_healthy { &[] } else { &selection });
            assert_eq!(missing(&with_all), BTreeSet::new(), "{name}: {:#?}", unjudged(&with_all));
            assert!(!not_read(&with_all).iter().any(|text| text.contains("Microsoft.")), "{name}: {with_all:#}");
            if is_healthy {
                assert_eq!(unjudged(&with_all), Vec::<String>::new(), "{name}");
            }
        }
        azure.allow_only(Some(rights(&role, actions.iter().filter(|one| *one != action))));
        let without = report(&azure, &selection);
        if SILENT.iter().any(|(silent, _)| silent == action) {
            // What is silently left out must at least be taken for no trouble.
            assert_eq!(missing(&without), BTreeSet::new(), "{action}: is it missed by now?");
            let found = without["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] != "info");
            assert_eq!(found.count(), 0, "{action}: {without:#}");
            continue;
        }
        if action == ADDS || action == LEFT {
            assert_eq!(missing(&without), BTreeSet::new(), "{action}: does it stop a check by now?");
            // Which cluster it is, only the vault could have told: then nothing is judged, and that says why.
            let told = unjudged(&without);
            let mut told = told.iter().map(String::as_str).chain(not_read(&without));
            assert!(told.any(|text| text.contains(action)), "{action}: {without:#}");
        } else {
            assert_eq!(missing(&without), BTreeSet::from([action.as_str()]), "{name}: {:#?}", unjudged(&without));
        }
        missed += 1;
    }
    println!("{missed} of {} actions are missed by name when they are taken away", actions.len());
    assert_eq!(missed + SILENT.len(), actions.len());
}

#[test]
fn reader_is_enough_and_who_lacks_rights_is_told_how_to_get_them() {
    let azure = Azure::start().unwrap();
    azure.allow_only(Some(vec![Allowed::new("*/read", &format!("/subscriptions/{SUBSCRIPTION}"))]));
    assert_eq!(unjudged(&report(&azure, &[])), Vec::<String>::new());

    azure.allow_only(Some(vec![Allowed::new("Microsoft.Resources/*/read", "/")]));
    let text = String::from_utf8(doctor(&azure, &[]).stdout).unwrap();
    assert!(text.contains("kubectl aksbackup rbac --azure"), "{text}");
    assert!(!text.contains("Whoever administers the cluster"), "no right of Kubernetes is missing: {text}");
    let short = String::from_utf8(doctor(&azure, &["--short"]).stdout).unwrap();
    assert!(short.contains("rights are missing: kubectl aksbackup rbac --azure"), "{short}");
}
