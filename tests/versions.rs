//! The oldest and the newest API server that the plugin is held to, beside the 1.36 of all other tests.
//!
//! Each version has one cluster. The healthy one is read by every sort of user, then two clusters of different versions
//! are held against each other, then what is broken must be told in the same words of the same objects by all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise, and tells where the time went"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aksbackup_lab::{Lab, Options, Version, binaries, scenario};
use serde_json::{Value, json};

const EXTENSION: &str = "dataprotection-microsoft";

/// A service account, in the words of the API server.
const ROBOT: &str = "system:serviceaccount:default:robot";

/// The oldest, the one of all other tests, and the newest.
const VERSIONS: [Version; 3] = [Version::V1_34, Version::V1_36, Version::V1_37];

/// Does the same with each at the same time: most of a cluster's start is waiting.
fn at_once<T: Send, U: Send>(each: [T; 3], run: impl Fn(T) -> U + Sync) -> [U; 3] {
    let run = &run;
    std::thread::scope(|scope| {
        each.map(|one| scope.spawn(move || run(one)))
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn start(version: Version, name: &str) -> Lab {
    let lab = Lab::start_with(Options { audit: true, server: version, ..Options::default() }).unwrap();
    lab.play(&scenario(name).unwrap()).unwrap();
    lab
}

fn plugin(kubeconfig: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let output =
        command.args(args).env("KUBECONFIG", kubeconfig).env_remove("KUBERNETES_SERVICE_HOST").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn doctor(kubeconfig: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let (code, report, told) = plugin(kubeconfig, &[&["doctor", "--no-azure", "-o", "json"], args].concat());
    (code, serde_json::from_str(&report).unwrap_or_else(|error| panic!("{error}: {told}")))
}

/// Reads a kubeconfig of the lab: they are JSON.
fn read(kubeconfig: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(kubeconfig).unwrap()).unwrap()
}

/// Returns what the API server says it is, without the `v`.
fn release(lab: &Lab) -> String {
    let told = lab.get("/version").unwrap();
    told["gitVersion"].as_str().unwrap().trim_start_matches('v').to_owned()
}

/// Holds that somebody finds a healthy cluster healthy, whole, as what it is, and lacks no right.
fn holds_healthy(lab: &Lab, kubeconfig: &Path, args: &[&str]) {
    let (code, report) = doctor(kubeconfig, args);
    let what = || format!("{} {args:?}: {report:#}", release(lab));
    assert_eq!(code, Some(0), "{}", what());
    assert_eq!(report["findings"], json!([]), "{}", what());
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", what());
    assert_eq!(report["cluster"]["kubernetesVersion"], release(lab), "{}", what());
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(check["missing"], json!([]), "{}", what());
    }
    // What needs a right beyond reading is left out without it, and would not show above.
    for left_out in report["deselected"].as_array().unwrap() {
        let is_by_choice =
            ["by not naming a --target-context", "by --no-azure"].iter().any(|why| left_out["why"] == *why);
        assert!(is_by_choice, "{}", what());
    }
}

/// Waits until the audit log has the plugin's reading of the nodes by this user, acting as that one.
fn holds_seen(lab: &Lab, user: &str, acting_as: Option<&str>) {
    let begun = Instant::now();
    loop {
        let log = std::fs::read_to_string(lab.audit()).unwrap();
        let mut events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let is_it = |event: &Value| {
            event["userAgent"].as_str().is_some_and(|agent| agent.starts_with("kubectl-aksbackup/"))
                && event["user"]["username"] == user
                && event["impersonatedUser"]["username"].as_str() == acting_as
                && event["objectRef"]["resource"] == "nodes"
                && event["responseStatus"]["code"] == 200
        };
        if events.any(|event| is_it(&event)) {
            return;
        }
        // An event is written at the end of its request, which the client may have read before.
        assert!(begun.elapsed() < Duration::from_secs(10), "{}: {user} was not seen as {acting_as:?}", release(lab));
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn apply(lab: &Lab, documents: &str) {
    let mut child = Command::new(&binaries().unwrap().kubectl)
        .args(["apply", "-f", "-"])
        .env("KUBECONFIG", lab.kubeconfig())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(documents.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// Waits until the server follows the new roles: authorization follows its caches.
fn until_allowed(lab: &Lab, user: &str, right: &[&str]) {
    let begun = Instant::now();
    // The answer is "no" with exit code 1 until it is "yes".
    while lab.kubectl(&[&["auth", "can-i", "--as", user], right].concat()).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{}: {user} never got {right:?}", release(lab));
    }
}

/// Holds that what runs beside the server, which is of another version, is refused nothing by it.
fn holds_company(lab: &Lab) {
    for program in ["kube-controller-manager", "kube-scheduler"] {
        let log = std::fs::read_to_string(lab.folder().join("logs").join(format!("{program}.log"))).unwrap();
        for words in ["could not find the requested resource", "no matches for kind", "is forbidden", "unknown field"] {
            let told = log.lines().find(|line| line.contains(words));
            assert_eq!(told, None, "{program} beside {}", release(lab));
        }
    }
}

/// A healthy cluster, read by its administrator, and by three who have the printed roles and nothing else: by a client
/// certificate, by a service account's token, and by impersonation.
fn healthy(version: Version) -> Lab {
    let lab = start(version, "healthy");
    assert!(release(&lab).starts_with(&format!("{}.", version.name())), "{}", release(&lab));
    holds_healthy(&lab, lab.kubeconfig(), &[]);
    holds_seen(&lab, "lab-admin", None);

    let reader = lab.user("reader", &[]).unwrap();
    lab.kubectl(&["create", "serviceaccount", "robot"]).unwrap();
    let mut robot = read(lab.kubeconfig());
    robot["users"][0]["user"] = json!({"token": lab.kubectl(&["create", "token", "robot"]).unwrap().trim()});
    let robot = (lab.folder().join("kubeconfig-robot"), robot.to_string());
    std::fs::write(&robot.0, robot.1).unwrap();

    // Without the roles they may nothing: so the roles are what lets them.
    let (code, report) = doctor(&reader, &[]);
    assert_eq!(code, Some(3), "{}: {report:#}", release(&lab));
    let subjects = ["--for", "user:reader", "--for", "serviceaccount:default:robot"];
    let (code, roles, _) = plugin(Path::new("/nonexistent"), &[&["rbac", "--with", "ask"], &subjects[..]].concat());
    assert_eq!(code, Some(0));
    apply(&lab, &roles);
    for user in ["reader", ROBOT] {
        until_allowed(&lab, user, &["list", "nodes"]);
        until_allowed(&lab, user, &["list", "backups.velero.io", "--namespace", EXTENSION]);
        until_allowed(&lab, user, &["create", "pods", "--namespace", EXTENSION]);
        until_allowed(&lab, user, &["create", "pods", "--subresource=portforward", "--namespace", "kube-system"]);
    }
    holds_healthy(&lab, &reader, &[]);
    holds_seen(&lab, "reader", None);
    holds_healthy(&lab, &robot.0, &[]);
    holds_seen(&lab, ROBOT, None);
    holds_healthy(&lab, lab.kubeconfig(), &["--as", "reader"]);
    holds_seen(&lab, "lab-admin", Some("reader"));
    holds_company(&lab);
    lab
}

/// Returns what was found and of what, in one line each. Pods are named by whom they are of: their ends are chance.
fn found(report: &Value) -> BTreeSet<String> {
    let line = |finding: &Value| {
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let subject = &finding["subject"];
        let mut name = word(&subject["name"]);
        if subject["kind"] == "Pod" {
            name = name.rsplitn(3, '-').last().unwrap().to_owned();
        }
        let words = ["code", "name", "role", "severity"].map(|key| word(&finding[key])).join(" ");
        format!("{words}: {} {} {name}", word(&subject["kind"]), word(&subject["namespace"]))
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

/// Reads a broken cluster, where everything can be judged.
fn judge(lab: &Lab) -> BTreeSet<String> {
    let (code, report) = doctor(lab.kubeconfig(), &[]);
    assert_eq!(code, Some(1), "{}: {report:#}", release(lab));
    assert_eq!(report["summary"]["inconclusive"], 0, "{}: {report:#}", release(lab));
    assert_eq!(report["cluster"]["kubernetesVersion"], release(lab));
    found(&report)
}

/// Holds that all versions are told the same, and that it is what is broken.
fn holds_alike(name: &str, root: &str, [older, usual, newer]: &[BTreeSet<String>; 3]) {
    assert!(usual.iter().any(|line| line.contains(&format!(" {root} root "))), "{name}: {usual:#?}");
    assert_eq!(older, usual, "{name}: 1.34 and 1.36 are told different things");
    assert_eq!(newer, usual, "{name}: 1.37 and 1.36 are told different things");
    println!("{name}: all three are told {usual:#?}");
}

/// Writes one kubeconfig with the contexts `source` and `target`.
fn both(folder: &Path, source: &Lab, target: &Lab) -> PathBuf {
    let mut whole = json!({"apiVersion": "v1", "kind": "Config", "current-context": "source"});
    for key in ["clusters", "users", "contexts"] {
        let rows = [("source", source), ("target", target)].map(|(name, lab)| {
            let mut row = read(lab.kubeconfig())[key][0].clone();
            row["name"] = json!(name);
            if key == "contexts" {
                row["context"] = json!({"cluster": name, "user": name});
            }
            row
        });
        whole[key] = json!(rows);
    }
    let file = folder.join("both");
    std::fs::write(&file, whole.to_string()).unwrap();
    file
}

/// Returns the API groups that a server serves, each with its versions, the preferred one first.
fn served(lab: &Lab) -> BTreeMap<String, Vec<String>> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let list = lab.get("/apis").unwrap();
    let of_group = |group: &Value| {
        let mut versions = vec![word(&group["preferredVersion"]["version"])];
        versions.extend(group["versions"].as_array().unwrap().iter().map(|version| word(&version["version"])));
        (word(&group["name"]), versions)
    };
    list["groups"].as_array().unwrap().iter().map(of_group).collect()
}

/// The only group of Kubernetes' own that the newest server has and the oldest lacks: orders to a cluster to write its own
/// objects anew. No restore brings them back.
const NOT_RESTORED: &str = "storagemigration.k8s.io";

/// Gives a cluster a kind of somebody's program in these versions, as it is where that program is newer or older.
fn install_program(lab: &Lab, versions: &[&str]) {
    let of_version = |version: &&str| {
        json!({
            "name": version, "served": true, "storage": *version == "v1",
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
        })
    };
    let versions_of_it: Vec<Value> = versions.iter().map(of_version).collect();
    lab.apply(&json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.shop.example.com"},
        "spec": {
            "group": "shop.example.com", "scope": "Namespaced", "versions": versions_of_it,
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        },
    }))
    .unwrap();
    // Discovery follows a definition, and the versions of one come at once.
    lab.wait_until("/apis/shop.example.com", Duration::from_secs(20), |group| {
        group["versions"].as_array().is_some_and(|served| served.len() == versions.len())
    })
    .unwrap();
}

/// Holds that the doctor names exactly the versions that the source prefers and the target does not serve; returns them.
fn holds_differences(source: &Lab, target: &Lab) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let (code, report) = doctor(&both(folder.path(), source, target), &["--target-context", "target"]);
    let there = served(target);
    let lacking: BTreeSet<String> = served(source)
        .into_iter()
        .filter(|(group, _)| group != NOT_RESTORED)
        .filter(|(group, versions)| !there.get(group).is_some_and(|others| others.contains(&versions[0])))
        .map(|(group, versions)| format!("{}.{group}", versions[0]))
        .collect();
    let findings = report["findings"].as_array().unwrap();
    let told: BTreeSet<String> =
        findings.iter().map(|finding| format!("{} {}", finding["name"], finding["subject"]["name"])).collect();
    let wanted: BTreeSet<String> =
        lacking.iter().map(|version| format!("\"target-lacks-api-versions\" \"{version}\"")).collect();
    let what = format!("from {} to {}", release(source), release(target));
    assert_eq!(told, wanted, "{what}: {report:#}");
    assert_eq!(code, Some(i32::from(!lacking.is_empty())), "{what}: {report:#}");
    assert_eq!(report["summary"]["inconclusive"], 0, "{what}: {report:#}");
    assert_eq!(report["cluster"]["kubernetesVersion"], release(source), "{what}");
    println!("{what} {lacking:?} are lacking");
    lacking
}

#[test]
fn the_oldest_and_the_newest_server_are_diagnosed_as_the_usual_one() {
    let begun = Instant::now();
    let tell = |what: &str| println!("{what} after {:.1} s", begun.elapsed().as_secs_f64());
    let labs = at_once(VERSIONS, healthy);
    tell("healthy");
    let [older, _, newer] = &labs;
    for lab in &labs {
        let release = release(lab);
        for text in [include_str!("../README.md"), include_str!("lab/README.md")] {
            assert!(text.contains(&release), "the docs name another version than {release}");
        }
    }

    // A backup holds objects in the version that its cluster prefers, whichever way it is restored.
    install_program(older, &["v1"]);
    install_program(newer, &["v1", "v2"]);
    let lacking = holds_differences(newer, older);
    assert_eq!(lacking, BTreeSet::from(["v2.shop.example.com".to_owned()]), "what the servers serve has changed");
    assert_eq!(holds_differences(older, newer), BTreeSet::new(), "what the servers serve has changed");
    tell("source and target");

    let told = at_once(labs.each_ref(), |lab| {
        // All else of that world is there.
        let world = scenario("bsl_read_only").unwrap();
        let location = world.objects.iter().find(|object| object["kind"] == "BackupStorageLocation").unwrap();
        lab.apply(location).unwrap();
        judge(lab)
    });
    holds_alike("bsl_read_only", "bsl-read-only", &told);
    tell("a location that is read only");
    drop(labs);

    // Scheduling is not undone by laying a world over another: these clusters are new.
    let told = at_once(VERSIONS, |version| judge(&start(version, "s1_no_room")));
    holds_alike("s1_no_room", "pods-no-room", &told);
    tell("no room");
}
