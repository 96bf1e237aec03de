//! The extension cannot reach what stands between it and the storage account: a name is not resolved, or nobody answers.
//!
//! Knowledge: Go's words for failed lookups and connections; Azure Backup's list of endpoints for
//! clusters behind a firewall. It fails before anybody was asked for a right: no role is missing. A
//! connection that is refused is up and says no; one that times out is dropped on the way.

use super::check::{Check, Judgement};
use super::reading::extension_parts::agent_subject;
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use super::reading::no_such_host::{DECIDE, group, is_blob_host};
use crate::catalogue::{Captured, Sign};
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB414",
    name: "storage-unreachable",
    hop: Hop::Storage,
    title: "the extension reaches the storage account and Azure",
    needs: NEEDS,
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension fails to resolve or to reach the account's blob address, Azure Resource Manager
  or the sign-in service while it checks the storage location.

Why it matters
  The location stays Unavailable. It fails before any right is asked for, so no role helps.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log: no such host, a
  resolver that fails or does not answer, a time-out, a refusal, a connection cut off, a proxy.

What to do
  Mend the network at the place that the words name: DNS, a private DNS zone, the firewall's rules, a
  NetworkPolicy, a route table, the proxy. The extension needs *.core.windows.net, *.azure.com and
  *.microsoft.com on port 443, and their like in other clouds.

Sources
  Azure Backup's documentation for AKS clusters in a virtual network with a firewall; Go's net package.
";

const SIGNS: &[Sign] = &[
    Sign::DnsNoSuchHost,
    Sign::DnsServerFailure,
    Sign::DnsTimeout,
    Sign::ConnectTimeout,
    Sign::ConnectRefused,
    Sign::ConnectReset,
    Sign::NoRoute,
    Sign::ProxyAuthRequired,
    Sign::ProxyUnreachable,
];

fn run(facts: &Facts) -> Judgement {
    judge(facts, SIGNS, |said| Some(say(said).concerning(agent_subject(facts))))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let (host, end, resolver) = match said.captured {
        Captured::Lookup { host, resolver } => (host.as_deref(), None, resolver.as_deref()),
        Captured::Endpoint { host, address } => (host.as_deref(), address.as_deref(), None),
        _ => (None, None, None),
    };
    let name = host.or(end).unwrap_or("an address that the message does not name");
    let to = match (host, end) {
        (Some(host), Some(end)) => format!("{host} ({end})"),
        _ => name.to_owned(),
    };
    let asked = resolver.map(|resolver| format!(" (asked: {resolver})")).unwrap_or_default();
    let is_blob = host.is_some_and(is_blob_host);
    let (what, look) = match said.sign {
        Sign::DnsNoSuchHost if is_blob => (
            format!(
                "DNS does not know {name}{asked}: the DNS that the cluster asks may lack its record. A private zone that is linked to the network and has no such record does that."
            ),
            "If the account has a private endpoint, see that the zone privatelink.blob.core.windows.net is linked to the cluster's virtual network and holds the account's record.",
        ),
        Sign::DnsNoSuchHost => (
            format!("DNS does not know {name}{asked}, which every cluster needs to reach Azure."),
            "See which DNS servers the cluster asks, and whether they forward names of Azure.",
        ),
        Sign::DnsServerFailure => (
            format!(
                "The DNS server fails or refuses when it is asked for {name}{asked}. That does not mean that the name does not exist."
            ),
            "See what the DNS server behind CoreDNS answers, and whether it can reach its own forwarders.",
        ),
        Sign::DnsTimeout => (
            format!("Nobody answers when the extension asks DNS for {name}{asked}."),
            "See whether CoreDNS runs and whether a NetworkPolicy lets the extension's namespace ask it on port 53.",
        ),
        Sign::ConnectRefused => (
            format!("{to} refuses the connection: something answers there and does not listen."),
            "See what answers at that address: a wrong DNS record, a proxy that is down.",
        ),
        Sign::ConnectReset => (
            format!("The connection to {to} is cut off on the way, as firewalls and inspecting proxies do."),
            "See the firewall's log for that address, and let it through on port 443.",
        ),
        Sign::NoRoute => (
            format!("There is no way from the nodes to {to}."),
            "See the route table and the peerings of the nodes' subnet.",
        ),
        Sign::ProxyAuthRequired => (
            format!("The outbound proxy wants a sign-in for {name}, which the extension cannot give."),
            "Let that address through the proxy without a sign-in, or past the proxy.",
        ),
        Sign::ProxyUnreachable => (
            format!("The outbound proxy cannot be reached when the extension asks for {name}."),
            "See whether the proxy runs and is reached from the nodes' subnet.",
        ),
        _ => (
            format!(
                "Nothing answers at {to} within the time: a NetworkPolicy, a network security group, a firewall or a route drops the connection."
            ),
            "See the NetworkPolicies of the extension's namespace, the security group and the route table of the nodes' subnet, and the firewall's log.",
        ),
    };
    let message = format!("{what} It fails before any right is asked for: no role is missing.");
    let namespace = said.complaint.location.metadata.namespace();
    let mut remedy = Remedy::guided(look);
    if matches!(said.sign, Sign::DnsNoSuchHost | Sign::DnsServerFailure) {
        remedy =
            remedy.documented("kubectl --namespace kube-system get configmaps coredns coredns-custom --output yaml");
    } else if matches!(said.sign, Sign::ConnectTimeout | Sign::DnsTimeout) {
        remedy = remedy.documented(format!("kubectl --namespace {namespace} get networkpolicies.networking.k8s.io"));
    }
    remedy = remedy.documented(said.account.watch());
    if is_blob {
        remedy = remedy.documented(said.account.show(
            "{blob:primaryEndpoints.blob, publicNetworkAccess:publicNetworkAccess, privateEndpoints:privateEndpointConnections[].privateEndpoint.id}",
        ));
    }
    let verdict = Verdict::error(message, remedy);
    // An address of the account that DNS does not know may also be an account that is gone.
    if said.sign == Sign::DnsNoSuchHost && is_blob { verdict.one_of(group(said.location()), DECIDE) } else { verdict }
}
