//! Which nodes can reach the volumes of a pod.
//!
//! A disk's zone stands in the volume's node affinity, under the CSI driver's own label. The driver puts that label
//! on the nodes too, with the same value as the well-known label of the zone.

use super::waiting::meets;
use crate::facts::Facts;
use crate::facts::objects::{Claim, Node, Pod, Volume};

/// The label that the disk driver keeps the zone under.
const DISK_ZONE: &str = "topology.disk.csi.azure.com/zone";

/// The well-known labels of a zone.
const ZONES: [&str; 2] = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

/// Returns whether a node can reach every volume of a pod; `None` where not all of them are known.
pub fn reaches_all(pod: &Pod, node: &Node, facts: &Facts) -> Option<bool> {
    let volumes: Option<Vec<&Volume>> = claims_of(pod).map(|claim| volume_of(claim, facts)).collect();
    Some(volumes?.into_iter().all(|volume| reaches(node, volume)))
}

/// Returns the names of the claims that a pod mounts.
pub fn claims_of(pod: &Pod) -> impl Iterator<Item = &str> {
    pod.spec.volumes.iter().filter_map(|volume| Some(volume.persistent_volume_claim.as_ref()?.claim_name.as_str()))
}

/// Returns the claim of this name in the extension's namespace.
pub fn claim<'f>(name: &str, facts: &'f Facts) -> Option<&'f Claim> {
    facts.claims.known_rows().iter().find(|claim| claim.metadata.name == name)
}

/// Returns the volume behind the claim of this name.
pub fn volume_of<'f>(name: &str, facts: &'f Facts) -> Option<&'f Volume> {
    let volume = claim(name, facts)?.spec.volume_name.as_deref()?;
    facts.volumes.known_rows().iter().find(|known| known.metadata.name == volume)
}

/// Returns whether a node can reach a volume.
pub fn reaches(node: &Node, volume: &Volume) -> bool {
    let Some(required) = volume.spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref()) else {
        return true;
    };
    let mut known = node.clone();
    if let (false, Some(zone)) = (known.metadata.labels.contains_key(DISK_ZONE), node.zone()) {
        // A machine outside any zone carries a fault domain, a bare number, as its zone.
        let zone = if zone.bytes().all(|byte| byte.is_ascii_digit()) { "" } else { zone };
        known.metadata.labels.insert(DISK_ZONE.to_owned(), zone.to_owned());
    }
    required.node_selector_terms.iter().any(|term| meets(&known, term))
}

/// Returns the zones that a volume is bound to; an empty name is a disk outside any zone.
pub fn zones(volume: &Volume) -> Vec<&str> {
    let required = volume.spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let mut zones: Vec<&str> = Vec::new();
    for wanted in required.into_iter().flat_map(|r| &r.node_selector_terms).flat_map(|term| &term.match_expressions) {
        if wanted.operator == "In" && (wanted.key == DISK_ZONE || ZONES.contains(&wanted.key.as_str())) {
            zones.extend(
                wanted.values.iter().map(String::as_str).filter(|zone| !zones.contains(zone)).collect::<Vec<_>>(),
            );
        }
    }
    zones
}
