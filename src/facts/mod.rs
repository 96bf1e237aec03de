//! What is known of one cluster.
//!
//! Sources fill one [`Facts`] value; checks are pure functions over it. So a live run and a saved
//! file take one path, and a check is tested with files. Nothing here asks anybody anything:
//! no client, no file, no clock. [`Facts::observed_at`] is the only time that a check knows.
//!
//! Everything that comes from a cluster is untrusted. Texts that may hold secrets (messages, logs,
//! settings) are [`Text`], which redacts and bounds itself as it is made, also from a saved file.

pub mod arm;
mod azure_half;
mod azure_names;
mod binding;
mod built_in;
mod extension;
mod fetched;
mod need;
pub mod objects;
mod parts;
mod quantity;
mod record;
mod redact;
mod shell_word;
mod text;

pub use azure_half::Named;
pub use azure_names::{AzureName, Purpose, blob_host_in};
pub use binding::{Binding, Contradiction, is_aks_host};
pub use built_in::is_built_in;
pub use extension::{Extension, FoundBy, Presence};
pub use fetched::{Fetched, Right, Stop, Unread};
pub use need::{
    MICROSOFT_GROUP, NODE_LEASES, Need, OPERATIONS, Requirement, SNAPSHOT_GROUP, Stage, Tier, helpful, required,
};
pub use parts::Parts;
pub use quantity::Quantity;
pub use record::{Clocks, Facts, Server};
pub use redact::redact;
pub use shell_word::shell_word;
pub use text::Text;

/// The namespace that Microsoft's tools install the extension into.
pub const DEFAULT_NAMESPACE: &str = "dataprotection-microsoft";
/// The namespace of the cluster's own parts.
pub const SYSTEM_NAMESPACE: &str = "kube-system";
/// The type of the backup extension; compared without regard to case.
pub const EXTENSION_TYPE: &str = "microsoft.dataprotection.kubernetes";
