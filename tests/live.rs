//! The built binary, run by the real kubectl as a plugin, against real clusters that are really broken.
//!
//! Each scenario of the laboratory is played on a control plane of its own; what `doctor` says must name the true cause
//! first and none of its look-alikes. The laboratory's README says what of it is real.

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

use aksbackup_lab::{Lab, Rule, binaries, scenario};
use serde_json::Value;

/// A folder in which the binary has the name that kubectl looks for.
fn plugin_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| Path::new(env!("CARGO_BIN_EXE_kubectl-aksbackup")).parent().unwrap().to_owned())
}

/// Runs `kubectl aksbackup …` by the real kubectl.
fn kubectl_aksbackup(kubeconfig: &Path, args: &[&str]) -> Output {
    let kubectl = &binaries().unwrap().kubectl;
    let path = std::env::join_paths([plugin_folder(), kubectl.parent().unwrap()]).unwrap();
    Command::new(kubectl).arg("aksbackup").args(args).env("PATH", path).env("KUBECONFIG", kubeconfig).output().unwrap()
}

struct Seen {
    report: Value,
    code: i32,
    text: String,
}

impl Seen {
    /// Returns the names of the findings of a role, sorted, each once; remarks left out.
    fn names(&self, role: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap();
        let mut names: Vec<&str> = findings
            .iter()
            .filter(|f| f["role"] == role && f["severity"] != "info")
            .map(|f| f["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn outcome(&self, name: &str) -> &str {
        let checks = self.report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).map_or("deselected", |c| c["outcome"].as_str().unwrap())
    }
}

/// Plays a scenario and lets the doctor see it, as data and as text.
fn see(name: &str) -> Seen {
    let lab = Lab::start().unwrap();
    lab.play(&scenario(name).unwrap()).unwrap();
    look(lab.kubeconfig())
}

fn look(kubeconfig: &Path) -> Seen {
    let output = kubectl_aksbackup(kubeconfig, &["doctor", "--no-azure", "-o", "json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"));
    let text = kubectl_aksbackup(kubeconfig, &["doctor", "--no-azure"]);
    assert_eq!(output.status.code(), text.status.code(), "the exit code differs by format");
    Seen { report, code: output.status.code().unwrap(), text: String::from_utf8(text.stdout).unwrap() }
}

/// Returns a text as one line, whatever width it was fitted into.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Holds that a scenario has exactly these root causes, and that they stand first in what a person reads.
fn expect_roots(table: &[(&str, &[&str])]) {
    expect("root", table);
}

/// Holds that a scenario has no root cause and exactly these warnings: nothing fails yet.
fn expect_warnings(table: &[(&str, &[&str])]) {
    expect("also", table);
}

fn expect(role: &str, table: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (name, wanted) in table {
        let seen = see(name);
        let others = if role == "root" { Vec::new() } else { seen.names("root") };
        if seen.names(role) != *wanted || !others.is_empty() {
            let roots = seen.names("root");
            wrong.push(format!(
                "{name}: {role} {:?}, wanted {wanted:?}; roots {roots:?}\n{}",
                seen.names(role),
                seen.text
            ));
            continue;
        }
        if seen.code != i32::from(!wanted.is_empty()) {
            wrong.push(format!("{name}: exit code {}\n{}", seen.code, seen.text));
        }
        let sign = if role == "root" { '✗' } else { '!' };
        let first = seen.text.lines().find(|line| line.starts_with(sign)).unwrap_or_default().to_owned();
        if !wanted.is_empty() && !wanted.iter().any(|name| first.contains(name)) {
            wrong.push(format!("{name}: the first in the text is {first:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} scenarios are misjudged:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn a_healthy_cluster_has_nothing_wrong() {
    let seen = see("healthy");
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert_eq!(seen.report["findings"].as_array().unwrap().len(), 0, "{}", seen.text);
    assert_eq!(seen.report["summary"]["inconclusive"], 0, "{}", seen.text);
    let left_out = seen.report["deselected"].as_array().unwrap().iter();
    let for_want: Vec<&Value> = left_out
        .filter(|one| one["why"] != "by not naming a --target-context" && one["why"] != "by --no-azure")
        .collect();
    assert_eq!(for_want, Vec::<&Value>::new(), "an administrator may ask CoreDNS: {}", seen.text);
    assert_eq!(seen.outcome("coredns-endpoint-unresolved"), "passed", "{}", seen.text);
    assert!(flat(&seen.text).contains("Nothing inside the cluster stands in the way of a backup"), "{}", seen.text);
}

#[test]
fn a_cluster_without_the_extension_is_one_finding() {
    let seen = see("no_extension");
    assert_eq!(seen.names("root"), ["extension-missing"], "{}", seen.text);
    assert_eq!(seen.report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(seen.outcome("pods-no-room"), "notApplicable");
}

#[test]
fn a_cluster_that_is_not_aks_is_refused() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("not_aks").unwrap()).unwrap();
    let output = kubectl_aksbackup(lab.kubeconfig(), &["doctor", "--no-azure"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: the cluster of context \"lab\" is not AKS"));
}

#[test]
fn scenario_1_no_place_for_the_pods() {
    expect_roots(&[
        ("s1_no_room", &["pods-no-room"]),
        ("s1_no_room_memory", &["pods-no-room"]),
        ("s1_no_room_pods", &["pods-no-room"]),
        ("s1_all_tainted", &["pods-untolerated-taints"]),
        ("s1_wrong_arch", &["pods-wrong-platform"]),
        ("s1_wrong_os", &["pods-wrong-platform"]),
        ("s1_volume_zone", &["pods-volume-elsewhere"]),
        ("s1_node_selector", &["pods-affinity-unmet"]),
    ]);
}

#[test]
fn scenario_1_pods_that_may_not_be_made() {
    expect_roots(&[
        ("s1_quota", &["pods-over-quota"]),
        ("s1_limit_range", &["pods-outside-limits"]),
        ("s1_denied_by_vap", &["pods-denied-by-admission-policy"]),
        ("s1_denied_by_azure_policy", &["pods-denied-by-azure-policy"]),
        ("s1_denied_by_constraint", &["pods-denied-by-constraint"]),
        ("s1_job_denied_by_azure_policy", &["pods-denied-by-azure-policy"]),
    ]);
}

#[test]
fn scenario_1_containers_hooks_and_what_is_left() {
    expect_roots(&[
        ("s1_image_pull", &["image-not-pulled"]),
        ("s1_crash_loop", &["container-crashing"]),
        ("s1_oom_killed", &["container-oom-killed"]),
        ("s1_killed_without_oom", &["plugin-killed"]),
        ("s1_rolled_back", &["extension-install-failed"]),
        ("s1_rolled_back_2026", &["extension-install-failed"]),
    ]);
    // The deletion is seconds old here: it may still end by itself.
    expect_warnings(&[("s1_namespace_terminating", &["namespace-terminating"])]);
    let seen = see("s1_hook_failed");
    let roots = seen.names("root");
    assert!(roots == ["egress-timed-out"] || roots == ["hook-job-failed"], "{roots:?}\n{}", seen.text);
}

#[test]
fn scenario_2_tokens() {
    expect_roots(&[
        ("s2_nmi_refused_no_exception", &["pod-identity-exception-missing"]),
        ("s2_exception_mismatch", &["pod-identity-exception-mismatch"]),
        ("s2_imds_identity_not_found", &["imds-identity-not-found"]),
        ("s2_several_identities", &["several-identities"]),
        ("s2_workload_identity_not_injected", &["workload-identity-not-injected"]),
        ("s2_federated_mismatch", &["federated-credential-mismatch"]),
        ("s2_oidc_issuer_off", &["oidc-issuer-off"]),
    ]);
}

#[test]
fn scenario_3_the_agents_way_to_azure_before_anything_is_installed() {
    expect_roots(&[("s3_no_such_host_first_install", &["coredns-endpoint-unresolved"])]);
}

/// The extension runs: backups go on, so what keeps the agent from its orders is a warning.
#[test]
fn scenario_3_the_agents_way_to_azure() {
    expect_warnings(&[
        ("s3_no_such_host", &["coredns-endpoint-unresolved"]),
        ("s3_no_such_host_localdns", &["coredns-endpoint-unresolved"]),
        ("s3_no_such_host_vnet", &["dp-endpoint-unresolved"]),
        ("s3_private_endpoint", &["dp-endpoint-private"]),
        ("s3_agent_unauthorized", &["agent-unauthorized"]),
        ("s3_egress_timeout", &["egress-timed-out"]),
        ("s3_egress_refused", &["egress-refused"]),
    ]);
}

#[test]
fn an_agent_in_the_control_plane_and_one_that_recovered_are_no_trouble() {
    expect_roots(&[("s3_agent_in_control_plane", &[]), ("s3_recovered", &[]), ("healthy_clusterconfig", &[])]);
}

#[test]
fn the_storage_location() {
    expect_roots(&[
        ("bsl_unavailable_permission_mismatch", &["storage-role-missing"]),
        ("bsl_unavailable_list_keys", &["storage-listkeys-denied"]),
        ("bsl_unavailable_network", &["storage-network-denied"]),
        ("bsl_unavailable_key_access_off", &["storage-keys-disabled"]),
        ("bsl_unavailable_throttled", &["storage-throttled"]),
        ("bsl_unavailable_container_not_found", &["storage-container-missing"]),
        ("bsl_unavailable_account_not_found", &["storage-account-missing"]),
        ("bsl_unavailable_x509", &["storage-tls-untrusted"]),
        ("bsl_read_only", &["bsl-read-only"]),
        ("bsl_missing", &["bsl-missing"]),
    ]);
}

#[test]
fn storage_trouble_that_hurts_later_is_a_warning() {
    for (name, finding) in [("bsl_no_default", "bsl-no-default"), ("bsl_stale", "bsl-stale")] {
        let seen = see(name);
        let all: Vec<&str> = ["root", "also"].iter().flat_map(|role| seen.names(role)).collect();
        assert_eq!(all, [finding], "{name}\n{}", seen.text);
        assert_eq!(seen.code, 1, "{name}");
    }
    // A location that is seconds old has not had its turn yet; its age cannot be set from outside.
    let seen = see("bsl_never_validated");
    assert_eq!(seen.outcome("bsl-never-validated"), "passed", "{}", seen.text);
}

#[test]
fn volumes_and_their_snapshots() {
    expect_roots(&[
        ("volumes_azurefile_loses_shares", &["azurefile-driver-loses-shares"]),
        // Seconds old: it may still become ready, and what older backups left is as it should be.
        ("volumes_snapshots_of_a_running_backup", &[]),
    ]);
    expect_warnings(&[
        ("volumes_in_tree_default", &["storage-class-ignores-snapshots"]),
        ("volumes_classes_interfere", &["snapshot-class-interferes"]),
    ]);
}

#[test]
fn coredns_that_does_not_start() {
    expect_roots(&[("s3_coredns_crashing", &["coredns-crashing"])]);
}

/// The first replica answers from the pin, the second by way of Azure's alias.
#[test]
fn coredns_replicas_of_which_one_missed_a_change() {
    expect_warnings(&[("s3_coredns_replicas_differ", &["coredns-replicas-differ"])]);
    let seen = see("s3_coredns_replicas_differ");
    assert!(flat(&seen.text).contains("from an entry of its own (20.40.200.153)"), "{}", seen.text);
}

/// The real replicas fail as the model says: the agent's name gets SERVFAIL from both.
#[test]
fn coredns_custom_that_leaves_every_other_name_without_an_answer() {
    let seen = see("s3_coredns_custom_breaks_dns");
    assert!(seen.names("root").contains(&"coredns-custom-breaks-dns"), "{}", seen.text);
    assert_eq!(seen.code, 1, "{}", seen.text);
    let text = flat(&seen.text);
    assert!(text.contains("kubernetes.default.svc.cluster.local gets SERVFAIL"), "{text}");
    assert_eq!(seen.outcome("coredns-endpoint-unresolved"), "found", "{text}");
    assert_eq!(seen.outcome("coredns-configuration-refused"), "passed", "{text}");
}

/// A remark: nothing is broken by what nothing reads.
#[test]
fn coredns_custom_that_nothing_reads() {
    let seen = see("s3_coredns_custom_without_effect");
    assert_eq!(seen.outcome("coredns-custom-without-effect"), "found", "{}", seen.text);
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert!(flat(&seen.text).contains("nothing reads this key (aksdp.conf)"), "{}", seen.text);
}

/// The real CoreDNS refuses what the page of scenario 3 tells to add, where there is a hosts block already.
#[test]
fn coredns_that_refuses_a_change_and_takes_over_its_correction() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("healthy").unwrap()).unwrap();
    let custom = |data: Value| {
        let metadata = serde_json::json!({"namespace": "kube-system", "name": "coredns-custom"});
        lab.apply(&serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}))
            .unwrap();
    };
    let hosts = "hosts {\n    10.1.2.3 one.example.com\n    fallthrough\n}\n";
    let wait = |words: &str| {
        let start = std::time::Instant::now();
        loop {
            let logs = lab.kubectl(&["logs", "-n", "kube-system", "-l", "k8s-app=kube-dns", "--tail=-1"]).unwrap();
            if logs.matches(words).count() >= 2 {
                break;
            }
            assert!(start.elapsed() < std::time::Duration::from_secs(90), "no {words:?} in {logs}");
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
    };
    // A change between reading and hashing, at the start, is one that CoreDNS never sees.
    wait("CoreDNS-1.");
    custom(serde_json::json!({"a.override": hosts, "b.override": hosts}));
    wait("reload failed");
    let seen = look(lab.kubeconfig());
    assert_eq!(seen.names("also"), ["coredns-configuration-refused"], "{}", seen.text);
    assert_eq!(seen.names("consequence"), ["coredns-reload-failed"], "{}", seen.text);
    assert_eq!(seen.names("root"), [""; 0], "{}", seen.text);
    assert!(flat(&seen.text).contains("plugin can only be used once per Server Block"), "{}", seen.text);
    assert_eq!(seen.outcome("coredns-crashing"), "passed", "{}", seen.text);

    custom(serde_json::json!({"a.override": hosts, "b.override": null}));
    wait("Reloading complete");
    let seen = look(lab.kubeconfig());
    assert_eq!(seen.code, 0, "{}", seen.text);
}

#[test]
fn runs_that_fail_or_hang() {
    expect_roots(&[
        ("runs_past", &[]),
        ("runs_backup_interrupted", &["backup-interrupted"]),
        ("runs_restore_into_terminating", &["restore-stuck"]),
        ("runs_operation_just_made", &["image-not-pulled"]),
    ]);
}

#[test]
fn runs_that_hurt_later_are_warnings() {
    expect_warnings(&[
        ("runs_backup_works_for_hours", &["backup-stuck"]),
        ("runs_namespace_gone", &["namespace-gone"]),
        ("runs_restore_version", &["restored-from-another-version"]),
        ("runs_delete_read_only", &["delete-backup-failed"]),
        ("runs_operation_failed", &["operation-failed"]),
        ("runs_item_sync_late", &["item-sync-late"]),
    ]);
}

#[test]
fn hooks_are_held_against_the_pods_that_they_select() {
    expect_warnings(&[
        ("hooks_wrong", &["hook-container-missing", "hook-selects-nothing", "hook-shape-wrong"]),
        ("hooks_failed", &["hook-container-missing"]),
    ]);
    let seen = see("hooks_wrong");
    let subjects = |name: &str| -> Vec<String> {
        let all = seen.report["findings"].as_array().unwrap();
        let of = all.iter().filter(|finding| finding["name"] == name);
        let mut subjects: Vec<String> =
            of.map(|finding| finding["subject"]["name"].as_str().unwrap().to_owned()).collect();
        subjects.sort_unstable();
        subjects
    };
    assert_eq!(subjects("hook-shape-wrong"), ["a-flat", "b-empty"], "{}", seen.text);
    assert_eq!(subjects("hook-selects-nothing"), ["c-label", "d-namespace"], "{}", seen.text);
    assert_eq!(subjects("hook-container-missing"), ["e-container"], "{}", seen.text);
}

#[test]
fn the_cluster_and_what_stops_an_installation() {
    expect_roots(&[
        ("cluster_crds_missing", &["crds-missing"]),
        ("cluster_webhook_unanswered", &["webhook-unanswered"]),
        ("cluster_stale_api_service", &["api-service-unavailable"]),
        ("cluster_left_over", &["left-over-blocks-install"]),
        ("cluster_denied_after_rollback", &["admission-denies-a-trial-pod"]),
    ]);
}

#[test]
fn what_of_the_cluster_hurts_later_is_a_warning() {
    expect_warnings(&[
        ("cluster_snapshot_crds_missing", &["snapshot-crds-missing"]),
        ("cluster_second_velero", &["second-velero"]),
        ("cluster_old_kubelets", &["node-versions-unsupported"]),
    ]);
    // Nothing of the extension's is asked about: a remark.
    let seen = see("cluster_webhook_elsewhere");
    assert_eq!(seen.outcome("webhook-unanswered"), "found", "{}", seen.text);
    assert_eq!(seen.code, 0, "{}", seen.text);
}

#[test]
fn a_user_with_a_part_of_the_rights_is_told_which_are_missing() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("s1_no_room").unwrap()).unwrap();
    let namespace = "dataprotection-microsoft";
    let viewer = lab
        .user(
            "viewer",
            &[
                Rule::new(&[""], &["pods", "namespaces"], &["get", "list"]).within(&[namespace]),
                Rule::new(&["velero.io"], &["backupstoragelocations"], &["get", "list"]).within(&[namespace]),
            ],
        )
        .unwrap();
    let seen = look(&viewer);
    // What can be read is judged: the pods wait for room, whoever looks.
    assert_eq!(seen.names("root"), ["pods-no-room"], "{}", seen.text);
    assert_eq!(seen.code, 1);
    assert_eq!(seen.outcome("pods-over-quota"), "inconclusive", "{}", seen.text);
    assert!(flat(&seen.text).contains("list events in namespace dataprotection-microsoft"), "{}", seen.text);
    assert_eq!(seen.outcome("coredns-endpoint-unresolved"), "deselected");
    assert!(flat(&seen.text).contains("create pods/portforward in namespace kube-system"), "{}", seen.text);
}

