//! A backup of many objects did not come through, and the agent has no more memory than it comes with.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorBackupPluginPodRestartedDuringBackup: agents are killed for
//! their use of memory typically with more than 1000 resources, at the limit that they come with, 1280Mi; the page
//! raises it to 4400Mi. Velero counts what a backup takes in (status.progress.totalItems). The kernel can kill a plugin's
//! process alone, so that no container says OOMKilled (diagnosis.md section 2, entry 13): the numbers are then all
//! that is left.

use super::check::{Check, Judgement};
use super::reading::ended::Ended;
use super::reading::extension_parts::{agent, agent_subject};
use super::reading::memory::raise_limit;
use super::reading::run_series::series;
use crate::facts::objects::{Container, Pod};
use crate::facts::{Facts, Need, Quantity, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB610",
    name: "memory-may-not-suffice",
    hop: Hop::Runs,
    title: "the agent has more memory than it comes with, where a large backup did not come through",
    needs: &[required(Need::Backups), required(Need::Pods), helpful(Need::ExtensionConfigs)],
    explains: &["UserErrorBackupPluginPodRestartedDuringBackup"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest backup of a series failed or is incomplete, takes in more than 1000 objects, and the
  agent's memory limit is no higher than the 1280Mi that it comes with.

Why it matters
  By Microsoft's page that is where agents run out of memory. The kernel may then kill a plugin's process alone:
  no container is started again, and none says OOMKilled.

How it is found
  What Velero counted (the Backup's status.progress.totalItems), and the limit of the agent's pod. It is a
  remark: the numbers show that memory may be the cause, not that it is. A container that was killed for its
  memory, and a plugin that was, have checks of their own.

What to do
  Where nothing else explains the failure, raise the limit and run a backup.

Sources
  Azure Backup's troubleshooting page for AKS; Velero's documentation of a backup's progress.
";

/// More objects than these are where the page names memory.
const MANY: u64 = 1000;
/// The limit that the agent comes with, in MiB.
const USUAL: u64 = 1280;

fn run(facts: &Facts) -> Judgement {
    facts.backups.rows(Need::Backups.what())?;
    facts.pods.rows(Need::Pods.what())?;
    let Some(pod) = agent(facts) else { return Err(Stop::not_applicable("the agent has no pod")) };
    let Some((container, limit)) = limit(pod) else {
        return Err(Stop::not_applicable("the agent has no memory limit of its own"));
    };
    let Some(mebibytes) = Quantity::parse(limit).map(|limit| limit.units() >> 20) else {
        return Err(Stop::inconclusive("the agent's memory limit cannot be read"));
    };
    let was_killed = pod.status.container_statuses.iter().any(|status| {
        let ended = status.state.terminated.iter().chain(&status.last_state.terminated);
        ended.into_iter().any(|ended| ended.reason.as_deref() == Some("OOMKilled"))
    });
    if mebibytes > USUAL || was_killed {
        return Ok(Vec::new());
    }
    let large = series(facts).into_iter().find_map(|known| {
        let (backup, how) = known.newest_ended().filter(|(_, how)| *how != Ended::Well)?;
        let items = backup.status.progress?.total_items.filter(|items| *items > MANY)?;
        Some((backup, how, items))
    });
    let Some((backup, how, items)) = large else { return Ok(Vec::new()) };
    let message = format!(
        "The backup {} {}; it takes in {items} objects, and the agent's memory limit is {limit}.\nMicrosoft's page names memory as \
         what ends backups of more than {MANY} resources at the {USUAL}Mi that the agent comes with. Nothing here shows that it did: a \
         plugin that the kernel kills alone leaves no trace in the pod.",
        backup.metadata.name,
        if how == Ended::Partly { "is incomplete" } else { "failed" },
    );
    let mut finding = Finding::new(Severity::Info, backup.subject(), message)
        .seen(Evidence::quoted(format!("{} .status.progress.totalItems", backup.at()), items.to_string()))
        .seen(Evidence::quoted(
            format!("{} .spec.containers[{}].resources.limits.memory", pod.at(), container.name),
            limit,
        ));
    finding.concerns.extend(agent_subject(facts));
    Ok(vec![finding.mended_by(raise_limit(
        facts,
        Some(limit),
        "It is worth a try where nothing else explains the failure.",
    ))])
}

/// Returns the agent's container that Velero runs in, and its memory limit; else the one with the highest limit.
fn limit(pod: &Pod) -> Option<(&Container, &str)> {
    let limited = || {
        pod.spec
            .containers
            .iter()
            .filter_map(|container| Some((container, container.resources.limits.get("memory").map(String::as_str)?)))
    };
    let is_velero = |container: &Container| {
        let image = container.image.as_deref().unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or(image);
        container.name == "velero" || name.split([':', '@']).next() == Some("velero")
    };
    limited()
        .find(|(container, _)| is_velero(container))
        .or_else(|| limited().max_by_key(|(_, limit)| Quantity::parse(limit).unwrap_or_default()))
}
