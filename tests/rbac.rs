//! The roles that `rbac` prints, on a real API server: they are enough, and none of them is too much.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise, and tells what it counted"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aksbackup_lab::{Lab, binaries, scenario};
use serde_json::{Value, json};

fn plugin(kubeconfig: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let output =
        command.args(args).env("KUBECONFIG", kubeconfig).env_remove("KUBERNETES_SERVICE_HOST").output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn doctor(kubeconfig: &Path) -> Value {
    serde_json::from_str(&plugin(kubeconfig, &["doctor", "--no-azure", "-o", "json"])).unwrap()
}

fn roles(args: &[&str]) -> Value {
    let text = plugin(Path::new("/nonexistent"), &[&["rbac", "-o", "json"], args].concat());
    serde_json::from_str(&text).unwrap()
}

/// Applies with the real kubectl, as whoever gets the roles would.
fn apply(lab: &Lab, documents: &str) {
    let mut child = Command::new(&binaries().unwrap().kubectl)
        .args(["apply", "-f", "-"])
        .env("KUBECONFIG", lab.kubeconfig())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(documents.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns what a report says is missing, as `VERB GROUP RESOURCE NAMESPACE`, and everything that it says at all.
fn missing(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap();
    let rights = checks.iter().flat_map(|check| check["missing"].as_array().unwrap());
    let word = |right: &Value, key: &str| right[key].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<String> =
        rights.map(|right| ["verb", "group", "resource", "namespace"].map(|key| word(right, key)).join(" ")).collect();
    all.sort();
    all.dedup();
    all
}

/// Waits until the server judges a right as it should: authorization follows its caches.
fn until_allowed(lab: &Lab, user: &Path, allowed: bool, verb: &str, resource: &str, namespace: Option<&str>) {
    let (resource, sub) = match resource.split_once('/') {
        Some((plural, sub)) if matches!(sub, "log" | "portforward") => (plural, format!("--subresource={sub}")),
        _ => (resource, String::new()),
    };
    let mut args = vec!["auth", "can-i", verb, resource];
    args.extend(Some(sub.as_str()).filter(|sub| !sub.is_empty()));
    match namespace {
        Some(namespace) => args.extend(["--namespace", namespace]),
        None => args.push("--all-namespaces"),
    }
    for _ in 0..200 {
        let told = Command::new(&binaries().unwrap().kubectl).args(&args).env("KUBECONFIG", user).output().unwrap();
        if (String::from_utf8_lossy(&told.stdout).trim() == "yes") == allowed {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{verb} {resource} never became {allowed} in {}", lab.folder().display());
}

/// One right of the printed roles: the role that holds it, the rule's place in it, and the resource.
#[derive(Clone)]
struct Held {
    grant: Value,
    at: usize,
    resource: String,
}

impl Held {
    fn all(roles: &Value) -> Vec<Self> {
        let grants = roles["items"].as_array().unwrap().iter();
        grants
            .flat_map(|grant| {
                grant["rules"].as_array().into_iter().flatten().enumerate().flat_map(move |(at, rule)| {
                    rule["resources"].as_array().unwrap().iter().map(move |resource| Self {
                        grant: grant.clone(),
                        at,
                        resource: resource.as_str().unwrap().to_owned(),
                    })
                })
            })
            .collect()
    }

    fn rule(&self) -> &Value {
        &self.grant["rules"][self.at]
    }

    fn group(&self) -> &str {
        self.rule()["apiGroups"][0].as_str().unwrap()
    }

    fn verb(&self) -> &str {
        self.rule()["verbs"][0].as_str().unwrap()
    }

    fn namespace(&self) -> Option<&str> {
        self.grant["metadata"]["namespace"].as_str()
    }

    /// The right in the words of a report.
    fn words(&self) -> String {
        aksbackup::facts::Right::kube(self.verb(), self.group(), &self.resource, self.namespace()).words()
    }

    fn until(&self, lab: &Lab, user: &Path, allowed: bool) {
        let (plural, sub) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        let dot = if self.group().is_empty() { "" } else { "." };
        let slash = if sub.is_empty() { "" } else { "/" };
        let kind = format!("{plural}{dot}{}{slash}{sub}", self.group());
        let kind = match self.rule()["resourceNames"][0].as_str() {
            Some(name) => format!("{kind}/{name}"),
            None => kind,
        };
        until_allowed(lab, user, allowed, self.verb(), &kind, self.namespace());
    }

    /// Tells whether the server knows the right's kind: what is not served cannot be read by anybody, and is no loss.
    fn is_served(&self, lab: &Lab) -> bool {
        self.group().is_empty() || lab.get(&format!("/apis/{}", self.group())).is_ok()
    }

    /// Takes the right away, lets the doctor look, and gives it back.
    fn report_without(&self, lab: &Lab, user: &Path) -> Value {
        let mut less = self.grant.clone();
        less["rules"][self.at]["resources"].as_array_mut().unwrap().retain(|one| *one != self.resource.as_str());
        if less["rules"][self.at]["resources"] == json!([]) {
            less["rules"].as_array_mut().unwrap().remove(self.at);
        }
        apply(lab, &less.to_string());
        self.until(lab, user, false);
        let report = doctor(user);
        apply(lab, &self.grant.to_string());
        self.until(lab, user, true);
        report
    }

    /// Tells whether a report without the right names it.
    fn is_missed(&self, report: &Value) -> bool {
        let findings = report["findings"].as_array().unwrap().iter();
        let mut not_read = findings.flat_map(|finding| finding["notRead"].as_array().unwrap());
        // Without a right to the whole cluster, the same is missed in the namespaces.
        let told = [self.verb(), self.group(), &self.resource].join(" ");
        // Of a fact that two rights bring, the one that is missing is in the reason.
        let checks = report["checks"].as_array().unwrap().iter();
        let mut reasons = checks.filter_map(|check| check["reason"].as_str());
        reasons.any(|reason| reason.contains(&self.words()))
            || missing(report).iter().any(|right| right.starts_with(&told))
            || not_read.any(|text| text.as_str().unwrap().contains(&self.words()))
    }
}

/// Worlds in which one right or another matters; a healthy one needs no look at the nodes' room.
const WORLDS: &[&str] = &[
    "healthy",
    "s1_no_room",
    "s1_quota",
    "s1_limit_range",
    "s1_volume_zone",
    "s3_egress_timeout",
    "s3_no_such_host",
    "cluster_webhook_unanswered",
    "volumes_snapshots_of_a_running_backup",
    "hooks_wrong",
    "runs_operation_failed",
    // The kinds of pod identity, and the extension's record in the API group of Arc, are served in these alone.
    "s2_exception_mismatch",
    "healthy_clusterconfig",
];

/// A right that nobody misses here: it adds to a finding, and to no outcome: the finding is of snapshots that are older
/// than a laboratory is.
const NOT_MISSED: &[&str] = &["list volumesnapshots.snapshot.storage.k8s.io in the whole cluster"];

/// Returns why checks are left out for want of a right.
fn left_out(report: &Value) -> Vec<&str> {
    let whys = report["deselected"].as_array().unwrap().iter().map(|one| one["why"].as_str().unwrap());
    whys.filter(|why| why.contains("a right that is missing")).collect()
}

/// Returns the outcome of every check, by its name.
fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.map(|check| (check["name"].as_str().unwrap(), check["outcome"].as_str().unwrap())).collect()
}

/// One laboratory for each world does both: what the roles bring is enough there, and what is taken from them is missed.
#[test]
fn the_roles_are_enough_and_every_right_is_missed_when_it_is_taken_away() {
    let mut open = Held::all(&roles(&["--for", "user:reader"]));
    let reading: Vec<String> = open.iter().map(Held::words).collect();
    let mut unserved = open.clone();
    let mut asking = Held::all(&roles(&["--with", "ask", "--for", "user:reader"]));
    asking.retain(|held| !reading.contains(&held.words()));
    let count = reading.len() + asking.len();
    assert!(!asking.is_empty(), "the tier that is more than reading has rights of its own");
    for name in WORLDS {
        let lab = Lab::start().unwrap();
        lab.play(&scenario(name).unwrap()).unwrap();
        let user = lab.user("reader", &[]).unwrap();
        // As printed, for a person to apply.
        apply(&lab, &plugin(Path::new("/nonexistent"), &["rbac", "--for", "user:reader"]));
        until_allowed(&lab, &user, true, "list", "backups.velero.io", Some("dataprotection-microsoft"));
        until_allowed(&lab, &user, true, "list", "nodes", None);
        let report = doctor(&user);
        assert_eq!(missing(&report), Vec::<String>::new(), "{name}, reading: {report:#}");
        assert!(!left_out(&report).is_empty(), "{name}: who may not ask is not asked to");
        // A right that matters in no world before may do so in this one.
        unserved.retain(|held| !held.is_served(&lab));
        open.retain(|held| !held.is_served(&lab) || !held.is_missed(&held.report_without(&lab, &user)));

        // With the tier that is more than reading nothing is left out, and the user sees what an administrator sees.
        apply(&lab, &plugin(Path::new("/nonexistent"), &["rbac", "--with", "ask", "--for", "user:reader"]));
        for held in Held::all(&roles(&["--with", "ask", "--for", "user:reader"])) {
            if !reading.contains(&held.words()) {
                held.until(&lab, &user, true);
            }
        }
        let (report, of_admin) = (doctor(&user), doctor(lab.kubeconfig()));
        assert_eq!(left_out(&report), Vec::<&str>::new(), "{name}");
        assert_eq!(missing(&report), Vec::<String>::new(), "{name}, asking: {report:#}");
        assert_eq!(outcomes(&report), outcomes(&of_admin), "{name}");
        if *name == "healthy" {
            assert_eq!(report["summary"]["inconclusive"], 0, "{report:#}");
        }
        // Whether the user has these is asked first: without one its check is left out, and the right is named.
        asking.retain(|held| {
            let report = held.report_without(&lab, &user);
            !left_out(&report).iter().any(|why| why.ends_with(&held.words()))
        });
    }
    let silent: Vec<String> = open.iter().chain(&asking).map(Held::words).collect();
    println!("{} of {count} rights are missed by name when they are taken away", count - silent.len());
    let unserved: Vec<String> = unserved.iter().map(Held::words).collect();
    assert_eq!(
        unserved,
        Vec::<String>::new(),
        "rights to kinds that no world serves: nobody knows whether they are missed"
    );
    assert_eq!(silent, NOT_MISSED, "rights that nobody misses");
}

#[test]
fn a_user_of_one_namespace_gets_what_can_be_had_there() {
    let lab = Lab::start().unwrap();
    lab.play(&scenario("bsl_unavailable_network").unwrap()).unwrap();
    let user = lab.user("tenant", &[]).unwrap();
    apply(&lab, &plugin(Path::new("/nonexistent"), &["rbac", "--namespaced", "--for", "user:tenant"]));
    until_allowed(&lab, &user, true, "list", "backupstoragelocations.velero.io", Some("dataprotection-microsoft"));
    let report = doctor(&user);
    assert!(report["summary"]["found"].as_u64().unwrap() > 0, "{report:#}");
    assert!(missing(&report).iter().any(|right| right.starts_with("list  pods kube-system")), "{:?}", missing(&report));
    let inside = "dataprotection-microsoft";
    let own: Vec<String> = missing(&report).into_iter().filter(|right| right.ends_with(inside)).collect();
    assert_eq!(own, Vec::<String>::new(), "nothing of the namespace itself is missing");
}
