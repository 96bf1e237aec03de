//! The contract with scripts: schemas are current, real output validates, exit codes are the same in every format.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aksbackup::facts::Facts;
use serde_json::Value;
use support::{Case, cases, facts_of};

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    // No test may reach a cluster of the person who runs it.
    command.env("KUBECONFIG", "/nonexistent/kubeconfig").env_remove("KUBERNETES_SERVICE_HOST");
    command
}

/// Saves facts as a bundle in a folder of the test's own.
fn bundle(folder: &Path, facts: &Facts) -> PathBuf {
    let file = folder.join("facts.json");
    std::fs::write(&file, serde_json::to_vec(facts).unwrap()).unwrap();
    file
}

fn doctor(file: &Path, args: &[&str]) -> Output {
    binary().arg("doctor").arg("--bundle").arg(file).args(args).output().unwrap()
}

fn healthy() -> Facts {
    serde_json::from_value(support::healthy()).unwrap()
}

fn case(check: &str, word: &str) -> Facts {
    let cases = cases();
    let found: &Case = cases
        .iter()
        .find(|case| case.check == check && case.name.starts_with(word))
        .unwrap_or_else(|| panic!("{check} has no case {word}-…"));
    facts_of(found)
}

fn schema_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(name)
}

#[test]
fn the_schemas_in_docs_are_current() {
    let schemas =
        [("doctor-report.json", aksbackup::cli::doctor_schema()), ("pvc-report.json", aksbackup::cli::pvc_schema())];
    for (name, schema) in schemas {
        let now = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        let file = schema_file(name);
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &now).unwrap();
        }
        let stored = std::fs::read_to_string(&file).unwrap();
        assert_eq!(stored, now, "run: UPDATE_GOLDENS=1 cargo test --test contract");
    }
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema_file(name)).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn real_output_of_every_case_validates_in_both_formats() {
    let validator = validator("doctor-report.json");
    let folder = tempfile::tempdir().unwrap();
    // The first case of each check and outcome: the shapes differ by outcome, not by case.
    let mut seen = std::collections::BTreeSet::new();
    for case in cases() {
        if !seen.insert((case.check.clone(), case.name.split('-').next().unwrap().to_owned())) {
            continue;
        }
        let file = bundle(folder.path(), &facts_of(&case));
        let json: Value = serde_json::from_slice(&doctor(&file, &["-o", "json"]).stdout).unwrap();
        let yaml: Value =
            serde_yaml::from_str(&String::from_utf8(doctor(&file, &["-o", "yaml"]).stdout).unwrap()).unwrap();
        assert_eq!(json, yaml, "{}/{}: JSON and YAML say different things", case.check, case.name);
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}/{}: {errors:?}", case.check, case.name);
        nothing_is_left_out(&json);
    }
}

#[test]
fn verdicts_validate_in_both_formats_and_leave_nothing_out() {
    let validator = validator("pvc-report.json");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, facts: &Facts| {
        let file = folder.path().join(name);
        std::fs::write(&file, serde_json::to_vec(facts).unwrap()).unwrap();
        ["--bundle".to_owned(), file.display().to_string()].to_vec()
    };
    let mut sources = vec![vec!["--sample".to_owned()], file("healthy.json", &healthy())];
    let of_volumes =
        cases().into_iter().filter(|case| case.check.contains("volume") || case.check.contains("snapshot"));
    sources.extend(of_volumes.enumerate().map(|(at, case)| file(&format!("{at}.json"), &facts_of(&case))));
    let (mut claims, mut documents) = (0, 0);
    for source in sources {
        let run = |format: &str| binary().arg("check-pvcs").args(&source).args(["-o", format]).output().unwrap();
        let output = run("json");
        if output.status.code() == Some(2) {
            continue;
        }
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let yaml: Value = serde_yaml::from_str(&String::from_utf8(run("yaml").stdout).unwrap()).unwrap();
        assert_eq!(json, yaml, "{source:?}: JSON and YAML say different things");
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{source:?}: {errors:?}");
        no_field_of_verdicts_is_left_out(&json);
        documents += 1;
        claims += json["claims"].as_array().unwrap().len();
    }
    assert!(documents > 1 && claims > 3, "{documents} documents with {claims} claims show too little");
}

