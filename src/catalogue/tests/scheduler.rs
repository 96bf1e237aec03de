//! The scheduler's words, old and new.

use super::super::{Captured, Reason, Sign, Why, scheduling};
use super::{captured, signs, some};

#[track_caller]
fn reasons(message: &str) -> Vec<(Option<u32>, Why)> {
    scheduling(message)
        .expect("a scheduler's message")
        .reasons
        .into_iter()
        .map(|Reason { nodes, why }| (nodes, why))
        .collect()
}

fn short(resource: &str) -> Why {
    Why::Insufficient { resource: resource.to_owned() }
}

fn taint(key: &str, value: Option<&str>) -> Why {
    Why::Taint { key: some(key), value: value.map(str::to_owned) }
}

const MIXED: &str = "0/5 nodes are available: 3 Insufficient cpu, 2 node(s) had untolerated taint {CriticalAddonsOnly: true}. preemption: 0/5 nodes are available: 2 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.";

#[test]
fn counts_and_reasons() {
    let read = scheduling(MIXED).expect("a scheduler's message");
    assert_eq!((read.available, read.total), (0, 5));
    assert!(read.lacks_room());
    assert_eq!(reasons(MIXED), [(Some(3), short("cpu")), (Some(2), taint("CriticalAddonsOnly", Some("true")))]);
}

#[test]
fn every_reason() {
    for (words, why) in [
        ("1 Insufficient memory", short("memory")),
        ("1 Insufficient nvidia.com/gpu", short("nvidia.com/gpu")),
        ("1 Too many pods", Why::TooManyPods),
        ("1 node(s) didn't match Pod's node affinity/selector", Why::NodeSelector),
        ("1 node(s) didn't match node selector", Why::NodeSelector),
        ("1 node(s) had volume node affinity conflict", Why::VolumeZone),
        ("1 node(s) didn't match PersistentVolume's node affinity", Why::VolumeZone),
        ("1 pod has unbound immediate PersistentVolumeClaims", Why::ClaimsUnbound),
        ("1 node(s) didn't find available persistent volumes to bind", Why::NoVolumeToBind),
        ("1 node(s) were unschedulable", Why::Cordoned),
        ("1 node(s) didn't have free ports for the requested pod ports", Why::PortsTaken),
        ("1 node(s) didn't match pod affinity rules", Why::PodAffinity),
        ("1 node(s) didn't match pod anti-affinity rules", Why::PodAntiAffinity),
        ("1 node(s) didn't satisfy existing pods anti-affinity rules", Why::PodAntiAffinity),
        ("1 node(s) didn't match pod topology spread constraints", Why::TopologySpread),
        ("1 node(s) exceed max volume count", Why::VolumeCount),
        ("1 node(s) had untolerated taint(s)", Why::Taint { key: None, value: None }),
        ("1 node(s) had taint {a/b: }, that the pod didn't tolerate", taint("a/b", None)),
        ("1 node(s) grew tired", Why::Other("node(s) grew tired".to_owned())),
    ] {
        assert_eq!(reasons(&format!("0/1 nodes are available: {words}.")), [(Some(1), why)], "{words}");
    }
}

#[test]
fn old_taints_keep_their_comma() {
    let old = "0/3 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate, 2 Insufficient memory.";
    assert_eq!(reasons(old), [(Some(1), taint("node-role.kubernetes.io/master", None)), (Some(2), short("memory"))]);
}

#[test]
fn reasons_of_the_pod_have_no_count() {
    let claims = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
    assert_eq!(reasons(claims), [(None, Why::ClaimsUnbound)]);
    let missing = "0/3 nodes are available: persistentvolumeclaim \"data\" not found.";
    assert_eq!(reasons(missing), [(None, Why::ClaimMissing { name: "data".to_owned() })]);
}

#[test]
fn newest_tail_is_no_reason() {
    let new = "0/6 nodes are available: 3 node(s) didn't match pod affinity rules, 3 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.";
    assert_eq!(reasons(new).len(), 2);
}

#[test]
fn other_texts_are_none() {
    assert_eq!(scheduling("pod is fine"), None);
    assert_eq!(scheduling("nodes are available"), None);
    assert_eq!(scheduling("99999999999/1 nodes are available: x"), None);
    assert!(scheduling("no nodes available to schedule pods").is_some());
}

#[test]
fn classify_tells_room_from_taints() {
    let taints = "0/8 nodes are available: 8 node(s) had untolerated taint {workload: batch}. preemption: 0/8 nodes are available: 8 Preemption is not helpful for scheduling.";
    assert_eq!(signs(taints), [Sign::TaintNotTolerated]);
    let mut both = signs(&format!("Warning  FailedScheduling  3s  default-scheduler  {MIXED}"));
    both.sort();
    assert_eq!(both, [Sign::InsufficientRoom, Sign::TaintNotTolerated]);
    let Captured::Scheduling(read) =
        captured(&format!("  Warning  FailedScheduling  (x3 over 5m) {MIXED}"), Sign::InsufficientRoom)
    else {
        panic!()
    };
    assert_eq!(read.total, 5);
    assert_eq!(
        signs("0/3 nodes are available: 3 node(s) had volume node affinity conflict."),
        [Sign::VolumeZoneConflict]
    );
    assert_eq!(
        signs("0/3 nodes are available: 3 node(s) didn't match PersistentVolume's node affinity."),
        [Sign::VolumeZoneConflict]
    );
    assert_eq!(
        signs("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."),
        [Sign::SelectorUnmatched]
    );
}
