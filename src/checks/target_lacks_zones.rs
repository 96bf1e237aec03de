//! The cluster that a restore is to go to has no nodes in zones of the source.
//!
//! Knowledge: facts/diagnosis.md section 2, entry 14: a restored disk without zone redundancy lives in one zone or in
//! none, and cannot be attached to a node of another.

use std::collections::BTreeSet;

use super::check::{Check, Judgement};
use crate::facts::objects::Node;
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB633",
    name: "target-lacks-zones",
    hop: Hop::Runs,
    title: "the target of a restore has nodes in the source's zones",
    needs: &[required(Need::Target), required(Need::Nodes)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the target has nodes in every availability zone in which the source has some, and in the same
  region.

Why it matters
  A restored disk that is not zone-redundant can be attached only to nodes of its own zone. Where the
  target has none there, the pod that uses it stays Pending.

How it is found
  The label topology.kubernetes.io/zone of the nodes of both clusters. The kinds of the disks are not
  known here: zone-redundant ones do not care.

What to do
  Add a node pool in the missing zones, or restore with a storage class of zone-redundant disks.

Sources
  Azure Backup's documentation of restores across zones; public reports of volumes that no node can take.
";

fn run(facts: &Facts) -> Judgement {
    let target = facts.target.required(Need::Target.what())?;
    let source = facts.nodes.rows(Need::Nodes.what())?;
    let there = target.nodes.rows("the nodes of the target")?;
    let (mine, theirs) = (zones(source), zones(there));
    let missing: Vec<&str> = mine.difference(&theirs).copied().collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let region = |nodes: &[Node]| nodes.iter().find_map(Node::region).map(str::to_owned);
    let elsewhere = match (region(source), region(there)) {
        (Some(mine), Some(theirs)) if mine != theirs => {
            format!(
                " It is in {theirs}, and the source in {mine}: only recovery points of the vault's secondary region can be restored there."
            )
        }
        _ => String::new(),
    };
    let names = listing(missing.iter().copied(), 6);
    let zone = if missing.len() == 1 { "zone" } else { "zones" };
    let message = format!(
        "The source has nodes in {zone} {names}, and {} has none there.{elsewhere} A restored disk that is bound to such a zone cannot be attached to any of its nodes; zone-redundant disks can.",
        target.words()
    );
    let seen = if theirs.is_empty() { "no zones".to_owned() } else { listing(theirs.iter().copied(), 6) };
    let subject = Subject::cluster_wide("v1", "Node", "topology.kubernetes.io/zone".to_owned());
    Ok(vec![
        Finding::new(Severity::Warning, subject, message)
            .seen(Evidence::at(format!("nodes of the target {} .metadata.labels[topology.kubernetes.io/zone]", target.context)).quoting(seen))
            .mended_by(
                Remedy::guided("Add nodes in the missing zones to the target, or restore with a storage class whose disks are zone-redundant (Premium_ZRS, StandardSSD_ZRS).")
                    .documented(target.kubectl("get nodes --label-columns topology.kubernetes.io/zone")),
            ),
    ])
}

/// Returns the availability zones: `REGION-N`. A node outside all of them has the bare number of a fault domain there.
fn zones(nodes: &[Node]) -> BTreeSet<&str> {
    let labels = nodes.iter().filter_map(|node| node.metadata.label("topology.kubernetes.io/zone"));
    labels.filter(|zone| zone.contains('-')).collect()
}
