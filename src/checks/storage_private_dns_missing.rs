//! The storage account is reached by its private endpoint only, and the cluster's network has no name for that.
//!
//! Knowledge: Azure Storage's page on private endpoints: inside a network, the account's name leads to the endpoint only by the
//! zone privatelink.blob.…, linked to that network, or by DNS servers of the network's own. The index of Azure shows only what
//! its reader may read, so that no link at all proves nothing.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, locations, read, without_locations, words, working};
use super::reading::zone_link;
use crate::catalogue::{Sign, classify};
use crate::facts::arm::{ArmId, ManagedCluster, StorageAccount, ZoneLink};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, Stop, blob_host_in, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB429",
    name: "storage-private-dns-missing",
    hop: Hop::Storage,
    title: "the cluster's network resolves the storage account to its private endpoint",
    needs: &[
        required(Need::StorageAccount),
        required(Need::PrivateZoneLinks),
        required(Need::ManagedCluster),
        helpful(Need::ArmExtensions),
        helpful(Need::StorageLocations),
    ],
    explains: &["BSL_403_AUTHORIZATION_FAILURE_NETWORK", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Where the storage account is closed to public networks and has a private endpoint: whether the private DNS zone
  for blobs is linked to the cluster's network.

Why it matters
  Without the link a pod gets the account's public address, and is answered 403 AuthorizationFailure there, which
  reads like a missing role. The location is Unavailable and nothing is backed up.

How it is found
  Azure's index of resources shows the links of zones such as privatelink.blob.core.windows.net in all
  subscriptions that you may read. The cluster's network is that of its node pools' subnets, else the one in the
  nodes' resource group. Where Velero has found the location to work within the last hour, nothing is missing.
  Where the index shows no link of such a zone at all, you may not be allowed to read it: nothing is judged then.
  Nor is anything where a zone is linked and the account is not reached: its records are not read. Where the storage
  service answers the extension, the way is open, and nothing is missing.
  DNS servers of the network's own may answer instead; they are not read.

What to do
  Look the account's name up from a pod. If the address is public, link the zone that has the account's record to
  the cluster's network.

Sources
  Azure Storage's page on private endpoints; Azure Private DNS' pages on links of networks.
";

/// The right without which the index leaves links out.
const ACTION: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read";

fn run(facts: &Facts) -> Judgement {
    let (id, account) = read(facts)?;
    if !account.is_private() {
        return Err(Stop::not_applicable("the storage account is not closed to public networks"));
    }
    if account.private_endpoints() == 0 {
        return Err(Stop::not_applicable(
            "no private endpoint of the storage account is approved: see storage-account-closed",
        ));
    }
    if let Some(location) = working(facts, &id) {
        let name = &location.metadata.name;
        return Err(Stop::not_applicable(format!(
            "Velero reaches the account: it finds the location {name} Available"
        )));
    }
    let way = way(facts, &id);
    if way == Way::Open {
        return Err(Stop::not_applicable("the storage service answers the extension: the way to the account is open"));
    }
    let links = facts.private_zone_links.rows(Need::PrivateZoneLinks.what())?;
    let cluster = facts.azure_cluster()?;
    let Some(host) = blob_host(&id, account) else {
        return Err(Stop::inconclusive("the address of the storage account's blobs is not known"));
    };
    let alias = host.replacen(".blob.", ".privatelink.blob.", 1);
    let answering: Vec<&ZoneLink> =
        links.iter().filter(|link| link.is_whole() && (link.answers_for(&alias) || link.answers_for(&host))).collect();
    if answering.iter().any(|link| cluster.is_in_network(&link.network) && link.is_there()) {
        // The zone may still lack the account's record.
        return if way == Way::Closed {
            Err(Stop::inconclusive(format!(
                "a private DNS zone that may answer for {host} is linked to the cluster's network: whether it has a record of the account was not read"
            )))
        } else {
            Ok(Vec::new())
        };
    }
    facts.private_zone_links.whole_rows(Need::PrivateZoneLinks.what())?;
    if cluster.named_networks().is_empty() && cluster.node_group_id().is_none() {
        return Err(Stop::inconclusive("which network the cluster is in is not known"));
    }
    if answering.is_empty() {
        // That a right is missing is one of two: an owner is not to be told to ask for it.
        return Err(Stop::inconclusive(format!(
            "Azure's index shows no link of a private DNS zone that answers for {host}: there is none, or you may not read it, which takes {ACTION} in the zone's subscription"
        )));
    }
    Ok(vec![say(facts, &id, account, &host, &alias, &answering, cluster)])
}

/// What Velero's words about the location tell of the way to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// They are those of a way that leads nowhere, or to where nobody is let in.
    Closed,
    /// The storage service, or the cluster's own sign-in, answered something else.
    Open,
    /// They tell nothing of it.
    Untold,
}

/// Reads what the locations of the account say of the way to it.
fn way(facts: &Facts, id: &ArmId) -> Way {
    let failing: Vec<&StorageLocation> = locations(facts, id).filter(|location| location.is_unavailable()).collect();
    let signs: Vec<Sign> = failing
        .iter()
        .filter_map(|location| location.status.message.as_deref())
        .filter_map(|text| classify(text).first().map(|found| found.sign))
        .collect();
    let is_closed = |sign: &Sign| {
        matches!(
            sign,
            Sign::StorageNetworkDenied
                | Sign::DnsNoSuchHost
                | Sign::DnsServerFailure
                | Sign::DnsTimeout
                | Sign::ConnectTimeout
                | Sign::ConnectRefused
                | Sign::ConnectReset
                | Sign::NoRoute
        )
    };
    // Answers that only the service itself gives: the account was reached.
    let is_open = |sign: &Sign| {
        matches!(
            sign,
            Sign::DataRoleMissing
                | Sign::SharedKeyDisabled
                | Sign::StorageKeyWrong
                | Sign::ContainerNotFound
                | Sign::Throttled
        )
    };
    if signs.iter().any(is_closed) {
        Way::Closed
    } else if !signs.is_empty() && signs.iter().all(is_open) {
        Way::Open
    } else {
        Way::Untold
    }
}

