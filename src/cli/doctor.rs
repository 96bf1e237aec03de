//! `doctor`: every check that applies, root causes first.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::output::{Output, width};
use crate::checks::{CHECKS, Check, Diagnosis, Ran};
use crate::cluster::{Api, Flags, Path, Refusal, connect};
use crate::error::Error;
use crate::exit;
use crate::facts::{Facts, Need, Right, SYSTEM_NAMESPACE, Tier};
use crate::finding::{Hop, Severity};
use crate::render::report::{Deselected, DoctorReport};
use crate::render::{self, Console, Detail, Look, PathWalk};
use crate::sources::{Interruption, Limit, Live, Opened, Step, can_be_new, greet, read_bundle, sample, write_bundle};

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
    /// Leave out the checks that ask Azure; none does in this version
    #[arg(long, help_heading = "Selection")]
    no_azure: bool,
    /// The extension's namespace, instead of the one that is found
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Selection")]
    namespace: Option<String>,
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
    output: Output,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    fail_on: FailOn,
}

const EXAMPLES: &str = "\
Examples:
  # Diagnose the cluster of the current context
  kubectl aksbackup doctor

  # In a script: the document of the contract, and exit code 1 only for errors
  kubectl aksbackup doctor -o json --fail-on error

  # See what a diagnosis looks like, without a cluster
  kubectl aksbackup doctor --sample

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

/// The checks that run, and those that do not with the reason.
struct Selection {
    selected: Vec<&'static Check>,
    deselected: Vec<Deselected>,
}

impl Selection {
    /// Selects by the flags.
    fn by_flags(args: &DoctorArgs) -> Result<Self, Error> {
        for wanted in args.check.iter().chain(&args.skip) {
            if !CHECKS.iter().any(|check| is_named(check, wanted)) {
                return Err(Error::usage(format!("there is no check \"{wanted}\"")).hinted(nearest(wanted)));
            }
        }
        let mut selection = Self { selected: Vec::new(), deselected: Vec::new() };
        for check in CHECKS {
            let is_asked = args.check.is_empty() || args.check.iter().any(|wanted| is_named(check, wanted));
            let is_on_hop = args.hop.is_empty() || args.hop.iter().any(|hop| hop.hop() == check.hop);
            let is_skipped = args.skip.iter().any(|wanted| is_named(check, wanted));
            match (is_asked, is_on_hop, is_skipped) {
                (_, _, true) => selection.leave_out(check, "by --skip"),
                (false, _, _) => selection.leave_out(check, "by --check"),
                (_, false, _) => selection.leave_out(check, "by --hop"),
                _ => selection.selected.push(check),
            }
        }
        if selection.selected.is_empty() && !args.list {
            return Err(Error::usage("no check is left to run")
                .hinted("See the checks and their stretches with: kubectl aksbackup doctor --list"));
        }
        Ok(selection)
    }

    fn leave_out(&mut self, check: &Check, why: &str) {
        self.deselected.push(Deselected { code: check.code.to_owned(), why: why.to_owned() });
    }

    /// Leaves out the checks that cannot do without a fact which may not be asked for.
    fn without(&mut self, need: Need, why: &str) {
        let (kept, left): (Vec<_>, Vec<_>) = self
            .selected
            .iter()
            .partition(|check| !check.needs.iter().any(|requirement| requirement.required && requirement.need == need));
        self.selected = kept;
        for check in left {
            self.leave_out(check, why);
        }
        self.deselected.sort_by(|a, b| a.code.cmp(&b.code));
    }

    fn needs(&self) -> BTreeSet<Need> {
        self.selected.iter().flat_map(|check| check.needs).map(|requirement| requirement.need).collect()
    }

    /// Returns the facts of the tier that not everybody may use, among those that are needed.
    fn asked_of_pods(&self) -> Vec<Need> {
        self.needs().into_iter().filter(|need| need.tier() == Tier::Ask).collect()
    }
}

fn is_named(check: &Check, wanted: &str) -> bool {
    check.code.eq_ignore_ascii_case(wanted) || check.name.eq_ignore_ascii_case(wanted)
}

