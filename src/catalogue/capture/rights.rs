//! Reads identities, and what they were refused.

use super::super::captured::Captured;
use super::super::scene::Scene;

/// Reads for which identity a token was asked, and by which pod.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn identity(scene: &Scene) -> Option<Captured> {
    let client_id = scene.past("clientid ").or_else(|| scene.past("client_id=")).and_then(|at| {
        let text = scene.rest(at);
        let id = |text: &str| {
            text.find(|letter: char| !(letter.is_ascii_hexdigit() || matches!(letter, '-' | '#' | '*')))
                .unwrap_or(text.len())
        };
        let mut end = id(text);
        // Microsoft's own page shows `4e95##### REDACTED #####0777`.
        if let Some(tail) = text[end..].strip_prefix(" redacted ") {
            end += " redacted ".len() + id(tail);
        }
        scene.spelled(at..at + end)
    });
    let pod = scene.word_after(&["identities for pod ", "for pod:"]).filter(|pod| pod.contains('/'));
    Some(Captured::Identity { client_id, pod })
}

/// Reads the issuer and subject that Entra ID did not recognise.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn federation(scene: &Scene) -> Option<Captured> {
    let quoted = |marker: &str| {
        scene
            .past(marker)
            .filter(|&at| scene.rest(at).trim_start_matches([' ', ':']).starts_with('\''))
            .and_then(|at| scene.word_at(at))
    };
    Some(Captured::Federation { issuer: quoted("assertion issuer"), subject: quoted("assertion subject") })
}

/// Reads who was refused what, and where: the client, its object id, the action and the scope.
fn permission(scene: &Scene) -> Captured {
    let linked = scene.past("does not have permission to perform action").and_then(|at| scene.word_at(at));
    Captured::Permission {
        client: scene.word_after(&["the client", "client:"]),
        object: scene.word_after(&["with object id"]),
        action: linked.or_else(|| scene.word_after(&["perform action", "with action", "action:"])),
        scope: scene.word_after(&["linked scope(s)", "over scope", "on scope"]),
    }
}

/// Reads a refused action of any kind.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn any_permission(scene: &Scene) -> Option<Captured> {
    Some(permission(scene))
}

/// Reads a refusal to list an account's keys.
pub(in super::super) fn list_keys(scene: &Scene) -> Option<Captured> {
    action_like(scene, &["listkeys/action"], scene.says(&["accountsclient#listkeys"]))
}

/// Reads a refusal that concerns disks or snapshots.
pub(in super::super) fn snapshot_right(scene: &Scene) -> Option<Captured> {
    action_like(scene, &["microsoft.compute/snapshots", "microsoft.compute/disks"], false)
}

/// Reads a refusal to grant roles.
pub(in super::super) fn grant_right(scene: &Scene) -> Option<Captured> {
    action_like(scene, &["microsoft.authorization/roleassignments"], false)
}

/// Reads a refusal that none of the more specific readers takes.
pub(in super::super) fn other_right(scene: &Scene) -> Option<Captured> {
    let taken = list_keys(scene).or_else(|| snapshot_right(scene)).or_else(|| grant_right(scene));
    if taken.is_some() { None } else { any_permission(scene) }
}

/// `unnamed`: what to assume when the message names no action.
fn action_like(scene: &Scene, actions: &[&str], unnamed: bool) -> Option<Captured> {
    let captured = permission(scene);
    let Captured::Permission { action, .. } = &captured else { return None };
    let fits = action.as_ref().map_or(unnamed, |action| {
        let action = action.to_ascii_lowercase();
        actions.iter().any(|part| action.contains(part))
    });
    fits.then_some(captured)
}
