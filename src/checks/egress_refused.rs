//! A connection is refused: the packets arrive, and nothing listens there.
//!
//! Knowledge: diagnosis.md section 3 (timed out against refused); public reports of API servers that were
//! not up yet. A firewall that drops looks otherwise, so opening one would not help.

use super::agent;
use super::check::{Check, Judgement};
use super::connections::{self, NEEDS, Speaker, connections, destinations, lasting_names};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB305",
    name: "egress-refused",
    hop: Hop::Dns,
    title: "connections out of the cluster are accepted",
    needs: NEEDS,
    explains: &["SCENARIO_4_UPGRADE_CRDS_JOB_FAILED", "EXT_AGENT_DISCONNECTED_48H"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether connections of the extension, its hook Jobs or the extension agent are refused at the other end.

Why it matters
  A hook Job without its API server fails, and helm takes the installation back; an agent without its
  endpoint gets no orders.

How it is found
  In the logs of the agent, the extension and its Jobs, and in the ExtensionConfig's error; the newest word
  counts. Connections inside a pod or to its own node do not count.

What to do
  For the API server: wait until the control plane is up, and try again. For anything else: see what runs at
  that address, and whether the name resolves to the right one. Something that rejects on the way (a policy
  or firewall with \"reject\") looks the same; one that drops does not.

Sources
  Public reports (Azure/AKS#3233); the words of Go's network library.
";

fn run(facts: &Facts) -> Judgement {
    let mut findings = Vec::new();
    for group in connections(facts, &[Sign::ConnectRefused])? {
        let Some(first) = group.first() else { continue };
        let to = destinations(&group);
        let meaning = if first.speaker == Speaker::HookJob {
            "The Job talks to the cluster's API server only, which was not up at that moment; a firewall that drops packets \
             looks otherwise."
        } else {
            "The packets arrive and are refused: nothing listens there now, or the name leads to the wrong address. A \
             firewall that drops packets looks otherwise."
        };
        let remedy = if first.speaker == Speaker::HookJob {
            Remedy::guided("See that the cluster is running and its API server answers, wait some minutes, and install the extension again.")
                .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query \"{power:powerState.code, state:provisioningState}\"")
        } else {
            Remedy::guided(format!(
                "Wait some minutes and look again. If it goes on, see what should listen at {} and whether that is the \
                 right address for the name; then whether something on the way rejects the connection.",
                lasting_names(&group)
            ))
        };
        let mut message = format!("{} is refused by {to}. {meaning}", first.who);
        if first.speaker == Speaker::Agent {
            message.push('\n');
            message.push_str(agent::consequence(facts));
        }
        findings.extend(connections::finding(&group, message).map(|finding| finding.mended_by(remedy)));
    }
    Ok(findings)
}
