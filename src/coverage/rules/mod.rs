//! One rule in each file; what they have in common stands in [`super::index`].

pub mod backups_stopped;
pub mod claim_pending;
pub mod claims_not_selected;
pub mod class_missing;
pub mod class_not_read;
pub mod excluded_by_label;
pub mod file_share_nfs;
pub mod file_share_private;
pub mod file_share_too_new;
pub mod in_tree_volume;
pub mod kind_not_selected;
pub mod labels_out_of_scope;
pub mod namespace_out_of_scope;
pub mod no_volume;
pub mod not_csi;
pub mod not_protected;
pub mod other_driver;
pub mod phase_not_told;
pub mod scope_not_known;
pub mod share_driver_too_old;
pub mod snapshot_api_missing;
pub mod snapshots_at_limit;
pub mod volume_gone;
pub mod volume_not_its_own;
pub mod volume_not_read;
pub mod volumes_not_selected;
