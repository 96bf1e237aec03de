//! Velero servers that are not the extension's.

use crate::facts::Facts;
use crate::facts::objects::Workload;
use crate::finding::Subject;

/// Returns the Deployments that run a Velero of somebody else, as far as they are known.
pub fn other_veleros(facts: &Facts) -> impl Iterator<Item = &Workload> {
    facts.velero_workloads.known_rows().iter().filter(|known| !is_extensions(known, facts))
}

/// Returns whether a Velero is the extension's own.
pub fn is_extensions(velero: &Workload, facts: &Facts) -> bool {
    velero.metadata.namespace() == facts.extension.namespace && facts.is_own(&velero.metadata)
}

/// Returns its Deployment as the subject of a finding.
pub fn subject(velero: &Workload) -> Subject {
    velero.metadata.subject("apps/v1", "Deployment")
}

/// Returns the image that it runs.
pub fn image(velero: &Workload) -> Option<&str> {
    velero.spec.template.spec.containers.iter().find_map(|container| container.image.as_deref())
}

/// Returns whether it runs, or would: a Deployment that is scaled to nothing does nothing.
pub fn is_up(velero: &Workload) -> bool {
    velero.wanted() > 0
}