/// Says which check was likely meant.
fn nearest(wanted: &str) -> String {
    let wanted = wanted.to_ascii_lowercase();
    let close = CHECKS.iter().find(|check| {
        wanted.len() > 2 && (check.name.contains(&wanted) || check.code.to_ascii_lowercase().contains(&wanted))
    });
    match close {
        Some(check) => {
            format!("Did you mean {} {}? All of them: kubectl aksbackup doctor --list", check.code, check.name)
        }
        None => "See the checks with: kubectl aksbackup doctor --list".to_owned(),
    }
}

/// Diagnoses a cluster, a file or the sample.
///
/// # Errors
/// What kept it from running: the flags, the bundle, or no cluster to ask.
pub fn doctor(args: &DoctorArgs, flags: &Flags) -> Result<u8, Error> {
    let mut selection = Selection::by_flags(args)?;
    if args.list {
        let text = match args.output {
            Output::Human | Output::Wide => render::list_text(&selection.selected, width()),
            Output::Json => render::list_json(&selection.selected)?,
            Output::Yaml => render::list_yaml(&selection.selected)?,
        };
        Console.result(&text)?;
        return Ok(exit::FINE);
    }
    if let Some(file) = &args.save {
        can_be_new(file)?;
    }
    if let Some(namespace) = &args.namespace {
        is_namespace(namespace)?;
    }
    let (facts, ended) = match (&args.bundle, args.sample) {
        (Some(file), _) => (read_bundle(file)?, None),
        (None, true) => (sample()?, None),
        (None, false) => runtime()?.block_on(live(args, flags, &mut selection))?,
    };
    // A file holds what somebody else's rights allowed.
    for need in selection.asked_of_pods() {
        if facts.is_unasked(need) {
            selection.without(need, &format!("{} were not read into this file", need.what()));
        }
    }
    is_aks(&facts)?;
    if let Some(namespace) = &args.namespace {
        holds_the_extension(namespace, &facts)?;
    }
    let mut diagnosis = Diagnosis::of(run_quietly(&selection.selected, &facts));
    if args.bundle.is_none() && !args.sample {
        aim(&mut diagnosis, flags);
    }
    let text = match args.output {
        Output::Human => render::doctor(&diagnosis, &selection.deselected, &facts, look(Detail::Human)),
        Output::Wide => render::doctor(&diagnosis, &selection.deselected, &facts, look(Detail::Wide)),
        Output::Json => render::json(&DoctorReport::new(&diagnosis, &selection.deselected, &facts))?,
        Output::Yaml => render::yaml(&DoctorReport::new(&diagnosis, &selection.deselected, &facts))?,
    };
    Console.result(&text)?;
    // The diagnosis is told first: a file that cannot be written must not take it away.
    if let Some(file) = &args.save {
        write_bundle(file, &facts)?;
        Console.remark(&format!("what was read is saved in {}", file.display()));
    }
    Ok(exit_code(&diagnosis, args.fail_on, ended))
}