fn no_field_of_verdicts_is_left_out(report: &Value) {
    let keys = |value: &Value, wanted: &[&str]| {
        let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut wanted = wanted.to_vec();
        keys.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(keys, wanted);
    };
    keys(
        report,
        &[
            "apiVersion",
            "kind",
            "observedAt",
            "tool",
            "context",
            "cluster",
            "asked",
            "judgedAgainst",
            "summary",
            "claims",
        ],
    );
    keys(&report["judgedAgainst"], &["instance", "policy", "scope"]);
    keys(&report["summary"], &["backedUp", "skipped", "willFail", "unknown", "intended", "bytesAtRisk"]);
    for claim in report["claims"].as_array().unwrap() {
        keys(
            claim,
            &[
                "namespace",
                "name",
                "verdict",
                "intended",
                "code",
                "reason",
                "evidence",
                "explains",
                "missing",
                "warnings",
                "usedBy",
                "volume",
            ],
        );
        keys(&claim["volume"], &["driver", "handle", "storageClass", "requestedBytes", "sku"]);
    }
}

/// Unknown values are null, never left out (contract section 3).
fn nothing_is_left_out(report: &Value) {
    const TOP: &[&str] = &[
        "apiVersion",
        "kind",
        "observedAt",
        "tool",
        "context",
        "asked",
        "cluster",
        "extension",
        "lastRecoveryPoint",
        "summary",
        "checks",
        "deselected",
        "findings",
        "permissions",
    ];
    const FINDING: &[&str] = &[
        "id",
        "code",
        "name",
        "hop",
        "severity",
        "role",
        "subject",
        "message",
        "evidence",
        "explains",
        "causedBy",
        "alternatives",
        "decide",
        "notRead",
        "remedy",
    ];
    let keys = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(keys(report), sorted(TOP));
    for finding in report["findings"].as_array().unwrap() {
        assert_eq!(keys(finding), sorted(FINDING));
        assert_eq!(keys(&finding["subject"]), sorted(&["apiVersion", "kind", "namespace", "name", "id"]));
        for evidence in finding["evidence"].as_array().unwrap() {
            assert_eq!(keys(evidence), sorted(&["at", "quote"]));
        }
    }
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(keys(check), sorted(&["code", "name", "hop", "outcome", "reason", "missing"]));
        for right in check["missing"].as_array().unwrap() {
            let is_azure = right.get("action").is_some();
            let of_kubernetes = &["verb", "group", "resource", "namespace"][..];
            assert_eq!(keys(right), sorted(if is_azure { &["action", "scope"] } else { of_kubernetes }));
        }
    }
    assert_eq!(keys(&report["cluster"]), sorted(&["id", "name", "region", "kubernetesVersion"]));
    assert_eq!(keys(&report["extension"]), sorted(&["name", "version", "namespace"]));
    let order = |finding: &Value| {
        let place = |key: &str, names: &[&str]| names.iter().position(|name| finding[key] == **name).unwrap();
        let hops = ["you", "cluster", "extension", "dns", "identity", "storage", "vault", "volumes", "runs"];
        (
            place("role", &["root", "consequence", "also"]),
            place("severity", &["error", "warning", "info"]),
            place("hop", &hops),
            finding["code"].as_str().unwrap().to_owned(),
        )
    };
    assert!(report["findings"].as_array().unwrap().is_sorted_by_key(order), "findings are not sorted");
}

#[test]
fn exit_codes_are_the_same_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let mut unread = healthy();
    unread.pods = aksbackup::facts::Fetched::Failed("no answer within 10 s".to_owned());
    let table: Vec<(&str, Facts, &[&str], i32)> = vec![
        ("healthy", healthy(), &[], 0),
        ("healthy, azure left out", healthy(), &["--no-azure"], 0),
        ("an error", case("pods-no-room", "firing"), &[], 1),
        ("an error, counted as one", case("pods-no-room", "firing"), &["--fail-on", "error"], 1),
        ("an error that does not count", case("pods-no-room", "firing"), &["--fail-on", "never"], 0),
        ("an error, its check left out", case("pods-no-room", "firing"), &["--check", "extension-missing"], 0),
        ("something unread", unread.clone(), &[], 3),
        ("something unread, and nothing counts", unread.clone(), &["--fail-on", "never"], 3),
        ("what is unread was not asked for", unread, &["--check", "bsl-unavailable"], 0),
    ];
    for (what, facts, args, code) in table {
        let file = bundle(folder.path(), &facts);
        for format in ["human", "wide", "json", "yaml"] {
            let output = doctor(&file, &[args, &["-o", format]].concat());
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{what} as {format}: {told}");
            assert!(!output.stdout.is_empty() && told.is_empty(), "{what} as {format}: stderr is {told:?}");
        }
    }
}

