//! The extension works with the account's keys, and the account refuses keys.
//!
//! Knowledge: azure-backup.md section 5: without useAAD the extension works in the mode of keys; the command line sets it by
//! itself, Terraform, Bicep and ARM do not.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{
    concerned, locations, read, show, without_locations, words, working, works_all_the_same,
};
use super::reading::azure_extension::{cluster, grant, update};
use super::reading::location_account::{Account, Mode};
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB422",
    name: "storage-account-keys-refused",
    hop: Hop::Storage,
    title: "the storage account takes the extension's way of signing in",
    needs: &[required(Need::StorageAccount), required(Need::ArmExtensions), helpful(Need::StorageLocations)],
    explains: &[
        "UserErrorExtensionIdentityNotFound",
        "UserErrorBackupStorageLocationNotReady",
        "BSL_KEY_MODE_ACCESS_KEY_FAILED",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension is set up to work with the account's keys (useAAD is not true) while the account refuses keys
  (allowSharedKeyAccess is false).

Why it matters
  Every request of the extension is refused with KeyBasedAuthenticationNotPermitted: the location is Unavailable and
  nothing is backed up. The vault reports that the extension's identity was not found.

How it is found
  The extension's settings and the account's properties in Azure. Where the storage location in the cluster says that
  it signs in with the identity all the same, nothing is found.

What to do
  Let the extension sign in with its own identity, and give that the role for the data. Do not allow keys again for it.

Sources
  Azure Backup's troubleshooting page for AKS; the settings of the backup extension in azure-cli-extensions; public
  reports of extensions made by Terraform.
";

fn run(facts: &Facts) -> Judgement {
    let extension = facts.backup_extension()?;
    let (account, known) = read(facts)?;
    let signs_in = locations(facts, &account).any(|location| Account::of(facts, location).mode() == Mode::Identity);
    if extension.uses_aad() || !known.refuses_keys() || signs_in {
        return Ok(Vec::new());
    }
    let setting = extension.storage_setting("useAAD");
    let says = setting.map_or("do not say useAAD=true".to_owned(), |value| format!("say useAAD={value}"));
    let mut message = format!(
        "The settings of the extension {} {says}, so it works with the account's keys, and {} refuses keys.",
        extension.name,
        words(&account)
    );
    let works = working(facts, &account);
    if let Some(location) = works {
        message.push_str(&works_all_the_same(location));
    }
    let uri = known.blob_endpoint().map_or_else(|| "BLOB_ENDPOINT".to_owned(), shell_word);
    let remedy = Remedy::guided(
        "Let the extension sign in with its own identity, and grant it the role for the data; a new role takes up to an hour. \
         Do not allow keys again for it.",
    )
    .documented(update(extension, &format!("useAAD=true storageAccountURI={uri}")))
    .documented(grant(&extension.name, cluster(extension).as_ref(), Some(&account)))
    .documented(show(&account, "allowSharedKeyAccess"));
    let severity = if works.is_some() { Severity::Warning } else { Severity::Error };
    let mut finding = Finding::new(severity, azure_subject(&account), message)
        .seen(Evidence::quoted(format!("{account} properties.allowSharedKeyAccess"), "false"))
        .seen(Evidence::quoted(
            format!(
                "{} properties.configurationSettings configuration.backupStorageLocation.config.useAAD",
                extension.id
            ),
            setting.unwrap_or("not set"),
        ));
    finding.concerns = concerned(facts, &account);
    finding.concerns.push(azure_subject(&extension.id));
    Ok(vec![finding.without(without_locations(facts)).mended_by(remedy)])
}
