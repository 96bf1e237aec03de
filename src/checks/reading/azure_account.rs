//! The storage account as Azure has it: whose it is, who of the cluster uses it, and commands about it.

use jiff::SignedDuration;

use crate::facts::arm::{ArmExtension, ArmId, StorageAccount};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, Stop, shell_word};
use crate::finding::Subject;

/// Returns the id of the account: as the extension's settings name it, else as it was read.
///
/// # Errors
/// What keeps it from being known.
pub fn named(facts: &Facts) -> Result<ArmId, Stop> {
    match (facts.backup_extension().map(ArmExtension::account), facts.storage_account.known()) {
        (Ok(Some(id)), _) => Ok(id),
        (_, Some(read)) if !read.id.is_empty() => Ok(read.id.clone()),
        (Ok(None), _) => Err(Stop::not_applicable("the extension's settings in Azure name no storage account")),
        (Err(stop), _) => Err(stop),
    }
}

/// Returns the account, with its id.
///
/// # Errors
/// Not applicable where there is none, inconclusive where it could not be read.
pub fn read(facts: &Facts) -> Result<(ArmId, &StorageAccount), Stop> {
    if facts.storage_account.is_absent() {
        return Err(Stop::not_applicable("Azure has no such storage account"));
    }
    let id = named(facts)?;
    Ok((id, facts.storage_account.required(Need::StorageAccount.what())?))
}

/// Returns the extension's storage locations in the cluster that name the account, as far as they are known.
pub fn locations<'f>(facts: &'f Facts, account: &'f ArmId) -> impl Iterator<Item = &'f StorageLocation> {
    facts.locations().filter(|location| {
        location.setting("storageAccount").is_some_and(|name| name.eq_ignore_ascii_case(account.name()))
    })
}

/// Returns the locations of the account as what a finding concerns.
pub fn concerned(facts: &Facts, account: &ArmId) -> Vec<Subject> {
    locations(facts, account).map(StorageLocation::subject).collect()
}

/// What Velero found longer ago says nothing of now.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// Returns the location of the account that Velero has found to work within the last hour.
pub fn working<'f>(facts: &'f Facts, account: &'f ArmId) -> Option<&'f StorageLocation> {
    locations(facts, account).find(|location| {
        let is_fresh = |then| facts.observed_at.duration_since(then) <= FRESH;
        location.status.phase.as_deref() == Some("Available")
            && location.status.last_validation_time.is_some_and(is_fresh)
    })
}

/// Returns a location that works and names another account or container than the extension's settings do.
pub fn works_elsewhere<'f>(facts: &'f Facts, account: &ArmId, container: Option<&str>) -> Option<&'f StorageLocation> {
    let differs = |location: &StorageLocation| {
        let other = |mine: Option<&str>, theirs: Option<&str>| matches!((mine, theirs), (Some(mine), Some(theirs)) if !mine.eq_ignore_ascii_case(theirs.trim()));
        other(Some(account.name()), location.setting("storageAccount")) || other(container, location.container())
    };
    facts.locations().find(|location| location.status.phase.as_deref() == Some("Available") && differs(location))
}

/// Returns a sentence about a location that works, and is another one.
pub fn is_elsewhere(location: &StorageLocation) -> String {
    format!(
        "\nThe cluster does not use it: the storage location {} is Available, and names container {} in storage account {}. The two do not agree.",
        location.metadata.name,
        location.container().unwrap_or("CONTAINER"),
        location.setting("storageAccount").unwrap_or("ACCOUNT")
    )
}

/// Returns a sentence about a location that works all the same.
pub fn works_all_the_same(location: &StorageLocation) -> String {
    format!("\nVelero finds the storage location {} Available all the same.", location.metadata.name)
}

/// Says what the storage locations would have added, where they could not be read.
pub fn without_locations(facts: &Facts) -> Option<String> {
    let unread = facts.unread(Need::StorageLocations)?;
    Some(format!("whether Velero can use the account now: {}", unread.why))
}

/// Returns the account in words: `storage account a (resource group g)`.
pub fn words(account: &ArmId) -> String {
    let group = account.group().map(|group| format!(" (resource group {group})")).unwrap_or_default();
    format!("storage account {}{group}", account.name())
}

/// Returns the words of a command that name the account by the flag of its name.
pub fn flags(account: &ArmId, flag: &str) -> String {
    format!(
        "{flag} {} --resource-group {} --subscription {}",
        shell_word(account.name()),
        shell_word(account.group().unwrap_or("ACCOUNT_GROUP")),
        shell_word(account.subscription().unwrap_or("SUBSCRIPTION")),
    )
}

/// Returns the command that shows properties of the account.
pub fn show(account: &ArmId, query: &str) -> String {
    format!("az storage account show {} --query \"{query}\"", flags(account, "--name"))
}
