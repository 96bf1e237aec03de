//! What an error of Azure Backup's means: the innermost code of it that the catalogue knows, in our own words.
//!
//! Knowledge: errors lie within errors, and the outer ones are envelopes. What Azure Backup advises stands beside them
//! and is often canned: it is shown, and is never a reason.

use super::azure::azure_subject;
use super::azure_words::cluster_subject;
use super::told::{Told, quoted, told};
use crate::catalogue::Code;
use crate::catalogue::codes::{find, mentioned};
use crate::facts::arm::{ArmId, BackupInstance, ServiceError};
use crate::facts::{Facts, Text};
use crate::finding::{Evidence, Subject};

/// What errors of one run or instance mean.
pub struct Reason<'f> {
    /// The innermost code that the catalogue knows.
    pub entry: Option<&'static Code>,
    told: Option<Told>,
    foreign: Option<&'f str>,
}

/// How many errors are shown, and how much Azure's advice.
const MOST_SHOWN: usize = 3;

/// Reads errors; `at` is where they stand.
pub fn reason<'f>(errors: impl IntoIterator<Item = &'f ServiceError>, at: &str) -> Reason<'f> {
    let errors: Vec<&ServiceError> = errors.into_iter().collect();
    let mut deepest: Option<(usize, &'static Code)> = None;
    errors.iter().for_each(|error| deepest_known(error, 0, &mut deepest));
    let all: Vec<&ServiceError> = errors.iter().flat_map(|error| error.all()).collect();
    let words = all.iter().rev().filter_map(|error| error.message.as_deref());
    let foreign =
        all.iter().rev().filter_map(|error| error.code.as_deref()).map(str::trim).find(|code| !code.is_empty());
    Reason {
        entry: deepest.map(|(_, entry)| entry),
        told: told(words.map(|text| (format!("{at}.message"), text))),
        foreign,
    }
}

fn deepest_known(error: &ServiceError, depth: usize, best: &mut Option<(usize, &'static Code)>) {
    let by_code = error.code.as_deref().and_then(|code| find(code.trim()));
    let by_words = || Some(mentioned(error.message.as_deref()?).first()?.1);
    if let Some(entry) = by_code.or_else(by_words)
        && best.is_none_or(|(known, _)| depth > known)
    {
        *best = Some((depth, entry));
    }
    error.details.iter().for_each(|inner| deepest_known(inner, depth + 1, best));
}

impl Reason<'_> {
    /// Says what it means.
    pub fn sentence(&self) -> String {
        match (self.entry, &self.told, self.foreign) {
            (Some(entry), ..) => format!("{}: {} {}", entry.code, entry.title, entry.cause),
            (None, Some(told), Some(code)) => format!("{code}: {}", told.sentence()),
            (None, Some(told), None) => told.sentence(),
            (None, None, Some(code)) => format!("The code is {code}, which this tool does not know."),
            (None, None, None) => "Azure gives no reason that this tool knows.".to_owned(),
        }
    }

    /// Returns what helps, in the catalogue's safe form.
    pub fn remedy(&self) -> &'static str {
        self.entry.map_or("Mend what the error names.", |entry| entry.remedy)
    }

    /// Returns what the error is about, for telling what explains it; where it says nothing, everything that it can be.
    pub fn concerns(&self, facts: &Facts, vault: Option<&ArmId>) -> Vec<Subject> {
        match (self.entry, &self.told) {
            (Some(entry), _) => concerns(facts, Some(entry.code), vault),
            (None, Some(told)) if told.is_about_location() => locations(facts),
            (None, Some(_)) => Vec::new(),
            (None, None) => concerns(facts, None, vault),
        }
    }
}

