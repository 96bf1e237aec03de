//! The clusters that the calls are learnt from: between them they make every stage of a reading happen.

use aksbackup_lab::{Lab, Plan, World, aks, extension, minutes_ago, scenario};
use serde_json::json;

use crate::run::{Run, doctor, doctor_towards};

/// A cluster, and how `doctor` is run on it.
pub struct Scene {
    pub name: &'static str,
    pub world: World,
    pub args: Vec<String>,
    /// Whether what concerns no single call is tried here too.
    pub is_whole: bool,
    /// Whether the calls are those to the target of a restore.
    pub is_target: bool,
    /// Where the extension lives.
    pub namespace: &'static str,
}

impl Scene {
    /// Runs `doctor` on the cluster.
    pub fn run(&self, lab: &Lab, plan: &Plan) -> Run {
        if self.is_target { doctor_towards(lab, plan, &self.args) } else { doctor(lab, plan, &self.args) }
    }

    /// Returns a call as it is told from those of the other scenes: a call to the target brings something else.
    pub fn known_as(&self, call: &str) -> String {
        let to = if self.is_target { "to the target: " } else { "" };
        format!("{to}{}", crate::expect::plain(call))
    }
}

/// Returns the scenes.
pub fn scenes() -> Vec<Scene> {
    let scene = |name, world, args: &[&str], is_whole| Scene {
        name,
        world,
        args: args.iter().map(|&word| word.to_owned()).collect(),
        is_whole,
        is_target: false,
        namespace: extension::NAMESPACE,
    };
    // A webhook of Services, so that what answers for it is read, too.
    let target = scene("target", scenario("cluster_webhook_elsewhere").unwrap(), &[], false);
    vec![
        scene("rich", rich(), &[], true),
        // Somebody who may list in the extension's namespace alone: the calls that follow a refusal.
        scene("limited", limited(), &["--as", "viewer"], false),
        scene("terminating", scenario("s1_namespace_terminating").unwrap(), &[], false),
        Scene { is_target: true, ..target },
    ]
}

/// The demo, with a container that was started again, volumes of the extension's own, and an agent that asks in vain.
fn rich() -> World {
    let started_again = json!({
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
        "lastState": {"terminated": {"reason": "Error", "exitCode": 1, "startedAt": minutes_ago(4), "finishedAt": minutes_ago(3)}},
    });
    let mut world = scenario("demo")
        .unwrap()
        .break_container("Deployment", extension::CONTROLLER, "manager", "Running", &started_again)
        .log(extension::NAMESPACE, "manager", ["panic: it did not work"])
        .with_all(aks::disk(extension::NAMESPACE, "cache", "centralus-1"))
        .with_all(aks::disk(extension::NAMESPACE, "spool", "centralus-1"));
    for log in &mut world.logs {
        if log.container == "manager" {
            log.previous.clone_from(&log.lines);
        }
    }
    world
}

/// A user with rights in the extension's namespace and no others, known by name (`--as`).
fn limited() -> World {
    let rbac = "rbac.authorization.k8s.io";
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]);
    scenario("demo")
        .unwrap()
        .with(json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole", "metadata": {"name": "viewer-here"}, "rules": all,
        }))
        .with(json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding",
            "metadata": {"name": "viewer-here", "namespace": extension::NAMESPACE},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "viewer-here"},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": "viewer"}],
        }))
}