#[test]
fn a_user_who_may_list_pods_but_read_no_logs_is_told_so() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("s1_killed_without_oom").unwrap()).unwrap();
    let lister = lab.user("lister", &[Rule::new(&[""], &["pods"], &["get", "list"])]).unwrap();
    let seen = look(&lister);
    assert_eq!(seen.outcome("plugin-killed"), "inconclusive", "{}", seen.text);
    assert!(flat(&seen.text).contains("get pods/log in namespace dataprotection-microsoft"), "{}", seen.text);
    assert_eq!(seen.code, 3, "{}", seen.text);
}

#[test]
fn a_user_who_may_read_nothing_never_hears_that_all_is_well() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("healthy").unwrap()).unwrap();
    let nobody = lab.user("nobody", &[]).unwrap();
    let seen = look(&nobody);
    assert_eq!(seen.code, 3, "{}", seen.text);
    // Discovery is open to everybody who may sign in: what stands on nothing else is known.
    let checks = seen.report["checks"].as_array().unwrap();
    let passed: Vec<&Value> = checks.iter().filter(|check| check["outcome"] == "passed").map(|c| &c["name"]).collect();
    assert_eq!(passed, ["snapshot-crds-missing"], "{}", seen.text);
    assert_eq!(seen.report["summary"]["found"], 0, "{}", seen.text);
    assert!(flat(&seen.text).contains("No trouble found in what could be read"), "{}", seen.text);
}

