//! `version`: which program this is.

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::error::Error;
use crate::exit;
use crate::render::{Console, json, yaml};

/// Print the version of the plugin
#[derive(Args, Debug)]
pub struct VersionArgs {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    version: &'static str,
    os: &'static str,
    arch: &'static str,
}

/// Prints the version; asks no cluster.
///
/// # Errors
/// Where it cannot be written.
pub fn version(args: &VersionArgs) -> Result<u8, Error> {
    let version =
        Version { version: env!("CARGO_PKG_VERSION"), os: std::env::consts::OS, arch: std::env::consts::ARCH };
    let text = match args.output {
        Output::Human => format!("kubectl-aksbackup {}\n", version.version),
        Output::Wide => format!("kubectl-aksbackup {} {}/{}\n", version.version, version.os, version.arch),
        Output::Json => json(&version)?,
        Output::Yaml => yaml(&version)?,
    };
    Console.result(&text)?;
    Ok(exit::FINE)
}
