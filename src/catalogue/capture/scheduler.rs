//! Reads the scheduler's reasons.

use super::super::captured::Captured;
use super::super::scene::Scene;
use super::super::scheduling::{self, Why};

fn scheduled(scene: &Scene, fits: fn(&Why) -> bool) -> Option<Captured> {
    let message = scene.before().rfind("nodes are available").map(|found| scene.start() + found);
    let from = message.and_then(|at| scene.before_place(at)).map_or(scene.start(), |head| {
        scene.start()
            + head
                .rfind(|letter: char| !(letter.is_ascii_digit() || letter == '/' || letter == ' '))
                .map_or(0, |at| at + 1)
    });
    let text = scene.spelled(from..from + scene.rest(from).len())?;
    let scheduling = scheduling::scheduling(&text)?;
    scheduling.reasons.iter().any(|reason| fits(&reason.why)).then_some(Captured::Scheduling(scheduling))
}

/// Reads a shortage of room.
pub(in super::super) fn no_room(scene: &Scene) -> Option<Captured> {
    scheduled(scene, Why::is_shortage)
}

/// Reads a taint that the pod does not tolerate.
pub(in super::super) fn taint(scene: &Scene) -> Option<Captured> {
    scheduled(scene, |why| matches!(why, Why::Taint { .. }))
}

/// Reads a selector or affinity that no node fulfils.
pub(in super::super) fn selector(scene: &Scene) -> Option<Captured> {
    scheduled(scene, |why| {
        matches!(why, Why::NodeSelector | Why::PodAffinity | Why::PodAntiAffinity | Why::TopologySpread)
    })
}

/// Reads a volume that lies in another zone than the nodes.
pub(in super::super) fn volume_zone(scene: &Scene) -> Option<Captured> {
    scheduled(scene, |why| matches!(why, Why::VolumeZone))
}

/// Reads claims without a volume.
pub(in super::super) fn unbound(scene: &Scene) -> Option<Captured> {
    scheduled(scene, |why| matches!(why, Why::ClaimsUnbound | Why::NoVolumeToBind))
}

/// Reads cordoned nodes.
pub(in super::super) fn cordoned(scene: &Scene) -> Option<Captured> {
    scheduled(scene, |why| matches!(why, Why::Cordoned))
}
