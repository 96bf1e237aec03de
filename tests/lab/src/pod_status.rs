//! The statuses that kubelets give to pods in trouble. A pod template carries one in an annotation (`stages/pod-as-told.yaml`).

use serde_json::{Value, json};

use crate::world::minutes_ago;

/// Returns the status of a pod in which one container is broken and the others run.
pub(crate) fn with_broken(containers: &Value, broken: &str, phase: &str, state: &Value) -> Value {
    let now = minutes_ago(0);
    let ready = phase == "Running";
    let statuses: Vec<_> = containers
        .as_array()
        .into_iter()
        .flatten()
        .map(|container| {
            let mut status = json!({
                "name": container["name"], "image": container["image"], "imageID": "", "ready": ready, "started": ready, "restartCount": 0,
                "state": if ready { json!({"running": {"startedAt": now}}) } else { json!({"waiting": {"reason": "ContainerCreating"}}) },
            });
            if container["name"] == *broken {
                for (key, value) in state.as_object().into_iter().flatten() {
                    status[key] = value.clone();
                }
                status["ready"] = json!(false);
                status["started"] = json!(false);
            }
            status
        })
        .collect();
    let condition = |kind: &str, status: bool, reason: &str| match status {
        true => json!({"type": kind, "status": "True", "lastTransitionTime": now}),
        false => json!({"type": kind, "status": "False", "lastTransitionTime": now, "reason": reason,
            "message": format!("containers with unready status: [{broken}]")}),
    };
    let reason = if phase == "Failed" { "PodFailed" } else { "ContainersNotReady" };
    json!({
        "phase": phase, "startTime": now, "hostIP": "10.224.0.4", "hostIPs": [{"ip": "10.224.0.4"}],
        "conditions": [condition("Initialized", true, ""), condition("Ready", false, reason), condition("ContainersReady", false, reason),
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": now}],
        "containerStatuses": statuses,
    })
}

/// A container that ends with an error again and again.
pub(crate) fn crash_loop(restarts: u32) -> Value {
    ended("Error", 1, restarts)
}

/// A container that the kernel killed for its memory.
pub(crate) fn oom_killed(restarts: u32) -> Value {
    ended("OOMKilled", 137, restarts)
}

fn ended(reason: &str, code: u32, restarts: u32) -> Value {
    json!({
        "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
        "lastState": {"terminated": {"reason": reason, "exitCode": code, "startedAt": minutes_ago(4), "finishedAt": minutes_ago(3)}},
    })
}

/// A container whose image cannot be pulled.
pub(crate) fn image_pull(image: &str, error: &str) -> Value {
    json!({"image": image, "state": {"waiting": {
        "reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{image}\": ErrImagePull: {error}"),
    }}})
}

/// A container that ended with an error and is not started again.
pub(crate) fn failed() -> Value {
    json!({"state": {"terminated": {"reason": "Error", "exitCode": 1, "startedAt": minutes_ago(2), "finishedAt": minutes_ago(1)}}})
}
