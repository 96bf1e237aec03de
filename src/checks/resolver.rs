//! Which resolver was asked, by the address that a message names.
//!
//! Knowledge: coredns-on-aks.md sections 1.6 and 6: LocalDNS listens on 169.254.10.11 for pods and on
//! 169.254.10.10 for the network's own names, NodeLocal DNSCache on 169.254.20.10, Azure DNS on
//! 168.63.129.16. What CoreDNS is told helps only those who ask CoreDNS.

use crate::facts::{Facts, Need};

/// A resolver, told by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver<'m> {
    /// CoreDNS, by the address of the Service kube-dns.
    CoreDns(&'m str),
    /// LocalDNS on the node, where pods ask; it passes on to CoreDNS unless it is set up otherwise.
    LocalDns(&'m str),
    /// LocalDNS on the node, where the network's DNS is asked, past CoreDNS.
    LocalDnsOfNetwork(&'m str),
    /// NodeLocal DNSCache; where it passes on to is its own setting.
    NodeLocal(&'m str),
    /// Azure's DNS.
    AzureDns(&'m str),
    /// Another server: one that the virtual network names.
    Other(&'m str),
    /// An address that may be CoreDNS's: the Service could not be read.
    Unjudged(&'m str),
    /// The message does not name it.
    Unnamed,
}

impl<'m> Resolver<'m> {
    /// Tells a resolver by `ip:port` or `[ip]:port`.
    pub fn of(named: Option<&'m str>, facts: &Facts) -> Self {
        let Some(named) = named else { return Self::Unnamed };
        let host = named.rsplit_once(':').map_or(named, |(host, _)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']');
        match address {
            "169.254.10.11" => Self::LocalDns(address),
            "169.254.10.10" => Self::LocalDnsOfNetwork(address),
            "169.254.20.10" => Self::NodeLocal(address),
            "168.63.129.16" => Self::AzureDns(address),
            _ => match facts.dns_service.known() {
                Some(service) if service.spec.cluster_ips.iter().any(|ip| ip.eq_ignore_ascii_case(address)) => {
                    Self::CoreDns(address)
                }
                None if facts.unread(Need::DnsService).is_some() => Self::Unjudged(address),
                _ => Self::Other(address),
            },
        }
    }

    /// Names it, as the subject of a sentence.
    pub fn name(self) -> String {
        match self {
            Self::CoreDns(ip) => format!("CoreDNS (Service kube-dns, {ip})"),
            Self::LocalDns(ip) => format!("LocalDNS on the node ({ip})"),
            Self::LocalDnsOfNetwork(ip) => {
                format!("LocalDNS on the node, at its address for the network's DNS ({ip}),")
            }
            Self::NodeLocal(ip) => format!("NodeLocal DNSCache on the node ({ip})"),
            Self::AzureDns(ip) => format!("Azure's DNS ({ip})"),
            Self::Other(ip) => format!("the DNS server {ip}, which is not CoreDNS,"),
            Self::Unjudged(ip) => format!("the DNS server {ip}"),
            Self::Unnamed => "the resolver, which the message does not name,".to_owned(),
        }
    }

    /// Says whether a change in CoreDNS would help.
    pub const fn bearing(self) -> &'static str {
        match self {
            Self::CoreDns(_) => "The agent asks CoreDNS, so an entry in coredns-custom reaches it.",
            Self::LocalDns(_) => {
                "LocalDNS asks CoreDNS, unless the node pool's LocalDNS settings send this name or all names to the \
                 network's DNS; only then an entry in coredns-custom does not reach the agent. LocalDNS may keep the \
                 old answer for some minutes."
            }
            Self::LocalDnsOfNetwork(_) | Self::AzureDns(_) | Self::Other(_) => {
                "CoreDNS is not asked, so an entry in coredns-custom would change nothing: the trouble has to be mended \
                 in the network's DNS."
            }
            Self::NodeLocal(_) => {
                "Whether an entry in coredns-custom reaches the agent depends on where NodeLocal DNSCache passes the \
                 question on to."
            }
            Self::Unjudged(_) | Self::Unnamed => {
                "Whether CoreDNS was asked is not known; only if it was, an entry in coredns-custom reaches the agent."
            }
        }
    }

    /// Returns whether it is certain that CoreDNS has no part in the answer.
    pub const fn passes_by_coredns(self) -> bool {
        matches!(self, Self::LocalDnsOfNetwork(_) | Self::AzureDns(_) | Self::Other(_))
    }
}
