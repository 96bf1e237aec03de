//! Reads denials, quotas and limits of the cluster.

use super::super::captured::Captured;
use super::super::scene::Scene;
use super::SAID;

/// Reads a constraint that Azure Policy made.
pub(in super::super) fn azure_policy(scene: &Scene) -> Option<Captured> {
    let at = scene.hit().end - "azurepolicy-".len();
    let by = scene.word_at(at).filter(|name| name.len() > "azurepolicy-".len())?;
    let said = scene.phrase_at(at + by.len() + 1, &[" [", "\u{0}"], SAID);
    Some(Captured::Denial { by: Some(by), binding: None, said })
}

/// Reads a constraint of somebody's own.
pub(in super::super) fn constraint(scene: &Scene) -> Option<Captured> {
    let at = scene.hit().end;
    let name = scene.phrase_at(at, &["]"], 260)?;
    let name = name.strip_prefix("denied by ").unwrap_or(&name);
    let plausible = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/'));
    if !plausible || name.to_ascii_lowercase().starts_with("azurepolicy-") {
        return None;
    }
    let said = scene.rest(at).find(']').and_then(|end| scene.phrase_at(at + end + 1, &[" [", "\u{0}"], SAID));
    Some(Captured::Denial { by: Some(name.to_owned()), binding: None, said })
}

/// Reads a `ValidatingAdmissionPolicy` and its binding.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn admission_policy(scene: &Scene) -> Option<Captured> {
    let said = scene.past("denied request").and_then(|at| scene.phrase_at(at, &["\u{0}"], SAID));
    Some(Captured::Denial { by: scene.word_at(scene.hit().end), binding: scene.word_after(&["with binding"]), said })
}

/// Reads a webhook that answered no.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn webhook_denial(scene: &Scene) -> Option<Captured> {
    let by = scene.past_before("admission webhook").and_then(|at| scene.word_at(at));
    Some(Captured::Denial { by, binding: None, said: scene.phrase_at(scene.hit().end, &["\u{0}"], SAID) })
}

/// Reads who denied or could not be called, quoted behind the words, and what was said.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn named_denial(scene: &Scene) -> Option<Captured> {
    let by = scene.word_at(scene.hit().end);
    let length = by.as_ref().map_or(0, |by| by.len() + 3);
    Some(Captured::Denial { by, binding: None, said: scene.phrase_at(scene.hit().end + length, &["\u{0}"], SAID) })
}

/// Reads the words of a limit range or of validation.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn said(scene: &Scene) -> Option<Captured> {
    Some(Captured::Denial {
        by: None,
        binding: None,
        said: scene.phrase_at(scene.hit().start, &["\u{0}", "]", "\""], SAID),
    })
}

/// Reads a resource quota.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn quota(scene: &Scene) -> Option<Captured> {
    let part = |marker: &str, ends: &[&str]| {
        scene.after().find(marker).and_then(|found| scene.phrase_at(scene.hit().end + found + marker.len(), ends, 300))
    };
    Some(Captured::Quota {
        quota: scene.word_at(scene.hit().end),
        // A quota that demands what a pod does not state names that instead.
        requested: part("requested:", &[", used:"]).or_else(|| part("must specify ", &["\u{0}", "]", "\""])),
        used: part("used:", &[", limited:"]),
        limited: part("limited:", &[" ", "\"", "'", "]", "}"])
            .or_else(|| part("limited: ", &[" ", "\"", "'", "]", "}"])),
    })
}