/// Refuses what cannot be the name of a namespace; an empty one comes from a variable that is not set.
fn is_namespace(name: &str) -> Result<(), Error> {
    let is_label = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if is_label {
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

/// Makes the printed commands go where this run went: without its flags they would reach another cluster.
fn aim(diagnosis: &mut Diagnosis, flags: &Flags) {
    let words = flags.for_commands();
    if words.is_empty() {
        return;
    }
    for remedy in diagnosis.findings.iter_mut().filter_map(|placed| placed.finding.remedy.as_mut()) {
        for command in &mut remedy.documented {
            if let Some(rest) = command.strip_prefix("kubectl ") {
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

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("the runtime does not start: {error}")))
}

/// How long a signal that has been sent may take to arrive.
const SIGNAL_ARRIVES: Duration = Duration::from_millis(20);

/// Reads the cluster, with the road drawn on a terminal while it is read.
async fn live(
    args: &DoctorArgs,
    flags: &Flags,
    selection: &mut Selection,
) -> Result<(Facts, Option<Interruption>), Error> {
    let interruption = async {
        // Where the signal cannot be listened to, it ends the program as it always did.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::pin!(interruption);
    // It is listened to from here on: the login may take as long as a person takes.
    let connected = tokio::select! {
        biased;
        () = &mut interruption => None,
        connected = connect(flags) => Some(connected),
    };
    let early = || (interrupted(flags.context.clone(), &selection.needs()), Some(Interruption::User));
    let (api, context) = match connected {
        None => return Ok(early()),
        Some(Ok(connected)) => connected,
        // Ctrl-C reaches the login program too, which then fails: that is no error of the login.
        Some(Err(error)) => {
            let is_interrupted = tokio::time::timeout(SIGNAL_ARRIVES, &mut interruption).await.is_ok();
            return if is_interrupted { Ok(early()) } else { Err(error) };
        }
    };
    let limit = flags.run_limit().map(Limit::begin);
    let walk = PathWalk::begin(waits(&selection.selected));
    let opening = within(limit, async {
        let version = greet(&api).await?;
        ask_tiers(&api, selection).await;
        Ok(version)
    });
    let opening = tokio::select! {
        biased;
        () = &mut interruption => None,
        version = opening => Some(version),
    };
    let version = match opening {
        None => {
            walk.end();
            return Ok((interrupted(context, &selection.needs()), Some(Interruption::User)));
        }
        Some(Err(why)) => {
            walk.end();
            return Err(unreachable(&why, context.as_deref()));
        }
        Some(Ok(version)) => version,
    };
    let observe = |step| {
        if let Step::Answered(need) = step {
            walk.answered(need);
        }
    };
    let opened = Opened { context, version };
    let reading = Live::new(&api, opened, args.namespace.as_deref(), selection.needs(), &observe);
    let read = reading.read(limit, interruption).await;
    walk.end();
    Ok(read)
}

/// Waits for the first answers, but no longer than the run may take.
async fn within<T>(limit: Option<Limit>, answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match limit {
        Some(limit) => match tokio::time::timeout_at(limit.end, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", limit.whole.as_secs_f32())),
        },
        None => answer.await,
    }
}

/// Asks which tiers of rights the user has, and leaves out the checks of those that are missing.
async fn ask_tiers(api: &Api, selection: &mut Selection) {
    for need in selection.asked_of_pods() {
        let right = Right::kube("create", "", "pods/portforward", Some(SYSTEM_NAMESPACE)).words();
        match may_forward(api).await {
            Ok(true) => {}
            Ok(false) => selection.without(need, &format!("{} need a right that is missing: {right}", need.what())),
            // No answer is no missing right: the check stays, and the port-forward itself says what is wrong.
            Err(_) => {}
        }
    }
}

/// Asks the server whether the user may forward ports of kube-system's pods; the question leaves nothing behind.
async fn may_forward(api: &Api) -> Result<bool, Refusal> {
    let question = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "namespace": SYSTEM_NAMESPACE, "verb": "create", "resource": "pods", "subresource": "portforward"
        }}
    });
    let answer: serde_json::Value =
        api.post(&Path::list("authorization.k8s.io", "v1", None, "selfsubjectaccessreviews"), &question).await?;
    // An answer that does not say is no missing right.
    let allowed = answer.pointer("/status/allowed").and_then(serde_json::Value::as_bool);
    allowed.ok_or_else(|| Refusal::Failed("the access review does not say whether it is allowed".to_owned()))
}

/// Returns the facts of a run that was interrupted before anything was read.
fn interrupted(context: Option<String>, needs: &BTreeSet<Need>) -> Facts {
    let mut facts = Facts { context, observed_at: jiff::Timestamp::now(), ..Facts::default() };
    for need in needs {
        facts.give_up(*need, crate::facts::Fetched::<()>::INTERRUPTED);
    }
    facts
}

fn unreachable(why: &str, context: Option<&str>) -> Error {
    let flag = context.map_or(String::new(), |name| format!("--context {name} "));
    let hint = if why.contains("(401 ") {
        format!("The login has expired or is of another cluster; check with: kubectl {flag}auth whoami")
    } else {
        format!("A private cluster answers only inside its network; check with: kubectl {flag}version")
    };
    Error::cluster(format!("the API server could not be asked: {why}")).hinted(hint)
}

/// Returns which facts each stretch of the road waits for.
fn waits(selected: &[&'static Check]) -> Vec<(Hop, BTreeSet<Need>)> {
    Hop::ROAD
        .into_iter()
        .map(|hop| {
            let of_hop = selected.iter().filter(|check| check.hop == hop);
            (hop, of_hop.flat_map(|check| check.needs).map(|requirement| requirement.need).collect::<BTreeSet<_>>())
        })
        .filter(|(_, needs)| !needs.is_empty())
        .collect()
}

/// Returns the schema of `doctor -o json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(DoctorReport).into()
}
