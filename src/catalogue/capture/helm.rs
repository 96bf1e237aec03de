//! Reads releases, hooks and images.

use super::super::captured::Captured;
use super::super::scene::Scene;
use super::SAID;

fn release_name(scene: &Scene) -> Option<String> {
    scene.word_after(&["release ["]).or_else(|| {
        let at = scene.past("release ")?;
        let word = scene.word_at(at)?;
        (!matches!(word.as_str(), "train" | "name" | "failed")).then_some(word)
    })
}

/// The phases in which helm runs hooks.
const PHASES: &[&str] = &[
    "pre-install",
    "post-install",
    "pre-upgrade",
    "post-upgrade",
    "pre-delete",
    "post-delete",
    "pre-rollback",
    "post-rollback",
];

fn phase(scene: &Scene) -> Option<String> {
    let nearby = scene.nearby();
    PHASES.iter().find(|phase| nearby.contains(&format!("failed {phase}"))).map(|phase| (*phase).to_owned())
}

/// Reads which release was not ready in time, and which of its resources; a hook that ran out of time is not this.
pub(in super::super) fn release(scene: &Scene) -> Option<Captured> {
    let phase = phase(scene);
    if phase.as_deref().is_some_and(|phase| !matches!(phase, "post-install" | "post-upgrade")) {
        return None;
    }
    let named = scene.word_after(&["last resource not ready was "]).or_else(|| {
        let word = scene.word_after(&["failed: resource ", ": resource "])?;
        word.split_once('/').map(|(_, name)| name.to_owned())
    });
    let (namespace, resource) = match named.as_deref().and_then(|named| named.split_once('/')) {
        Some((namespace, resource)) => (Some(namespace.to_owned()), Some(resource.to_owned())),
        None => (None, named),
    };
    Some(Captured::Release { release: release_name(scene), phase, namespace, resource })
}

/// Reads which hook failed and why; the plain wait for the release's own pods is not this.
pub(in super::super) fn hook(scene: &Scene) -> Option<Captured> {
    let phase = phase(scene);
    let reason = match &phase {
        Some(phase) => {
            scene.past(&format!("failed {phase}")).and_then(|at| scene.phrase_at(at, &["]", "}", "\"", "\u{0}"], SAID))
        }
        None => scene.spelled(scene.hit().clone()),
    };
    let waited = reason.as_deref().is_some_and(|reason| {
        reason.to_ascii_lowercase().starts_with("timed out waiting") || reason.starts_with("context deadline")
    });
    if waited && matches!(phase.as_deref(), Some("post-install" | "post-upgrade")) {
        return None;
    }
    let job = scene.word_after(&["resource job/", "job/"]).filter(|job| !job.is_empty());
    Some(Captured::Hook { release: release_name(scene), phase, job, reason })
}

/// Reads an image.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn image(scene: &Scene) -> Option<Captured> {
    Some(Captured::Image {
        image: scene.word_after(&["pull image", "pulling image", "unpack image", "resolve reference"]),
    })
}
