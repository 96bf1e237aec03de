//! The house: its rooms, and what may pass between them.
//!
//! ```text
//! finding  <-  facts  <-  coverage  <-  checks  <-  render  <-  cli  <-  main
//!                ^
//!                |
//!             sources  ->  cluster
//!                        catalogue, corefile (stand on nothing; checks read them)
//! ```
//!
//! - [`finding`]: what a check says. [`facts`]: what is known of one cluster. [`checks`]: pure
//!   functions from facts to findings, and what explains what. [`catalogue`]: messages and codes as
//!   data, and the matcher. [`corefile`]: CoreDNS's configuration, for judging. [`coverage`]: which volumes a backup
//!   holds, one verdict for each claim.
//! - [`cluster`]: Kubernetes I/O, and nothing else. [`azure`]: Azure I/O by the user's own az, and nothing else.
//!   [`sources`]: fills facts, live or from a file.
//! - [`render`]: the only writer to stdout and stderr. [`cli`]: one file for each verb.
//!
//! The pure rooms name no client, no runtime, no file, no process, no clock. `tests/architecture.rs`
//! proves that by parsing the sources.

pub mod azure;
pub mod catalogue;
pub mod checks;
mod child;
pub mod cli;
pub mod cluster;
pub mod corefile;
pub mod coverage;
pub mod error;
pub mod exit;
pub mod facts;
pub mod finding;
pub mod render;
pub mod sources;
