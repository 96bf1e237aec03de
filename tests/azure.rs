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

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aksbackup_lab::aks::{NODE_GROUP, Pool};
use aksbackup_lab::arm::healthy::{
    BLOB_CONTRIBUTOR, CLUSTER_PRINCIPAL, EXTENSION_PRINCIPAL, SNAPSHOT_GROUP, VAULT_PRINCIPAL, account_id, binding_id,
    cluster_id, container_id, extension_id, extension_identity, group_id, identity_id, instance_id, network_id,
    policy_id, private_endpoint, private_zone, private_zone_id, scale_set_id, subscription_id, vault_id, zone_link,
};
use aksbackup_lab::arm::{Allowed, FaultRule, Policy, World};
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
    assert_eq!(reads, 20, "docs/performance.md states how many: {:#?}", azure.calls());
    assert!(azure.most_at_once() <= 4, "{} at once", azure.most_at_once());
}

/// What is done to a healthy Azure, and what must stand first then.
struct Broken {
    name: &'static str,
    change: fn(&mut World),
    roots: &'static [&'static str],
}

/// Takes every role of an identity away.
fn without_roles(world: &mut World, principal: &str, scope: &str) {
    let gone: Vec<String> = world
        .resources()
        .filter(|(_, one)| one.pointer("/properties/principalId") == Some(&json!(principal)))
        .filter(|(_, one)| {
            one.pointer("/properties/scope").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(scope))
        })
        .map(|(id, _)| id.to_owned())
        .collect();
    assert!(!gone.is_empty(), "{principal} has no role at {scope}");
    gone.iter().for_each(|id| world.remove(id));
}

fn lock(world: &mut World, scope: &str, level: &str) {
    let id = format!("{scope}/providers/Microsoft.Authorization/locks/keep");
    world.set(&id, json!({"name": "keep", "type": "Microsoft.Authorization/locks", "properties": {"level": level}}));
}

fn patch(world: &mut World, id: &str, changes: Value) {
    assert!(world.patch(id, changes), "{id} is not there");
}

const BROKEN: &[Broken] = &[
    Broken {
        name: "the vault may not read the cluster",
        change: |world| without_roles(world, VAULT_PRINCIPAL, &cluster_id()),
        roots: &["vault-reader-missing"],
    },
    Broken {
        name: "the cluster may not make snapshots",
        change: |world| without_roles(world, CLUSTER_PRINCIPAL, &group_id(SNAPSHOT_GROUP)),
        roots: &["cluster-role-missing"],
    },
    Broken {
        name: "trusted access is gone",
        change: |world| world.remove(&binding_id()),
        roots: &["trusted-access-missing"],
    },
    Broken {
        name: "the snapshot group is locked",
        change: |world| lock(world, &group_id(SNAPSHOT_GROUP), "CanNotDelete"),
        roots: &["snapshot-group-locked"],
    },
    Broken {
        name: "protection fails with a code",
        change: |world| {
            let error =
                json!({"code": "UserErrorKubernetesBackupExtensionHasErrors", "message": "The extension has errors."});
            patch(
                world,
                &instance_id(),
                json!({"properties": {"currentProtectionState": "ProtectionError", "protectionErrorDetails": error}}),
            );
        },
        roots: &["protection-error"],
    },
    Broken {
        name: "the extension is gone in Azure",
        change: |world| world.remove(&extension_id()),
        roots: &["azure-extension-missing"],
    },
    Broken {
        name: "a policy refuses snapshots",
        change: |world| {
            let [name, kind, effect] = ["no-snapshots", "Microsoft.Compute/snapshots", "Deny"].map(str::to_owned);
            world.policies.push(Policy { name, kind, effect });
        },
        roots: &["snapshots-denied-by-policy"],
    },
    Broken {
        name: "the newest backup job failed",
        change: |world| {
            job(world, "Failed", &json!({"errorDetails": [{"code": "UserErrorNamespaceNotFound", "message": "x"}]}));
        },
        roots: &["backup-job-failed"],
    },
    Broken {
        name: "the container is under a legal hold",
        change: |world| patch(world, &container_id(), json!({"properties": {"hasLegalHold": true}})),
        roots: &["storage-account-immutable"],
    },
    Broken {
        name: "the account is gone in Azure",
        change: |world| world.remove(&account_id()),
        roots: &["storage-account-gone"],
    },
];

