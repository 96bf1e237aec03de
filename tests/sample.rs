//! The built-in sample: a root cause, two consequences and an unrelated warning, and the README that shows them.
//!
//! `UPDATE_GOLDENS=1 cargo test --test sample` writes the sample, its golden and the README's example anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aksbackup::checks::CHECKS;
use aksbackup::facts::Facts;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sample_file() -> PathBuf {
    root().join("src/sources/sample.json")
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDENS").is_some()
}

fn sample() -> Facts {
    let mut whole = support::healthy();
    support::merge(&mut whole, support::read_yaml(&root().join("tests/sample/facts.yaml")));
    serde_json::from_value(whole).unwrap()
}

fn run(args: &[&str]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"))
        .args(["doctor", "--sample"])
        .args(args)
        .env("KUBECONFIG", "/nonexistent")
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn the_built_in_sample_is_current() {
    let text = format!("{}\n", serde_json::to_string(&sample()).unwrap());
    if updating() {
        fs::write(sample_file(), &text).unwrap();
    }
    assert_eq!(fs::read_to_string(sample_file()).unwrap(), text, "run: UPDATE_GOLDENS=1 cargo test --test sample");
}

#[test]
fn it_has_one_root_two_consequences_and_one_unrelated_warning() {
    let (json, code) = run(&["-o", "json"]);
    assert_eq!(code, 1);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let of = |role: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().filter(|f| f["role"] == role).map(|f| f["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("root"), ["pods-no-room"]);
    assert_eq!(of("consequence"), ["pods-not-ready", "bsl-stale"]);
    assert_eq!(of("also"), ["agent-unauthorized"]);
    let also = report["findings"].as_array().unwrap().iter().find(|finding| finding["role"] == "also").unwrap();
    assert_eq!(also["severity"], "warning");
}

#[test]
fn it_fits_every_width_and_reads_as_its_golden() {
    for format in ["human", "wide"] {
        let (text, _) = run(&["-o", format]);
        let golden = root().join(format!("tests/sample/{format}.txt"));
        if updating() {
            fs::write(&golden, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&golden).unwrap(), text, "run: UPDATE_GOLDENS=1 cargo test --test sample");
        // Names, paths and commands stay whole; everything else fits the hundred columns of a pipe.
        for line in text.lines().filter(|line| line.chars().count() > 100) {
            assert!(line.split_whitespace().count() <= 3, "too wide: {line}");
        }
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let file = root().join("README.md");
    let readme = fs::read_to_string(&file).unwrap();
    let (text, _) = run(&[]);
    let list: String =
        CHECKS.iter().map(|check| format!("| {} | `{}` | {} |\n", check.code, check.name, check.title)).collect();
    let table = format!("| code | name | holds when |\n|---|---|---|\n{list}");
    let mut wanted = between(&readme, "$ kubectl aksbackup doctor --sample\n", "```\n", &text);
    wanted = between(&wanted, "<!-- checks -->\n\n", "\n<!-- end of checks -->", &table);
    if updating() {
        fs::write(&file, &wanted).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap() == wanted, "run: UPDATE_GOLDENS=1 cargo test --test sample");
}

/// Returns a text with what stands between two marks put anew.
fn between(text: &str, start: &str, end: &str, new: &str) -> String {
    let begin = text.find(start).unwrap_or_else(|| panic!("no {start:?}")) + start.len();
    let length = text[begin..].find(end).unwrap_or_else(|| panic!("no {end:?}"));
    format!("{}{new}{}", &text[..begin], &text[begin + length..])
}
