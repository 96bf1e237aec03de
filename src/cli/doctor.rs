//! `doctor`: every check that applies, root causes first.

mod selection;
mod waiting;

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use clap::{Args, ValueEnum};

use self::selection::Selection;
use self::waiting::{Round, wait};
use super::azure_flags::AzureFlags;
use super::ignore_file::read_ignore_file;
use super::output::width;
use super::reading::{interruption, live, run_to_end};
use crate::checks::{Check, Diagnosis, Entry, Ignored, Ran};
use crate::cluster::{Flags, Logins, duration};
use crate::error::Error;
use crate::exit;
use crate::facts::arm::ArmId;
use crate::facts::objects::is_dns_label;
use crate::facts::{Binding, Facts, Need, shell_word};
use crate::finding::{Hop, Severity};
use crate::render::report::{A_RIGHT_IS_MISSING, Deselected, DoctorReport};
use crate::render::{self, Console, Detail, Look, Written};
use crate::sources::{Interruption, can_be_new, read_bundle, sample, write_bundle};

/// The flags of `doctor`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Run only these checks, by code or name; can be repeated or separated by commas
    #[arg(long, value_name = "CHECK", value_delimiter = ',', help_heading = "Selection")]
    check: Vec<String>,
    /// Leave these checks out, by code or name; can be repeated or separated by commas
    #[arg(long, value_name = "CHECK", value_delimiter = ',', help_heading = "Selection")]
    skip: Vec<String>,
    /// Run only the checks of these stretches of the road; can be repeated or separated by commas
    #[arg(long, value_name = "HOP", value_delimiter = ',', value_enum, help_heading = "Selection")]
    hop: Vec<HopName>,
    /// List the checks and run none
    #[arg(long, help_heading = "Selection")]
    list: bool,
    #[command(flatten)]
    azure: AzureFlags,
    /// The extension's namespace, instead of the one that is found
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Selection")]
    namespace: Option<String>,
    /// The kubeconfig's context of the cluster that a restore is to go to; it is read too
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bundle", "sample"], help_heading = "Facts")]
    target_context: Option<String>,
    /// Judge the facts of this file instead of a cluster
    #[arg(long, value_name = "FILE", help_heading = "Facts")]
    bundle: Option<PathBuf>,
    /// Judge the sample that is built in instead of a cluster
    #[arg(long, conflicts_with = "bundle", help_heading = "Facts")]
    sample: bool,
    /// Save the facts that were read, redacted, to this new file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bundle", "sample"], help_heading = "Facts")]
    save: Option<PathBuf>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Print at most ten lines, for a chat or a ticket
    #[arg(long, conflicts_with_all = ["output", "list"])]
    short: bool,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    fail_on: FailOn,
    /// Leave out the findings that this file names; they are counted and shown at the end
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
    /// Diagnose again and again until nothing at or above --fail-on is found, or this long has passed
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with_all = ["bundle", "sample", "list"])]
    wait: Option<Duration>,
}

/// The formats of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// What is needed to act
    #[default]
    Human,
    /// The evidence of everything, too
    Wide,
    /// The document of the contract as JSON
    Json,
    /// The document of the contract as YAML
    Yaml,
    /// JUnit XML, for pipelines that show tests
    Junit,
}

const EXAMPLES: &str = "\
Examples:
  # Diagnose the cluster of the current context
  kubectl aksbackup doctor

  # In a script: the document of the contract, and exit code 1 only for errors
  kubectl aksbackup doctor -o json --fail-on error

  # See what a diagnosis looks like, without a cluster
  kubectl aksbackup doctor --sample

  # Before a restore into another cluster: what of it would not fit
  kubectl aksbackup doctor --target-context dr-admin --hop runs

  # Only what the cluster itself shows, without az
  kubectl aksbackup doctor --no-azure

  # In a runbook, after a remedy: wait until it has taken hold, ten minutes at most
  kubectl aksbackup doctor --wait 10m --fail-on error

  # Keep what was read, and judge it again elsewhere
  kubectl aksbackup doctor --save facts.json
  kubectl aksbackup doctor --bundle facts.json -o wide";

/// The least severity that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum FailOn {
    /// A backup or restore fails, or loses data, now
    Error,
    /// Data is unprotected, or will fail later
    #[default]
    Warning,
    /// Anything that was found
    Info,
    /// Nothing that was found
    Never,
}

