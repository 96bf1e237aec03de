//! A connection out of the cluster, or to its API server, gets no answer.
//!
//! Knowledge: Azure Backup's troubleshooting page of 2025, scenario 4; diagnosis.md section 3: no answer
//! means policy, security group, firewall or route; refused means that the other end is not up. The
//! founding page's words for a hook Job without its API server are of this kind.

use super::check::{Check, Judgement};
use super::reading::agent;
use super::reading::connections::{self, Connection, NEEDS, Speaker, connections, destinations, lasting_names};
use crate::catalogue::Sign;
use crate::facts::{Facts, Need};
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB304",
    name: "egress-timed-out",
    hop: Hop::Dns,
    title: "connections out of the cluster get an answer",
    needs: NEEDS,
    explains: &[
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "INSTALL_GENEVA_SERVICE_NOT_READY",
        "EXT_HELM_CHART_DOWNLOAD_FAILED",
        "EXT_AGENT_DISCONNECTED_48H",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension, its hook Jobs or the extension agent wait in vain for an answer: connections that
  time out, are cut off or have no route, a proxy that cannot be reached, a DNS server that does not answer.

Why it matters
  Without the API server a hook Job fails and helm takes the installation back; without the endpoints of
  Azure nothing is installed and nothing is stored.

How it is found
  In the logs of the agent, the extension and its Jobs, and in the ExtensionConfig's error. The newest word
  about a destination counts; what a running program has not repeated for a quarter of an hour is over.
  Connections inside a pod or to its own node do not count.

What to do
  Allow the destination, TCP 443, where it is stopped: network policies (Calico's and Cilium's too), the
  security group of the nodes' subnet, the firewall behind a route table, the proxy.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 4 (06/2025); AKS's outbound network rules.
";

const SIGNS: &[Sign] =
    &[Sign::ConnectTimeout, Sign::ConnectReset, Sign::NoRoute, Sign::ProxyUnreachable, Sign::DnsTimeout];

fn run(facts: &Facts) -> Judgement {
    let mut findings = Vec::new();
    for mut group in connections(facts, SIGNS)? {
        // The agent's unanswered question for its endpoint's name is a trouble of DNS, with a check of its own.
        group.retain(|c| !(c.speaker == Speaker::Agent && c.sign == Sign::DnsTimeout));
        let Some(first) = group.first() else { continue };
        let mut message = format!("{} {}.", first.who, words(&group));
        message.push_str(what_it_is(first));
        if first.speaker == Speaker::Agent {
            message.push('\n');
            message.push_str(agent::consequence(facts));
        }
        if first.speaker != Speaker::Agent && first.speaker != Speaker::Record {
            message.push_str(&connections::policies(facts).map_or(String::new(), |policies| format!("\n{policies}")));
        }
        let finding = connections::finding(&group, message).map(|finding| {
            finding.mended_by(remedy(facts, &group)).without(
                facts
                    .unread(Need::NetworkPolicies)
                    .map(|unread| format!("whether a NetworkPolicy of the namespace forbids it: {}", unread.why)),
            )
        });
        findings.extend(finding);
    }
    Ok(findings)
}

/// Says what happens to the connections, by the newest of the reasons.
fn words(group: &[Connection]) -> String {
    let to = destinations(group);
    match group.first().map(|first| first.sign) {
        Some(Sign::DnsTimeout) => format!("asks DNS for {to} and gets no answer from the resolver"),
        Some(Sign::ConnectReset) => {
            format!("has its connection to {to} cut off on the way, as firewalls and inspecting proxies do")
        }
        Some(Sign::NoRoute) => format!("has no route to {to}"),
        Some(Sign::ProxyUnreachable) => format!("cannot reach the outbound proxy on the way to {to}"),
        _ => format!("gets no answer from {to}: the connection times out"),
    }
}

fn what_it_is(connection: &Connection) -> &'static str {
    match (connection.sign, connection.speaker) {
        (Sign::NoRoute, _) => " A route table or a missing peering looks like this.",
        (Sign::ConnectReset | Sign::ProxyUnreachable, _) => "",
        (_, Speaker::Agent) => {
            " The name resolves, so this is not DNS: a security group, a firewall or a route drops the packets, or a \
             network policy of kube-system does."
        }
        (_, Speaker::HookJob) => {
            " The Job talks to the cluster's API server only. Something drops its packets: a network policy, the security \
             group of the nodes' subnet, a firewall or a route."
        }
        (_, Speaker::Extension | Speaker::Record) => {
            " Something drops the packets: a network policy, the security group of the nodes' subnet, a firewall or a route."
        }
    }
}

fn remedy(facts: &Facts, group: &[Connection]) -> Remedy {
    let namespace = &facts.extension.namespace;
    let to = lasting_names(group);
    let speaker = group.first().map(|first| first.speaker);
    let is_dns = group.iter().any(|connection| connection.sign == Sign::DnsTimeout);
    let port = if is_dns { "DNS (UDP and TCP 53), and then TCP 443" } else { "TCP 443" };
    let mut remedy = Remedy::guided(match speaker {
        Some(Speaker::HookJob) => format!(
            "Allow the pods of namespace {namespace} {port} to the API server: {to}. Most network \
             plugins look at the API server's own address, not at the Service's. Then install the extension again."
        ),
        _ => format!(
            "Allow {port} to {to}, wherever it is stopped: network policy, security group, firewall, route or proxy."
        ),
    });
    remedy = match speaker {
        Some(Speaker::Agent) => remedy.documented("kubectl --namespace kube-system get networkpolicies"),
        Some(Speaker::Record) => remedy,
        _ => remedy
            .documented(format!("kubectl --namespace {namespace} get networkpolicies --output yaml"))
            // Which kinds of policy there are differs by the network plugin; asking for one that is not there fails.
            .documented("kubectl api-resources --output name | grep --ignore-case networkpolic"),
    };
    remedy.documented("az aks egress-endpoints list --resource-group RESOURCE_GROUP --name CLUSTER")
}
