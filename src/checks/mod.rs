//! The table of checks.
//!
//! One check, one file, one folder of cases under `tests/checks/`. A check is pure: it reads facts
//! and says what it finds; it fetches nothing, prints nothing and does not know the other checks.
//! What explains what stands in [`causes`]; how to add a check stands in CONTRIBUTING.md.

pub mod azure_role;
pub mod causes;
mod check;
mod diagnosis;
mod ignore;
pub mod permissions;
pub mod rbac;
mod reading;
mod road;
mod runner;

// The checks.
mod admission_denies_a_trial_pod;
mod agent_not_ready;
mod agent_unauthorized;
mod api_service_unavailable;
mod azure_extension_failed;
mod azure_extension_missing;
mod azure_extension_twins;
mod azurefile_driver_loses_shares;
mod backup_interrupted;
mod backup_job_failed;
mod backup_job_warned;
mod backup_stuck;
mod backups_failing;
mod bsl_missing;
mod bsl_never_validated;
mod bsl_no_default;
mod bsl_read_only;
mod bsl_settings_wrong;
mod bsl_stale;
mod bsl_unavailable;
mod clocks_differ;
mod cluster_gone;
mod cluster_identity_unsupported;
mod cluster_not_the_same;
mod cluster_role_missing;
mod cluster_stopped;
mod cluster_unprotected;
mod container_crashing;
mod container_oom_killed;
mod coredns_azure_names_unresolved;
mod coredns_configuration_refused;
mod coredns_crashing;
mod coredns_custom_breaks_dns;
mod coredns_custom_without_effect;
mod coredns_endpoint_unresolved;
mod coredns_reload_failed;
mod coredns_replicas_differ;
mod crds_missing;
mod delete_backup_failed;
mod disk_gone;
mod dp_endpoint_private;
mod dp_endpoint_unresolved;
mod egress_refused;
mod egress_timed_out;
mod extension_fits_no_node;
mod extension_identity_missing;
mod extension_identity_not_on_nodes;
mod extension_install_failed;
mod extension_missing;
mod extension_role_missing;
mod extension_settings_differ;
mod federated_credential_mismatch;
mod hook_container_missing;
mod hook_failed;
mod hook_job_failed;
mod hook_selects_nothing;
mod hook_shape_wrong;
mod image_not_pulled;
mod imds_identity_not_found;
mod imds_unreachable;
mod item_sync_late;
mod left_over_blocks_install;
mod login_refused;
mod memory_may_not_suffice;
mod namespace_gone;
mod namespace_terminating;
mod network_isolated;
mod no_recent_backup;
mod no_recovery_point;
mod node_versions_unsupported;
mod oidc_issuer_off;
mod operation_failed;
mod operations_not_picked_up;
mod plugin_killed;
mod pod_identity_exception_mismatch;
mod pod_identity_exception_missing;
mod pod_identity_refused;
mod pod_identity_with_cilium;
mod pod_security_may_deny;
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
mod protected_namespaces_gone;
mod protection_error;
mod protection_stopped;
mod resource_provider_unregistered;
mod restore_failed;
mod restore_stuck;
mod restored_from_another_version;
mod role_denied;
mod role_too_fresh;
mod second_velero;
mod several_identities;
mod snapshot_class_interferes;
mod snapshot_crds_missing;
mod snapshot_driver_disabled;
mod snapshot_group_gone;
mod snapshot_group_locked;
mod snapshots_denied_by_policy;
mod snapshots_near_limit;
mod snapshots_not_ready;
mod snapshots_orphaned;
mod snapshots_throttled;
mod storage_account_closed;
mod storage_account_elsewhere;
mod storage_account_gone;
mod storage_account_immutable;
mod storage_account_keys_refused;
mod storage_account_locked;
mod storage_account_missing;
mod storage_account_unsuitable;
mod storage_class_ignores_snapshots;
mod storage_container_gone;
mod storage_container_missing;
mod storage_key_wrong;
mod storage_keys_disabled;
mod storage_listkeys_denied;
mod storage_network_denied;
mod storage_private_dns_missing;
mod storage_role_missing;
mod storage_throttled;
mod storage_tls_untrusted;
mod storage_unreachable;
mod target_lacks_api_versions;
mod target_lacks_storage_classes;
mod target_lacks_volume_zones;
mod target_lacks_zones;
mod target_namespaces_terminating;
mod target_webhook_unanswered;
mod tls_untrusted;
mod trusted_access_missing;
mod vault_elsewhere;
mod vault_gone;
mod vault_guards_little;
mod vault_identity_missing;
mod vault_reader_missing;
mod vault_role_missing;
mod vault_tier_unsupported;
mod version_out_of_support;
mod volumes_skipped;
mod webhook_unanswered;
mod workload_identity_not_injected;