/// Returns what a code is about; without one, everything that an error can be about.
pub fn concerns(facts: &Facts, code: Option<&str>, vault: Option<&ArmId>) -> Vec<Subject> {
    let is = |codes: &[&str]| code.is_none_or(|code| codes.contains(&code));
    let has = |part: &str| code.is_none_or(|code| code.contains(part));
    let mut subjects = Vec::new();
    if is(&["UserErrorTrustedAccessGatewayReturnedForbidden", "KubernetesBackupListExtensionsError"]) {
        subjects.extend(vault.map(azure_subject));
    }
    if is(&["UserErrorKubernetesBackupClusterIsStopped", "KubernetesBackupListExtensionsError"]) {
        subjects.push(cluster_subject(facts));
    }
    if is(&[
        "UserErrorSnapshotResourceGroupHasLocks",
        "UserErrorMissingVaultMSIPermissionsOnSnapshotRG",
        "UserErrorPVSnapshotDisallowedByPolicy",
    ]) {
        subjects.extend(facts.snapshot_groups().iter().map(azure_subject));
    }
    if is(&["DppUserErrorVaultTierPolicyNotSupported"]) {
        subjects.extend(own_instances(facts, vault).map(|one| azure_subject(&one.properties.policy_info.policy_id)));
    }
    if is(&["UserErrorNamespaceNotFound"]) {
        subjects.extend(own_instances(facts, vault).map(|one| azure_subject(&one.id)));
    }
    if is(&["UserErrorPVSnapshotLimitReached", "UserErrorPVNotFound"]) && code.is_some() {
        subjects.extend(facts.disks.known_rows().iter().map(|disk| azure_subject(&disk.id)));
        let volumes = facts.disk_volumes.known_rows().iter();
        subjects.extend(volumes.map(|volume| Subject::cluster_wide("v1", "PersistentVolume", &volume.metadata.name)));
    }
    if has("BackupStorageLocation") || is(&["UserErrorExtensionIdentityNotFound"]) {
        subjects.extend(locations(facts));
    }
    if has("Extension") && !code.is_some_and(|code| code.contains("BackupStorageLocation")) {
        subjects.extend(facts.backup_extension().ok().map(|extension| azure_subject(&extension.id)));
    }
    subjects
}

fn own_instances<'f>(facts: &'f Facts, vault: Option<&'f ArmId>) -> impl Iterator<Item = &'f BackupInstance> {
    let rows = facts.backup_instances.known_rows().iter();
    rows.filter(move |one| vault.is_none() || one.vault().as_ref() == vault)
}

/// Returns the location that the vault writes to, and the account behind it.
fn locations(facts: &Facts) -> Vec<Subject> {
    let namespace = &facts.extension.namespace;
    let location = Subject::namespaced("velero.io/v1", "BackupStorageLocation", namespace, "default");
    let account = facts.backup_extension().ok().and_then(crate::facts::arm::ArmExtension::account);
    std::iter::once(location).chain(account.as_ref().map(azure_subject)).collect()
}

/// Returns the errors as evidence: the innermost first, then what Azure advises.
pub fn evidence<'f>(errors: impl IntoIterator<Item = &'f ServiceError>, at: &str) -> Vec<Evidence> {
    let mut placed: Vec<(String, &ServiceError)> = Vec::new();
    errors.into_iter().for_each(|error| places(error, at, &mut placed));
    let mut shown: Vec<Evidence> = Vec::new();
    for (at, error) in placed.iter().rev().take(MOST_SHOWN) {
        let is_telling = |text: &&Text| !text.trim().is_empty();
        if let Some(code) = error.code.as_ref().filter(is_telling) {
            shown.push(Evidence::quoted(format!("{at}.code"), code.trim()));
        }
        if let Some(message) = error.message.as_ref().filter(is_telling) {
            shown.push(quoted(format!("{at}.message"), message));
        }
    }
    let mut advice = placed.iter().flat_map(|(at, error)| error.recommended_action.iter().map(move |text| (at, text)));
    let advice = advice.rfind(|(_, text)| !text.trim().is_empty());
    shown.extend(advice.map(|(at, text)| quoted(format!("{at}.recommendedAction"), text)));
    shown
}

fn places<'f>(error: &'f ServiceError, at: &str, placed: &mut Vec<(String, &'f ServiceError)>) {
    placed.push((at.to_owned(), error));
    error.details.iter().for_each(|inner| places(inner, &format!("{at}.details"), placed));
}
