//! Azure I/O: the user's own `az`, and what it answers.
//!
//! Every question to Azure Resource Manager is one `az rest`: az has the user's sign-in, proxies, authorities and cloud.
//! This room knows no checks and keeps no facts. Whatever az prints is bounded, and no token leaves `az.rs`.
//! Knowledge: facts about ARM and az, every text of which was run with the real az.

mod az;
mod question;
mod token;
mod trouble;
mod versions;

pub use az::{Az, FEW};
pub use question::Question;
pub use trouble::Trouble;
pub use versions::{VERSIONS, Version};
