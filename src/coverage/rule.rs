//! The rules, in the order in which they are asked.

use super::index::Sight;
use super::rules;
use super::verdict::Said;

/// A reason for which a backup does not hold a claim, or for which nobody knows.
pub struct Rule {
    /// The code, `AKSB5nn`; never used again for another rule.
    pub code: &'static str,
    /// The name, in kebab-case.
    pub name: &'static str,
    /// When it speaks, as a fragment.
    pub title: &'static str,
    /// Microsoft's codes that it explains.
    pub explains: &'static [&'static str],
    /// Judges a claim; nothing where it has nothing against it.
    pub judge: fn(&Sight<'_, '_>) -> Option<Said>,
}

/// The order is the contract's: what somebody wanted left out, the page's four codes, what is left out in silence, and
/// last what nobody could read: what no backup could hold is not unknown because something else about it is.
pub const RULES: &[Rule] = &[
    rules::not_protected::RULE,
    rules::excluded_by_label::RULE,
    rules::namespace_out_of_scope::RULE,
    rules::claims_not_selected::RULE,
    rules::labels_out_of_scope::RULE,
    rules::volumes_not_selected::RULE,
    rules::kind_not_selected::RULE,
    rules::backups_stopped::RULE,
    rules::volume_gone::RULE,
    rules::claim_pending::RULE,
    rules::no_volume::RULE,
    rules::class_missing::RULE,
    rules::volume_not_its_own::RULE,
    rules::in_tree_volume::RULE,
    rules::not_csi::RULE,
    rules::other_driver::RULE,
    rules::file_share_nfs::RULE,
    rules::file_share_private::RULE,
    rules::file_share_too_new::RULE,
    rules::share_driver_too_old::RULE,
    rules::snapshot_api_missing::RULE,
    rules::snapshots_at_limit::RULE,
    rules::volume_not_read::RULE,
    rules::class_not_read::RULE,
    rules::phase_not_told::RULE,
    rules::scope_not_known::RULE,
];
