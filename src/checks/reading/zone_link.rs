//! The links of private DNS zones: how they are told, shown and named in commands.

use crate::facts::arm::{ArmId, ZoneLink};
use crate::facts::shell_word;
use crate::finding::Evidence;

/// Returns a resource of a network in words: `vnet-hub (resource group rg-hub)`.
pub fn words(id: &ArmId) -> String {
    match id.group() {
        Some(group) => format!("{} (resource group {group})", id.name()),
        None => id.name().to_owned(),
    }
}

/// Returns the words of a command that name a zone.
pub fn flags(zone: &ArmId) -> String {
    format!(
        "--zone-name {} --resource-group {} --subscription {}",
        shell_word(zone.name()),
        shell_word(zone.group().unwrap_or("ZONE_GROUP")),
        shell_word(zone.subscription().unwrap_or("SUBSCRIPTION")),
    )
}

/// Returns what was seen of a link: its network, and its policy where the index says it.
pub fn evidence(link: &ZoneLink) -> Vec<Evidence> {
    let network = Evidence::quoted(format!("{} properties.virtualNetwork.id", link.id), link.network.as_str());
    let policy = link
        .resolution_policy()
        .map(|policy| Evidence::quoted(format!("{} properties.resolutionPolicy", link.id), policy));
    std::iter::once(network).chain(policy).collect()
}

/// Returns the zones of links, each once.
pub fn zones(links: &[&ZoneLink]) -> Vec<ArmId> {
    let mut zones: Vec<ArmId> = Vec::new();
    for zone in links.iter().filter_map(|link| link.zone()) {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    zones
}
