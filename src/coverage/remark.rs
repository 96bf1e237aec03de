//! The remarks: what deserves a word although a backup holds it.

use super::index::Sight;
use super::remarks;

/// Something that a person wants to know of a claim that a backup holds.
pub struct Remark {
    /// The code, `AKSB5nn`; never used again for another remark.
    pub code: &'static str,
    /// The name, in kebab-case.
    pub name: &'static str,
    /// When it is made, as a fragment.
    pub title: &'static str,
    /// Makes it, in a fragment that stands behind the claim's name.
    pub judge: fn(&Sight<'_, '_>) -> Option<String>,
}

/// The remarks, by their codes.
pub const REMARKS: &[Remark] = &[
    remarks::share_goes_with_claim::REMARK,
    remarks::near_snapshot_limit::REMARK,
    remarks::shared_disk::REMARK,
    remarks::raw_device::REMARK,
    remarks::goes_with_its_pod::REMARK,
    remarks::being_deleted::REMARK,
    remarks::being_resized::REMARK,
    remarks::used_by_no_pod::REMARK,
    remarks::pod_on_missing_node::REMARK,
    remarks::class_may_interfere::REMARK,
    remarks::snapshot_not_ready::REMARK,
    remarks::too_large_for_vault::REMARK,
    remarks::too_many_for_vault::REMARK,
    remarks::share_not_in_vault::REMARK,
    remarks::slow_disk_kind::REMARK,
    remarks::share_may_be_lost::REMARK,
];
