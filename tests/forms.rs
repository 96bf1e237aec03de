//! The further forms of a diagnosis: what is ignored, ten lines for a chat, JUnit for a pipeline.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aksbackup::checks::CHECKS;
use serde_json::Value;
use support::{cases, facts_of};

fn doctor(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    command.env("KUBECONFIG", "/nonexistent/kubeconfig").env_remove("KUBERNETES_SERVICE_HOST");
    command.arg("doctor").args(args).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ignore_file(folder: &Path, entries: &str) -> PathBuf {
    let file = folder.join("ignore.yaml");
    std::fs::write(&file, entries).unwrap();
    file
}

/// The sample holds a root cause (AKSB103), two consequences (AKSB121, AKSB405) and a warning (AKSB303).
fn codes(document: &Value) -> Vec<(String, String)> {
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|f| (f["code"].as_str().unwrap().to_owned(), f["role"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn what_is_ignored_counts_no_more_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let everything = "\
- {code: AKSB103, reason: 'the pool is being enlarged', expires: 2026-11-24}
- {code: pods-not-ready, subject: 'Deployment/*', reason: 'follows'}
- {code: AKSB405, reason: 'follows'}
- {code: AKSB303, reason: 'ticket 4711'}
";
    let file = ignore_file(folder.path(), everything);
    let file = file.to_str().unwrap();
    let output = doctor(&["--sample", "--ignore", file, "-o", "json"]);
    let document = json(&output);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(codes(&document), []);
    let left_out = document["deselected"].as_array().unwrap();
    assert_eq!(left_out.len(), 4);
    assert!(left_out[0]["why"].as_str().unwrap().starts_with("ignored until 2026-11-24: the pool is being enlarged"));
    // A check whose findings are all ignored has not passed.
    let ran: BTreeSet<&str> =
        document["checks"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    for code in ["AKSB103", "AKSB121", "AKSB405", "AKSB303"] {
        assert!(!ran.contains(code), "{code}");
    }
    let human = text(&doctor(&["--sample", "--ignore", file]));
    assert!(human.contains("IGNORED") && human.contains("until 2026-11-24, the pool is being enlarged"), "{human}");
    let short = text(&doctor(&["--sample", "--ignore", file, "--short"]));
    assert!(short.contains("4 findings are ignored"), "{short}");
    for told in [human, short] {
        assert!(told.contains("Nothing found but what is ignored"), "{told}");
        assert!(!told.contains("stands in the way"), "{told}");
    }
}

#[test]
fn a_consequence_of_what_is_ignored_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = ignore_file(folder.path(), "- {code: AKSB103, reason: known}");
    let output = doctor(&["--sample", "--ignore", file.to_str().unwrap(), "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "its consequences still count");
    let left = codes(&json(&output));
    assert!(left.iter().any(|(code, role)| code == "AKSB121" && role == "consequence"), "{left:?}");
    // What counts is shown, though the root that it would be named with is not.
    let human = text(&doctor(&["--sample", "--ignore", file.to_str().unwrap()]));
    assert!(human.contains("AKSB121 pods-not-ready") && human.contains("AKSB103 pods-no-room (ignored)"), "{human}");
}

#[test]
fn what_has_expired_or_fits_nothing_is_told_and_ignores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let entries = "\
- {code: AKSB103, reason: known, expires: 2026-11-23}
- {code: AKSB303, subject: 'pod/*', reason: known}
";
    let file = ignore_file(folder.path(), entries);
    let output = doctor(&["--sample", "--ignore", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let human = text(&output);
    assert!(human.contains("AKSB103 pods-no-room: the entry expired on 2026-11-23"), "{human}");
    assert!(human.contains("subject pod/* fits nothing; found of"), "{human}");
    assert!(human.contains("ROOT CAUSE"), "{human}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("warning:") && told.contains("expired on 2026-11-23"), "{told}");
}

#[test]
fn a_file_that_cannot_be_used_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    for (entries, why) in [
        ("- {code: AKSB99999, reason: x}", "names no check"),
        ("- {code: AKSB103}", "entry 1 has no reason"),
        ("", "empty"),
        ("{", "no list"),
    ] {
        let file = ignore_file(folder.path(), entries);
        let output = doctor(&["--sample", "--ignore", file.to_str().unwrap()]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{entries}");
        assert!(told.starts_with("error:") && told.contains(why) && told.contains("hint:"), "{told}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(doctor(&["--sample", "--ignore", "/nonexistent/file"]).status.code(), Some(2));
}

#[test]
fn ten_lines_hold_every_case() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = BTreeSet::new();
    for case in cases() {
        if !seen.insert((case.check.clone(), case.name.split('-').next().unwrap().to_owned())) {
            continue;
        }
        let file = folder.path().join("facts.json");
        std::fs::write(&file, serde_json::to_vec(&facts_of(&case)).unwrap()).unwrap();
        let output = doctor(&["--bundle", file.to_str().unwrap(), "--short"]);
        let told = text(&output);
        assert!(told.lines().count() <= 10, "{}/{}:\n{told}", case.check, case.name);
        assert!(told.lines().all(|line| line.chars().count() <= 180), "{}/{}:\n{told}", case.check, case.name);
        assert!(!told.contains('\u{1b}'), "a chat knows no colours");
        // The worst finding is in it, whatever else had no room.
        let full = json(&doctor(&["--bundle", file.to_str().unwrap(), "-o", "json"]));
        if let Some(first) = full["findings"].get(0) {
            assert!(told.contains(first["code"].as_str().unwrap()), "{}/{}:\n{told}", case.check, case.name);
        }
    }
}

#[test]
fn junit_counts_what_the_contract_counts() {
    let output = doctor(&["--sample", "-o", "junit"]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output);
    assert!(report.starts_with("<?xml"));
    assert_eq!(report.matches("<testcase ").count(), CHECKS.len(), "every check is a case");
    let full = json(&doctor(&["--sample", "-o", "json"]));
    let found = usize::try_from(full["summary"]["found"].as_u64().unwrap()).unwrap();
    assert_eq!(report.matches("<failure ").count(), found);
    // Below the threshold it is told, and is no failure.
    let lenient = text(&doctor(&["--sample", "-o", "junit", "--fail-on", "error"]));
    let errors = full["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "error").count();
    assert_eq!(lenient.matches("<failure ").count(), errors);
    assert!(lenient.contains("<system-out>"));
    assert_eq!(text(&doctor(&["--sample", "-o", "junit", "--fail-on", "never"])).matches("<failure ").count(), 0);
}

#[test]
fn junit_shows_what_could_not_be_judged_as_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.json");
    let nothing = serde_json::json!({"observedAt": "2026-11-24T10:00:00Z"});
    std::fs::write(&file, nothing.to_string()).unwrap();
    let output = doctor(&["--bundle", file.to_str().unwrap(), "-o", "junit"]);
    let report = text(&output);
    assert_eq!(output.status.code(), Some(3), "{report}");
    assert!(report.contains("<error ") && report.contains("type=\"inconclusive\""), "{report}");
    assert!(!report.contains("<failure "));
}