/// Adds a job of now.
fn job(world: &mut World, status: &str, more: &Value) {
    let id = format!("{}/backupJobs/ffffffff-0000-4000-8000-000000000001", vault_id());
    let now = jiff::Timestamp::now().to_string();
    let mut properties = json!({"dataSourceId": cluster_id(), "operationCategory": "Backup", "status": status,
        "startTime": now, "endTime": now, "dataSourceType": "Microsoft.ContainerService/managedClusters"});
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.set(
        &id,
        json!({"name": "ffffffff-0000-4000-8000-000000000001",
        "type": "Microsoft.DataProtection/backupVaults/backupJobs", "properties": properties}),
    );
}

/// Warnings: nothing fails yet, or the cluster shows that it works all the same.
const DOUBTFUL: &[Broken] = &[
    Broken {
        name: "nothing protects the cluster",
        change: |world| world.remove(&instance_id()),
        roots: &["cluster-unprotected"],
    },
    Broken {
        name: "protection is stopped",
        change: |world| {
            patch(world, &instance_id(), json!({"properties": {"currentProtectionState": "ProtectionStopped"}}));
        },
        roots: &["protection-stopped"],
    },
    Broken {
        name: "the extension has no identity",
        change: |world| {
            patch(world, &extension_id(), json!({"properties": {"aksAssignedIdentity": {"principalId": null}}}));
        },
        roots: &["extension-identity-missing"],
    },
    Broken {
        name: "the newest backup job warned of volumes",
        change: |world| {
            let warnings = json!([
                {"resourceName": "shop/data", "warning": {"code": "UserErrorPVCNotBoundToVolume", "message": "x"}},
                {"resourceName": "shop/old", "warning": {"code": "UserErrorStorageClassMissingForPVC", "message": "x"}},
            ]);
            job(world, "CompletedWithWarnings", &json!({"extendedInfo": {"warningDetails": warnings}}));
        },
        roots: &["backup-job-warned"],
    },
    Broken {
        name: "vault tier in a region that lacks it",
        change: |world| {
            let rules = json!([{"name": "Vault", "objectType": "AzureRetentionRule",
                "lifecycles": [{"sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"}}]}]);
            patch(world, &policy_id(), json!({"properties": {"policyRules": rules}}));
            for id in [vault_id(), cluster_id()] {
                patch(world, &id, json!({"location": "polandcentral"}));
            }
        },
        roots: &["storage-account-elsewhere", "vault-tier-unsupported"],
    },
    Broken {
        name: "two extensions of the type",
        change: |world| {
            let mut twin = world.get(&extension_id()).unwrap().clone();
            let id = format!("{}/providers/Microsoft.KubernetesConfiguration/extensions/twin", cluster_id());
            twin["name"] = json!("twin");
            twin["id"] = json!(id);
            twin["properties"]["extensionType"] = json!("MICROSOFT.dataprotection.KUBERNETES");
            twin["properties"]["provisioningState"] = json!("Failed");
            world.set(&id, twin);
        },
        roots: &["azure-extension-twins"],
    },
    Broken {
        name: "the extension has no role at the account",
        change: |world| without_roles(world, EXTENSION_PRINCIPAL, &account_id()),
        roots: &["extension-role-missing"],
    },
    Broken {
        name: "the cluster is stopped",
        change: |world| patch(world, &cluster_id(), json!({"properties": {"powerState": {"code": "Stopped"}}})),
        roots: &["cluster-stopped"],
    },
];

