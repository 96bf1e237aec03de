//! An account's blob address that DNS does not know: gone, or missing from a private zone.
//!
//! Two checks give one finding each, as alternatives. What they share stands here.

/// Returns the name of the group of alternatives for a location.
pub fn group(location: &str) -> String {
    format!("no-such-host:{location}")
}

/// What tells the two apart.
pub const DECIDE: &str = "ask a public resolver for the address, from a machine outside the cluster's network: if it does not know the name either, there is no such account; if it does, a DNS zone inside lacks the record";

/// Returns whether a host is a storage account's blob address, in any cloud, private or public.
pub fn is_blob_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.split('.').any(|label| label == "blob")
}
