//! How output looks: it fits the width, colours follow the rules, the help is its golden.
//!
//! `UPDATE_GOLDENS=1 cargo test --test output` writes the goldens of the help anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use aksbackup::checks::{CHECKS, Diagnosis, run};
use aksbackup::render::{Detail, Look, doctor};

/// Returns a text without the colours that the sink would strip.
fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('m').map_or(rest.len(), |end| at + end + 1);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Everything that can be broken at a space fits; names, paths and quoted words of commands stay whole and may stick out.
#[test]
fn every_case_fits_every_width() {
    for case in support::cases() {
        let facts = support::facts_of(&case);
        let diagnosis = Diagnosis::of(run(CHECKS, &facts));
        for (width, detail) in [(60, Detail::Human), (80, Detail::Wide), (100, Detail::Human), (200, Detail::Wide)] {
            let text = bare(&doctor(&diagnosis, &[], &[], &facts, Look { width, detail }));
            for line in text.lines().filter(|line| line.chars().count() > width) {
                // What sticks out is one word after an indent, a sign or a label, or one quoted part of a command.
                let is_command = line.trim_start().starts_with(['→', '\'', '"', '-']) || line.ends_with('\\');
                let words = line.split_whitespace().count();
                assert!(is_command || words <= 3, "{}/{} at {width}: {line:?}", case.check, case.name);
            }
        }
    }
}

fn sample(env: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    command.args(["doctor", "--sample"]).env("KUBECONFIG", "/nonexistent");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
        command.env_remove(name);
    }
    String::from_utf8(command.envs(env.iter().copied()).output().unwrap().stdout).unwrap()
}

#[test]
fn colours_follow_the_rules() {
    let has_colour = |env: &[(&str, &str)]| sample(env).contains('\u{1b}');
    assert!(!has_colour(&[]), "a pipe gets no colours");
    assert!(!has_colour(&[("TERM", "xterm-256color")]), "a pipe gets no colours, whatever the terminal");
    assert!(has_colour(&[("CLICOLOR_FORCE", "1")]), "CLICOLOR_FORCE wants them");
    assert!(!has_colour(&[("NO_COLOR", "1")]), "NO_COLOR wants none");
    assert_eq!(bare(&sample(&[("CLICOLOR_FORCE", "1")])), sample(&[]), "colours change nothing but colours");
}

#[test]
fn the_help_is_its_golden() {
    for (name, args) in [
        ("aksbackup", &["--help"][..]),
        ("check-pvcs", &["check-pvcs", "--help"]),
        ("doctor", &["doctor", "--help"]),
        ("rbac", &["rbac", "--help"]),
        ("version", &["version", "--help"]),
    ] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup")).args(args).env("COLUMNS", "100").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/help/{name}.txt"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::create_dir_all(golden.parent().unwrap()).unwrap();
            fs::write(&golden, &text).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&golden).unwrap_or_default(),
            text,
            "run: UPDATE_GOLDENS=1 cargo test --test output"
        );
        assert!(text.contains("Usage: kubectl aksbackup"), "{text}");
    }
}
