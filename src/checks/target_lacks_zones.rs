//! The cluster that a restore is to go to has no nodes where the source's disks are: in its zones, outside of them, or
//! in its region.
//!
//! Knowledge: facts/diagnosis.md section 2, entry 14: a restored disk without zone redundancy lives in one zone or in
//! none, and cannot be attached to a node of another.

use std::collections::BTreeSet;

use super::check::{Check, Judgement};
use crate::facts::objects::{Node, Target};
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB633",
    name: "target-lacks-zones",
    hop: Hop::Runs,
    title: "the target of a restore has nodes in the source's region and zones",
    needs: &[required(Need::Target), required(Need::Nodes)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the target is in the source's region, has nodes in every availability zone in which the source
  has some, and has nodes outside of all zones where the source has such.

Why it matters
  A restored disk that is not zone-redundant can be attached only to nodes of its own zone, and one that is
  in no zone only to nodes outside of all zones. Where the target has none there, the pod that uses it stays
  Pending. Another region needs a vault that restores across regions.

How it is found
  The labels topology.kubernetes.io/region and /zone of the nodes of both clusters. The kinds of the disks
  are not known here: zone-redundant ones do not care.

What to do
  Add a node pool in the missing zones, or outside of all of them, or restore with a storage class of zone-redundant disks.

Sources
  Azure Backup's documentation of restores across zones; public reports of volumes that no node can take.
";

fn run(facts: &Facts) -> Judgement {
    let target = facts.target.required(Need::Target.what())?;
    let source = facts.nodes.rows(Need::Nodes.what())?;
    let there = target.nodes.whole_rows("the nodes of the target")?;
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(region_differs(target, source, there));
    findings.extend(zones_missing(target, source, there));
    findings.extend(only_zones(target, source, there));
    Ok(findings)
}

/// Says that the clusters are in different regions.
fn region_differs(target: &Target, source: &[Node], there: &[Node]) -> Option<Finding> {
    let (mine, theirs) = (source.iter().find_map(Node::region)?, there.iter().find_map(Node::region)?);
    if mine.eq_ignore_ascii_case(theirs) {
        return None;
    }
    let message = format!(
        "The source is in {mine}, and {} in {theirs}. Only recovery points of the vault's secondary region can be restored there.",
        target.words()
    );
    let mut finding = Finding::new(Severity::Warning, label("topology.kubernetes.io/region"), message)
        .seen(Evidence::at(seen_at(target, "topology.kubernetes.io/region")).quoting(theirs.to_owned()))
        .seen(
            Evidence::at("nodes of the source .metadata.labels[topology.kubernetes.io/region]")
                .quoting(mine.to_owned()),
        );
    finding = finding.mended_by(
        Remedy::guided(
            "Restore to a cluster in the source's region, or see in the vault that it is geo-redundant with cross-region \
             restore switched on and that the recovery point is in its secondary region.",
        )
        .documented(target.kubectl("get nodes --label-columns topology.kubernetes.io/region")),
    );
    Some(finding)
}

/// Says that the target has no nodes in zones in which the source has some.
fn zones_missing(target: &Target, source: &[Node], there: &[Node]) -> Option<Finding> {
    let (mine, theirs) = (zones(source), zones(there));
    let missing: Vec<&str> = mine.difference(&theirs).copied().collect();
    if missing.is_empty() {
        return None;
    }
    let names = listing(missing.iter().copied(), 6);
    let zone = if missing.len() == 1 { "zone" } else { "zones" };
    let message = format!(
        "The source has nodes in {zone} {names}, and {} has none there. A restored disk that is bound to such a zone cannot be attached to any of its nodes; zone-redundant disks can.",
        target.words()
    );
    let seen = if theirs.is_empty() { "no zones".to_owned() } else { listing(theirs.iter().copied(), 6) };
    Some(
        Finding::new(Severity::Warning, label(ZONE), message)
            .seen(Evidence::at(seen_at(target, ZONE)).quoting(seen))
            .mended_by(
                Remedy::guided("Add nodes in the missing zones to the target, or restore with a storage class whose disks are zone-redundant (Premium_ZRS, StandardSSD_ZRS).")
                    .documented(target.kubectl("get nodes --label-columns topology.kubernetes.io/zone")),
            ),
    )
}

/// Says that the source has nodes outside of all zones, and the target has none.
fn only_zones(target: &Target, source: &[Node], there: &[Node]) -> Option<Finding> {
    // A node without the label says nothing of where it is.
    let is_outside = |node: &&Node| !node.is_virtual() && node.zone().is_some_and(|zone| !is_zone(zone));
    let is_inside = |node: &Node| node.is_virtual() || node.zone().is_some_and(is_zone);
    let outside: Vec<&Node> = source.iter().filter(is_outside).collect();
    if outside.is_empty() || zones(there).is_empty() || !there.iter().all(is_inside) {
        return None;
    }
    let which = if zones(source).is_empty() {
        "The source's nodes are in no availability zone".to_owned()
    } else {
        let names = listing(outside.iter().map(|node| node.metadata.name.as_str()), 3);
        format!("The source has nodes in no availability zone ({names})")
    };
    let message = format!(
        "{which}, and all nodes of {} are in one. A restored disk that is in no zone and not zone-redundant, as those of such nodes are, cannot be attached to any of them.",
        target.words()
    );
    // The other finding about zones has the bare label as its subject.
    Some(
        Finding::new(Severity::Warning, label("topology.kubernetes.io/zone (none)"), message)
            .seen(Evidence::at(seen_at(target, ZONE)).quoting(listing(zones(there).iter().copied(), 6)))
            .mended_by(
                Remedy::guided("Add a node pool without availability zones to the target, or restore with a storage class whose disks are zone-redundant (Premium_ZRS, StandardSSD_ZRS).")
                    .documented(target.kubectl("get nodes --label-columns topology.kubernetes.io/zone")),
            ),
    )
}

const ZONE: &str = "topology.kubernetes.io/zone";

fn label(name: &str) -> Subject {
    Subject::cluster_wide("v1", "Node", name.to_owned())
}

fn seen_at(target: &Target, label: &str) -> String {
    format!("nodes of the target {} .metadata.labels[{label}]", target.context)
}

/// Returns whether a label's value is an availability zone, `REGION-N`; outside all of them it is a bare number.
fn is_zone(label: &str) -> bool {
    label.contains('-')
}

/// Returns the availability zones.
fn zones(nodes: &[Node]) -> BTreeSet<&str> {
    nodes.iter().filter_map(Node::zone).filter(|zone| is_zone(zone)).collect()
}
