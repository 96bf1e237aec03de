//! Volumes of the source are in zones in which the cluster that a restore is to go to has no node.
//!
//! Knowledge: diagnosis.md section 2, entry 14, and section 5, row 17: a disk without zone redundancy lives in one zone,
//! or outside all zones, and a node of another zone cannot attach it. A volume's own node affinity says where its disk
//! lives; the zones of the nodes only say where disks may live.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Check, Judgement};
use super::reading::volume_reach::zones;
use crate::facts::objects::{Node, Volume};
use crate::facts::{Facts, Need, Stop, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB636",
    name: "target-lacks-volume-zones",
    hop: Hop::Runs,
    title: "the target of a restore has nodes that can reach the source's disks",
    needs: &[required(Need::Target), required(Need::ZonedVolumes), required(Need::Nodes)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the target has a node in the zone of each of the source's disks; and, for disks outside all zones, a
  node outside all zones.

Why it matters
  A restored disk that is not zone-redundant can be attached only to nodes of its own zone, and one outside all
  zones only to nodes that are in none. Where the target has none there, the pod that uses it stays Pending.

How it is found
  The node affinity of the source's PersistentVolumes (topology.disk.csi.azure.com/zone), and the label
  topology.kubernetes.io/zone of the target's nodes. Zone-redundant disks can be reached from every zone of
  theirs, and one of these is enough. Where the target is in another region nothing is said: its zones are
  others.

What to do
  Add a node pool in the missing zones, or one without zones, or restore with a storage class of
  zone-redundant disks.

Sources
  Azure Backup's documentation of restores across zones; public reports of volumes that no node can take.
";

fn run(facts: &Facts) -> Judgement {
    let target = facts.target.required(Need::Target.what())?;
    let volumes = facts.zoned_volumes.rows(Need::ZonedVolumes.what())?;
    let source = facts.nodes.rows(Need::Nodes.what())?;
    let there = target.nodes.whole_rows("the nodes of the target")?;
    let region = |nodes: &[Node]| nodes.iter().find_map(Node::region).map(str::to_owned);
    if let (Some(mine), Some(theirs)) = (region(source), region(there))
        && mine != theirs
    {
        return Err(Stop::not_applicable(format!(
            "the target is in {theirs} and the source in {mine}, whose zones cannot be compared"
        )));
    }
    if let Some(unread) = target.nodes.unread("the nodes of the target") {
        return Err(Stop::Inconclusive(unread));
    }
    if there.is_empty() {
        return Err(Stop::inconclusive("the target has no node whose zone would tell"));
    }
    let reached: BTreeSet<&str> = there.iter().map(zone_of).collect();
    let mut lost: BTreeMap<&str, Vec<&Volume>> = BTreeMap::new();
    for volume in volumes {
        let zones = zones(volume);
        if let Some(first) = zones.first().filter(|_| !zones.iter().any(|zone| reached.contains(zone))) {
            lost.entry(first).or_default().push(volume);
        }
    }
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let count: usize = lost.values().map(Vec::len).sum();
    let parts: Vec<String> = lost
        .iter()
        .map(|(zone, volumes)| {
            let names = listing(volumes.iter().map(|volume| volume.metadata.name.as_str()), MOST_NAMED);
            match *zone {
                "" => format!("outside all zones, {names}"),
                zone => format!("in {zone}, {names}"),
            }
        })
        .collect();
    let has: Vec<&str> = reached.iter().map(|zone| if zone.is_empty() { "no zone" } else { *zone }).collect();
    let message = format!(
        "{} of the source {} where {} has no node: {}. Its nodes are in {}.\nA restored disk that is bound to the same place as its \
         source can be attached to none of them; zone-redundant disks can.",
        counted(count, "volume", "volumes"),
        if count == 1 { "is" } else { "are" },
        target.words(),
        parts.join("; "),
        listing(has.iter().copied(), 6)
    );
    let subject = Subject::cluster_wide("v1", "PersistentVolume", ".spec.nodeAffinity".to_owned());
    let mut finding = Finding::new(Severity::Warning, subject, message);
    for (zone, volumes) in &lost {
        for volume in volumes.iter().take(MOST_SHOWN) {
            let quote = if zone.is_empty() { "\"\" (outside all zones)" } else { zone };
            finding = finding
                .seen(Evidence::quoted(format!("persistentvolume/{} .spec.nodeAffinity", volume.metadata.name), quote));
        }
    }
    finding = finding.seen(
        Evidence::at(format!("nodes of the target {} .metadata.labels[topology.kubernetes.io/zone]", target.context))
            .quoting(listing(has.iter().copied(), 6)),
    );
    Ok(vec![
        finding.mended_by(
            Remedy::guided(
                "Add nodes where the volumes are, or restore with a storage class whose disks are zone-redundant (Premium_ZRS, \
                 StandardSSD_ZRS).",
            )
            .documented(target.kubectl("get nodes --label-columns topology.kubernetes.io/zone")),
        ),
    ])
}

/// How many volumes of a zone are named, and shown one by one.
const MOST_NAMED: usize = 4;
const MOST_SHOWN: usize = 3;

/// Returns a node's zone, empty for one outside all zones: such a node has the bare number of a fault domain there.
fn zone_of(node: &Node) -> &str {
    node.zone().filter(|zone| zone.contains('-')).unwrap_or_default()
}
