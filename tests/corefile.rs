//! The model of CoreDNS's configuration, held against cases, properties and the real CoreDNS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test ends at the first surprise"
)]

#[path = "corefile/vectors.rs"]
mod vectors;
