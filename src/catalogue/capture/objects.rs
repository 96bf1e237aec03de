//! Reads Kubernetes objects and single names.

use super::super::captured::Captured;
use super::super::scene::Scene;

/// Reads `Kind "name" in namespace "namespace" exists …`, and which release the object's annotations name.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn existing(scene: &Scene) -> Option<Captured> {
    let place = scene.past(" in namespace ");
    let namespace = place.and_then(|at| scene.word_at(at));
    let (kind, name) = place.and_then(|at| kind_and_name(scene, at - " in namespace ".len())).unzip();
    let owner = current_value(scene, "meta.helm.sh/release-name");
    let owner_namespace = current_value(scene, "meta.helm.sh/release-namespace");
    Some(Captured::Existing { kind, namespace, name, owner, owner_namespace })
}

/// What helm found under a key: `key "…" must equal "…": current value is "…"`. A missing key has none.
fn current_value(scene: &Scene, key: &str) -> Option<String> {
    const VALUE: &str = "current value is ";
    let at = scene.past(&format!("{key}\" must equal "))?;
    let rest = scene.rest(at);
    // The next complaint is about another key.
    let own = rest.split(" error:").next().unwrap_or(rest);
    let value = own.find(VALUE)?;
    scene.word_at(at + value + VALUE.len())
}

/// Reads a missing secret, and refuses other missing objects.
pub(in super::super) fn missing_secret(scene: &Scene) -> Option<Captured> {
    missing_kind(scene, &["secret", "secrets"])
}

/// Reads a missing namespace, and refuses other missing objects.
pub(in super::super) fn missing_namespace(scene: &Scene) -> Option<Captured> {
    missing_kind(scene, &["namespace", "namespaces"])
}

/// Reads a missing claim, and refuses other missing objects.
pub(in super::super) fn missing_claim(scene: &Scene) -> Option<Captured> {
    missing_kind(scene, &["persistentvolumeclaim", "persistentvolumeclaims"])
}

/// Reads a missing storage class, and refuses other missing objects.
pub(in super::super) fn missing_class(scene: &Scene) -> Option<Captured> {
    missing_kind(scene, &["storageclass.storage.k8s.io", "storageclasses.storage.k8s.io", "storageclass"])
}

/// Reads a missing cluster role, and refuses other missing objects.
pub(in super::super) fn missing_role(scene: &Scene) -> Option<Captured> {
    missing_kind(
        scene,
        &[
            "clusterroles.rbac.authorization.k8s.io",
            "clusterrole.rbac.authorization.k8s.io",
            "roles.rbac.authorization.k8s.io",
        ],
    )
}

/// Reads a missing storage location, and refuses other missing objects.
pub(in super::super) fn missing_location(scene: &Scene) -> Option<Captured> {
    let found = missing_kind(
        scene,
        &["backupstoragelocation.velero.io", "backupstoragelocations.velero.io", "backupstoragelocation"],
    )?;
    let Captured::Object { name, .. } = found else { return None };
    Some(Captured::Name { name })
}

fn missing_kind(scene: &Scene, kinds: &[&str]) -> Option<Captured> {
    let (kind, name) = kind_and_name(scene, scene.hit().start)?;
    let fits = kinds.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted));
    fits.then_some(Captured::Object { kind: Some(kind), namespace: None, name: Some(name) })
}

/// The `kind "name"` that ends just before a place.
fn kind_and_name(scene: &Scene, before: usize) -> Option<(String, String)> {
    let text = scene.before_place(before)?;
    let text = text.trim_end();
    let quoted = text.strip_suffix('"')?;
    let open = quoted.rfind('"')?;
    let head = quoted[..open].trim_end();
    let kind = head.rfind([' ', ':', '(', '"', '[']).map_or(head, |at| &head[at + 1..]);
    let at = scene.start();
    let kind_at = at + head.len() - kind.len();
    let name = scene.spelled(at + open + 1..at + quoted.len())?;
    Some((scene.spelled(kind_at..kind_at + kind.len())?, name))
}

/// Reads `namespace/name` behind the words.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn object_behind(scene: &Scene) -> Option<Captured> {
    let word = scene.word_after(&["volumesnapshot "]).filter(|word| word.contains('/'));
    let (namespace, name) = word
        .as_deref()
        .and_then(|word| word.split_once('/'))
        .map(|(space, name)| (space.to_owned(), name.to_owned()))
        .unzip();
    Some(Captured::Object { kind: None, namespace, name })
}

/// Reads the namespace that is being deleted.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn terminating(scene: &Scene) -> Option<Captured> {
    let namespace = scene.past_before("namespace ").and_then(|at| scene.word_at(at)).filter(|name| name != "because");
    Some(Captured::Object { kind: None, namespace, name: None })
}

/// Reads the name that follows the words.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn name_behind(scene: &Scene) -> Option<Captured> {
    Some(Captured::Name { name: scene.word_at(scene.hit().end) })
}

/// Reads the name of a backup storage location.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn location(scene: &Scene) -> Option<Captured> {
    let at = ["backup storage location ", "backupstoragelocation ", "the default "]
        .iter()
        .filter_map(|marker| scene.past_before(marker))
        .max();
    Some(Captured::Name { name: at.and_then(|at| scene.word_at(at)) })
}

/// Reads the plugin that a Corefile error names.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn plugin(scene: &Scene) -> Option<Captured> {
    let name =
        scene.past_before("plugin/").and_then(|at| scene.word_at(at)).map(|name| name.trim_end_matches(':').to_owned());
    Some(Captured::Name { name })
}

/// Reads which aggregated API does not answer.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn api(scene: &Scene) -> Option<Captured> {
    Some(Captured::Name { name: scene.word_after(&["list of server apis:"]) })
}
