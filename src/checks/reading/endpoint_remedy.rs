//! What lets the cluster find the endpoint of the extension agent again: three checks say it alike.
//!
//! Knowledge: coredns-on-aks.md sections 2.5, 3 and 6. The founding page's own remedy is not repeated as
//! it stands: its address is one region's sample, its form can collide with another one, and deleting the
//! DNS pods turns a bad line into an outage. A server block for the one name has none of that.

use super::zone_link;
use crate::facts::arm::{ArmId, ZoneLink};
use crate::facts::{Facts, shell_word};
use crate::finding::{Evidence, Remedy};

/// What is wrong with what the name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It leads nowhere.
    NoAddress,
    /// It leads to a private endpoint.
    PrivateAddress,
}

/// Returns the link by which a private zone answers the cluster's network for the name, as far as Azure shows it.
///
/// Of several zones that of the longest name answers.
pub fn link<'f>(facts: &'f Facts, host: &str) -> Option<&'f ZoneLink> {
    let alias = host.replacen(".dp.", ".privatelink.dp.", 1);
    let links = facts.own_zone_links(&[host, &alias]).into_iter();
    links.max_by_key(|link| link.zone().map(|zone| zone.name().len()))
}

/// Returns what was seen of the link.
pub fn evidence(link: Option<&ZoneLink>) -> Vec<Evidence> {
    link.map(zone_link::evidence).unwrap_or_default()
}

/// Says how to put the name right, the lasting ways first; `coredns`: whether CoreDNS may have a part in it.
pub fn put_right(host: &str, coredns: bool, wrong: Wrong, link: Option<&ZoneLink>) -> Remedy {
    let (zone_end, region) =
        host.split_once(".dp.").map_or(("kubernetesconfiguration.azure.com", host), |(region, end)| (end, region));
    let zone = format!("privatelink.dp.{zone_end}");
    let known = link.and_then(|link| by_link(region, wrong, link));
    let mut text = known.unwrap_or_else(|| format!(
        "Find out who answers for the name. If a private DNS zone {zone} is visible to this network and has no record, or \
         a wrong one, for {region}: unlink it, keep Azure Arc's private endpoints and this cluster in networks of their \
         own, or, where the record is missing, set the link's resolution policy to NxDomainRedirect."
    ));
    text.push_str(
        " If the network names DNS servers of its own: let them forward the name to 168.63.129.16, or to a resolver that does \
         not see that zone.",
    );
    if coredns {
        text.push_str(
            " As a stop-gap CoreDNS can answer this one name: put a server block under a key of its own into \
             coredns-custom, with the address that the name has outside this network in place of PUBLIC_IP. The command \
             below is for a coredns-custom that has neither a key aksdp.server nor a block for this name, in whatever key: \
             look first, since the one would be overwritten and two blocks for one name keep CoreDNS from loading. CoreDNS reads \
             it within about two minutes; do not delete or restart its pods for it. The address can change, so take the \
             block out when the network's DNS is mended.",
        );
    }
    let mut remedy = Remedy::guided(text);
    if link.is_none() {
        remedy = remedy.documented(format!(
            "az network private-dns zone list --query \"[?name=='{zone}'].{{zone:name, group:resourceGroup}}\" --output table"
        ));
    }
    for command in link.map(|link| commands(wrong, link)).unwrap_or_default() {
        remedy = remedy.documented(command);
    }
    if coredns {
        remedy = remedy.documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml").documented(
            format!(
                "kubectl --namespace kube-system patch configmap coredns-custom --type merge --patch '{{\"data\":{{\"aksdp.server\":\"{host}:53 {{\\n    errors\\n    cache 30\\n    hosts {{\\n        PUBLIC_IP {host}\\n        fallthrough\\n    }}\\n    forward . /etc/resolv.conf\\n}}\\n\"}}}}'"
            ),
        );
    }
    remedy
}

/// Says what the zone that Azure shows linked to the cluster's network has to do with it.
fn by_link(region: &str, wrong: Wrong, link: &ZoneLink) -> Option<String> {
    let zone = link.zone()?;
    let what = match wrong {
        Wrong::NoAddress if link.falls_back() => format!(
            "The link falls back to public names already (NxDomainRedirect), which helps only where the zone has no record: see \
             what it has for {region}. Unlink it, if no Arc cluster of this network needs it."
        ),
        Wrong::NoAddress if may_fall_back(&zone) => format!(
            "It seems to have no record for {region}. Set the link's resolution policy to NxDomainRedirect: what the zone lacks \
             is looked up in public then. Or unlink it, if no Arc cluster of this network needs it."
        ),
        Wrong::NoAddress => format!(
            "It seems to have no record for {region}, and hides the public one. Unlink it, if nothing in this network needs it."
        ),
        Wrong::PrivateAddress => "Unlink it, if no Arc cluster of this network needs it; else keep Azure Arc's private endpoints \
                                  and this cluster in networks of their own. A resolution policy does not help where the zone \
                                  has a record."
            .to_owned(),
    };
    Some(format!(
        "The private DNS zone {} is linked to this cluster's network {}, so that Azure's DNS asks it for the name. {what}",
        zone_link::words(&zone),
        link.network.name()
    ))
}

/// Returns whether links of a zone may fall back to public names: Azure takes that of zones of private link only.
fn may_fall_back(zone: &ArmId) -> bool {
    zone.name().to_ascii_lowercase().contains("privatelink.")
}

/// Returns the commands about a link, what shows before what changes.
fn commands(wrong: Wrong, link: &ZoneLink) -> Vec<String> {
    let Some(zone) = link.zone() else { return Vec::new() };
    let (flags, name) = (zone_link::flags(&zone), shell_word(link.id.name()));
    let mut commands = vec![format!("az network private-dns record-set list {flags} --output table")];
    if wrong == Wrong::NoAddress && may_fall_back(&zone) && !link.falls_back() {
        commands.push(format!(
            "az network private-dns link vnet update --name {name} {flags} --resolution-policy NxDomainRedirect"
        ));
    }
    commands.push(format!("az network private-dns link vnet delete --name {name} {flags}"));
    commands
}

/// Returns the command that asks for the name where the agent asks.
pub fn ask(pod: &str, container: &str, host: &str) -> String {
    format!("kubectl --namespace kube-system exec {pod} --container {container} -- nslookup {host}")
}
