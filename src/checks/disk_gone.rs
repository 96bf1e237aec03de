//! A PersistentVolume stands for a disk that Azure does not list.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorPVNotFound; arm-and-az.md section 1: Resource Graph is an index,
//! some minutes behind, and shows only what its reader may read. So absence there is a reason to look, and no proof.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::elapsed::since;
use crate::facts::arm::ArmId;
use crate::facts::objects::Volume;
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB541",
    name: "disk-gone",
    hop: Hop::Volumes,
    title: "Azure has the disks of the volumes",
    needs: &[
        required(Need::DiskVolumes),
        required(Need::Disks),
        helpful(Need::Nodes),
        helpful(Need::NodeGroup),
        helpful(Need::ManagedCluster),
    ],
    explains: &["UserErrorPVNotFound"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure lists the disk of each PersistentVolume, where it is in the resource group of the nodes.

Why it matters
  A volume without its disk cannot be mounted, and is not backed up: its data is gone unless a recovery point
  has it.

How it is found
  The disk's id in the volume against Azure's index of resources. The index can be some minutes behind, and
  shows only what you may read: volumes of the last hour are not judged, nor is anything where the index shows
  no disk of the group at all. Disks elsewhere are not judged.

What to do
  Ask Azure for the disk itself. If it is gone, restore the claim from a recovery point.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorPVNotFound; Azure Resource Graph's documentation.
";

/// So long after it was made, a disk may not be in the index yet.
const LATE: SignedDuration = SignedDuration::from_hours(1);

fn run(facts: &Facts) -> Judgement {
    let volumes = facts.disk_volumes.rows(Need::DiskVolumes.what())?;
    let disks = facts.disks.whole_rows(Need::Disks.what())?;
    let mut groups = facts.machine_groups();
    groups.extend(facts.node_group.known().map(|group| group.id.clone()));
    if let Some(cluster) = facts.managed_cluster.known()
        && let (Some(subscription), Some(group)) = (cluster.id.subscription(), &cluster.properties.node_resource_group)
    {
        groups.push(ArmId::new(&format!("/subscriptions/{subscription}/resourceGroups/{group}")));
    }
    let of_disks: Vec<(&Volume, &ArmId)> = volumes.iter().filter_map(|volume| Some((volume, volume.disk()?))).collect();
    if of_disks.is_empty() {
        return Ok(Vec::new());
    }
    if groups.is_empty() {
        return Err(Stop::inconclusive("the resource group of the nodes is not known"));
    }
    let is_own = |disk: &ArmId| groups.iter().any(|group| group.holds(disk));
    let (own, others): (Vec<_>, Vec<_>) = of_disks.into_iter().partition(|(_, disk)| is_own(disk));
    let listed: Vec<&ArmId> =
        disks.iter().filter(|disk| disk.kind.eq_ignore_ascii_case("disk")).map(|disk| &disk.id).collect();
    let is_young =
        |volume: &Volume| volume.metadata.creation_timestamp.is_some_and(|made| since(made, facts.observed_at) < LATE);
    let gone: Vec<(&Volume, &ArmId)> =
        own.iter().copied().filter(|(volume, disk)| !listed.contains(disk) && !is_young(volume)).collect();
    if !gone.is_empty() && !listed.iter().any(|disk| is_own(disk)) {
        return Err(Stop::inconclusive(
            "Azure's index lists no disk at all in the nodes' resource group: it may be that you may not read them, which takes Microsoft.Compute/disks/read",
        ));
    }
    Ok(gone.into_iter().map(|(volume, disk)| say(volume, disk, others.len())).collect())
}

fn say(volume: &Volume, disk: &ArmId, others: usize) -> Finding {
    let name = &volume.metadata.name;
    let claim = volume.spec.claim_ref.as_ref();
    let of = claim.map(|claim| format!(", of claim {}/{},", claim.namespace, claim.name)).unwrap_or_default();
    let message = format!(
        "PersistentVolume {name}{of} stands for disk {} in resource group {}. Azure's index does not list it: the disk may be gone.",
        disk.name(),
        disk.group().unwrap_or_default()
    );
    let mut finding = Finding::new(Severity::Warning, Subject::cluster_wide("v1", "PersistentVolume", name), message)
        .seen(Evidence::quoted(format!("persistentvolume/{name} .spec.csi.volumeHandle"), disk.as_str()))
        .concerning(azure_subject(disk));
    finding.not_read.extend((others > 0).then(|| {
        format!(
            "{} outside the nodes' resource group {} not looked up",
            counted(others, "disk", "disks"),
            if others == 1 { "was" } else { "were" }
        )
    }));
    finding.mended_by(
        Remedy::guided(
            "Ask Azure for the disk itself: the command ends with code 3 where it is gone. Then restore the claim from a recovery \
             point; a volume that nobody needs any more can be deleted.",
        )
        .documented(format!("az disk show --ids {}", shell_word(disk.as_str())))
        .documented(format!("kubectl describe persistentvolume {name}")),
    )
}
