//! The extension's pods wait for a volume that no node can reach, or for a claim that has no volume.
//!
//! Knowledge: the wordings of kube-scheduler; public reports of restored disks without a zone that zonal nodes cannot
//! attach. The extension brings no claims of its own, so such a volume was added by somebody.

use super::check::{Check, Judgement};
use super::obstacle::{Group, Obstacle, apart, fitting, grouped, kept_by};
use super::volume_reach::{claim, claims_of, reaches, volume_of, zones};
use super::waiting::{Waiting, waiting};
use crate::catalogue::Why;
use crate::facts::objects::{Event, Node};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Hop, Remedy, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB106",
    name: "pods-volume-elsewhere",
    hop: Hop::Extension,
    title: "the volumes of the extension's pods can be reached",
    needs: &[
        required(Need::Pods),
        helpful(Need::Nodes),
        helpful(Need::Claims),
        helpful(Need::Volumes),
        helpful(Need::Events),
    ],
    explains: &[
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "BackupPluginDeleteBackupOperationFailed",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a pod of the extension waits because its volume lies in a zone where no node is, because
  its claim has no volume yet, or because the claim is not there.

Why it matters
  Helm waits for the pods, gives up, and takes the installation back, with the same words as when
  the nodes are full.

How it is found
  The scheduler's words; the claims of the pod, the zone in the volume's node affinity, and the
  zones of the nodes that the pod may use.

What to do
  A disk stays in its zone: give the cluster a node there, or bring the data to a zone that has
  nodes. A claim that is not bound tells in its events why.

Sources
  The scheduler's messages; public reports of disks restored from clusters without zones.
";

/// What is to be said of a pod.
#[derive(PartialEq)]
struct Trouble {
    sentences: Vec<String>,
    evidence: Vec<Evidence>,
    claims: Vec<String>,
    remedy: Remedy,
    /// Whether more nodes anywhere would be of no use.
    idle: &'static str,
}

fn run(facts: &Facts) -> Judgement {
    let kept = kept_by(Obstacle::Volume, waiting(facts)?, facts);
    let groups = grouped(kept, |waiting| trouble(waiting, facts));
    Ok(apart(groups.iter().filter_map(|group| {
        let said = &group.said;
        let mut finding = group.finding(message(group))?.mended_by(said.remedy.clone());
        finding.evidence.extend(said.evidence.iter().cloned());
        for name in &said.claims {
            let namespace = facts.extension.namespace.as_str();
            finding = finding.concerning(Subject::namespaced("v1", "PersistentVolumeClaim", namespace, name));
        }
        for (need, adds) in [
            (Need::Claims, "which claims and volumes these are"),
            (Need::Volumes, "where the volume lies"),
            (Need::Nodes, "where the nodes are"),
        ] {
            finding = finding.without(facts.unread(need).map(|unread| format!("{adds}: {}", unread.why)));
        }
        Some(finding)
    })))
}

fn message(group: &Group<'_, Trouble>) -> String {
    let mut message = format!("No node takes {}.\n", group.who());
    if group.said.sentences.is_empty() {
        message.push_str(group.by_count("It waits for its volume.", "They wait for their volumes."));
    } else {
        message.push_str(&group.said.sentences.join(" "));
    }
    message.push_str(&format!("\n{}", group.said.idle));
    message
}

fn trouble(waiting: &Waiting<'_>, facts: &Facts) -> Trouble {
    let claims: Vec<&str> = claims_of(waiting.pod).collect();
    let owned = || claims.iter().map(|name| (*name).to_owned()).collect();
    let missing = waiting.scheduling.reasons.iter().find_map(|reason| match &reason.why {
        Why::ClaimMissing { name } => Some(name.as_str()),
        _ => None,
    });
    if let Some(name) = missing {
        return Trouble {
            sentences: vec![format!("Its claim {name} does not exist.")],
            evidence: Vec::new(),
            claims: vec![name.to_owned()],
            remedy: Remedy::guided(
                "Make the claim again, or take the volume out of the pods where it was put in: the extension brings no \
                 claims of its own.",
            )
            .documented(format!("kubectl -n {} get persistentvolumeclaims", facts.extension.namespace)),
            idle: "More nodes would not help.",
        };
    }
    if waiting.scheduling.reasons.iter().any(|reason| reason.why == Why::VolumeZone) {
        let mut trouble = elsewhere(waiting, facts);
        trouble.claims = owned();
        return trouble;
    }
    let mut trouble = unbound(&claims, facts);
    trouble.claims = owned();
    trouble
}

/// Tells of volumes that no node can reach.
fn elsewhere(waiting: &Waiting<'_>, facts: &Facts) -> Trouble {
    let nodes = facts.nodes.known().map(|nodes| fitting(waiting.pod, nodes));
    let mut sentences = Vec::new();
    let mut evidence = Vec::new();
    let mut wanted: Vec<&str> = Vec::new();
    for name in claims_of(waiting.pod) {
        let Some(volume) = volume_of(name, facts) else { continue };
        if nodes.as_ref().is_some_and(|nodes| nodes.iter().any(|node| reaches(node, volume))) {
            continue;
        }
        let zones = zones(volume);
        sentences.push(match zones.as_slice() {
            [] => format!("Volume {} of claim {name} can be reached from certain nodes only.", volume.metadata.name),
            [""] => format!(
                "Volume {} of claim {name} is a disk outside any zone; only nodes outside any zone can attach it.",
                volume.metadata.name
            ),
            zones => format!(
                "Volume {} of claim {name} can be reached only from {}.",
                volume.metadata.name,
                listing(zones.iter().copied(), 4)
            ),
        });
        wanted.extend(zones);
        evidence.push(Evidence::at(format!("persistentvolume/{} .spec.nodeAffinity", volume.metadata.name)));
    }
    if sentences.is_empty() {
        sentences.push("The nodes cannot reach the volume that it waits for.".to_owned());
    } else if let Some(nodes) = &nodes {
        sentences.push(format!("The nodes that it may use are in {}.", places(nodes)));
    }
    let zone =
        wanted.iter().find(|zone| !zone.is_empty()).and_then(|zone| zone.rsplit_once('-')).map(|(_, number)| number);
    let there = if wanted.contains(&"") { "outside any zone, in a pool made without zones" } else { "there" };
    let remedy = Remedy::guided(format!(
        "A disk stays where it is. Give the cluster a node {there}, or bring the data to where the nodes are: as a \
         zone-redundant (ZRS) disk, or through a snapshot. A claim that holds nothing of worth can be made anew by its \
         owner."
    ));
    let remedy = match zone {
        Some(zone) => remedy.documented(format!(
            "az aks nodepool add --resource-group RESOURCE_GROUP --cluster-name CLUSTER --name NEW_POOL --os-type Linux --node-vm-size AMD64_SIZE --node-count 1 --zones {zone}"
        )),
        None => remedy,
    };
    Trouble { sentences, evidence, claims: Vec::new(), remedy, idle: "More nodes in other places would not help." }
}

/// Says where nodes are: `centralus-1 (2 nodes) and no zone (1 node)`.
fn places(nodes: &[&Node]) -> String {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for node in nodes {
        let zone = node.zone().unwrap_or("no zone that is told");
        match found.iter_mut().find(|(known, _)| *known == zone) {
            Some((_, count)) => *count += 1,
            None => found.push((zone, 1)),
        }
    }
    let words: Vec<String> =
        found.into_iter().map(|(zone, count)| format!("{zone} ({})", counted(count, "node", "nodes"))).collect();
    listing(words.iter().map(String::as_str), 6)
}

/// Tells of claims that have no volume.
fn unbound(claims: &[&str], facts: &Facts) -> Trouble {
    let mut sentences = Vec::new();
    let mut evidence = Vec::new();
    let mut remedy = Remedy::guided(
        "The claim's events say why it is not bound: its class is not there, the driver refuses, or Azure does. The pod \
         follows by itself once the claim is bound.",
    );
    for name in claims {
        let known = claim(name, facts);
        let phase = known.and_then(|claim| claim.status.phase.as_deref());
        if phase == Some("Bound") {
            continue;
        }
        if facts.claims.known().is_some() {
            let class =
                known.and_then(|claim| claim.spec.storage_class_name.as_deref()).filter(|class| !class.is_empty());
            let class = class.map_or_else(|| "without a storage class".to_owned(), |class| format!("of class {class}"));
            sentences.push(match (known, phase) {
                (None, _) => format!("Claim {name} does not exist."),
                (_, Some(phase)) => format!("Claim {name}, {class}, is {phase}."),
                (_, None) => format!("Claim {name}, {class}, is not bound."),
            });
        }
        if let Some(event) = newest_event(name, facts) {
            evidence.push(Evidence::quoted(event.at(), event.message.as_deref().unwrap_or_default()));
        }
        remedy = remedy
            .documented(format!("kubectl -n {} describe persistentvolumeclaim {name}", facts.extension.namespace));
    }
    Trouble { sentences, evidence, claims: Vec::new(), remedy, idle: "More nodes would not help." }
}

/// Returns the newest warning about a claim.
fn newest_event<'f>(claim: &str, facts: &'f Facts) -> Option<&'f Event> {
    let about = |event: &&Event| {
        event.involved_object.kind == "PersistentVolumeClaim"
            && event.involved_object.name == claim
            && event.kind.as_deref() == Some("Warning")
    };
    facts.events.known_rows().iter().filter(about).max_by_key(|event| event.when())
}
