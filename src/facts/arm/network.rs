//! The links of private DNS zones, by which a network has names of its own.
//!
//! Knowledge: Azure's models of a link, 2024-06-01; that Azure's index has links, with their zone in the id, is seen in public
//! queries; that it shows the resolution policy is unverified, and nothing depends on it.

use serde::{Deserialize, Serialize};

use super::id::ArmId;
use crate::facts::objects::optional_name;

/// A link of a private DNS zone to a network; a row of Resource Graph.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ZoneLink {
    /// Its id; its parent is the zone.
    pub id: ArmId,
    /// The network.
    pub network: ArmId,
    /// What becomes of names that the zone lacks: `Default` or `NxDomainRedirect`; none where the index does not say.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// `Completed` or `InProgress`.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl ZoneLink {
    /// Returns the id of the zone.
    #[must_use]
    pub fn zone(&self) -> Option<ArmId> {
        self.id.parent().filter(|zone| zone.has_type("Microsoft.Network/privateDnsZones"))
    }

    /// Returns whether the zone answers for a name: it is the name, or the name lies in it.
    #[must_use]
    pub fn answers_for(&self, host: &str) -> bool {
        let Some(zone) = self.zone().map(|zone| zone.name().to_ascii_lowercase()) else { return false };
        let host = host.to_ascii_lowercase();
        !zone.is_empty() && (host == zone || host.strip_suffix(&zone).is_some_and(|rest| rest.ends_with('.')))
    }

    /// Returns the policy, where the index says it.
    #[must_use]
    pub fn resolution_policy(&self) -> Option<&str> {
        self.policy.as_deref().filter(|policy| !policy.is_empty())
    }

    /// Returns whether it tells its network.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.network.is_empty()
    }

    /// Returns whether it is made; one of which the index does not tell the state counts.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !self.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("InProgress"))
    }

    /// Returns whether names that the zone lacks are looked up in public.
    #[must_use]
    pub fn falls_back(&self) -> bool {
        self.resolution_policy().is_some_and(|policy| policy.eq_ignore_ascii_case("NxDomainRedirect"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_answers_for_itself_and_for_what_lies_in_it() {
        let link = |zone: &str| ZoneLink {
            id: ArmId::new(&format!(
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateDnsZones/{zone}/virtualNetworkLinks/l"
            )),
            ..ZoneLink::default()
        };
        let host = "Contoso.privatelink.blob.core.windows.net";
        for (zone, answers) in [
            ("privatelink.blob.core.windows.net", true),
            ("contoso.privatelink.blob.core.windows.net", true),
            ("link.blob.core.windows.net", false),
            ("privatelink.file.core.windows.net", false),
            ("other.privatelink.blob.core.windows.net", false),
        ] {
            assert_eq!(link(zone).answers_for(host), answers, "{zone}");
        }
        let elsewhere =
            ZoneLink { id: ArmId::new("/subscriptions/s/x/privatelink.blob.core.windows.net/y/l"), ..link("z") };
        assert!(!elsewhere.answers_for(host));
    }
}
