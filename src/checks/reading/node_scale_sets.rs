//! The scale sets of the nodes: which of them may act as the extension, and what of the cluster runs on them.

use crate::facts::Facts;
use crate::facts::arm::{ArmId, ScaleSet};
use crate::facts::objects::Node;

/// Returns the nodes of a scale set, as their provider ids tell.
pub fn nodes<'f>(facts: &'f Facts, set: &'f ScaleSet) -> impl Iterator<Item = &'f Node> {
    facts.nodes.known_rows().iter().filter(move |node| is_of(node, set))
}

/// Tells whether a node is a machine of the scale set.
fn is_of(node: &Node, set: &ScaleSet) -> bool {
    let id = node.spec.provider_id.as_deref().and_then(|id| id.strip_prefix("azure://")).map(ArmId::new);
    id.is_some_and(|id| set.id.holds(&id))
}

/// Returns whether the extension's pods could run on a machine of the scale set; yes where no node tells.
///
/// Knowledge: azure-backup.md section 2, rule 3: Linux on x86-64 only.
pub fn may_host(facts: &Facts, set: &ScaleSet) -> bool {
    let mut nodes = nodes(facts, set).peekable();
    let fits = |node: &Node| {
        node.os().is_none_or(|os| os.eq_ignore_ascii_case("linux")) && node.arch().is_none_or(|arch| arch == "amd64")
    };
    nodes.peek().is_none() || nodes.any(fits)
}

/// Returns the scale set in words, with its pool where a node tells it.
pub fn words(facts: &Facts, set: &ScaleSet) -> String {
    let name = if set.name.is_empty() { set.id.name() } else { set.name.as_str() };
    match nodes(facts, set).next() {
        Some(node) => format!("{name} (pool {})", node.pool()),
        None => name.to_owned(),
    }
}
