//! `check-pvcs`: one verdict for each claim.

mod selector;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::pin;

use clap::{Args, ValueEnum};

use self::selector::parse;
use super::azure_flags::AzureFlags;
use super::ignore_file::read_ignore_file;
use super::output::width;
use super::reading::{Wanted, interruption, live, run_to_end};
use crate::checks::Entry;
use crate::cluster::{Flags, Logins};
use crate::coverage::{ClaimVerdict, Index, Verdict, judge};
use crate::error::Error;
use crate::exit;
use crate::facts::objects::{ClaimRow, LabelSelector, is_dns_label};
use crate::facts::{Facts, Need, Text};
use crate::render::pvcs::{Chosen, Form, PvcReport, Shown, Sort};
use crate::render::{self, Console, Written};
use crate::sources::{Interruption, read_bundle, sample};

/// The flags of `check-pvcs`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CheckPvcsArgs {
    /// Only these claims, as NAME or NAMESPACE/NAME
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only the claims of this namespace
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Selection")]
    namespace: Option<String>,
    /// The claims of all namespaces, which is what is done anyway
    #[arg(short = 'A', long, conflicts_with = "namespace", help_heading = "Selection")]
    all_namespaces: bool,
    /// Only the claims with these labels, as kubectl takes them: app=web,tier!=cache,env in (a,b)
    #[arg(short = 'l', long, value_name = "SELECTOR", help_heading = "Selection")]
    selector: Option<String>,
    /// Show only claims of these verdicts; can be repeated or separated by commas
    #[arg(long, value_name = "VERDICT", value_delimiter = ',', value_enum, help_heading = "Selection")]
    verdict: Vec<VerdictName>,
    /// The order of the claims
    #[arg(long, value_name = "KEY", value_enum, default_value_t)]
    sort_by: SortBy,
    /// Show only the counts
    #[arg(long)]
    summary: bool,
    /// Judge as if the policy kept copies in the vault
    #[arg(long, help_heading = "Azure")]
    vault_tier: bool,
    #[command(flatten)]
    azure: AzureFlags,
    /// Judge the facts of this file instead of a cluster
    #[arg(long, value_name = "FILE", help_heading = "Facts")]
    bundle: Option<PathBuf>,
    /// Judge the sample that is built in instead of a cluster
    #[arg(long, conflicts_with = "bundle", help_heading = "Facts")]
    sample: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// The verdict that makes the exit code 1; what was left out on purpose never does
    #[arg(long, value_enum, value_name = "VERDICT", default_value_t)]
    fail_on: FailOn,
    /// Do not count the claims that this file names, by the code of their verdict
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  # Which claims would a backup of this cluster hold?
  kubectl aksbackup check-pvcs

  # Every claim of one namespace, with what uses it
  kubectl aksbackup check-pvcs -n shop -o wide

  # What no backup holds, for a spreadsheet
  kubectl aksbackup check-pvcs --verdict will-fail,skipped -o csv

  # In a pipeline: exit code 1 only where Azure Backup would report a code
  kubectl aksbackup check-pvcs --fail-on will-fail --summary

  # Judge what was read before
  kubectl aksbackup check-pvcs --bundle facts.json";

/// The formats of the verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Counts by reason and namespace, then the worst
    #[default]
    Human,
    /// A line for each claim
    Wide,
    /// The document of the contract as JSON
    Json,
    /// The document of the contract as YAML
    Yaml,
    /// A row for each claim, for a spreadsheet
    Csv,
    /// NAMESPACE/NAME of each claim
    Name,
}

/// The verdicts, as a flag takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VerdictName {
    /// Azure Backup reports a code, and holds none of it
    WillFail,
    /// Left out without a code
    Skipped,
    /// Not enough could be read
    Unknown,
    /// A backup holds it
    BackedUp,
}

impl VerdictName {
    const fn verdict(self) -> Verdict {
        match self {
            Self::WillFail => Verdict::WillFail,
            Self::Skipped => Verdict::Skipped,
            Self::Unknown => Verdict::Unknown,
            Self::BackedUp => Verdict::BackedUp,
        }
    }
}

/// The orders of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum SortBy {
    /// Namespace, then name
    #[default]
    Name,
    /// The largest first
    Size,
    /// The worst verdict first
    Verdict,
}

/// The verdict that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum FailOn {
    /// Azure Backup reports a code
    WillFail,
    /// That, or left out though nobody wanted it
    #[default]
    Skipped,
    /// Nothing
    Never,
}

impl FailOn {
    fn counts(self, one: &ClaimVerdict<'_>) -> bool {
        match (self, one.said.verdict) {
            (Self::Never, _) => false,
            (_, Verdict::WillFail) => true,
            (Self::Skipped, Verdict::Skipped) => !one.said.intended,
            _ => false,
        }
    }
}

/// What is read of the cluster and of Azure.
const NEEDS: &[Need] = &[
    Need::AllClaims,
    Need::AllVolumes,
    Need::ClaimUsers,
    Need::ClaimEvents,
    Need::StorageClasses,
    Need::SnapshotClasses,
    Need::SnapshotContents,
    Need::CsiDrivers,
    Need::Backups,
    Need::Nodes,
    Need::BackupInstances,
    Need::BackupPolicies,
    Need::Disks,
    Need::GoneDisks,
];

