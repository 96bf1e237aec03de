//! The whole command line and its dispatch.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use super::check_pvcs::{CheckPvcsArgs, check_pvcs};
use super::doctor::{DoctorArgs, doctor};
use super::rbac::{RbacArgs, rbac};
use super::usage::refused;
use super::version::{VersionArgs, version};
use crate::cluster::Flags;
use crate::error::Error;
use crate::exit;
use crate::render::{Console, Written};

/// Find out why Azure Backup for AKS does not work on this cluster
///
/// Uses the current kubeconfig context, as kubectl does. Flags go after the plugin's name: kubectl hands none of its own on.
#[derive(Parser, Debug)]
#[command(
    name = "kubectl aksbackup",
    bin_name = "kubectl aksbackup",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    args_override_self = true,
    after_help = EXIT_CODES
)]
pub struct Cli {
    #[command(flatten)]
    connection: Flags,
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes, the same in every output format:
  0    nothing at or above --fail-on, nothing left unjudged
  1    at least one finding at or above --fail-on
  2    could not run: usage, no cluster to ask, bundle unreadable
  3    no such finding, but something could not be judged
  130  interrupted; the document is still whole";

#[derive(Subcommand, Debug)]
enum Verb {
    /// Find the cause of a broken backup, with evidence and the next step
    ///
    /// Reads the cluster and changes nothing. Root causes come first, then the road that a backup takes with the place
    /// where it ends.
    Doctor(Box<DoctorArgs>),
    /// Tell for each PersistentVolumeClaim whether a backup would hold it, and if not, why
    ///
    /// Azure Backup leaves volumes out that it does not support, and a green backup can hold no data. Reads the claims of
    /// all namespaces and changes nothing.
    #[command(visible_alias = "check-pvc")]
    CheckPvcs(Box<CheckPvcsArgs>),
    /// Print the least rights that a diagnosis needs, as roles of Kubernetes or of Azure
    ///
    /// Generated from what the checks read. Reading only, unless more is asked for.
    Rbac(RbacArgs),
    /// Print the version of the plugin
    Version(VersionArgs),
}

/// Runs the command line and returns the exit code; everything is printed by then.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    match Cli::try_parse_from(&args) {
        Ok(cli) => match dispatch(cli) {
            Ok(code) => code,
            Err(error) => {
                Console.error(&error);
                exit::COULD_NOT_RUN
            }
        },
        Err(stop) => help_or_error(&stop, &args),
    }
}

fn dispatch(cli: Cli) -> Result<u8, Error> {
    match cli.verb {
        Verb::Doctor(args) => doctor(&args, &cli.connection),
        Verb::CheckPvcs(args) => check_pvcs(&args, &cli.connection),
        Verb::Rbac(args) => rbac(&args),
        Verb::Version(args) => version(&args),
    }
}

/// Shows help on stdout; a wrong command line as an error on stderr, and the whole help where nothing was asked for.
fn help_or_error(stop: &clap::Error, args: &[OsString]) -> u8 {
    let text = stop.render().ansi().to_string();
    match stop.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match Console.result(&text) {
            Ok(Written::Whole | Written::ReaderGone) => exit::FINE,
            Err(error) => {
                Console.error(&error);
                exit::COULD_NOT_RUN
            }
        },
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Console.usage(&text);
            exit::COULD_NOT_RUN
        }
        _ => {
            Console.error(&refused(stop, &Cli::command(), args));
            exit::COULD_NOT_RUN
        }
    }
}
