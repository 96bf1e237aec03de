//! The extension agent's own identity is refused, or it gets no token.
//!
//! Knowledge: public reports of 2022 and later (Azure/AKS#3242, azure-cli-extensions#5501): the same log as
//! scenarios 3 and 5, with a 401. Names and network are fine then. No report names a remedy, and none is
//! invented here.

use super::agent::{self, is_token_trouble};
use super::check::{Check, Judgement};
use super::dp_endpoint_private::{FORBIDDEN, decide};
use crate::catalogue::Sign;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB303",
    name: "agent-unauthorized",
    hop: Hop::Dns,
    title: "the extension agent's identity is accepted",
    needs: &[
        required(Need::AgentPods),
        required(Need::AgentLogs),
        helpful(Need::ExtensionConfigs),
        helpful(Need::Nodes),
    ],
    explains: &["EXT_AGENT_DISCONNECTED_48H"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the service that the extension agent takes its orders from accepts the agent's identity, and
  whether the agent gets a token at all.

Why it matters
  An agent without orders installs, changes and removes nothing; an extension without contact for 48
  hours becomes Failed.

How it is found
  The newest outcome in the agent's log is a 401, or a token that could not be had. A 403 without further
  words fits this and a private endpoint; both are shown then.

What to do
  No public report says what mends a 401. See that the cluster's managed identity exists and is assigned to
  the node pools; then open a support request with the log. No role at the storage account has to do with it.

Sources
  Public reports (Azure/AKS#3242, Azure/azure-cli-extensions#5501).
";

fn run(facts: &Facts) -> Judgement {
    let Some(trouble) = agent::trouble(facts)? else { return Ok(Vec::new()) };
    let host = trouble.host(facts);
    let log = trouble.said.log;
    let finding = match trouble.said.found.sign {
        Sign::AgentUnauthorized => trouble.finding(
            facts,
            &format!(
                "{host} rejects the extension agent's token (401). The name resolves and the endpoint answers: this is \
                 neither DNS nor a firewall, nor a role of the backup extension."
            ),
        ),
        Sign::AgentForbidden => trouble
            .finding(
                facts,
                &format!(
                    "{host} refuses the extension agent's identity. The agent was answered with 403, and the message does \
                     not say why."
                ),
            )
            .one_of(FORBIDDEN, decide(&log.pod, &log.container, &host)),
        sign if is_token_trouble(sign) => trouble.finding(
            facts,
            &format!(
                "The extension agent gets no token for itself, so {host} is not even asked: {}.",
                sign.about().meaning
            ),
        ),
        _ => return Ok(Vec::new()),
    };
    let remedy = Remedy::guided(
        "See that the cluster's managed identity exists and is assigned to the node pools. If it is, open a support \
         request with the agent's log: public reports of this message name no remedy.",
    )
    .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query \"{identity:identity, kubelet:identityProfile}\"")
    .documented(format!("kubectl --namespace kube-system logs {} --container {} --tail=200", log.pod, log.container));
    Ok(vec![finding.mended_by(remedy)])
}