impl FailOn {
    fn counts(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity <= Severity::Error,
            Self::Warning => severity <= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

/// The stretches of the road, as a flag takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HopName {
    You,
    Cluster,
    Extension,
    Dns,
    Identity,
    Storage,
    Vault,
    Volumes,
    Runs,
}

impl HopName {
    const fn hop(self) -> Hop {
        match self {
            Self::You => Hop::You,
            Self::Cluster => Hop::Cluster,
            Self::Extension => Hop::Extension,
            Self::Dns => Hop::Dns,
            Self::Identity => Hop::Identity,
            Self::Storage => Hop::Storage,
            Self::Vault => Hop::Vault,
            Self::Volumes => Hop::Volumes,
            Self::Runs => Hop::Runs,
        }
    }
}

/// Diagnoses a cluster, a file or the sample.
///
/// # Errors
/// What kept it from running: the flags, the bundle, or no cluster to ask.
pub fn doctor(args: &DoctorArgs, flags: &Flags) -> Result<u8, Error> {
    let mut selection = Selection::by_flags(args)?;
    if args.list {
        return list(args, &selection);
    }
    let entries = args.ignore.as_deref().map(read_ignore_file).transpose()?.unwrap_or_default();
    if let Some(file) = &args.save {
        can_be_new(file)?;
    }
    if let Some(namespace) = &args.namespace {
        is_namespace(namespace)?;
    }
    if args.target_context.is_none() && args.bundle.is_none() && !args.sample {
        selection.without(Need::Target, NO_TARGET);
        if selection.selected.is_empty() {
            return Err(Error::usage("no check is left to run: those that were chosen judge the target of a restore")
                .hinted("Name it with --target-context NAME."));
        }
    }
    if args.target_context.as_deref().is_some_and(str::is_empty) {
        return Err(
            Error::usage("--target-context names no context").hinted("See them with: kubectl config get-contexts")
        );
    }
    let azure = args.azure.named()?;
    let (mut facts, ended) = match (&args.bundle, args.sample, args.wait) {
        (Some(file), _, _) => (read_bundle(file)?, None),
        (None, true, _) => (sample()?, None),
        (None, false, None) => {
            let logins = Logins::default();
            let wanted = selection.wanted(args, &azure);
            run_to_end(async { live(&wanted, flags, &logins, None, pin!(interruption())).await })?
        }
        (None, false, Some(time)) => run_to_end(wait(&selection.wanted(args, &azure), flags, time, |facts, ended| {
            let judged = judge(args, flags, &selection, facts, &entries)?;
            let code = exit_code(&judged.diagnosis, args.fail_on, ended);
            Ok(Round { code, may_come: judged.diagnosis.may_come_with_time() })
        }))?,
    };
    if args.azure.no_azure {
        // What a file holds of Azure is left out like what could be asked.
        facts = facts.without_azure();
    }
    let judged = judge(args, flags, &selection, &facts, &entries)?;
    let written = Console.result(&shown(args, &judged, &facts)?)?;
    for expired in judged.ignored.iter().filter(|one| one.is_expired) {
        let last = expired.entry.expires.map_or_else(String::new, |last| format!(" on {last}"));
        Console.remark(&format!(
            "warning: the entry for {} in the file of --ignore expired{last}; its findings count again",
            expired.entry.code
        ));
    }
    // The diagnosis is told first: a file that cannot be written must not take it away.
    if let Some(file) = &args.save {
        write_bundle(file, &facts)?;
        Console.remark(&format!("what was read is saved in {}", file.display()));
    }
    // A reader that has seen enough is no finding; who needs the code reads to the end.
    Ok(if written == Written::ReaderGone { exit::FINE } else { exit_code(&judged.diagnosis, args.fail_on, ended) })
}

/// Lists the checks and runs none.
fn list(args: &DoctorArgs, selection: &Selection) -> Result<u8, Error> {
    if selection.selected.is_empty() {
        return Err(
            Error::usage("no check fits these flags").hinted("See all of them with: kubectl aksbackup doctor --list")
        );
    }
    let text = match args.output {
        Format::Human | Format::Wide => render::list_text(&selection.selected, width()),
        Format::Json => render::list_json(&selection.selected)?,
        Format::Yaml => render::list_yaml(&selection.selected)?,
        Format::Junit => {
            return Err(Error::usage("a list of checks is no report, and has no JUnit form")
                .hinted("Choose another form: kubectl aksbackup doctor --list -o json"));
        }
    };
    Console.result(&text)?;
    Ok(exit::FINE)
}

/// Why the checks of a restore's target do not run.
const NO_TARGET: &str = "by not naming a --target-context";

/// A diagnosis, what was taken out of it, and what was left out of it.
struct Judged {
    diagnosis: Diagnosis,
    ignored: Vec<Ignored>,
    deselected: Vec<Deselected>,
}

/// Runs the checks over the facts.
fn judge(
    args: &DoctorArgs,
    flags: &Flags,
    selection: &Selection,
    facts: &Facts,
    entries: &[Entry],
) -> Result<Judged, Error> {
    let mut selection = selection.clone();
    for need in selection.asked_of_pods() {
        if facts.is_unasked(need) {
            // A file holds what somebody else's rights allowed.
            selection.without(need, &format!("{}: not read into this file", need.what()));
        } else if let Some(right) = facts.denied(need) {
            selection.without(need, &format!("{} would need {A_RIGHT_IS_MISSING}: {}", need.what(), right.words()));
        }
    }
    if facts.is_unasked(Need::Target) {
        selection.without(Need::Target, NO_TARGET);
    }
    // A file may be of a run that left Azure out, or of a version that asked less of it.
    let has_azure = Need::ALL.iter().any(|need| need.is_azure() && !facts.is_unasked(*need));
    for need in selection.asked_of_azure().into_iter().filter(|need| facts.is_unasked(*need)) {
        if has_azure {
            selection.without(need, &format!("{}: not read into this file", need.what()));
        } else {
            selection.without(need, "Azure was not asked for this file");
        }
    }
    is_aks(facts)?;
    if let Some(namespace) = &args.namespace {
        holds_the_extension(namespace, facts)?;
    }
    let mut diagnosis = Diagnosis::of(run_quietly(&selection.selected, facts));
    name_the_cluster(&mut diagnosis, facts);
    if args.bundle.is_none() && !args.sample {
        aim(&mut diagnosis, flags);
    }
    let today = facts.observed_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let ignored = diagnosis.ignore(entries.to_vec(), today);
    Ok(Judged { diagnosis, ignored, deselected: selection.deselected })
}

/// Returns the diagnosis in the form that was asked for.
fn shown(args: &DoctorArgs, judged: &Judged, facts: &Facts) -> Result<String, Error> {
    let Judged { diagnosis, ignored, deselected: left_out } = judged;
    let mut deselected = left_out.clone();
    // The document has no place of its own for what is ignored: like what a flag leaves out, it is named there.
    for one in ignored.iter().filter(|one| !one.subjects.is_empty()) {
        let end = one.entry.expires.map_or_else(String::new, |last| format!(" until {last}"));
        let subjects = one.subjects.join(", ");
        let why = format!("ignored{end}: {} ({subjects})", one.entry.reason);
        deselected.push(Deselected { code: one.entry.code.clone(), why });
    }
    deselected.sort();
    if args.short {
        return Ok(render::short(diagnosis, &deselected, facts));
    }
    let human = |detail| render::doctor(diagnosis, left_out, ignored, facts, look(detail));
    match args.output {
        Format::Human => Ok(human(Detail::Human)),
        Format::Wide => Ok(human(Detail::Wide)),
        Format::Json => render::json(&DoctorReport::new(diagnosis, &deselected, facts)),
        Format::Yaml => render::yaml(&DoctorReport::new(diagnosis, &deselected, facts)),
        Format::Junit => render::junit(diagnosis, left_out, ignored, facts, |severity| args.fail_on.counts(severity)),
    }
}

/// Refuses what cannot be the name of a namespace; an empty one comes from a variable that is not set.
fn is_namespace(name: &str) -> Result<(), Error> {
    if is_dns_label(name) {
        return Ok(());
    }
    Err(Error::usage(format!("\"{name}\" is no name of a namespace"))
        .hinted("Leave -n away: the extension's namespace is found without it."))
}

/// Refuses a namespace that certainly holds no extension: judged there, a broken backup would look fine.
fn holds_the_extension(namespace: &str, facts: &Facts) -> Result<(), Error> {
    if facts.namespace.is_absent() {
        return Err(Error::usage(format!("namespace {namespace} does not exist"))
            .hinted("Leave -n away: the extension's namespace is found without it."));
    }
    let recorded = facts.extension_configs.known_rows().iter().filter(|config| config.is_backup());
    let elsewhere = recorded.map(|config| config.metadata.namespace()).find(|recorded| *recorded != namespace);
    let is_here = facts.own_pods().next().is_some()
        || facts.deployments.known_rows().iter().any(|deployment| facts.is_own(&deployment.metadata));
    match elsewhere {
        Some(recorded) if !is_here => Err(Error::usage(format!(
            "the extension is not in namespace {namespace}: the cluster's record of it is in {recorded}"
        ))
        .hinted("Leave -n away: the extension's namespace is found without it.")),
        _ => Ok(()),
    }
}

/// Puts the cluster's own names into the printed commands, where Azure or a flag told them.
fn name_the_cluster(diagnosis: &mut Diagnosis, facts: &Facts) {
    // The names of another cluster would send the commands there.
    if matches!(facts.binding(), Binding::Contradicted(_)) {
        return;
    }
    let Some(cluster) = facts.cluster_id() else { return };
    let Some(group) = cluster.group() else { return };
    for remedy in diagnosis.findings.iter_mut().filter_map(|placed| placed.finding.remedy.as_mut()) {
        for command in remedy.documented.iter_mut().filter(|command| command.starts_with("az ")) {
            // A command inside goes to the same cluster by words of its own.
            *command = match command.split_once("$(").and_then(|(head, rest)| Some((head, rest.split_once(')')?))) {
                Some((head, (inner, tail))) => {
                    let inner = named(inner, &cluster, group);
                    named(&format!("{head}{INNER}{tail}"), &cluster, group).replacen(INNER, &format!("$({inner})"), 1)
                }
                None => named(command, &cluster, group),
            };
        }
    }
}

/// Stands for a command inside another one while that is changed.
const INNER: &str = "\u{1}";

/// Returns a command with the cluster's names in it.
fn named(command: &str, cluster: &ArmId, group: &str) -> String {
    let words = command.split(' ').map(|word| match word {
        "RESOURCE_GROUP" => shell_word(group),
        "CLUSTER" => shell_word(cluster.name()),
        other => other.to_owned(),
    });
    let named = words.collect::<Vec<_>>().join(" ");
    // Another subscription may have a cluster of the same names.
    let is_elsewhere = named != *command && !named.contains("--subscription");
    let subscription = cluster.subscription().filter(|_| is_elsewhere);
    subscription.map_or(named.clone(), |id| format!("{named} --subscription {id}"))
}

/// Makes the printed commands go where this run went: without its flags they would reach another cluster.
fn aim(diagnosis: &mut Diagnosis, flags: &Flags) {
    let (here, elsewhere) = (flags.for_commands(), flags.for_other_contexts());
    for remedy in diagnosis.findings.iter_mut().filter_map(|placed| placed.finding.remedy.as_mut()) {
        for command in &mut remedy.documented {
            let Some(rest) = command.strip_prefix("kubectl ") else { continue };
            // What goes to another cluster names its context itself.
            let words = if rest.starts_with("--context ") { &elsewhere } else { &here };
            if !words.is_empty() {
                *command = format!("kubectl {words} {rest}");
            }
        }
    }
}

/// Runs the checks; one that crashes is told in the report, and not by a trace on stderr as well.
fn run_quietly(selected: &[&'static Check], facts: &Facts) -> Vec<Ran> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let ran = crate::checks::run(selected, facts);
    std::panic::set_hook(hook);
    ran
}

fn look(detail: Detail) -> Look {
    Look { width: width(), detail }
}

/// The first that fits wins (contract section 1).
fn exit_code(diagnosis: &Diagnosis, fail_on: FailOn, ended: Option<Interruption>) -> u8 {
    if ended == Some(Interruption::User) {
        exit::INTERRUPTED
    } else if diagnosis.findings.iter().any(|placed| fail_on.counts(placed.finding.severity)) {
        exit::FOUND
    } else if diagnosis.has_unjudged() {
        exit::UNJUDGED
    } else {
        exit::FINE
    }
}

/// Refuses a cluster that is certainly not AKS: its nodes say where they run.
fn is_aks(facts: &Facts) -> Result<(), Error> {
    let nodes = facts.nodes.known_rows();
    let is_azure = |id: &str| id.starts_with("azure://");
    if nodes.is_empty() || nodes.iter().any(|node| node.spec.provider_id.as_deref().is_some_and(is_azure)) {
        return Ok(());
    }
    let context = facts.context.as_deref().map_or(String::new(), |name| format!(" of context \"{name}\""));
    Err(Error::cluster(format!("the cluster{context} is not AKS: none of its {} nodes runs on Azure", nodes.len()))
        .hinted(
            "Choose the cluster with --context NAME after the plugin's name; kubectl does not hand its own flags on.",
        ))
}

/// Returns the schema of `doctor -o json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(DoctorReport).into()
}
