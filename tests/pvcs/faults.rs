//! Lists that break between two pages, or come late: a whole answer, or one that says what it lacks.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aksbackup_lab::{Fault, Lab, Plan, Target, World, aks};
use serde_json::{Value, json};

use crate::objects::{disk, pair, pod};
use crate::{Seen, check_pvcs, lab, seen, told};

const CLAIMS: usize = 300;
const PAGE: u32 = 100;

/// A cluster whose lists have three pages each, where the proxy makes the pages small.
fn cluster() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let lab = empty("many");
        let objects: Vec<Value> = (0..CLAIMS).flat_map(|index| bound(&format!("claim-{index:03}"))).collect();
        lab.apply_all(&objects).unwrap();
        lab
    })
}

/// Starts a lab in which nothing changes by itself, with one namespace.
fn empty(namespace: &str) -> Lab {
    let lab = lab(false);
    let world = World::default().with_crds(aksbackup_lab::Crds::Snapshot);
    let world = world.with_all(aks::Pool::system().nodes()).with_all(aks::storage());
    lab.play(&world.with(aks::namespace(namespace))).unwrap();
    lab
}

/// Returns a bound claim, its volume, and its pod. The first one's pod is on a node that is gone.
fn bound(name: &str) -> Vec<Value> {
    let [mut volume, mut claim] = pair("many", name, "managed-csi", &disk(name));
    volume["status"] = json!({"phase": "Bound"});
    claim["status"] = json!({"phase": "Bound"});
    let node = if name == "claim-000" { "aks-gone" } else { "aks-nodepool1-31415926-vmss000000" };
    vec![volume, claim, pod("many", &format!("pod-of-{name}"), Some(node), &[name])]
}

const LISTS: [&str; 3] = ["persistentvolumeclaims", "persistentvolumes", "pods"];

fn second_page(list: &str) -> Target {
    Target::Call(format!("GET /api/v1/{list}?continue"))
}

struct Struck {
    seen: Seen,
    told: String,
    calls: Vec<String>,
    wall: Duration,
}

fn struck(plan: Plan, args: &[&str]) -> Struck {
    let proxy = cluster().proxy(Plan { page: Some(PAGE), ..plan }).unwrap();
    let start = Instant::now();
    let output = check_pvcs(proxy.kubeconfig(), &[args, &["-o", "json"]].concat()).output().unwrap();
    let wall = start.elapsed();
    assert_eq!(proxy.panics(), 0);
    Struck { seen: seen(&output), told: told(&output), calls: proxy.calls(), wall }
}

/// Returns what a report says but for its moment.
fn words(seen: &Seen) -> Value {
    let mut report = seen.report.clone();
    report["observedAt"] = Value::Null;
    report
}

fn clean() -> &'static Value {
    static CLEAN: OnceLock<Value> = OnceLock::new();
    CLEAN.get_or_init(|| {
        let clean = struck(Plan::default(), &[]);
        assert_eq!(clean.seen.count("backed-up"), CLAIMS);
        assert_eq!(clean.seen.code, 0, "{}", clean.told);
        for list in LISTS {
            let pages = clean.calls.iter().filter(|call| call.starts_with(&format!("GET /api/v1/{list}"))).count();
            assert_eq!(pages, 3, "{list}: {:?}", clean.calls);
        }
        words(&clean.seen)
    })
}

fn has_warning(claim: &Value, code: &str) -> bool {
    claim["warnings"].as_array().unwrap().iter().any(|one| one["code"] == code)
}

#[test]
fn a_pod_on_a_node_that_is_gone_is_told() {
    let claims = clean()["claims"].as_array().unwrap();
    let told: Vec<&Value> = claims.iter().filter(|claim| claim["warnings"] != json!([])).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["name"], "claim-000");
    assert!(told[0]["warnings"].to_string().contains("aks-gone"), "{}", told[0]);
    assert_eq!(told[0]["usedBy"], json!(["Pod/pod-of-claim-000"]));
}

