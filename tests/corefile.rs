//! The model of CoreDNS's configuration, held against cases, properties and the real CoreDNS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a test ends at the first surprise"
)]

#[path = "corefile/chance.rs"]
mod chance;
#[path = "corefile/differential.rs"]
mod differential;
#[path = "corefile/generate.rs"]
mod generate;
#[path = "corefile/lines.rs"]
mod lines;
#[path = "corefile/properties.rs"]
mod properties;
#[path = "corefile/real.rs"]
mod real;
#[path = "corefile/upstream.rs"]
mod upstream;
#[path = "corefile/vectors.rs"]
mod vectors;