/// What the drawing shows while it is read.
const STRETCHES: [(&str, &[Need]); 4] = [
    ("claims", &[Need::AllClaims, Need::ClaimEvents]),
    ("volumes", &[Need::AllVolumes, Need::StorageClasses, Need::SnapshotContents, Need::SnapshotClasses]),
    ("pods", &[Need::ClaimUsers]),
    ("azure", &[Need::BackupInstances, Need::BackupPolicies, Need::Disks]),
];

/// Judges the claims of a cluster, a file or the sample.
///
/// # Errors
/// What kept it from running: the flags, the bundle, or no cluster to ask.
pub fn check_pvcs(args: &CheckPvcsArgs, flags: &Flags) -> Result<u8, Error> {
    let namespace = args.namespace.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = namespace.filter(|name| !is_dns_label(name)) {
        return Err(Error::usage(format!("\"{}\" is no name of a namespace", Text::new(name)))
            .hinted("See them with: kubectl get namespaces"));
    }
    let selector = args.selector.as_deref().map(parse).transpose()?;
    let wishes = wishes(args, namespace)?;
    let entries = args.ignore.as_deref().map(read_ignore_file).transpose()?.unwrap_or_default();
    let named = args.azure.named()?;
    let (facts, ended) = match (&args.bundle, args.sample) {
        (Some(file), _) => (read_bundle(file)?, None),
        (None, true) => (sample()?, None),
        (None, false) => {
            let logins = Logins::default();
            let is_wanted = |need: &Need| !(args.azure.no_azure && need.is_azure());
            let needs: BTreeSet<Need> = NEEDS.iter().copied().filter(is_wanted).collect();
            let stretches = STRETCHES
                .iter()
                .map(|(name, waits)| (*name, waits.iter().copied().filter(is_wanted).collect::<BTreeSet<Need>>()));
            let wanted = Wanted {
                stretches: stretches.filter(|(_, waits)| !waits.is_empty()).collect(),
                needs,
                named: &named,
                namespace: None,
                claims_in: namespace,
                target: None,
                may_be_by_azure: false,
            };
            run_to_end(async { live(&wanted, flags, &logins, None, pin!(interruption())).await })?
        }
    };
    if let Some(unread) = facts.all_claims.known().is_none().then(|| facts.unread(Need::AllClaims)).flatten()
        && ended.is_none()
    {
        return Err(no_claims(&unread.why, namespace, args.bundle.is_some() || args.sample));
    }
    let mut index = Index::of(&facts, args.vault_tier);
    if args.azure.no_azure {
        index.scope.unread = None;
    }
    let is_chosen = |claim: &&ClaimRow| is_chosen(claim, namespace, selector.as_ref(), &wishes);
    let mut verdicts: Vec<ClaimVerdict<'_>> =
        facts.all_claims.known_rows().iter().filter(is_chosen).map(|claim| judge(&index, claim)).collect();
    verdicts.sort_by_key(|one| (one.claim.namespace.as_str(), one.claim.name.as_str()));
    missed(&wishes, &verdicts, &facts)?;
    let today = facts.observed_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let ignored: BTreeSet<usize> = verdicts
        .iter()
        .enumerate()
        .filter(|(_, one)| entries.iter().any(|entry| ignores(entry, one, today)))
        .map(|(at, _)| at)
        .collect();
    let chosen = Chosen {
        verdicts: &verdicts,
        ignored: &ignored,
        index: &index,
        namespace,
        is_narrowed: selector.is_some() || !wishes.is_empty(),
    };
    let shown = Shown {
        verdicts: args.verdict.iter().map(|name| name.verdict()).collect(),
        sort: match args.sort_by {
            SortBy::Name => Sort::Name,
            SortBy::Size => Sort::Size,
            SortBy::Verdict => Sort::Verdict,
        },
        is_summary: args.summary,
        width: width(),
    };
    let written = match args.output {
        Format::Human => Console.result(&render::pvcs::text(&chosen, &shown, Form::Human)),
        Format::Wide => Console.result(&render::pvcs::text(&chosen, &shown, Form::Wide)),
        Format::Csv => Console.result(&render::pvcs::csv(&chosen, &shown)),
        Format::Name => Console.result(&render::pvcs::names(&chosen, &shown)),
        Format::Json => Console.json(&PvcReport::new(&chosen, &shown)),
        Format::Yaml => Console.result(&render::yaml(&PvcReport::new(&chosen, &shown))?),
    }?;
    // A document has no place for what bears on no verdict.
    if let Some(unread) =
        facts.unread(Need::ClaimUsers).filter(|_| !matches!(args.output, Format::Human | Format::Wide))
    {
        Console.remark(&format!("warning: which pods use the claims could not be read, or not of all: {}", unread.why));
    }
    for entry in entries.iter().filter(|entry| entry.expires.is_some_and(|last| last < today)) {
        Console.remark(&format!(
            "warning: the entry for {} in the file of --ignore has expired; its claims count again",
            entry.code
        ));
    }
    Ok(if written == Written::ReaderGone {
        exit::FINE
    } else {
        exit_code(&verdicts, &ignored, args.fail_on, &facts, ended)
    })
}

