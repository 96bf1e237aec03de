//! A simulator of Azure Resource Manager on the loopback, which refuses what real Azure is known to refuse.
//!
//! The real Azure CLI talks to it over TLS. Shapes and versions are held against the models of Microsoft's management clients.
//! Nothing here was held against a real subscription: how it behaves is from documents, issues and clients' sources, or, where
//! they are silent, our guess; `answer.rs` says so of the words of errors. Two things it does not have: the language of Resource
//! Graph, and what lies behind the management interface (blobs, disks, the cluster itself).
//!
//! ```no_run
//! let azure = aksbackup_lab::Azure::start()?;
//! azure.edit(|world| world.remove(&aksbackup_lab::arm::healthy::container_id()));
//! let mut az = std::process::Command::new(aksbackup_lab::az()?.join("az"));
//! let group = aksbackup_lab::arm::healthy::group_id("rg") + "?api-version=2021-04-01";
//! az.envs(azure.env()).args(["rest", "--url", &group]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod api;
mod authorization;
mod azure;
mod call;
mod graph;
pub mod healthy;
mod id;
mod operations;
mod router;
mod server;
mod sign_in;
#[cfg(test)]
mod tests;
mod world;
mod writes;

pub use azure::Azure;
pub use call::{Allowed, Call, FaultRule};
pub use world::{Caller, Policy, World};
