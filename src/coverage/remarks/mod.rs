//! One remark in each file.

pub mod being_deleted;
pub mod being_resized;
pub mod class_may_interfere;
pub mod goes_with_its_pod;
pub mod near_snapshot_limit;
pub mod pod_on_missing_node;
pub mod raw_device;
pub mod share_goes_with_claim;
pub mod share_may_be_lost;
pub mod share_not_in_vault;
pub mod shared_disk;
pub mod slow_disk_kind;
pub mod snapshot_not_ready;
pub mod too_large_for_vault;
pub mod too_many_for_vault;
pub mod used_by_no_pod;
