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
mod agent;
mod connections;
mod endpoint_remedy;
mod held;
mod hook_job_words;
mod install_words;
mod memory;
mod obstacle;
mod refusals;
mod refused;
mod reinstall;
mod resolver;
mod said;
mod volume_reach;
mod waiting;

// The checks.
mod agent_unauthorized;
mod container_crashing;
mod container_oom_killed;
mod coredns_endpoint_unresolved;
mod dp_endpoint_private;
mod dp_endpoint_unresolved;
mod egress_refused;
mod egress_timed_out;
mod extension_install_failed;
mod extension_missing;
mod hook_job_failed;
mod image_not_pulled;
mod namespace_terminating;
mod plugin_killed;
mod pods_affinity_unmet;
mod pods_denied_by_admission_policy;
mod pods_denied_by_azure_policy;
mod pods_denied_by_constraint;
mod pods_denied_by_pod_security;
mod pods_denied_by_webhook;
mod pods_no_room;
mod pods_not_ready;
mod pods_outside_limits;
mod pods_over_quota;
mod pods_untolerated_taints;
mod pods_volume_elsewhere;
mod pods_wrong_platform;
mod tls_untrusted;

pub use check::{Check, Judgement, Outcome};
pub use diagnosis::{Diagnosis, Placed, Role};
pub use road::{Mark, Stretch, road};
pub use runner::{Ran, run};

/// Every check, in the order of their codes.
pub static CHECKS: &[&Check] = &[
    &extension_missing::CHECK,
    &extension_install_failed::CHECK,
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
    &image_not_pulled::CHECK,
    &container_oom_killed::CHECK,
    &plugin_killed::CHECK,
    &container_crashing::CHECK,
    &hook_job_failed::CHECK,
    &namespace_terminating::CHECK,
    &pods_not_ready::CHECK,
    &dp_endpoint_unresolved::CHECK,
    &dp_endpoint_private::CHECK,
    &agent_unauthorized::CHECK,
    &egress_timed_out::CHECK,
    &egress_refused::CHECK,
    &coredns_endpoint_unresolved::CHECK,
    &tls_untrusted::CHECK,
];
