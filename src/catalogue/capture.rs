//! Reads the typed bits out of a message, one function per shape of message.
//!
//! A reader returns `None` when the words turn out to mean something else: `i/o timeout` after a lookup is no connection that timed out.
//! It may not look beyond its scene.

mod admission;
mod azure;
mod helm;
mod network;
mod objects;
mod rights;
mod scheduler;

use super::captured::Captured;
use super::scene::Scene;
pub(super) use admission::{admission_policy, azure_policy, constraint, named_denial, quota, said, webhook_denial};
pub(super) use azure::{account, disallowed, disk, group, lock, other_resource, provider, snapshot};
pub(super) use helm::{hook, image, release};
pub(super) use network::{connection, endpoint, lookup, lookup_only};
pub(super) use objects::{
    api, existing, location, missing_claim, missing_class, missing_location, missing_namespace, missing_role,
    missing_secret, name_behind, object_behind, plugin, terminating,
};
pub(super) use rights::{any_permission, federation, grant_right, identity, list_keys, other_right, snapshot_right};
pub(super) use scheduler::{cordoned, no_room, selector, taint, unbound, volume_zone};

/// The longest excerpt of what somebody said.
const SAID: usize = 240;

/// Reads nothing: the words are enough.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(super) fn nothing(_: &Scene) -> Option<Captured> {
    Some(Captured::Nothing)
}
