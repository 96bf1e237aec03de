//! The extension agent's endpoint answers from a private endpoint that is not for this cluster.
//!
//! Knowledge: Azure Backup's troubleshooting page of 2025, scenario 5; coredns-on-aks.md section 3: a
//! private address by itself is no fault, the refusal is. A 403 that does not name the private link can
//! have either of two causes, and is told as such together with agent-unauthorized.

use super::check::{Check, Judgement};
use super::reading::endpoint_remedy::Wrong;
use super::reading::{agent, endpoint_remedy};
use crate::catalogue::Sign;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::Hop;

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB302",
    name: "dp-endpoint-private",
    hop: Hop::Dns,
    title: "the extension agent's endpoint lets this cluster in",
    needs: &[
        required(Need::AgentPods),
        required(Need::AgentLogs),
        helpful(Need::ExtensionConfigs),
        helpful(Need::Nodes),
        helpful(Need::PrivateZoneLinks),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
    ],
    explains: &["SCENARIO_5_DP_ENDPOINT_403_PRIVATE_ENDPOINT", "EXT_AGENT_DISCONNECTED_48H"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the endpoint that the extension agent takes its orders from answers 403, \"This traffic is not
  authorized\".

Why it matters
  An agent without orders installs, changes and removes nothing; an extension without contact for 48
  hours becomes Failed.

How it is found
  The newest outcome in the agent's log. These words come from a private endpoint of Azure Arc in the same
  network, which the region's name leads to, and which serves the clusters of its own private link scope
  only. A 403 without these words may be that or a refused identity: both are shown, with what decides. Where
  Azure is asked, the private DNS zone that is linked to the cluster's network for the name is shown.

What to do
  Keep Azure Arc's private endpoints and AKS in networks, or with DNS, of their own. As a stop-gap CoreDNS
  can answer this one name with the address that it has outside.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 5 (06/2025); Azure Arc's page on private link.
";

/// The group of the two causes of a 403 that does not say which.
pub const FORBIDDEN: &str = "agent-answered-403";

/// Returns what tells the two apart.
pub fn decide(pod: &str, container: &str, host: &str) -> String {
    format!(
        "Look the name up where the agent does: {}. A private address speaks for AKSB302 dp-endpoint-private, a public \
         one for AKSB303 agent-unauthorized.",
        endpoint_remedy::ask(pod, container, host)
    )
}

fn run(facts: &Facts) -> Judgement {
    let Some(trouble) = agent::trouble(facts)? else { return Ok(Vec::new()) };
    let host = trouble.host(facts);
    let log = trouble.said.log;
    let link = endpoint_remedy::link(facts, &host);
    let remedy = endpoint_remedy::put_right(&host, true, Wrong::PrivateAddress, link).documented(endpoint_remedy::ask(
        &log.pod,
        &log.container,
        &host,
    ));
    let mut finding = match trouble.said.found.sign {
        Sign::PrivateLinkForbidden => trouble.finding(
            facts,
            &format!(
                "{host} answers the extension agent with 403, \"This traffic is not authorized\": the name leads to a \
                 private endpoint of Azure Arc, which does not serve this cluster. DNS answers, and no role is missing."
            ),
        ),
        Sign::AgentForbidden => trouble
            .finding(
                facts,
                &format!(
                    "The name {host} leads to a private endpoint of Azure Arc that does not serve this cluster. The agent \
                     was answered with 403, and the message does not say why."
                ),
            )
            .one_of(FORBIDDEN, decide(&log.pod, &log.container, &host)),
        _ => return Ok(Vec::new()),
    };
    finding.evidence.extend(endpoint_remedy::evidence(link));
    Ok(vec![finding.mended_by(remedy)])
}
