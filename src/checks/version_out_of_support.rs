//! AKS' general support of a Kubernetes version that the cluster runs has ended.
//!
//! Knowledge: azure-backup.md section 2, rule 1: Azure Backup wants a version that AKS supports; an older one runs, but
//! unsupported. AKS' table as of August 2026; what is not in it is not judged.

use std::collections::BTreeMap;

use super::check::{Check, Judgement};
use super::reading::minor::Minor;
use crate::facts::objects::Node;
use crate::facts::{Facts, Need, Stop, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB706",
    name: "version-out-of-support",
    hop: Hop::Cluster,
    title: "AKS supports the cluster's Kubernetes versions",
    needs: &[required(Need::Nodes)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the control plane and the nodes run Kubernetes versions whose general support by AKS has not ended.

Why it matters
  Azure Backup asks for a version that AKS supports. An older one goes on working, and when it does not, nobody
  is bound to help.

How it is found
  The versions that the API server and the nodes report, against AKS' table as of August 2026: 1.32 until
  March 2026, 1.33 until July 2026, 1.34 until November 2026, 1.35 until March 2027, 1.36 until June 2027,
  1.37 until October 2027. The month counts as supported to its end. A version that is not in the table is
  not judged. Whether the cluster pays for long-term support, which lasts longer, cannot be seen from inside.

What to do
  Upgrade, one minor version after the other, or see that long-term support is on.

Sources
  AKS' page on supported Kubernetes versions; Azure Backup's support matrix for AKS.
";

/// The last month of general support of each minor version of Kubernetes 1, as AKS' table of August 2026 has it.
const TABLE: &[(u32, i16, i8)] =
    &[(32, 2026, 3), (33, 2026, 7), (34, 2026, 11), (35, 2027, 3), (36, 2027, 6), (37, 2027, 10)];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn run(facts: &Facts) -> Judgement {
    let nodes = facts.nodes.rows(Need::Nodes.what())?;
    let Some(told) = facts.server.version.as_deref() else {
        return Err(Stop::inconclusive("the API server did not tell its version"));
    };
    let server = minor(told);
    let mut runs: BTreeMap<u32, Vec<&Node>> = BTreeMap::new();
    for node in nodes.iter().filter(|node| !node.is_virtual()) {
        if let Some(minor) = minor(&node.status.node_info.kubelet_version) {
            runs.entry(minor).or_default().push(node);
        }
    }
    if let Some(server) = server {
        runs.entry(server).or_default();
    }
    let findings: Vec<Finding> = runs
        .iter()
        .filter_map(|(minor, nodes)| {
            let (year, month) = ended(*minor, facts)?;
            Some(say(*minor, year, month, (server == Some(*minor)).then_some(told), nodes))
        })
        .collect();
    if findings.is_empty() && !server.is_some_and(|server| TABLE.iter().any(|(minor, ..)| *minor == server)) {
        return Err(Stop::not_applicable(format!(
            "AKS' table of August 2026 does not have the version that the API server tells, {told}"
        )));
    }
    Ok(findings)
}

/// Reads the minor version of Kubernetes 1; the table is of no other.
fn minor(text: &str) -> Option<u32> {
    Minor::parse(text).filter(|read| read.major == 1).map(|read| read.minor)
}

/// Returns the last month of a version's support, where that is over.
fn ended(minor: u32, facts: &Facts) -> Option<(i16, i8)> {
    let (_, year, month) = TABLE.iter().find(|(known, ..)| *known == minor).copied()?;
    // Where somebody is, the next month may have begun hours before: a day of grace costs nothing.
    let day = facts.observed_at.checked_sub(jiff::SignedDuration::from_hours(24)).ok()?;
    let day = day.to_zoned(jiff::tz::TimeZone::UTC);
    ((day.year(), day.month()) > (year, month)).then_some((year, month))
}

fn say(minor: u32, year: i16, month: i8, told: Option<&str>, nodes: &[&Node]) -> Finding {
    let mut pools: Vec<&str> = nodes.iter().map(|node| node.pool()).collect();
    pools.sort_unstable();
    pools.dedup();
    let on_nodes = format!("{} of pool {}", counted(nodes.len(), "node", "nodes"), listing(pools.iter().copied(), 4));
    let who = match (told.is_some(), nodes.is_empty()) {
        (true, true) => "The control plane runs".to_owned(),
        (true, false) => format!("The control plane and {on_nodes} run"),
        _ if nodes.len() == 1 => format!("{on_nodes} runs"),
        _ => format!("{on_nodes} run"),
    };
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).copied().unwrap_or("?");
    let message = format!(
        "{who} Kubernetes 1.{minor}. AKS' general support of it ended with {name} {year}, by its table of August 2026.\n\
         Azure Backup asks for a version that AKS supports; this one goes on working. Long-term support, where the cluster has it, \
         lasts longer; that cannot be seen from here."
    );
    let subject = Subject { kind: Some("Version".to_owned()), name: Some(format!("1.{minor}")), ..Subject::default() };
    let mut finding = Finding::new(Severity::Info, subject, message);
    if let Some(told) = told {
        finding = finding.seen(Evidence::quoted("/version .gitVersion", told));
    }
    for node in nodes.iter().take(MOST_SHOWN) {
        let at = format!("node/{} .status.nodeInfo.kubeletVersion", node.metadata.name);
        finding = finding.seen(Evidence::quoted(at, &node.status.node_info.kubelet_version));
    }
    finding.mended_by(
        Remedy::guided(
            "Upgrade the control plane, one minor version after the other, and the pools after it, within a window in which pods may \
             move. The first command shows to which versions it can go, the second whether long-term support is on.",
        )
        .documented("az aks get-upgrades --resource-group RESOURCE_GROUP --name CLUSTER --output table")
        .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query \"{version:currentKubernetesVersion, support:supportPlan}\""),
    )
}

/// How many nodes are shown one by one.
const MOST_SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_counts_to_its_end_everywhere() {
        let at = |text: &str| Facts { observed_at: text.parse().unwrap_or_default(), ..Facts::default() };
        assert_eq!(ended(34, &at("2026-11-30T23:59:00Z")), None);
        assert_eq!(ended(34, &at("2026-12-01T12:00:00Z")), None);
        assert_eq!(ended(34, &at("2026-12-02T12:00:00Z")), Some((2026, 11)));
        assert_eq!(ended(31, &at("2030-01-01T00:00:00Z")), None);
        assert_eq!(ended(38, &at("2030-01-01T00:00:00Z")), None);
    }

    #[test]
    fn the_table_is_in_order_and_in_the_explanation() {
        assert!(TABLE.windows(2).all(|pair| pair[0] < pair[1]));
        let text = EXPLAIN.split_whitespace().collect::<Vec<_>>().join(" ");
        for (minor, year, month) in TABLE {
            let name = MONTHS[usize::try_from(*month).unwrap_or_default() - 1];
            assert!(text.contains(&format!("1.{minor} until {name} {year}")), "1.{minor}");
        }
    }
}
