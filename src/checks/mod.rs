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
mod elapsed;
mod extension_parts;
mod location_account;
mod location_message;
mod location_rhythm;
mod log_line;
mod no_such_host;
mod pod_identity;
mod waiting;

// The checks.
mod backups_failing;
mod bsl_missing;
mod bsl_never_validated;
mod bsl_no_default;
mod bsl_read_only;
mod bsl_settings_wrong;
mod bsl_stale;
mod bsl_unavailable;
mod extension_missing;
mod federated_credential_mismatch;
mod imds_identity_not_found;
mod imds_unreachable;
mod login_refused;
mod oidc_issuer_off;
mod pod_identity_exception_mismatch;
mod pod_identity_exception_missing;
mod pod_identity_refused;
mod pods_no_room;
mod several_identities;
mod storage_account_missing;
mod storage_container_missing;
mod storage_key_wrong;
mod storage_keys_disabled;
mod storage_listkeys_denied;
mod storage_network_denied;
mod storage_role_missing;
mod storage_throttled;
mod storage_tls_untrusted;
mod storage_unreachable;
mod workload_identity_not_injected;

pub use check::{Check, Judgement, Outcome};
pub use diagnosis::{Diagnosis, Placed, Role};
pub use road::{Mark, Stretch, road};
pub use runner::{Ran, run};

/// Every check, in the order of their codes.
pub static CHECKS: &[&Check] = &[
    &extension_missing::CHECK,
    &pods_no_room::CHECK,
    &pod_identity_refused::CHECK,
    &pod_identity_exception_missing::CHECK,
    &pod_identity_exception_mismatch::CHECK,
    &imds_identity_not_found::CHECK,
    &several_identities::CHECK,
    &workload_identity_not_injected::CHECK,
    &federated_credential_mismatch::CHECK,
    &oidc_issuer_off::CHECK,
    &login_refused::CHECK,
    &imds_unreachable::CHECK,
    &bsl_unavailable::CHECK,
    &bsl_read_only::CHECK,
    &bsl_missing::CHECK,
    &bsl_no_default::CHECK,
    &bsl_stale::CHECK,
    &bsl_never_validated::CHECK,
    &storage_role_missing::CHECK,
    &storage_listkeys_denied::CHECK,
    &storage_network_denied::CHECK,
    &storage_keys_disabled::CHECK,
    &storage_throttled::CHECK,
    &storage_container_missing::CHECK,
    &storage_account_missing::CHECK,
    &storage_unreachable::CHECK,
    &storage_tls_untrusted::CHECK,
    &bsl_settings_wrong::CHECK,
    &storage_key_wrong::CHECK,
    &backups_failing::CHECK,
];
