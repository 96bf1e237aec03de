//! CoreDNS does not give the extension agent's endpoint an address, or its replicas differ.
//!
//! Knowledge: founding page, scenario 3; coredns-on-aks.md sections 2.2, 3 and 6: each replica is asked by
//! itself, because one that missed a reload answers otherwise. An empty private zone answers NXDOMAIN for
//! the alias behind the name. A private address is no fault by itself: only a refusal is.

use super::check::{Check, Judgement};
use super::dp_endpoint_unresolved::asks_the_node;
use super::reading::endpoint_remedy::Wrong;
use super::reading::{agent, endpoint_remedy};
use crate::facts::objects::DnsAnswer;
use crate::facts::{Facts, Need, Stop, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB306",
    name: "coredns-endpoint-unresolved",
    hop: Hop::Dns,
    title: "every CoreDNS replica resolves the extension agent's endpoint",
    needs: &[
        required(Need::DnsAnswers),
        helpful(Need::AgentPods),
        helpful(Need::ExtensionConfigs),
        helpful(Need::Nodes),
        helpful(Need::PrivateZoneLinks),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
    ],
    explains: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  What each CoreDNS replica answers for the name that the extension agent needs,
  REGION.dp.kubernetesconfiguration.azure.com.

Why it matters
  An agent that cannot resolve the name gets no orders: nothing is installed, changed or removed. Replicas
  that differ make it work by chance.

How it is found
  Each ready replica is asked by way of a port-forward, so this needs the right to make one. NXDOMAIN,
  SERVFAIL, REFUSED and an answer without an address are faults. A private address is none by itself:
  some clusters have a private link of their own.

What to do
  See who answers for the name: a private DNS zone of Azure Arc, the network's own DNS servers, or a block in
  coredns-custom. Where replicas differ, see in the log of the odd one why it did not take over the
  configuration of the others.

Sources
  Azure Backup's troubleshooting page for AKS, scenarios 3 and 5; CoreDNS's documentation.
";

/// What one replica said.
enum Said {
    Public,
    Private,
    Nothing(String),
    Unread(String),
}

fn run(facts: &Facts) -> Judgement {
    let rows = facts.dns_answers.rows(Need::DnsAnswers.what())?;
    if facts.agent_pods.known().is_some() {
        agent::present(facts)?;
        let mut agents = facts.agent_pods.known_rows().iter().filter(|pod| is_agent(pod)).peekable();
        if agents.peek().is_some() && agents.all(asks_the_node) {
            return Err(Stop::not_applicable("the extension agent asks its node's resolver, not CoreDNS"));
        }
    }
    let Some(first) = rows.first() else {
        return Err(Stop::inconclusive("no CoreDNS replica is ready to be asked"));
    };
    let name = first.name.as_str();
    let said: Vec<(&DnsAnswer, Said)> = rows.iter().map(|row| (row, read(row))).collect();
    let pods = |wanted: fn(&Said) -> bool| -> Vec<&str> {
        said.iter().filter(|(_, said)| wanted(said)).map(|(row, _)| row.pod.as_str()).collect()
    };
    let failing = pods(|said| matches!(said, Said::Nothing(_)));
    let private = pods(|said| matches!(said, Said::Private));
    let public = pods(|said| matches!(said, Said::Public));
    let unread = pods(|said| matches!(said, Said::Unread(_)));
    let (severity, message) = if !failing.is_empty() && (!private.is_empty() || !public.is_empty()) {
        let good: Vec<&str> = public.iter().chain(&private).copied().collect();
        let message = format!(
            "The CoreDNS replicas disagree about {name}: {} no address for it, {} {}. The extension agent succeeds or \
             fails by chance.",
            gives(&failing),
            listing(good.iter().copied(), 3),
            if good.len() == 1 { "does" } else { "do" },
        );
        (agent::severity(facts), message)
    } else if !failing.is_empty() {
        (agent::severity(facts), format!("CoreDNS gives no address for {name}: {}.", words(&said)))
    } else if !private.is_empty() && !public.is_empty() {
        let message = format!(
            "The CoreDNS replicas disagree about {name}: {} a private address, {} a public one.",
            answers(&private),
            answers(&public)
        );
        (agent::severity(facts), message)
    } else if !unread.is_empty() {
        let whys = said.iter().filter_map(|(row, said)| match said {
            Said::Unread(why) => Some(format!("{}: {why}", row.pod)),
            _ => None,
        });
        return Err(Stop::inconclusive(format!(
            "not every CoreDNS replica could be asked: {}",
            whys.collect::<Vec<_>>().join("; ")
        )));
    } else {
        // A private address everywhere is no fault by itself: a refusal there would be, and the agent's log has it.
        return Ok(Vec::new());
    };
    Ok(vec![finding(facts, severity, message, &said, name)])
}

fn finding(facts: &Facts, severity: Severity, message: String, said: &[(&DnsAnswer, Said)], name: &str) -> Finding {
    let subject = Subject::namespaced("v1", "Service", "kube-system", "kube-dns");
    let mut finding = Finding::new(severity, subject, message);
    if let Some(alias) = hidden_alias(said) {
        finding.message.push_str(&format!(
            " The name leads to {alias}, and that has no address: this is what a private DNS zone answers which this \
             network sees and which lacks the record."
        ));
    }
    finding.message.push('\n');
    finding.message.push_str(agent::consequence(facts));
    let good = said.iter().any(|(_, said)| matches!(said, Said::Public | Said::Private));
    let odd: Vec<&str> =
        said.iter().filter(|(_, said)| matches!(said, Said::Nothing(_))).map(|(row, _)| row.pod.as_str()).collect();
    let link = endpoint_remedy::link(facts, name);
    let by_replicas = good && !odd.is_empty();
    let remedy = if by_replicas {
        look_at(&odd)
    } else {
        let wrong = if good { Wrong::PrivateAddress } else { Wrong::NoAddress };
        endpoint_remedy::put_right(name, true, wrong, link)
    };
    finding = finding.concerning(agent::host_subject(name)).mended_by(remedy);
    for (row, said) in said {
        let quote = match said {
            Said::Nothing(words) | Said::Unread(words) => words.clone(),
            Said::Public | Said::Private => addresses(row),
        };
        finding = finding.seen(Evidence::quoted(format!("pod/kube-system/{} answer for {}", row.pod, row.name), quote));
    }
    if !by_replicas {
        finding.evidence.extend(endpoint_remedy::evidence(link));
    }
    finding
        .without(
            facts.unread(Need::AgentPods).map(|unread| {
                format!("whether an extension agent runs in this cluster and asks CoreDNS: {}", unread.why)
            }),
        )
        .without(
            facts.unread(Need::ExtensionConfigs).map(|unread| {
                format!("whether the extension is installed, so that backups go on for now: {}", unread.why)
            }),
        )
}

/// Replicas that answer otherwise than the others most likely run another configuration.
fn look_at(odd: &[&str]) -> Remedy {
    let mut remedy = Remedy::guided(
        "See in the log of the replicas that give no address why: one that could not take over a changed configuration says \
         so (\"reload failed\", \"parse failed\") and goes on with the old one. Do not delete or restart CoreDNS pods before \
         that is mended: a new one would start with the faulty configuration, and not come up. Where the logs are clean, the \
         servers that CoreDNS forwards to answer differently.",
    );
    for pod in odd.iter().take(3) {
        remedy = remedy.documented(format!("kubectl --namespace kube-system logs {pod} --tail=100"));
    }
    remedy.documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml")
}

fn is_agent(pod: &crate::facts::objects::Pod) -> bool {
    pod.metadata.label("control-plane") == Some("extension-agent")
}

fn read(row: &DnsAnswer) -> Said {
    let Some(answer) = row.answer.known() else {
        let why = row.answer.unread("the answer").map_or_else(|| "it gave no answer".to_owned(), |unread| unread.why);
        return Said::Unread(why);
    };
    match answer.addresses.as_slice() {
        [] if answer.rcode == "NOERROR" => Said::Nothing("NOERROR without an address".to_owned()),
        [] => Said::Nothing(answer.rcode.clone()),
        some if some.iter().all(|address| address.is_private() || address.is_link_local()) => Said::Private,
        _ => Said::Public,
    }
}

/// Returns the alias that a failing answer ended at, where it is one of private link.
fn hidden_alias<'f>(said: &'f [(&'f DnsAnswer, Said)]) -> Option<&'f str> {
    let failing = said.iter().filter(|(_, said)| matches!(said, Said::Nothing(_)));
    failing
        .filter_map(|(row, _)| row.answer.known()?.aliases.last())
        .map(Text::as_str)
        .find(|alias| alias.to_ascii_lowercase().contains(".privatelink."))
}

fn addresses(row: &DnsAnswer) -> String {
    let known = row.answer.known().map(|answer| answer.addresses.as_slice()).unwrap_or_default();
    listing(known.iter().map(ToString::to_string).collect::<Vec<_>>().iter().map(String::as_str), 4)
}

fn gives(pods: &[&str]) -> String {
    format!("{} {}", listing(pods.iter().copied(), 3), if pods.len() == 1 { "gives" } else { "give" })
}

fn answers(pods: &[&str]) -> String {
    format!("{} {}", listing(pods.iter().copied(), 3), if pods.len() == 1 { "gives it" } else { "give it" })
}

/// Says what the failing replicas answered: `2 replicas answer NXDOMAIN`.
fn words(said: &[(&DnsAnswer, Said)]) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for (_, said) in said {
        if let Said::Nothing(words) = said {
            match kinds.iter_mut().find(|(kind, _)| kind == words) {
                Some((_, count)) => *count += 1,
                None => kinds.push((words, 1)),
            }
        }
    }
    let parts: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| {
            format!(
                "{} {} {kind}",
                counted(*count, "replica", "replicas"),
                if *count == 1 { "answers" } else { "answer" }
            )
        })
        .collect();
    listing(parts.iter().map(String::as_str), 4)
}