/// Both halves show the same trouble: Azure's is the cause, and what the cluster shows stands under it.
#[test]
fn the_cause_in_azure_explains_what_the_cluster_shows() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("bsl_unavailable_permission_mismatch").unwrap()).unwrap();
    let azure = Azure::start().unwrap();
    azure.edit(|world| without_roles(world, EXTENSION_PRINCIPAL, &account_id()));
    let output = doctor(lab.kubeconfig(), &azure, &["-o", "json"]).output().unwrap();
    let joined = report(&output);
    assert_eq!(names(&joined, "root"), ["extension-role-missing"], "{joined:#}");
    assert!(names(&joined, "consequence").contains(&"bsl-unavailable"), "{joined:#}");
    let rows = joined["permissions"].as_array().unwrap();
    let verdict = |identity: &str, needed: &str| {
        let row =
            rows.iter().find(|row| row["identity"].as_str().unwrap().starts_with(identity) && row["needed"] == needed);
        row.unwrap_or_else(|| panic!("no row {identity} {needed}: {rows:#?}"))["verdict"].clone()
    };
    assert_eq!(verdict("extension", "Storage Blob Data Contributor"), "missing");
    assert_eq!(verdict("vault", "Reader"), "granted");
    assert_eq!(verdict("cluster", "Contributor"), "granted");
    let text = doctor(lab.kubeconfig(), &azure, &[]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    let first = text.lines().find(|line| line.starts_with('✗')).unwrap();
    assert!(first.contains("extension-role-missing") && text.contains("PERMISSIONS IN AZURE"), "{text}");
    // Flags that name another cluster: nothing of that one is told, and no command goes there.
    let other = format!("{}/providers/Microsoft.ContainerService/managedClusters/other", group_id("rg"));
    azure.edit(|world| {
        let mut cluster = world.get(&cluster_id()).unwrap().clone();
        cluster["name"] = json!("other");
        cluster["id"] = json!(other);
        cluster["properties"]["nodeResourceGroup"] = json!("MC_rg_other_centralus");
        world.set(&other, cluster);
    });
    let flags = ["-o", "json", "-g", "rg", "--cluster-name", "other"];
    let foreign = doctor(lab.kubeconfig(), &azure, &flags).output().unwrap();
    let told = report(&foreign);
    assert!(names(&told, "root").contains(&"cluster-not-the-same"), "{told:#}");
    assert!(names(&told, "root").contains(&"storage-role-missing"), "{told:#}");
    assert_eq!(told["permissions"], json!([]));
    for finding in told["findings"].as_array().unwrap() {
        assert!(!finding["remedy"].to_string().contains("other"), "{finding:#}");
    }
    // The role was granted a moment ago: nothing is missing, and it takes time.
    azure.edit(|world| {
        let scope = account_id();
        let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/fresh");
        let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{BLOB_CONTRIBUTOR}", subscription_id());
        world.set(&id, json!({"name": "fresh", "type": "Microsoft.Authorization/roleAssignments", "properties": {
            "roleDefinitionId": role, "principalId": EXTENSION_PRINCIPAL, "scope": scope, "principalType": "ServicePrincipal",
            "createdOn": jiff::Timestamp::now().to_string()}}));
    });
    let output = doctor(lab.kubeconfig(), &azure, &["-o", "json"]).output().unwrap();
    let waiting = report(&output);
    assert_eq!(names(&waiting, "root"), ["role-too-fresh"], "{waiting:#}");
}

