//! A pod that uses the claim was given to a node that is gone: the disk may still be attached there.

use crate::coverage::index::Sight;
use crate::coverage::remark::Remark;

/// The remark.
pub const REMARK: Remark = Remark {
    code: "AKSB558",
    name: "pod-on-missing-node",
    title: "a pod that uses the claim is on a node that does not exist",
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let lost = |node: &str| !sight.index.has_node(node);
    let user = sight.users.iter().find(|user| user.node.as_deref().is_some_and(lost))?;
    Some(format!("pod {} is on node {}, which does not exist", user.pod, user.node.as_deref().unwrap_or_default()))
}
