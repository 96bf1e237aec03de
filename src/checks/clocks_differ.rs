//! A clock goes wrong: a node's, or the one here, against the API server's.
//!
//! Knowledge: a kubelet renews its Lease every ten seconds and writes its own time into it. The node controller goes by
//! when it sees the Lease change, not by what it says, so a node with a wrong clock stays Ready. Azure Storage refuses a
//! request that is signed with an account key when its date is more than 15 minutes off.

use jiff::{SignedDuration, Timestamp};

use super::check::{Check, Judgement};
use super::reading::elapsed;
use crate::facts::objects::{Lease, Node, Pod};
use crate::facts::{Clocks, Facts, NODE_LEASES, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB705",
    name: "clocks-differ",
    hop: Hop::Cluster,
    title: "the nodes' clocks and the one here agree with the API server's",
    needs: &[required(Need::NodeLeases), required(Need::Nodes), helpful(Need::Pods)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the clock of each Ready node, and the clock of the machine that this tool runs on, are within
  five minutes of the API server's.

Why it matters
  Pods judge tokens and certificates by their node's clock, and date their requests by it. Where it is
  wrong, a token that has run out looks good, a new one looks not yet valid, and Azure Storage refuses
  requests that are signed with an account key. The clock here decides how old things look in this report.

How it is found
  A node writes its own time into its Lease every ten seconds; the API server tells its time with every
  answer. A node whose Lease is far in the future, or far in the past while the node is Ready, has a wrong
  clock. Nodes that are not Ready say nothing; a Ready one without a Lease is not judged, and is named.

What to do
  Set the node's time right, or put another node in its place; nodes of AKS take the time of their host.

Sources
  The Kubernetes documentation of Leases and nodes; Azure Storage's documentation of shared keys.
";

/// Clocks that differ by less agree well enough; what is renewed every ten seconds is never so old.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

fn run(facts: &Facts) -> Judgement {
    let Some(clocks) = facts.server.clocks else {
        // Where nothing was read, that is the reason.
        facts.nodes.rows(Need::Nodes.what())?;
        facts.node_leases.rows(Need::NodeLeases.what())?;
        return Err(Stop::inconclusive("what time it is for the API server was not seen"));
    };
    let ahead = clocks.server.duration_since(clocks.here);
    let here = (ahead.abs() > TOLERANCE).then(|| here(clocks, ahead));
    let nodes = facts.nodes.rows(Need::Nodes.what());
    let leases = facts.node_leases.rows(Need::NodeLeases.what());
    let (nodes, leases) = match (nodes, leases) {
        (Ok(nodes), Ok(leases)) => (nodes, leases),
        (Err(stop), _) | (_, Err(stop)) => {
            // What is known of the clock here stands, whatever became of the nodes'.
            let Some(here) = here else { return Err(stop) };
            let unread = facts.unread(Need::Nodes).or_else(|| facts.unread(Need::NodeLeases));
            return Ok(vec![
                here.without(unread.map(|unread| format!("whether the nodes' clocks agree: {}", unread.why))),
            ]);
        }
    };
    // The reading began at the time here; the Leases were read some seconds later.
    let server_now = facts.observed_at.checked_add(ahead).unwrap_or(facts.observed_at);
    let mut findings: Vec<Finding> = here.into_iter().collect();
    let mut silent: Vec<&str> = Vec::new();
    for node in nodes.iter().filter(|node| node.is_ready() && !node.is_virtual()) {
        let lease = leases.iter().find(|lease| lease.metadata.name == node.metadata.name);
        let Some((lease, renewed)) = lease.and_then(|lease| Some((lease, lease.spec.renew_time?))) else {
            silent.push(&node.metadata.name);
            continue;
        };
        let off = renewed.duration_since(server_now);
        if off.abs() > TOLERANCE {
            findings.push(of_node(facts, node, lease, renewed, off, server_now));
        }
    }
    // A list that was cut short lacks Leases that are there: the runner says so.
    if silent.is_empty() || facts.unread(Need::NodeLeases).is_some() {
        return Ok(findings);
    }
    silent.sort_unstable();
    let unjudged = format!(
        "the time of {}: {} no Lease with a time in {NODE_LEASES}, although Ready",
        listing(silent.iter().copied(), 3),
        if silent.len() == 1 { "it has" } else { "they have" }
    );
    if findings.is_empty() {
        return Err(Stop::inconclusive(format!("nothing tells {unjudged}")));
    }
    for finding in &mut findings {
        finding.not_read.push(unjudged.clone());
    }
    Ok(findings)
}

/// Says by how much, and in which direction, a clock is off: `12 minutes ahead of`.
fn by(off: SignedDuration) -> String {
    let way = if off.is_negative() { "behind" } else { "ahead of" };
    format!("{} {way}", elapsed::words(off.abs()))
}

fn here(clocks: Clocks, server_ahead: SignedDuration) -> Finding {
    let subject = Subject { name: Some("the clock here".to_owned()), ..Subject::default() };
    let message = format!(
        "The clock of the machine that this tool runs on is {} the API server's.\nAges in this report are off by as much. \
         Tokens that are made or judged here, for a sign-in, may be refused.",
        by(server_ahead.checked_neg().unwrap_or(SignedDuration::MAX))
    );
    Finding::new(Severity::Info, subject, message)
        .seen(Evidence::quoted("the API server's answer, header Date", clocks.server.to_string()))
        .seen(Evidence::quoted("the clock here, at that answer", clocks.here.to_string()))
        .mended_by(Remedy::guided("Set the clock here right, then look again."))
}

fn of_node(
    facts: &Facts,
    node: &Node,
    lease: &Lease,
    renewed: Timestamp,
    off: SignedDuration,
    server_now: Timestamp,
) -> Finding {
    let name = &node.metadata.name;
    let mut message = format!(
        "The clock of node {name} is about {} the API server's. The node is Ready, so it has renewed its Lease within the last minute; the time that it wrote is its own.",
        by(off)
    );
    let here: Vec<&Pod> = facts
        .own_pods()
        .filter(|pod| pod.spec.node_name.as_deref() == Some(name.as_str()) && !pod.has_ended())
        .collect();
    if !here.is_empty() {
        let names = listing(here.iter().map(|pod| pod.metadata.name.as_str()), 3);
        let run = if here.len() == 1 { "runs" } else { "run" };
        message.push_str(&format!("\nOf the extension, {names} {run} there."));
    }
    message.push_str(
        "\nPods there judge tokens and certificates by that clock, and date their requests by it: what has run out looks \
         good, what is new looks not yet valid, and beyond 15 minutes Azure Storage refuses requests signed with an account \
         key.",
    );
    let mut finding = Finding::new(Severity::Warning, node.metadata.subject("v1", "Node"), message)
        .seen(Evidence::quoted(
            format!("lease.coordination.k8s.io/{NODE_LEASES}/{} .spec.renewTime", lease.metadata.name),
            renewed.to_string(),
        ))
        .seen(Evidence::quoted("the API server's time, when the reading began", server_now.to_string()));
    finding.concerns.extend(here.iter().map(|pod| pod.subject()));
    let finding = finding.without(
        facts.unread(Need::Pods).map(|unread| format!("which pods of the extension run there: {}", unread.why)),
    );
    let lease = format!("kubectl get lease {name} --namespace {NODE_LEASES} --output yaml");
    if node.os() != Some("linux") {
        return finding.mended_by(
            Remedy::guided(
                "See on the node whether its time service runs and what it follows. Where it cannot be set right, take the \
                 node out of use and have its pool make another one: move its pods away first.",
            )
            .documented(lease),
        );
    }
    finding.mended_by(
        Remedy::guided(
            "See on the node whether its time service runs and what it follows. The second command starts a pod there that \
             may read the node's files: it needs the right to create pods in the namespace default, whose policies must let \
             such a pod in, and the pod is deleted by hand afterwards. Where the clock cannot be set right, take the node \
             out of use and have its pool make another one: move its pods away first.",
        )
        .documented(lease)
        .documented(format!(
            "kubectl debug node/{name} --namespace default --profile sysadmin -it --image=mcr.microsoft.com/cbl-mariner/busybox:2.0 -- chroot /host timedatectl"
        )),
    )
}
