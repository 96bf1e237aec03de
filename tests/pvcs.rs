//! `check-pvcs` on real API servers: claims that are really pending, lost or bound, users with few rights, lists that
//! break, and an independent judge of claims that were made by chance.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise, and tells what it counted"
)]

#[path = "pvcs/chance.rs"]
mod chance;
#[path = "pvcs/faults.rs"]
mod faults;
#[path = "pvcs/objects.rs"]
mod objects;
#[path = "pvcs/oracle.rs"]
mod oracle;
#[path = "pvcs/rights.rs"]
mod rights;
#[path = "pvcs/verdicts.rs"]
mod verdicts;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use aksbackup_lab::{Lab, Options};
use serde_json::Value;

/// Starts a lab without DNS; without `controllers` everything stays as it is written.
fn lab(controllers: bool) -> Lab {
    Lab::start_with(Options { dns: false, controllers, ..Options::default() }).unwrap()
}

/// Returns `check-pvcs --no-azure`, ready to run.
fn check_pvcs(kubeconfig: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    command.args(["check-pvcs", "--no-azure"]).args(args);
    command.env("KUBECONFIG", kubeconfig).env_remove("KUBERNETES_SERVICE_HOST").stdin(Stdio::null());
    command
}

fn run(kubeconfig: &Path, args: &[&str]) -> Output {
    check_pvcs(kubeconfig, args).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A report, and how the run ended.
struct Seen {
    report: Value,
    code: i32,
}

/// Judges, and holds that the document is whole and of its schema.
fn see(kubeconfig: &Path, args: &[&str]) -> Seen {
    seen(&run(kubeconfig, &[args, &["-o", "json"]].concat()))
}

fn seen(output: &Output) -> Seen {
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", told(output)));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/pvc-report.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    Seen { report, code: output.status.code().unwrap() }
}

impl Seen {
    fn claims(&self) -> &[Value] {
        self.report["claims"].as_array().unwrap()
    }

    /// Returns the claims as `NAMESPACE/NAME`, in the order of the document.
    fn names(&self) -> Vec<String> {
        let word = |claim: &Value, key: &str| claim[key].as_str().unwrap().to_owned();
        self.claims().iter().map(|claim| format!("{}/{}", word(claim, "namespace"), word(claim, "name"))).collect()
    }

    fn claim(&self, name: &str) -> &Value {
        let at = self.names().iter().position(|one| one == name);
        &self.claims()[at.unwrap_or_else(|| panic!("no claim {name} in {:?}", self.names()))]
    }

    fn verdict(&self, name: &str) -> &str {
        self.claim(name)["verdict"].as_str().unwrap()
    }

    /// Counts the claims of a verdict.
    fn count(&self, verdict: &str) -> usize {
        self.claims().iter().filter(|claim| claim["verdict"] == verdict).count()
    }
}
