//! Reads resources of Azure, policies and locks.

use super::super::captured::Captured;
use super::super::scene::Scene;

fn resource(scene: &Scene) -> Option<(String, String)> {
    let id = scene.past("the resource '").and_then(|at| scene.phrase_at(at, &["'"], 300))?;
    let mut segments = id.split('/');
    let mut kind = segments.next()?.to_owned();
    let mut name = String::new();
    while let (Some(part), Some(its_name)) = (segments.next(), segments.next()) {
        kind = format!("{kind}/{part}");
        its_name.clone_into(&mut name);
    }
    Some((kind, name))
}

fn resource_of(scene: &Scene, types: &[&str]) -> Option<Captured> {
    let (kind, name) = resource(scene)?;
    let fits = types.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted));
    fits.then(|| Captured::Resource {
        resource_type: Some(kind),
        group: scene.word_after(&["resource group"]),
        name: Some(name),
    })
}

/// Reads a storage account that was not found.
pub(in super::super) fn account(scene: &Scene) -> Option<Captured> {
    resource_of(scene, &["Microsoft.Storage/storageAccounts"])
}

/// Reads a disk that was not found.
pub(in super::super) fn disk(scene: &Scene) -> Option<Captured> {
    resource_of(scene, &["Microsoft.Compute/disks"])
}

/// Reads a snapshot that was not found.
pub(in super::super) fn snapshot(scene: &Scene) -> Option<Captured> {
    resource_of(scene, &["Microsoft.Compute/snapshots"])
}

/// Reads a resource that none of the more specific readers takes.
pub(in super::super) fn other_resource(scene: &Scene) -> Option<Captured> {
    if account(scene).or_else(|| disk(scene)).or_else(|| snapshot(scene)).is_some() {
        return None;
    }
    let (resource_type, name) = resource(scene).unzip();
    Some(Captured::Resource { resource_type, group: scene.word_after(&["under resource group"]), name })
}

/// Reads a resource group that was not found.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn group(scene: &Scene) -> Option<Captured> {
    Some(Captured::Name {
        name: scene.word_after(&["resource group '", "resource group"]).filter(|name| name != "could" && name != "not"),
    })
}

/// Types that stand in every policy denial and say nothing about the request.
const POLICY_TYPES: &[&str] = &["microsoft.authorization/", "microsoft.management/"];

/// The clients of the older SDK name what they work on.
const SDK_CLIENTS: &[(&str, &str)] = &[
    ("snapshotsclient#", "Microsoft.Compute/snapshots"),
    ("disksclient#", "Microsoft.Compute/disks"),
    ("accountsclient#", "Microsoft.Storage/storageAccounts"),
    ("virtualmachinescalesetvmsclient#", "Microsoft.Compute/virtualMachineScaleSets"),
];

/// Reads an Azure Policy denial of an ARM request.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn disallowed(scene: &Scene) -> Option<Captured> {
    let assignment = scene.past("policyassignment\"").and_then(|at| {
        let name = scene.rest(at).find("\"name\"")?;
        scene.word_at(at + name + "\"name\"".len())
    });
    let method = ["put", "patch", "post", "delete", "get"]
        .iter()
        .filter_map(|verb| scene.before().rfind(&format!("{verb} https://")).map(|at| (at, verb.to_ascii_uppercase())))
        .max_by_key(|(at, _)| *at)
        .map(|(_, verb)| verb);
    Some(Captured::Disallowed {
        assignment,
        resource: scene.word_after(&["resource '", "resource \""]).or_else(|| quoted_resource(scene)),
        resource_type: provider_type(scene),
        method,
    })
}

fn quoted_resource(scene: &Scene) -> Option<String> {
    scene.past("resource ").filter(|&at| scene.rest(at).starts_with(['\'', '"'])).and_then(|at| scene.word_at(at))
}

fn provider_type(scene: &Scene) -> Option<String> {
    let nearby = scene.nearby();
    let candidates = nearby.match_indices("/providers/").filter_map(|(found, marker)| {
        let from = found + marker.len();
        let mut length = 0;
        for (index, segment) in nearby[from..].split('/').take(2).enumerate() {
            let end = segment
                .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '.'))
                .unwrap_or(segment.len());
            length += end + index;
        }
        let kind = nearby.get(from..from + length)?;
        let useful =
            kind.contains('/') && !kind.ends_with('/') && !POLICY_TYPES.iter().any(|skip| kind.starts_with(skip));
        useful.then_some(scene.start() + from..scene.start() + from + length)
    });
    let candidates: Vec<_> = candidates.collect();
    let nearest = candidates.iter().rfind(|place| place.start < scene.hit().start).or(candidates.first());
    nearest.and_then(|place| scene.spelled(place.clone())).or_else(|| {
        let named = SDK_CLIENTS.iter().find(|(client, _)| nearby.contains(client));
        named.map(|(_, kind)| (*kind).to_owned())
    })
}

/// Reads a lock.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn lock(scene: &Scene) -> Option<Captured> {
    Some(Captured::Lock {
        operation: scene.word_after(&["cannot perform "]),
        scope: scene.word_after(&["are locked:", "is locked:"]),
    })
}

/// Reads the provider that is not registered.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn provider(scene: &Scene) -> Option<Captured> {
    Some(Captured::Name { name: scene.word_after(&["to use namespace"]) })
}