#[test]
fn a_namespace_that_does_not_hold_the_extension_is_refused() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("demo").unwrap()).unwrap();
    for (namespace, word) in [("nowhere", "does not exist"), ("default", "is in dataprotection-microsoft")] {
        let output = kubectl_aksbackup(lab.kubeconfig(), &["doctor", "--no-azure", "-n", namespace]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(word), "{told}");
    }
    let right = kubectl_aksbackup(
        lab.kubeconfig(),
        &["doctor", "--no-azure", "-n", "dataprotection-microsoft", "--context", "lab"],
    );
    assert_eq!(right.status.code(), Some(1));
    let text = flat(&String::from_utf8(right.stdout).unwrap());
    assert!(text.contains("→ kubectl --context lab "), "commands go where the run went: {text}");
}

#[test]
fn a_trace_tells_of_every_call_and_never_of_a_token() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("demo").unwrap()).unwrap();
    let token = lab.kubectl(&["create", "token", "default", "--namespace", "default"]).unwrap();
    let quiet = kubectl_aksbackup(lab.kubeconfig(), &["doctor", "--no-azure", "-o", "json"]);
    for level in ["6", "9"] {
        let output =
            kubectl_aksbackup(lab.kubeconfig(), &["doctor", "--no-azure", "-o", "json", &format!("-v={level}")]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), quiet.status.code());
        serde_json::from_slice::<Value>(&output.stdout).expect("a trace does not touch the document");
        assert!(told.contains(&format!("GET {}/version 200 OK in ", lab.server())), "{told}");
        assert!(told.contains("PORT-FORWARD kube-system/"), "{told}");
        assert_eq!(told.contains("answer body of "), level == "9", "{told}");
        assert!(!told.contains("Bearer ey") && !told.contains('\u{1b}'), "{told}");
    }
    // A user by token: what is sent is told without it.
    let output = kubectl_aksbackup(lab.kubeconfig(), &["doctor", "--no-azure", "-v=9", "--token", token.trim()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("/version 200 OK"), "{told}");
    assert!(!told.contains(token.trim()) && !told.contains(&token.trim()[20..60]), "a token in the trace");
}

#[test]
fn a_saved_file_is_judged_as_the_live_cluster_was() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("demo").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.json");
    let name = file.to_str().unwrap();
    let live = kubectl_aksbackup(lab.kubeconfig(), &["doctor", "--no-azure", "-o", "wide", "--save", name]);
    let saved = kubectl_aksbackup(Path::new("/nonexistent"), &["doctor", "--no-azure", "-o", "wide", "--bundle", name]);
    assert_eq!(String::from_utf8_lossy(&live.stdout), String::from_utf8_lossy(&saved.stdout));
    assert_eq!(live.status.code(), saved.status.code());
    assert!(String::from_utf8_lossy(&live.stderr).contains("saved in"), "it is said where the facts are");
    let again = kubectl_aksbackup(lab.kubeconfig(), &["doctor", "--no-azure", "--save", name]);
    assert_eq!(again.status.code(), Some(2), "a file that is there is not overwritten");
}