#[test]
fn what_cannot_run_ends_with_2_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_string_lossy().into_owned()
    };
    let other_cloud = {
        let mut facts = healthy();
        for node in facts.nodes.known_mut().unwrap() {
            node.spec.provider_id = Some("aws:///us-east-1a/i-0123456789".to_owned());
        }
        write("eks.json", &serde_json::to_string(&facts).unwrap())
    };
    let report = write(
        "report.json",
        r#"{"apiVersion":"aksbackup/v1","kind":"DoctorReport","observedAt":"2026-11-24T10:00:00Z"}"#,
    );
    let (empty, text, list) = (write("empty.json", "{}"), write("text.json", "not json"), write("list.json", "[1]"));
    let folder_itself = folder.path().to_string_lossy().into_owned();
    let table: &[(&[&str], &str)] = &[
        (&["doctor"], "kubeconfig"),
        (&["doctor", "--bundle", "/nonexistent/facts.json"], "cannot be read"),
        (&["doctor", "--bundle", &folder_itself], "is not a file"),
        (&["doctor", "--bundle", &empty], "observedAt"),
        (&["doctor", "--bundle", &text], "no JSON"),
        (&["doctor", "--bundle", &list], "observedAt"),
        (&["doctor", "--bundle", &other_cloud], "not AKS"),
        (&["doctor", "--bundle", &report], "is a DoctorReport"),
        (&["doctor", "--save", &text], "is there already"),
        (&["doctor", "--save", "/nonexistent/folder/facts.json"], "no folder"),
        (&["doctor", "-n", ""], "no name of a namespace"),
        (&["doctor", "-n", "Bad_Name!"], "no name of a namespace"),
        (&["doctor", "--check", "no-such-check"], "no-such-check"),
        (&["doctor", "--skip", "AKSB000"], "AKSB000"),
        (&["doctor", "--sample", "--check", "pods-no-room", "--hop", "dns"], "no check is left"),
        (&["docter"], "'docter'"),
        (&["doctor", "--fail-om", "error"], "'--fail-om'"),
        (&["doctor", "--fail-on", "sometimes"], "'sometimes'"),
        (&["doctor", "--timeout", "soon"], "'soon' is no duration"),
        (&["doctor", "--bundle", "a", "--sample"], "cannot be used with"),
        (&["doctor", "two\nlines"], "two"),
        (&["rbac", "--for", "ann"], "none of user:NAME"),
        (&["rbac", "--azure", "--for", "user:ann"], "cannot be used with"),
        (&["rbac", "--azure", "--with", "ask"], "cannot be used with"),
        (&["rbac", "--azure", "--namespaced"], "cannot be used with"),
        (&["rbac", "--azure", "-n", "velero"], "cannot be used with"),
        (&["rbac", "--azure", "-o", "yaml"], "cannot be used with"),
        (&["rbac", "--azure", "--subscription", "contoso"], "no id of a subscription"),
        (&["rbac", "--azure", "--name", "Bad Name"], "no name of a role"),
        (&["rbac", "--subscription", "00000000-0000-0000-0000-000000000000"], "--azure"),
    ];
    for (args, word) in table {
        let output = binary().args(*args).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {told}");
        assert!(output.stdout.is_empty(), "{args:?} wrote a result");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 2, "{args:?}: {told}");
        assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{args:?}: {told}");
        assert!(lines[0].contains(word), "{args:?}: {told}");
    }
    for args in [&["doctor", "--output", "xml"][..], &["doctr"], &["doctor", "--fail-on", "often"], &[]] {
        assert_eq!(binary().args(args).output().unwrap().status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = bundle(folder.path(), &case("pods-no-room", "firing"));
    for format in ["human", "wide", "json", "yaml"] {
        let first = doctor(&file, &["-o", format]).stdout;
        assert_eq!(first, doctor(&file, &["-o", format]).stdout, "{format}");
        let text = String::from_utf8(first).unwrap();
        assert!(!text.contains('\u{1b}'), "{format} has colours in a pipe");
    }
}

#[test]
fn a_saved_file_is_never_overwritten_and_a_reader_that_leaves_is_no_error() {
    let sample = binary().args(["doctor", "--sample", "--save", "x"]).output().unwrap();
    assert_eq!(sample.status.code(), Some(2), "a sample is nothing to save");
    let mut child = binary()
        .args(["doctor", "--sample", "-o", "wide"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_list_of_checks_is_data_too() {
    let output = binary().args(["doctor", "--list", "-o", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), aksbackup::checks::CHECKS.len());
    for key in ["code", "name", "hop", "title", "explains", "needs"] {
        assert!(rows[0].get(key).is_some(), "{key}");
    }
}
