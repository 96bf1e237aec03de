//! The containers that the backup extension stands on: its own, and those of the extension manager in
//! kube-system, which installs it.

use super::waiting::workload_of;
use super::{agent, extension_parts};
use crate::facts::objects::{Container, ContainerStatus, Log, Pod};
use crate::facts::{Facts, Need, Requirement, Stop, required};
use crate::finding::{Severity, Subject};

/// What the checks of containers read.
pub const PODS: [Requirement; 2] = [required(Need::Pods), required(Need::AgentPods)];

/// A container of a pod that has not ended.
pub struct Held<'f> {
    /// Its pod.
    pub pod: &'f Pod,
    /// How it is.
    pub status: &'f ContainerStatus,
    /// What it asks for, where the pod's own description has it.
    pub spec: Option<&'f Container>,
    /// The workload, or the pod where it has none.
    pub owner: Subject,
    /// Whether it belongs to the extension manager in kube-system.
    pub is_manager: bool,
}

/// Lists the containers of the pods that are there and are to stay.
///
/// # Errors
/// Inconclusive where neither the extension's pods nor the manager's could be read. Where only one could, what
/// is known is told, and the runner says that the rest was not read.
pub fn containers(facts: &Facts) -> Result<Vec<Held<'_>>, Stop> {
    if facts.agent_pods.known().is_none() {
        facts.pods.rows(Need::Pods.what())?;
    }
    let own = facts.own_pods().map(|pod| (pod, false));
    let managers = facts.agent_pods.known_rows().iter().map(|pod| (pod, true));
    let mut all = Vec::new();
    for (pod, is_manager) in own.chain(managers) {
        // A Job's pod that failed still tells why.
        let is_over = pod.status.phase.as_deref() == Some("Succeeded")
            || pod.metadata.deletion_timestamp.is_some()
            || (pod.has_ended() && pod.metadata.owner("Job").is_none());
        if is_over {
            continue;
        }
        let owner = workload_of(pod).unwrap_or_else(|| pod.subject());
        all.extend(pod.container_statuses().map(|status| {
            let described = pod.spec.init_containers.iter().chain(&pod.spec.containers);
            let spec = described.into_iter().find(|container| container.name == status.name);
            Held { pod, status, spec, owner: owner.clone(), is_manager }
        }));
    }
    Ok(all)
}

impl<'f> Held<'f> {
    /// Returns the owner's name.
    pub fn owner_name(&self) -> &str {
        self.owner.name.as_deref().unwrap_or(&self.pod.metadata.name)
    }

    /// Returns the image.
    pub fn image(&self) -> &'f str {
        let told = self.spec.and_then(|spec| spec.image.as_deref()).or(self.status.image.as_deref());
        told.unwrap_or_default()
    }

    /// Returns where its state is seen: `pod/namespace/name .status.containerStatuses[velero].state`.
    pub fn at(&self, field: &str) -> String {
        let is_first = self.pod.status.init_container_statuses.iter().any(|status| std::ptr::eq(status, self.status));
        let list = if is_first { "initContainerStatuses" } else { "containerStatuses" };
        format!("{} .status.{list}[{}].{field}", self.pod.at(), self.status.name)
    }

    /// Returns the log of the run before this one, or else of this one.
    pub fn log(&self, facts: &'f Facts) -> Option<&'f Log> {
        let logs = if self.is_manager { &facts.agent_logs } else { &facts.logs };
        let mine = |log: &&Log| {
            log.pod == self.pod.metadata.name && log.container == self.status.name && !log.lines.is_empty()
        };
        let rows = logs.known_rows();
        rows.iter().filter(mine).find(|log| log.previous).or_else(|| rows.iter().find(mine))
    }

    /// Returns how much its trouble hurts: without the extension manager, what is installed goes on, and so it does
    /// without the geneva service.
    pub fn severity(&self, facts: &Facts) -> Severity {
        if self.is_manager { agent::severity(facts) } else { extension_parts::severity(facts, self.owner_name()) }
    }
}
