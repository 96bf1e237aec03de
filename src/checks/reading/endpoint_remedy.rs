//! What lets the cluster find the endpoint of the extension agent again: three checks say it alike.
//!
//! Knowledge: coredns-on-aks.md sections 2.5, 3 and 6. The founding page's own remedy is not repeated as
//! it stands: its address is one region's sample, its form can collide with another one, and deleting the
//! DNS pods turns a bad line into an outage. A server block for the one name has none of that.

use crate::finding::Remedy;

/// Says how to put the name right, the lasting ways first; `coredns`: whether CoreDNS may have a part in it.
pub fn put_right(host: &str, coredns: bool) -> Remedy {
    let (zone_end, region) =
        host.split_once(".dp.").map_or(("kubernetesconfiguration.azure.com", host), |(region, end)| (end, region));
    let zone = format!("privatelink.dp.{zone_end}");
    let mut text = format!(
        "Find out who answers for the name. If a private DNS zone {zone} is visible to this network and has no record, or \
         a wrong one, for {region}: unlink it, keep Azure Arc's private endpoints and this cluster in networks of their \
         own, or, where the record is missing, set the link's resolution policy to NxDomainRedirect. If the network \
         names DNS servers of its own: let them forward the name to 168.63.129.16, or to a resolver that does not see \
         that zone."
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
    let mut remedy = Remedy::guided(text).documented(format!(
        "az network private-dns zone list --query \"[?name=='{zone}'].{{zone:name, group:resourceGroup}}\" --output table"
    ));
    if coredns {
        remedy = remedy.documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml").documented(
            format!(
                "kubectl --namespace kube-system patch configmap coredns-custom --type merge --patch '{{\"data\":{{\"aksdp.server\":\"{host}:53 {{\\n    errors\\n    cache 30\\n    hosts {{\\n        PUBLIC_IP {host}\\n        fallthrough\\n    }}\\n    forward . /etc/resolv.conf\\n}}\\n\"}}}}'"
            ),
        );
    }
    remedy
}

/// Returns the command that asks for the name where the agent asks.
pub fn ask(pod: &str, container: &str, host: &str) -> String {
    format!("kubectl --namespace kube-system exec {pod} --container {container} -- nslookup {host}")
}
