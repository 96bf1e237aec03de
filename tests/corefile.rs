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
#[path = "corefile/differential.rs"]
mod differential;
#[path = "corefile/generate.rs"]
mod generate;
#[path = "corefile/real.rs"]
mod real;
#[path = "corefile/upstream.rs"]
mod upstream;