#[test]
fn a_list_that_fails_in_the_middle_is_never_a_silent_part() {
    clean();
    for fault in [Fault::Status(500), Fault::CutInBody, Fault::Status(403), Fault::Page(502)] {
        for list in LISTS {
            let plan = Plan { target: second_page(list), fault: Some(fault), ..Plan::default() };
            let what = format!("{} on the second page of {list}", fault.name());
            let Struck { seen, told, .. } = struck(plan, &["--request-timeout", "5s"]);
            assert_eq!(seen.count("will-fail") + seen.count("skipped"), 0, "{what}: nothing is wrong with any claim");
            match list {
                "persistentvolumeclaims" => {
                    assert_eq!(seen.claims().len(), PAGE as usize, "{what}");
                    assert_eq!(seen.code, 3, "{what}: {told}");
                    let text = format!("{told}{}", human(fault, list));
                    assert!(text.contains("later page"), "{what}: it is not told: {text}");
                }
                "persistentvolumes" => {
                    assert_eq!(seen.claims().len(), CLAIMS, "{what}");
                    assert_eq!(seen.count("backed-up"), PAGE as usize, "{what}");
                    assert_eq!(seen.count("unknown"), CLAIMS - PAGE as usize, "{what}");
                    assert_eq!(seen.code, 3, "{what}: {told}");
                }
                _ => {
                    // Who uses a claim changes no verdict; but that nobody does is not said where it was not read.
                    assert_eq!(seen.count("backed-up"), CLAIMS, "{what}");
                    let unused = seen.claims().iter().filter(|claim| has_warning(claim, "AKSB557")).count();
                    assert_eq!(unused, 0, "{what}: a claim is called unused");
                }
            }
        }
    }
}

#[test]
fn who_uses_a_claim_is_not_told_in_part_only() {
    let text = human(Fault::Status(500), "pods");
    assert!(text.contains("pods"), "it is not told that pods were not read:\n{text}");
}

/// Returns what a person is told in the same case.
fn human(fault: Fault, list: &str) -> String {
    let plan = Plan { target: second_page(list), fault: Some(fault), page: Some(PAGE), ..Plan::default() };
    let proxy = cluster().proxy(plan).unwrap();
    let output = check_pvcs(proxy.kubeconfig(), &["--request-timeout", "5s"]).output().unwrap();
    format!("{}{}", told(&output), String::from_utf8_lossy(&output.stdout))
}

#[test]
fn a_page_that_expires_once_is_begun_anew() {
    for list in LISTS {
        let plan =
            Plan { target: second_page(list), fault: Some(Fault::Status(410)), is_once: true, ..Plan::default() };
        let Struck { seen, told, calls, .. } = struck(plan, &[]);
        assert_eq!(words(&seen), *clean(), "{list}");
        assert_eq!(seen.code, 0, "{list}: {told}");
        let firsts = calls.iter().filter(|call| **call == format!("GET /api/v1/{list}")).count();
        assert_eq!(firsts, 2, "{list}: {calls:?}");
    }
}

#[test]
fn pages_that_always_expire_end_and_are_told() {
    for list in LISTS {
        let plan = Plan { target: second_page(list), fault: Some(Fault::Status(410)), ..Plan::default() };
        let Struck { seen, told, calls, .. } = struck(plan, &[]);
        let firsts = calls.iter().filter(|call| **call == format!("GET /api/v1/{list}")).count();
        assert!((2..=5).contains(&firsts), "{list}: {calls:?}");
        assert_eq!(seen.count("will-fail") + seen.count("skipped"), 0, "{list}");
        match list {
            "persistentvolumeclaims" => {
                assert_eq!((seen.claims().len(), seen.code), (PAGE as usize, 3), "{told}");
                let text = human(Fault::Status(410), list);
                assert!(text.contains("later page"), "it is not told: {text}");
            }
            "persistentvolumes" => {
                assert_eq!((seen.count("unknown"), seen.code), (CLAIMS - PAGE as usize, 3), "{told}");
            }
            _ => assert_eq!(seen.count("backed-up"), CLAIMS),
        }
    }
}