/// The account is closed, and the zone by which its private endpoint has a name may be linked to the cluster's network or not.
#[test]
fn a_private_zone_that_is_linked_only_elsewhere_is_why_the_account_refuses() {
    const ACTION: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read";
    let lab = Lab::start().unwrap();
    lab.play(&scenario("bsl_unavailable_network").unwrap()).unwrap();
    let azure = Azure::start().unwrap();
    let zone = private_zone_id("hub", "privatelink.blob.core.windows.net");
    let link = |name: &str| format!("{zone}/virtualNetworkLinks/{name}");
    azure.edit(|world| {
        let closed =
            json!({"publicNetworkAccess": "Disabled", "privateEndpointConnections": [private_endpoint("Approved")]});
        patch(world, &account_id(), json!({"properties": closed}));
        world.set(&zone, private_zone());
        world.set(&link("hub"), zone_link(&network_id("hub", "vnet-hub")));
    });
    let look = || report(&doctor(lab.kubeconfig(), &azure, &["-o", "json"]).output().unwrap());
    let elsewhere = look();
    assert_eq!(names(&elsewhere, "root"), ["storage-private-dns-missing"], "{elsewhere:#}");
    for effect in ["storage-network-denied", "bsl-unavailable"] {
        assert!(names(&elsewhere, "consequence").contains(&effect), "{effect}: {elsewhere:#}");
    }
    let reads = azure.calls().iter().filter(|call| call.path.starts_with('/') && !call.path.contains("/msi/")).count();
    assert_eq!(reads, 20, "the links are of a question that is put anyway: {:#?}", azure.calls());
    // AKS made the cluster's network: it lies in the nodes' group.
    azure.edit(|world| world.set(&link("aks"), zone_link(&network_id(NODE_GROUP, "aks-vnet-12345678"))));
    assert_eq!(names(&look(), "root"), ["storage-network-denied"]);
    // No link at all: there is none, or it may not be read.
    azure.edit(|world| ["hub", "aks"].iter().for_each(|name| world.remove(&link(name))));
    let unseen = look();
    assert_eq!(names(&unseen, "root"), ["storage-network-denied"]);
    let checks = unseen["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "storage-private-dns-missing").unwrap();
    assert_eq!(check["outcome"], "inconclusive");
    assert!(check["reason"].as_str().unwrap().contains(ACTION), "{check:#}");
}

/// Entra ID refuses the token, and Azure shows in what the credential of the extension's identity differs.
#[test]
fn a_federated_credential_of_another_issuer_is_quoted() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("s2_federated_mismatch").unwrap()).unwrap();
    let azure = Azure::start().unwrap();
    let identity = identity_id(&extension_identity());
    azure.edit(|world| {
        let without = json!({"identity": {"userAssignedIdentities": {identity.clone(): null}}});
        patch(world, &scale_set_id(&Pool::system()), without);
        world.set(
            &format!("{identity}/federatedIdentityCredentials/velero"),
            json!({"properties": {
                "issuer": "https://centralus.oic.prod-aks.azure.com/of/before/", "audiences": ["api://AzureADTokenExchange"],
                "subject": "system:serviceaccount:dataprotection-microsoft:dataprotection-microsoft-kubernetes-agent",
            }}),
        );
    });
    let report = report(&doctor(lab.kubeconfig(), &azure, &["-o", "json"]).output().unwrap());
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["name"] == "federated-credential-mismatch").unwrap();
    let at = format!("{identity}/federatedIdentityCredentials/velero properties.issuer");
    let seen = finding["evidence"].as_array().unwrap();
    let quotes: Vec<&Value> = seen.iter().filter(|one| one["at"] == at).map(|one| &one["quote"]).collect();
    assert_eq!(quotes, [&json!("https://centralus.oic.prod-aks.azure.com/of/before/")], "{finding:#}");
    let unjudged = unjudged(&report);
    assert!(!unjudged.iter().any(|one| one.contains("which is the most it does")), "{unjudged:#?}");
}