/// Returns the host of the account's blobs: as Azure has it, else by its name.
fn blob_host(id: &ArmId, account: &StorageAccount) -> Option<String> {
    let own = account.blob_endpoint().and_then(|address| address.strip_prefix("https://")?.split(['/', ':']).next());
    let own = own.map(|host| host.trim_end_matches('.').to_ascii_lowercase()).filter(|host| host.contains(".blob."));
    own.or_else(|| blob_host_in(id.name(), &account.location))
}

fn say(
    facts: &Facts,
    id: &ArmId,
    account: &StorageAccount,
    host: &str,
    alias: &str,
    links: &[&ZoneLink],
    cluster: &ManagedCluster,
) -> Finding {
    let zones = zone_link::zones(links);
    let mut names: Vec<&str> = zones.iter().map(ArmId::name).collect();
    names.dedup();
    let mut message = format!(
        "The {} is closed to public networks and has a private endpoint, but no private DNS zone leads the cluster's network, {}, \
         to it: Azure shows links of {} to other networks only. Unless DNS servers of that network's own answer, which a \
         lookup from a pod would tell, pods get the account's public address, where nobody is let in.",
        words(id),
        network_words(cluster),
        listing(names.iter().copied(), 3)
    );
    for zone in zones.iter().take(MOST_ZONES) {
        let networks: Vec<&str> =
            links.iter().filter(|link| link.zone().as_ref() == Some(zone)).map(|link| link.network.name()).collect();
        message.push_str(&format!(
            "\nZone {}, subscription {}, is linked to {}.",
            zone_link::words(zone),
            zone.subscription().unwrap_or_default(),
            listing(networks.iter().copied(), 4)
        ));
    }
    message.push_str("\nWhich of the account's services the private endpoint is for, its connection does not tell.");
    let severity = if way(facts, id) == Way::Closed { Severity::Error } else { Severity::Warning };
    let access = account.properties.public_network_access.as_deref().unwrap_or_default();
    let mut finding = Finding::new(severity, azure_subject(id), message)
        .seen(Evidence::quoted(format!("{id} properties.publicNetworkAccess"), access));
    finding.evidence.extend(links.iter().take(MOST_SHOWN).flat_map(|link| zone_link::evidence(link)));
    finding.concerns = concerned(facts, id);
    finding.without(without_locations(facts)).mended_by(remedy(host, alias, &zones, cluster))
}

/// So many zones of one name are told.
const MOST_ZONES: usize = 2;
/// So many links are quoted.
const MOST_SHOWN: usize = 3;

/// Returns the cluster's network in words.
fn network_words(cluster: &ManagedCluster) -> String {
    let named: Vec<String> = cluster.named_networks().iter().map(zone_link::words).collect();
    match (named.as_slice(), &cluster.properties.node_resource_group) {
        ([], Some(group)) => format!("the one in resource group {group}"),
        _ => listing(named.iter().map(String::as_str), 3),
    }
}

fn remedy(host: &str, alias: &str, zones: &[ArmId], cluster: &ManagedCluster) -> Remedy {
    let mut text = "Look the account's name up from a pod. A private address: DNS is right, and nothing is to be linked. A \
                    public one: link the zone to the cluster's network. The endpoint's own network must be the cluster's, or be \
                    peered with it. No role is missing for that."
        .to_owned();
    if zones.len() > 1 {
        text.push_str(" A network takes one zone of a name: link the one that has the account's record.");
    }
    let mut remedy = Remedy::guided(text).documented(format!(
        "kubectl run dns-lookup --namespace default --rm --stdin --tty --restart=Never --image=mcr.microsoft.com/azurelinux/busybox:1.36 -- nslookup {}",
        shell_word(host)
    ));
    for zone in zones.iter().take(MOST_ZONES) {
        remedy = remedy.documented(format!(
            "az network private-dns record-set a show --name {} {}",
            shell_word(&record(alias, host, zone)),
            zone_link::flags(zone)
        ));
        for network in networks_for_commands(cluster) {
            remedy = remedy.documented(format!(
                "az network private-dns link vnet create --name {} {} --virtual-network {network} --registration-enabled false",
                shell_word(&cluster.name),
                zone_link::flags(zone)
            ));
        }
    }
    remedy
}

/// Returns the name of the account's record in a zone.
fn record(alias: &str, host: &str, zone: &ArmId) -> String {
    let end = format!(".{}", zone.name().to_ascii_lowercase());
    let inside = [alias, host].into_iter().find_map(|name| name.strip_suffix(end.as_str()));
    inside.unwrap_or("@").to_owned()
}

/// Returns the cluster's networks as a command names them.
fn networks_for_commands(cluster: &ManagedCluster) -> Vec<String> {
    let named: Vec<String> = cluster.named_networks().iter().map(|network| shell_word(network.as_str())).collect();
    if !named.is_empty() {
        return named;
    }
    let group = cluster.properties.node_resource_group.as_deref().unwrap_or("NODE_GROUP");
    let subscription = cluster.id.subscription().unwrap_or("SUBSCRIPTION");
    vec![format!(
        "\"$(az network vnet list --resource-group {} --subscription {} --query '[0].id' --output tsv)\"",
        shell_word(group),
        shell_word(subscription)
    )]
}