pub use check::{Check, Judgement, Outcome};
pub use diagnosis::{Diagnosis, Placed, Role};
pub use ignore::{Entry, Ignored};
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
    &extension_fits_no_node::CHECK,
    &crds_missing::CHECK,
    &left_over_blocks_install::CHECK,
    &second_velero::CHECK,
    &agent_not_ready::CHECK,
    &admission_denies_a_trial_pod::CHECK,
    &pod_security_may_deny::CHECK,
    &azure_extension_failed::CHECK,
    &azure_extension_twins::CHECK,
    &azure_extension_missing::CHECK,
    &extension_identity_missing::CHECK,
    &extension_settings_differ::CHECK,
    &resource_provider_unregistered::CHECK,
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
    &pod_identity_with_cilium::CHECK,
    &extension_role_missing::CHECK,
    &vault_reader_missing::CHECK,
    &vault_role_missing::CHECK,
    &cluster_role_missing::CHECK,
    &role_too_fresh::CHECK,
    &role_denied::CHECK,
    &extension_identity_not_on_nodes::CHECK,
    &dp_endpoint_unresolved::CHECK,
    &dp_endpoint_private::CHECK,
    &agent_unauthorized::CHECK,
    &egress_timed_out::CHECK,
    &egress_refused::CHECK,
    &coredns_endpoint_unresolved::CHECK,
    &tls_untrusted::CHECK,
    &coredns_reload_failed::CHECK,
    &coredns_crashing::CHECK,
    &coredns_replicas_differ::CHECK,
    &coredns_configuration_refused::CHECK,
    &coredns_custom_breaks_dns::CHECK,
    &coredns_custom_without_effect::CHECK,
    &coredns_azure_names_unresolved::CHECK,
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
    &storage_account_gone::CHECK,
    &storage_container_gone::CHECK,
    &storage_account_keys_refused::CHECK,
    &storage_account_closed::CHECK,
    &storage_account_immutable::CHECK,
    &storage_account_locked::CHECK,
    &storage_account_unsuitable::CHECK,
    &storage_account_elsewhere::CHECK,
    &storage_private_dns_missing::CHECK,
    &volumes_skipped::CHECK,
    &snapshot_crds_missing::CHECK,
    &snapshots_not_ready::CHECK,
    &snapshots_throttled::CHECK,
    &snapshots_orphaned::CHECK,
    &azurefile_driver_loses_shares::CHECK,
    &storage_class_ignores_snapshots::CHECK,
    &snapshot_class_interferes::CHECK,
    &snapshots_near_limit::CHECK,
    &disk_gone::CHECK,
    &backups_failing::CHECK,
    &backup_stuck::CHECK,
    &backup_interrupted::CHECK,
    &namespace_gone::CHECK,
    &delete_backup_failed::CHECK,
    &operations_not_picked_up::CHECK,
    &operation_failed::CHECK,
    &item_sync_late::CHECK,
    &no_recent_backup::CHECK,
    &memory_may_not_suffice::CHECK,
    &restore_failed::CHECK,
    &restore_stuck::CHECK,
    &restored_from_another_version::CHECK,
    &hook_shape_wrong::CHECK,
    &hook_selects_nothing::CHECK,
    &hook_container_missing::CHECK,
    &hook_failed::CHECK,
    &target_lacks_api_versions::CHECK,
    &target_lacks_storage_classes::CHECK,
    &target_lacks_zones::CHECK,
    &target_namespaces_terminating::CHECK,
    &target_webhook_unanswered::CHECK,
    &target_lacks_volume_zones::CHECK,
    &backup_job_failed::CHECK,
    &backup_job_warned::CHECK,
    &no_recovery_point::CHECK,
    &protected_namespaces_gone::CHECK,
    &api_service_unavailable::CHECK,
    &webhook_unanswered::CHECK,
    &node_versions_unsupported::CHECK,
    &clocks_differ::CHECK,
    &version_out_of_support::CHECK,
    &cluster_stopped::CHECK,
    &cluster_not_the_same::CHECK,
    &cluster_identity_unsupported::CHECK,
    &network_isolated::CHECK,
    &snapshot_driver_disabled::CHECK,
    &cluster_gone::CHECK,
    &cluster_unprotected::CHECK,
    &protection_error::CHECK,
    &protection_stopped::CHECK,
    &trusted_access_missing::CHECK,
    &vault_elsewhere::CHECK,
    &vault_tier_unsupported::CHECK,
    &snapshot_group_locked::CHECK,
    &snapshots_denied_by_policy::CHECK,
    &vault_gone::CHECK,
    &snapshot_group_gone::CHECK,
    &vault_guards_little::CHECK,
    &vault_identity_missing::CHECK,
];
