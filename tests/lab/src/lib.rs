//! The laboratory: a real Kubernetes control plane with simulated AKS nodes, and worlds that are broken on purpose.
//!
//! ```no_run
//! let lab = aksbackup_lab::Lab::start()?;
//! lab.play(&aksbackup_lab::scenario("s1_no_room")?)?;
//! println!("{}", lab.kubectl(&["get", "pods", "-A"])?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod aks;
mod api;
pub mod arm;
mod az;
mod binaries;
mod certificates;
mod clock;
mod component;
mod condition;
mod control_plane;
mod dns;
pub mod extension;
mod fault;
mod lab;
mod pod_status;
mod proxy;
pub mod scenarios;
mod user;
mod world;

pub use arm::Azure;
pub use az::{az, models, witness};
pub use binaries::{Binaries, binaries};
pub use dns::{Answer, Dns};
pub use fault::Fault;
pub use lab::{Lab, Options, Version};
pub use proxy::{Plan, Proxy, Target};
pub use scenarios::{SCENARIOS, Scenario, scenario};
pub use user::Rule;
pub use world::{Condition, Crds, Denial, Log, PodEvent, World, minutes_ago};
