//! Disks that Azure's index lacks, asked for by their ids: the index can be late, and shows only what one may read.

use futures::future::join_all;
use serde_json::Value;

use super::Find;
use super::listing::refused;
use crate::azure::Question;
use crate::facts::arm::{ArmId, Disk};
use crate::facts::objects::VolumeRow;
use crate::facts::{Facts, Fetched, Parts};

/// So many disks are asked for.
const MOST: usize = 8;

/// Asks Azure for the disks of bound claims that its index lacks, and returns those that are not there.
///
/// Where the index shows no disk at all, nothing is asked: it may show none to whoever asks.
pub async fn ask_for_disks(facts: &Facts, find: &Find<'_>, end: impl Future<Output = String>) -> Fetched<Vec<ArmId>> {
    let lacking = lacking(facts);
    let Some(first) = lacking.first() else { return Fetched::Got(Vec::new()) };
    let az = match find(first.subscription()) {
        Ok(az) => az,
        Err(trouble) => return Fetched::Failed(trouble.words()),
    };
    let questions = join_all(lacking.iter().take(MOST).map(|id| {
        let az = &az;
        async move {
            let answer: Result<Value, _> = az.ask(&Question::get(id.as_str())).await;
            (*id, answer.map_or_else(|trouble| refused(&trouble), Fetched::Got))
        }
    }));
    let answers: Vec<(&ArmId, Fetched<Value>)> = tokio::select! {
        biased;
        why = end => return Fetched::Failed(why),
        answers = questions => answers,
    };
    let mut gone = Parts::new();
    for (id, answer) in answers {
        match answer {
            Fetched::Got(_) => {}
            Fetched::Absent => gone.add([id.clone()]),
            other => match other.unread(&id.words()) {
                Some(unread) => gone.lack_unread(unread),
                None => gone.lack(id.words()),
            },
        }
    }
    let more = lacking.len().saturating_sub(MOST);
    if more > 0 {
        gone.lack(format!("{more} more disks that Azure's index lacks were not asked for"));
    }
    gone.together()
}

/// Returns the disks of bound claims that the index lacks, of the resource groups of which it shows any.
fn lacking(facts: &Facts) -> Vec<&ArmId> {
    let Some(disks) = facts.disks.known().filter(|_| matches!(facts.disks, Fetched::Got(_))) else { return Vec::new() };
    let listed: std::collections::HashSet<String> = disks
        .iter()
        .filter(|disk: &&Disk| disk.kind.eq_ignore_ascii_case("disk"))
        .map(|disk| disk.id.as_str().to_ascii_lowercase())
        .collect();
    let groups: Vec<ArmId> = facts.machine_groups();
    let is_own = |id: &ArmId| groups.iter().any(|group| group.holds(id));
    let is_bound = |volume: &&VolumeRow| volume.claim.is_some() && volume.driver == "disk.csi.azure.com";
    let ids = facts.all_volumes.known_rows().iter().filter(is_bound).filter_map(|volume| volume.handle.as_ref());
    let mut lacking: Vec<&ArmId> = ids
        .filter(|id| id.has_type("Microsoft.Compute/disks") && id.is_plain() && is_own(id))
        .filter(|id| !listed.contains(&id.as_str().to_ascii_lowercase()))
        .collect();
    lacking.dedup();
    if listed.is_empty() { Vec::new() } else { lacking }
}