#[test]
fn a_page_that_never_comes_ends_with_the_limit() {
    for list in LISTS {
        let plan = Plan { target: second_page(list), fault: Some(Fault::Silence), ..Plan::default() };
        let Struck { seen, told, wall, .. } = struck(plan, &["--timeout", "3s", "--request-timeout", "0"]);
        assert!(wall < Duration::from_secs(6), "{list}: {wall:?}");
        assert_eq!(seen.count("will-fail") + seen.count("skipped"), 0, "{list}");
        if list == "pods" {
            assert_eq!(seen.count("backed-up"), CLAIMS, "the verdicts do not stand on the pods");
        } else {
            assert_eq!(seen.code, 3, "{list}: {told}");
        }
    }
}

#[test]
fn ctrl_c_in_the_middle_leaves_a_whole_document() {
    for list in LISTS {
        let plan = Plan { target: second_page(list), fault: Some(Fault::Silence), page: Some(PAGE), ..Plan::default() };
        let proxy = cluster().proxy(plan).unwrap();
        let mut command = check_pvcs(proxy.kubeconfig(), &["-o", "json", "--request-timeout", "0"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        let start = Instant::now();
        while proxy.struck() == 0 {
            assert!(start.elapsed() < Duration::from_secs(30), "{list}: {:?}", proxy.calls());
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        // The other lists end meanwhile.
        std::thread::sleep(Duration::from_millis(500));
        let asked = Instant::now();
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(2), "{list}: {:?}", asked.elapsed());
        let seen = seen(&output);
        assert_eq!(seen.code, 130, "{list}: {}", told(&output));
        assert_eq!(seen.count("will-fail") + seen.count("skipped"), 0, "{list}");
        match list {
            "persistentvolumes" => {
                assert_eq!(seen.count("unknown"), CLAIMS, "{list}");
                let reason = seen.claims()[0]["reason"].as_str().unwrap();
                assert!(reason.contains("interrupted"), "{reason}");
            }
            "pods" => assert_eq!(seen.count("backed-up"), CLAIMS, "{list}"),
            _ => {}
        }
    }
}

#[test]
fn a_volume_that_is_made_between_two_lists_is_not_called_gone() {
    let lab = empty("late");
    let list = "GET /api/v1/namespaces/late/persistentvolumeclaims";
    let plan = Plan {
        target: Target::Call(list.to_owned()),
        fault: Some(Fault::Late),
        late: Some(Duration::from_secs(5)),
        ..Plan::default()
    };
    let proxy = lab.proxy(plan).unwrap();
    let mut command = check_pvcs(proxy.kubeconfig(), &["-n", "late", "-o", "json"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let start = Instant::now();
    let is_asked = |call: &str| proxy.calls().iter().any(|one| one == call);
    while !(is_asked("GET /api/v1/persistentvolumes") && is_asked(list)) {
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", proxy.calls());
        std::thread::sleep(Duration::from_millis(10));
    }
    // The volumes are read by then; the claims are asked for when the proxy lets them.
    std::thread::sleep(Duration::from_secs(1));
    let mut made = bound("made-late");
    made.pop();
    for (object, namespace) in made.iter_mut().zip(["", "late"]) {
        if namespace.is_empty() {
            object["metadata"]["name"] = json!("pv-made-late");
            object["spec"]["claimRef"]["namespace"] = json!("late");
        } else {
            object["metadata"]["namespace"] = json!(namespace);
            object["spec"]["volumeName"] = json!("pv-made-late");
        }
    }
    lab.apply_all(&made).unwrap();
    let mut lost = made[1].clone();
    lost["metadata"]["name"] = json!("never-there");
    lost["spec"]["volumeName"] = json!("pv-never-there");
    lab.apply(&lost).unwrap();
    let output = child.wait_with_output().unwrap();
    let seen = seen(&output);
    assert_eq!(seen.names(), ["late/made-late", "late/never-there"], "{}", told(&output));
    assert_eq!(seen.verdict("late/made-late"), "backed-up");
    assert_eq!(seen.claim("late/never-there")["explains"], json!(["UserErrorPVNotFound"]));
    assert!(is_asked("GET /api/v1/persistentvolumes/pv-made-late"), "the race was lost: {:?}", proxy.calls());
}
