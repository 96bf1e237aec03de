//! The extension agent cannot resolve the name of the endpoint that it takes its orders from.
//!
//! Knowledge: founding page, scenario 3; coredns-on-aks.md sections 0, 1.6, 3 and 6. "no such host" is the
//! token that counts: a 403, a 401 and a connection that is not made have the same log shape. The message
//! names the resolver, and only those who ask CoreDNS are helped by coredns-custom.

use super::check::{Check, Judgement};
use super::reading::endpoint_remedy::Wrong;
use super::reading::resolver::Resolver;
use super::reading::{agent, endpoint_remedy};
use crate::catalogue::Sign;
use crate::facts::objects::Pod;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB301",
    name: "dp-endpoint-unresolved",
    hop: Hop::Dns,
    title: "the extension agent resolves its endpoint's name",
    needs: &[
        required(Need::AgentPods),
        required(Need::AgentLogs),
        helpful(Need::DnsService),
        helpful(Need::ExtensionConfigs),
        helpful(Need::Nodes),
        helpful(Need::PrivateZoneLinks),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
    ],
    explains: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST", "EXT_AGENT_DISCONNECTED_48H"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest outcome in the extension agent's log is a name that was not resolved:
  REGION.dp.kubernetesconfiguration.azure.com, where the agent takes its orders from.

Why it matters
  An agent without orders installs, changes and removes nothing. An installation stays Creating, often
  with an empty namespace and no event; an extension without contact for 48 hours becomes Failed.

How it is found
  The agent's log says \"no such host\" (no such name, or no address for it), \"server misbehaving\" (the
  resolver failed or refused) or that the resolver did not answer. A later success, or an hour of log
  without it, ends the matter. The message names the resolver: CoreDNS, LocalDNS on the node, or a server
  that passes CoreDNS by. Where no agent runs in the cluster, AKS runs it elsewhere, and this does not apply.
  Where Azure is asked, the private DNS zone that is linked to the cluster's network for the name is shown.

What to do
  Let the network's DNS answer: mostly a private DNS zone of Azure Arc hides the name, or the network's own
  DNS servers do not forward it. As a stop-gap CoreDNS can answer the one name, if CoreDNS is who is asked.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 3; AKS documentation on CoreDNS and LocalDNS.
";

fn run(facts: &Facts) -> Judgement {
    let Some(trouble) = agent::trouble(facts)? else { return Ok(Vec::new()) };
    let host = trouble.host(facts);
    let resolver = Resolver::of(trouble.resolver(), facts);
    let who = resolver.name();
    let link = endpoint_remedy::link(facts, &host);
    let mut shown = Vec::new();
    let (what, remedy) = match trouble.said.found.sign {
        Sign::DnsNoSuchHost => {
            shown = endpoint_remedy::evidence(link);
            (
                format!("{who} answers that there is no such name, or no address for it."),
                endpoint_remedy::put_right(&host, !resolver.passes_by_coredns(), Wrong::NoAddress, link),
            )
        }
        Sign::DnsServerFailure => (format!("{who} fails or refuses to answer."), server_failure(resolver)),
        Sign::DnsTimeout => (format!("{who} does not answer."), no_answer(resolver)),
        _ => return Ok(Vec::new()),
    };
    let log = trouble.said.log;
    let mut message = format!("The extension agent cannot resolve {host}: {what}");
    // A resolver that is not reached is not helped by what it would answer.
    if trouble.said.found.sign != Sign::DnsTimeout {
        message.push(' ');
        message.push_str(resolver.bearing());
    }
    let mut finding = trouble.finding(facts, &message).mended_by(
        remedy.documented(endpoint_remedy::ask(&log.pod, &log.container, &host)).documented(format!(
            "kubectl --namespace kube-system logs {} --container {} --tail=200",
            log.pod, log.container
        )),
    );
    finding.evidence.extend(shown);
    if !resolver.passes_by_coredns() {
        finding = finding.concerning(agent::host_subject(&host));
    }
    if resolver == Resolver::Unnamed {
        let pod = facts.agent_pods.known_rows().iter().find(|pod| pod.metadata.name == log.pod);
        if pod.is_some_and(asks_the_node) {
            finding.message.push_str("\nThe agent's pod asks its node's own resolver, not CoreDNS.");
        }
    }
    Ok(vec![
        finding.without(
            facts
                .unread(Need::DnsService)
                .map(|unread| format!("whether the resolver that was asked is CoreDNS: {}", unread.why)),
        ),
    ])
}

/// Returns whether a pod uses the resolver of its node.
pub fn asks_the_node(pod: &Pod) -> bool {
    let policy = pod.spec.dns_policy.as_deref();
    policy == Some("Default") || (pod.spec.host_network && policy != Some("ClusterFirstWithHostNet"))
}

fn server_failure(resolver: Resolver<'_>) -> Remedy {
    if resolver.passes_by_coredns() {
        return Remedy::guided("Look at that DNS server: it must resolve the name, or forward it to 168.63.129.16.");
    }
    Remedy::guided(
        "See in the log of CoreDNS what it says of this name. Either the servers that it forwards to (those of the \
         network) fail or refuse, and must resolve the name or forward it to 168.63.129.16; or a block in coredns-custom \
         covers the name and does not pass it on.",
    )
    .documented("kubectl --namespace kube-system logs --selector k8s-app=kube-dns --tail=100 --prefix")
    .documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml")
}

fn no_answer(resolver: Resolver<'_>) -> Remedy {
    if resolver.passes_by_coredns() {
        return Remedy::guided(
            "See whether that DNS server runs and whether port 53, UDP and TCP, is open to it from the nodes.",
        );
    }
    Remedy::guided(
        "See whether the CoreDNS pods run and are ready, and whether a network policy or a security group keeps the \
         agent's node from reaching them on port 53, UDP and TCP.",
    )
    .documented("kubectl --namespace kube-system get pods --selector k8s-app=kube-dns --output wide")
    .documented("kubectl --namespace kube-system get networkpolicies")
}
