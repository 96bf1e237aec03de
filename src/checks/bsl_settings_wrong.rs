//! A storage location's own settings, or the credentials that go with them, cannot work.
//!
//! Knowledge: Velero's pkg/util/azure/storage.go (what it requires), Velero issues 7831, 8347 and 7491:
//! `storageAccountKeyEnvVar` wants the name of a variable, and people put the key itself there, where
//! everybody can read it. That value is never printed.

use super::check::{Check, Judgement};
use super::reading::location_account::{Account, Mode, go_bool};
use super::reading::location_message::{Complaint, NEEDS, complaints};
use crate::catalogue::{Captured, Sign};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB416",
    name: "bsl-settings-wrong",
    hop: Hop::Storage,
    title: "the storage location's settings are complete and readable",
    needs: NEEDS,
    explains: &[
        "CLI_MISSING_CONFIG_SETTING",
        "UserErrorNoDefaultBackupStorageLocationFound",
        "UserErrorBackupStorageLocationNotReady",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the location names a container and an account, whether useAAD can be read as yes or no, whether
  storageAccountKeyEnvVar is the name of a variable, and whether Velero finds the credentials that it was
  told of.

Why it matters
  With such settings the location can never become available. A key that stands where a name belongs can
  be read by everybody who may read the location.

How it is found
  The location's own fields, and the words of its status or of the newest line about it in Velero's log.
  A value that looks like a key is not printed.

What to do
  Give the extension its four settings anew (container, account, the account's group and subscription):
  the command line takes all four or none, and drops names that it does not know. A key that was written
  into the location is rotated.

Sources
  Velero's pkg/util/azure/storage.go; Velero issues 7491, 7831 and 8347; the settings of the backup
  extension in azure-cli-extensions.
";

const SIGNS: &[Sign] =
    &[Sign::CredentialsMissing, Sign::CredentialsMalformed, Sign::LocationSettingMissing, Sign::KeySettingHoldsKey];

/// One thing that is wrong with a location.
struct Fault {
    says: String,
    at: Evidence,
    is_exposed: bool,
    is_secret: bool,
}

fn run(facts: &Facts) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let complaints = complaints(facts);
    let mut findings = Vec::new();
    for location in facts.locations() {
        let complaint = complaints.iter().find(|complaint| complaint.location.metadata.name == location.metadata.name);
        let mut faults = faults(location);
        faults.extend(complaint.and_then(|complaint| told(complaint, &faults)));
        if !faults.is_empty() {
            findings.push(say(facts, location, &faults));
        }
    }
    Ok(findings)
}

/// Finds what the location's own fields show.
fn faults(location: &StorageLocation) -> Vec<Fault> {
    let mut faults = Vec::new();
    let at = |field: &str| Evidence::at(format!("{} {field}", location.at()));
    let mut fault = |says: String, at, is_exposed| faults.push(Fault { says, at, is_exposed, is_secret: false });
    // Whose plugin reads the settings decides which are needed.
    let is_azure =
        location.spec.provider.as_deref().is_none_or(|provider| provider == "azure" || provider.ends_with("/azure"));
    if !is_azure {
        return faults;
    }
    if location.container().is_none() {
        fault("It names no container.".to_owned(), at(".spec.objectStorage.bucket: none"), false);
    }
    if location.setting("storageAccount").is_none() {
        fault("It names no storage account.".to_owned(), at(".spec.config.storageAccount: none"), false);
    }
    if let Some(text) = location.setting("useAAD").filter(|text| go_bool(text).is_none()) {
        fault(
            format!("useAAD is \"{text}\", which is neither true nor false."),
            Evidence::quoted(format!("{} .spec.config.useAAD", location.at()), text),
            false,
        );
    }
    if location.setting("storageAccountKeyEnvVar").is_some_and(|text| !is_variable(text)) {
        fault(
            "storageAccountKeyEnvVar wants the name of a variable and holds something else, most likely the account's key itself: everybody who may read the location can read it.".to_owned(),
            at(".spec.config.storageAccountKeyEnvVar (its value is not shown)"),
            true,
        );
    }
    faults
}

/// Finds what a message shows beyond that.
fn told(complaint: &Complaint<'_>, known: &[Fault]) -> Option<Fault> {
    let cause = complaint.cause().filter(|cause| SIGNS.contains(&cause.sign))?;
    let is_exposed = cause.sign == Sign::KeySettingHoldsKey;
    let says = match (&cause.sign, &cause.captured) {
        (Sign::CredentialsMissing, Captured::Object { name: Some(name), .. }) => {
            format!("The secret {name} with the credentials does not exist.")
        }
        (Sign::CredentialsMissing, _) => "The secret with the credentials is missing, or lacks the key that was asked for.".to_owned(),
        (Sign::CredentialsMalformed, _) => "The credentials cannot be read, or lack a value.".to_owned(),
        (Sign::KeySettingHoldsKey, _) if known.iter().any(|fault| fault.is_exposed) => return None,
        (Sign::KeySettingHoldsKey, _) => "Velero finds no key under the name that storageAccountKeyEnvVar gives; if that is a key and no name, it stands open.".to_owned(),
        // The field that is missing was seen already.
        _ if !known.is_empty() => return None,
        _ => "Velero misses a setting, or cannot read one.".to_owned(),
    };
    let is_secret = matches!(cause.sign, Sign::CredentialsMissing | Sign::CredentialsMalformed);
    Some(Fault { says, at: complaint.evidence(), is_exposed, is_secret })
}

/// Returns whether a text can be the name of an environment variable.
fn is_variable(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.bytes().next().is_some_and(|first| first.is_ascii_digit())
}

fn say(facts: &Facts, location: &StorageLocation, faults: &[Fault]) -> Finding {
    let account = Account::of(facts, location);
    let sentences: Vec<&str> = faults.iter().map(|fault| fault.says.as_str()).collect();
    let mut message =
        format!("The storage location {} is set up wrong. {}", location.metadata.name, sentences.join(" "));
    // Helpful for whoever mends it, and no trouble by itself: the credentials may name them too.
    let missing: Vec<&str> =
        ["resourceGroup", "subscriptionId"].into_iter().filter(|key| location.setting(key).is_none()).collect();
    if account.mode() == Mode::Keys && !missing.is_empty() {
        message.push_str(&format!(
            "\nIt does not say {} either, which the extension needs for asking for the account's keys unless its credentials do.",
            listing(missing.iter().copied(), 2)
        ));
    }
    let is_exposed = faults.iter().any(|fault| fault.is_exposed);
    let is_secret = faults.iter().any(|fault| fault.is_secret);
    // What works today although it stands open is a danger, not a failure.
    let works = location.status.phase.as_deref() == Some("Available");
    let severity = if works { Severity::Warning } else { Severity::Error };
    let text = if is_exposed {
        "Take the value out of the location and put the name of a variable there, or let the extension sign in with its own identity and drop the setting. If it was a key, rotate it, since it has been readable in the cluster: everybody else who uses that key needs the new one."
    } else if is_secret {
        "The secret comes with the extension: if somebody deleted or changed it, give the extension its four settings anew, and if that does not bring it back, delete and reinstall it with them. If the location names a secret of somebody's own, correct that one."
    } else {
        "Give the extension the four settings of its storage location anew; the command line takes all four or none. Correct the extension's settings rather than the location, which is made from them."
    };
    let mut remedy = Remedy::guided(text).documented(account.move_to(
        account.container(),
        account.name(),
        account.group(),
        account.subscription(),
    ));
    if account.mode() == Mode::Unclear {
        remedy = remedy.documented(account.use_identity());
    }
    if is_secret {
        remedy = remedy.documented(format!("kubectl --namespace {} get secrets", location.metadata.namespace()));
    }
    if is_exposed {
        remedy = remedy.documented(account.use_identity()).documented(format!(
            "az storage account keys renew --account-name {} --resource-group {} --subscription {} --key primary",
            account.name(),
            account.group(),
            account.subscription()
        ));
    }
    let mut finding = Finding::new(severity, location.subject(), message).mended_by(remedy.documented(account.watch()));
    for fault in faults {
        finding = finding.seen(fault.at.clone());
    }
    finding
}