#[test]
fn what_is_broken_in_azure_is_named() {
    let mut wrong = Vec::new();
    for (role, table) in [("root", BROKEN), ("also", DOUBTFUL)] {
        for broken in table {
            let azure = Azure::start().unwrap();
            azure.edit(|world| (broken.change)(world));
            let (report, code) = see(&azure, &[]);
            let found = names(&report, role);
            let is_told = broken.roots.iter().all(|name| found.contains(name)) && found.len() == broken.roots.len();
            let unjudged = unjudged(&report);
            if !is_told || (code != 1 && !broken.roots.is_empty()) {
                let others = names(&report, if role == "root" { "also" } else { "root" });
                wrong.push(format!(
                    "{}: code {code}, {role} {found:?}, wanted {:?}; others {others:?}; unjudged {unjudged:#?}",
                    broken.name, broken.roots
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} worlds are misjudged:\n{}", wrong.len(), wrong.join("\n"));
}

/// Holds that everything about Azure is inconclusive for one reason, and that the cluster is judged all the same.
fn azure_is_silent(output: &Output, why: &str) {
    let report = report(output);
    let unjudged = unjudged(&report);
    assert_eq!(output.status.code(), Some(3), "{report:#}");
    assert!(unjudged.len() > 30, "{unjudged:#?}");
    for one in &unjudged {
        assert!(one.contains(why), "{one}");
    }
    assert_eq!(report["asked"]["azure"], false);
    assert!(report["summary"]["passed"].as_u64() > Some(50), "{}", report["summary"]);
}

#[test]
fn without_az_the_cluster_is_judged_all_the_same() {
    let output = bare(cluster().kubeconfig(), &["-o", "json"]).output().unwrap();
    azure_is_silent(&output, "az, the Azure CLI, is not installed");
    let chosen = bare(cluster().kubeconfig(), &["-o", "json", "--no-azure"]).output().unwrap();
    assert_eq!(chosen.status.code(), Some(0));
    let text = bare(cluster().kubeconfig(), &["--no-azure"]).output().unwrap();
    assert!(String::from_utf8(text.stdout).unwrap().lines().take(4).any(|line| line.contains("Azure was not asked")));
}

#[test]
fn a_sign_in_that_does_not_work_is_told_with_what_to_do() {
    let azure = Azure::start().unwrap();
    let run = |why: &str| {
        let output = doctor(cluster().kubeconfig(), &azure, &["-o", "json"]).output().unwrap();
        azure_is_silent(&output, why);
        azure.forget_calls();
    };
    azure.sign_out().unwrap();
    run("az is not signed in; sign in with: az login");
    assert!(azure.calls().is_empty(), "{:?}", azure.calls());
    azure.token_fails("AADSTS700082: The refresh token has expired due to inactivity.").unwrap();
    run("AADSTS700082");
    azure.token_fails("AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.").unwrap();
    run("a second factor");
}

#[test]
fn a_user_whose_token_must_be_renewed_is_asked_for_it_once() {
    let azure = Azure::start().unwrap();
    azure.sign_in_user().unwrap();
    let (report, code) = see(&azure, &[]);
    assert_eq!((unjudged(&report), code), (vec![], 0));
}

#[test]
fn refusals_and_throttling_cost_only_what_they_are_about() {
    let azure = Azure::start().unwrap();
    // One that is throttled: what stands on it is not judged, everything else is.
    azure.fault(FaultRule::throttled("/backupJobs", 10));
    let (report, code) = see(&azure, &[]);
    let told = unjudged(&report);
    assert!(code == 3 && !told.is_empty() && told.iter().all(|one| one.contains("429")), "{told:#?}");
    assert!(told.len() < 8, "{told:#?}");
    azure.heal();
    // Nothing at all: every check names the right that it misses.
    azure.allow_only(Some(Vec::new()));
    let (report, code) = see(&azure, &[]);
    assert_eq!(code, 3);
    for check in report["checks"].as_array().unwrap().iter().filter(|check| check["outcome"] == "inconclusive") {
        assert!(check["reason"].as_str().unwrap().contains("Microsoft."), "{check:#}");
    }
    azure.allow_only(Some(vec![Allowed::new("*/read", &subscription_id())]));
    assert_eq!(see(&azure, &[]).1, 0);
    azure.allow_only(None);
    // A storm: everything is throttled, nothing hangs.
    azure.fault(FaultRule::throttled("/subscriptions/", 60));
    let begun = Instant::now();
    assert_eq!(see(&azure, &[]).1, 3);
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn an_az_that_hangs_ends_with_the_run() {
    let azure = Azure::start().unwrap();
    azure.fault(FaultRule::slow("/extensions", Duration::from_secs(300)));
    let begun = Instant::now();
    let (report, code) = see(&azure, &["--timeout", "12s"]);
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert_eq!(code, 3);
    assert!(unjudged(&report).iter().any(|one| one.contains("the run's limit")), "{:#?}", unjudged(&report));
    // No az is left behind: each has the simulator's folder in its environment.
    assert_eq!(processes(&azure), Vec::<u32>::new());
}

/// Returns the processes that see this simulator: each has its folder in its environment.
fn processes(azure: &Azure) -> Vec<u32> {
    let folder = azure.config_folder().display().to_string();
    let of_it = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.ok()?.path();
        let environ = std::fs::read(path.join("environ")).ok()?;
        String::from_utf8_lossy(&environ).contains(&folder).then_some(path)
    };
    let all = std::fs::read_dir("/proc").unwrap().filter_map(of_it);
    all.filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect()
}

#[test]
fn an_az_that_is_killed_costs_only_its_own_question() {
    let azure = Azure::start().unwrap();
    azure.fault(FaultRule::slow("/backupJobs", Duration::from_secs(300)));
    let mut child = doctor(cluster().kubeconfig(), &azure, &["-o", "json"]);
    let child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let asks_jobs = |id: &u32| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        *id != child.id() && String::from_utf8_lossy(&line).contains("/backupJobs")
    };
    while !azure.calls().iter().any(|call| call.path.contains("/backupJobs")) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the question never came");
        std::thread::sleep(Duration::from_millis(50));
    }
    let killed: Vec<u32> = processes(&azure).into_iter().filter(asks_jobs).collect();
    assert!(!killed.is_empty());
    for id in &killed {
        assert!(Command::new("kill").args(["-KILL", &id.to_string()]).status().unwrap().success());
    }
    let output = child.wait_with_output().unwrap();
    let report = report(&output);
    let told = unjudged(&report);
    assert_eq!(output.status.code(), Some(3), "{told:#?}");
    assert!(!told.is_empty() && told.len() < 8 && told.iter().all(|one| one.contains("az ")), "{told:#?}");
}

#[test]
fn flags_that_name_another_cluster_are_a_finding() {
    let azure = Azure::start().unwrap();
    let other = format!("{}/providers/Microsoft.ContainerService/managedClusters/other", group_id("rg"));
    azure.edit(|world| {
        let mut cluster = world.get(&cluster_id()).unwrap().clone();
        cluster["name"] = json!("other");
        cluster["id"] = json!(other);
        cluster["properties"]["nodeResourceGroup"] = json!("MC_rg_other_centralus");
        world.set(&other, cluster);
        // It has an extension of its own, whose identity no node of this cluster may take.
        let mut extension = world.get(&extension_id()).unwrap().clone();
        let id = format!("{other}/providers/Microsoft.KubernetesConfiguration/extensions/own");
        extension["id"] = json!(id);
        extension["name"] = json!("own");
        extension["properties"]["aksAssignedIdentity"]["principalId"] = json!("5a5a5a5a-0000-4000-8000-0000000000ff");
        world.set(&id, extension);
    });
    let (report, code) = see(&azure, &["--resource-group", "rg", "--cluster-name", "other"]);
    // Nothing else is said of Azure: each finding, and each remedy, would be about the wrong cluster.
    assert_eq!((names(&report, "root"), code), (vec!["cluster-not-the-same"], 1), "{report:#}");
    let right = see(&azure, &["--resource-group", "rg", "--cluster-name", "cluster"]);
    assert_eq!((names(&right.0, "root"), right.1), (vec![], 0));
}

/// Writes a kubeconfig whose cluster does not answer.
fn silent_kubeconfig(folder: &Path) -> PathBuf {
    let kubeconfig = folder.join("config");
    let server = json!({"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": "t"}}], "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]});
    std::fs::write(&kubeconfig, server.to_string()).unwrap();
    kubeconfig
}

#[test]
fn a_cluster_that_does_not_answer_is_judged_by_azure() {
    let azure = Azure::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = silent_kubeconfig(folder.path());
    let alone = doctor(&kubeconfig, &azure, &["-o", "json"]).output().unwrap();
    assert_eq!(alone.status.code(), Some(2), "{}", String::from_utf8_lossy(&alone.stderr));
    azure.edit(|world| patch(world, &cluster_id(), json!({"properties": {"powerState": {"code": "Stopped"}}})));
    let flags = ["--subscription", aksbackup_lab::aks::SUBSCRIPTION, "-g", "rg", "--cluster-name", "cluster"];
    let output = doctor(&kubeconfig, &azure, &[&["-o", "json"], &flags[..]].concat()).output().unwrap();
    let report = report(&output);
    assert_eq!(report["asked"], json!({"kubernetes": false, "azure": true}), "{report:#}");
    assert!(names(&report, "root").contains(&"cluster-stopped"), "{report:#}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_vault_tells_what_a_cluster_that_is_gone_has_left_behind() {
    let azure = Azure::start().unwrap();
    azure.edit(World::delete_cluster);
    let folder = tempfile::tempdir().unwrap();
    let silent = silent_kubeconfig(folder.path());
    let vault = vault_id();
    // The cluster is silent, or something else answers at its address: the vault knows the one that it protected.
    for kubeconfig in [silent.as_path(), cluster().kubeconfig()] {
        let output = doctor(kubeconfig, &azure, &["-o", "json", "--vault", &vault]).output().unwrap();
        let report = report(&output);
        let findings = report["findings"].as_array().unwrap();
        let gone = findings.iter().find(|finding| finding["name"] == "cluster-gone");
        let message = gone.unwrap_or_else(|| panic!("{report:#}"))["message"].as_str().unwrap();
        let last = if kubeconfig == silent { "with container" } else { "with the backup data" };
        for part in ["no cluster cluster in", "backup instance", "4 snapshots of disks of resource group mc_", last] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert_eq!((output.status.code(), &report["asked"]["azure"]), (Some(1), &json!(true)));
    }
    // A vault of several clusters does not tell which: that is said, with their names.
    azure.edit(|world| {
        let mut other = world.get(&instance_id()).unwrap().clone();
        let id = format!("{}/backupInstances/other", vault_id());
        other["id"] = json!(id);
        other["name"] = json!("other");
        other["properties"]["dataSourceInfo"]["resourceID"] =
            json!(format!("{}/providers/Microsoft.ContainerService/managedClusters/other", group_id("rg")));
        world.set(&id, other);
    });
    let output = doctor(&silent, &azure, &["-o", "json", "--vault", &vault]).output().unwrap();
    let told = unjudged(&report(&output)).join("\n");
    assert!(told.contains("the vault protects several clusters, cluster (resource group rg) and other"), "{told}");
    let flags = ["--subscription", aksbackup_lab::aks::SUBSCRIPTION, "-g", "rg", "--cluster-name", "cluster"];
    let output = doctor(&silent, &azure, &[&["-o", "json", "--vault", &vault], &flags[..]].concat()).output().unwrap();
    assert!(names(&report(&output), "also").contains(&"cluster-gone"));
}

/// Whatever Azure holds, no secret of it reaches any output.
#[test]
fn no_secret_of_azure_is_ever_told() {
    const SECRET: &str = "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6QUJDREVGRw==";
    let azure = Azure::start().unwrap();
    azure.edit(|world| {
        let connection = format!("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={SECRET};EndpointSuffix=core.windows.net");
        let sas = format!("https://a.blob.core.windows.net/c?sv=2024&sig={SECRET}");
        let error = json!({"code": "UserErrorKubernetesBackupExtensionHasErrors", "message": connection,
            "recommendedAction": [sas], "details": [{"code": "Inner", "message": format!("Bearer {SECRET}")}]});
        patch(
            world,
            &instance_id(),
            json!({"properties": {"currentProtectionState": "ProtectionError", "protectionErrorDetails": error}}),
        );
        patch(
            world,
            &extension_id(),
            json!({"properties": {
                "provisioningState": "Failed",
                "configurationSettings": {"credentials.secret": SECRET, "configuration.backupStorageLocation.config.storageAccountKeyEnvVar": SECRET},
                "statuses": [{"code": "x", "level": "Error", "message": connection}],
                "errorInfo": {"code": "ExtensionOperationFailed", "message": sas, "details": [{"code": "y", "message": format!("password={SECRET}")}]},
            }}),
        );
    });
    azure.fault(FaultRule::error("/locks", 400, "Odd", &format!("AccountKey={SECRET}")));
    let folder = tempfile::tempdir().unwrap();
    for args in [&["-o", "json"][..], &["-o", "wide"], &["-o", "yaml"], &["-o", "junit"], &["--short"], &["-v", "9"]] {
        let saved = folder.path().join(format!("{}.json", args.join("")));
        let mut args = args.to_vec();
        args.extend(["--save", saved.to_str().unwrap()]);
        let output = doctor(cluster().kubeconfig(), &azure, &args).output().unwrap();
        for text in [&output.stdout, &output.stderr, &std::fs::read(&saved).unwrap()] {
            let text = String::from_utf8_lossy(text);
            assert!(!text.contains(SECRET), "{args:?}: {}", text.lines().find(|l| l.contains(SECRET)).unwrap());
            assert!(!text.contains("eyJ"), "{args:?}: a token is told");
        }
        assert!(!output.stdout.is_empty(), "{args:?}");
    }
}