/// The first that fits wins (contract section 1).
fn exit_code(
    verdicts: &[ClaimVerdict<'_>],
    ignored: &BTreeSet<usize>,
    fail_on: FailOn,
    facts: &Facts,
    ended: Option<Interruption>,
) -> u8 {
    let counted = || verdicts.iter().enumerate().filter(|(at, _)| !ignored.contains(at)).map(|(_, one)| one);
    if ended == Some(Interruption::User) {
        exit::INTERRUPTED
    } else if counted().any(|one| fail_on.counts(one)) {
        exit::FOUND
    } else if counted().any(|one| one.said.verdict == Verdict::Unknown) || facts.unread(Need::AllClaims).is_some() {
        exit::UNJUDGED
    } else {
        exit::FINE
    }
}

/// A claim that was asked for by its name.
struct Wish {
    namespace: Option<String>,
    name: String,
}

impl Wish {
    fn is(&self, claim: &ClaimRow) -> bool {
        self.name == claim.name && self.namespace.as_ref().is_none_or(|namespace| *namespace == claim.namespace)
    }
}

/// Reads the claims that were asked for by their names.
fn wishes(args: &CheckPvcsArgs, namespace: Option<&str>) -> Result<Vec<Wish>, Error> {
    let wish = |text: &String| {
        let text = text.trim_start_matches("persistentvolumeclaim/").trim_start_matches("pvc/");
        let (of, name) = match text.split_once('/') {
            Some((of, name)) => (Some(of), name),
            None => (None, text),
        };
        let is_name = |text: &str| {
            !text.is_empty() && text.split('.').all(|part| !part.is_empty() && part.bytes().all(is_of_names))
        };
        if !is_name(name) || of.is_some_and(|of| !is_dns_label(of)) {
            return Err(Error::usage(format!("\"{}\" is no name of a claim", Text::new(text)))
                .hinted("Give it as NAME or NAMESPACE/NAME; see them with: kubectl get pvc --all-namespaces"));
        }
        if let (Some(of), Some(namespace)) = (of, namespace)
            && of != namespace
        {
            return Err(Error::usage(format!("claim {of}/{name} is not in namespace {namespace} of -n"))
                .hinted("Leave -n away, or the namespace before the name."));
        }
        Ok(Wish { namespace: of.map(str::to_owned), name: name.to_owned() })
    };
    args.names.iter().map(wish).collect()
}

const fn is_of_names(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn is_chosen(claim: &ClaimRow, namespace: Option<&str>, selector: Option<&LabelSelector>, wishes: &[Wish]) -> bool {
    namespace.is_none_or(|namespace| claim.namespace == namespace)
        && selector.is_none_or(|selector| selector.takes_in(&claim.labels) == Some(true))
        && (wishes.is_empty() || wishes.iter().any(|wish| wish.is(claim)))
}

/// Refuses names that no claim bears: a slip must not look like a good end.
fn missed(wishes: &[Wish], verdicts: &[ClaimVerdict<'_>], facts: &Facts) -> Result<(), Error> {
    let Some(wish) = wishes.iter().find(|wish| !verdicts.iter().any(|one| wish.is(one.claim))) else { return Ok(()) };
    let name = wish.namespace.as_ref().map_or_else(|| wish.name.clone(), |of| format!("{of}/{}", wish.name));
    let error = match facts.unread(Need::AllClaims) {
        Some(unread) => {
            Error::usage(format!("there is no claim {name} among those that could be read: {}", unread.why))
        }
        None => Error::usage(format!("there is no claim {name}")),
    };
    Err(error.hinted("See them with: kubectl get pvc --all-namespaces"))
}

/// Returns whether an entry takes a claim out of what counts: by the code of its verdict, and its name.
fn ignores(entry: &Entry, one: &ClaimVerdict<'_>, today: jiff::civil::Date) -> bool {
    let subject = format!("persistentvolumeclaim/{}/{}", one.claim.namespace, one.claim.name);
    one.code == Some(entry.code.as_str())
        && entry.expires.is_none_or(|last| last >= today)
        && entry.takes_subject(&subject)
}

/// The claims could not be read at all.
fn no_claims(why: &str, namespace: Option<&str>, is_file: bool) -> Error {
    if is_file {
        return Error::usage("the file holds no claims").hinted("Read them anew: kubectl aksbackup doctor --save FILE");
    }
    let error = Error::cluster(format!("the claims could not be read: {why}"));
    match namespace {
        None => error.hinted("Where you may read one namespace only, name it with -n NAMESPACE."),
        Some(namespace) => error.hinted(format!(
            "See what you may do with: kubectl auth can-i list persistentvolumeclaims --namespace {namespace}"
        )),
    }
}

/// Returns the schema of `check-pvcs -o json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(PvcReport).into()
}
