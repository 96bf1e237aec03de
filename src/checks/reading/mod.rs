//! What several checks read in the same way: no check, and no verdict of its own.
//!
//! Each file is one reading, named like the thing that it reads, so that the checks of a family agree on what counts.

pub mod agent;
pub mod agent_restart;
pub mod connections;
pub mod corefile_words;
pub mod denier;
pub mod dns_configuration;
pub mod elapsed;
pub mod ended;
pub mod endpoint_remedy;
pub mod extension_parts;
pub mod held;
pub mod hook_entries;
pub mod hook_job_words;
pub mod install_words;
pub mod location_account;
pub mod location_message;
pub mod location_rhythm;
pub mod log_line;
pub mod memory;
pub mod minor;
pub mod never_stored;
pub mod no_such_host;
pub mod obstacle;
pub mod operation_state;
pub mod other_veleros;
pub mod overdue;
pub mod pod_identity;
pub mod recent;
pub mod refusals;
pub mod refused;
pub mod reinstall;
pub mod resolver;
pub mod run_series;
pub mod said;
pub mod snapshot_words;
pub mod snapshots;
pub mod told;
pub mod unanswered;
pub mod unready;
pub mod volume_reach;
pub mod waiting;
pub mod webhook_reach;
pub mod word;
