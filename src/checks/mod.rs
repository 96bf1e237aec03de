//! The table of checks.
//!
//! One check, one file, one folder of cases under `tests/checks/`. A check is pure: it reads facts
//! and says what it finds; it fetches nothing, prints nothing and does not know the other checks.
//! What explains what stands in [`causes`]; how to add a check stands in CONTRIBUTING.md.

pub mod causes;
mod check;
mod diagnosis;
mod road;
mod runner;

// What several checks read in the same way.
mod obstacle;
mod refusals;
mod refused;
mod volume_reach;
mod waiting;

// The checks.
mod extension_missing;
mod namespace_terminating;
mod pods_affinity_unmet;
mod pods_denied_by_admission_policy;
mod pods_denied_by_azure_policy;
mod pods_denied_by_constraint;
mod pods_denied_by_pod_security;
mod pods_denied_by_webhook;
mod pods_no_room;
mod pods_outside_limits;
mod pods_over_quota;
mod pods_untolerated_taints;
mod pods_volume_elsewhere;
mod pods_wrong_platform;

pub use check::{Check, Judgement, Outcome};
pub use diagnosis::{Diagnosis, Placed, Role};
pub use road::{Mark, Stretch, road};
pub use runner::{Ran, run};

/// Every check, in the order of their codes.
pub static CHECKS: &[&Check] = &[
    &extension_missing::CHECK,
    &pods_no_room::CHECK,
    &pods_untolerated_taints::CHECK,
    &pods_wrong_platform::CHECK,
    &pods_volume_elsewhere::CHECK,
    &pods_affinity_unmet::CHECK,
    &pods_over_quota::CHECK,
    &pods_outside_limits::CHECK,
    &pods_denied_by_azure_policy::CHECK,
    &pods_denied_by_constraint::CHECK,
    &pods_denied_by_admission_policy::CHECK,
    &pods_denied_by_pod_security::CHECK,
    &pods_denied_by_webhook::CHECK,
    &namespace_terminating::CHECK,
];
