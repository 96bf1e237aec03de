//! The extension's settings in Azure are not those of its storage location in the cluster.
//!
//! Knowledge: azure-backup.md section 5: the location is made from the settings. Velero works with the location, the vault
//! and the next update with the settings.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_extension::{four, show, update};
use super::reading::location_account::{Account, Mode, go_bool};
use crate::facts::arm::ArmExtension;
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, Stop, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB135",
    name: "extension-settings-differ",
    hop: Hop::Extension,
    title: "the cluster works with the settings that Azure has",
    needs: &[required(Need::ArmExtensions), required(Need::StorageLocations)],
    explains: &["UserErrorNoDefaultBackupStorageLocationFound", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage account, its group and subscription, the container and the way of signing in are the same in the
  extension's settings in Azure and in the BackupStorageLocation in the cluster.

Why it matters
  Velero writes to where the location says. Azure shows, and checks, what the settings say. The next update makes the
  location anew from the settings: then backups go elsewhere, and the recovery points of before are not found.

How it is found
  Both were read. A setting that one side does not tell is not compared, and nothing is said while Azure changes the
  extension. Names are compared without regard to case.

What to do
  Find out which of the two holds the recovery points, and give the extension those settings. Change the extension, not
  the location.

Sources
  The settings of the backup extension in azure-cli-extensions; Velero's pkg/util/azure/storage.go.
";

/// One thing of which the two sides tell different things.
struct Difference {
    what: &'static str,
    azure: String,
    here: String,
    of_azure: &'static str,
    of_location: String,
    is_place: bool,
}

fn run(facts: &Facts) -> Judgement {
    let extension = facts.backup_extension()?;
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let state = extension.properties.provisioning_state.as_deref().unwrap_or_default();
    if ["Creating", "Updating", "Deleting"].iter().any(|busy| state.eq_ignore_ascii_case(busy)) {
        return Err(Stop::not_applicable(format!("Azure is changing the extension ({state})")));
    }
    let all: Vec<&StorageLocation> = facts.locations().collect();
    let location = match all.as_slice() {
        [only] => *only,
        several => match several.iter().find(|location| location.metadata.name == "default") {
            Some(location) => location,
            None => match facts.unread(Need::StorageLocations) {
                Some(unread) => return Err(Stop::Inconclusive(unread)),
                None => return Err(Stop::not_applicable("no storage location in the cluster is named default")),
            },
        },
    };
    let differences = differences(facts, extension, location);
    if differences.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![say(extension, location, &differences)])
}

fn differences(facts: &Facts, extension: &ArmExtension, location: &StorageLocation) -> Vec<Difference> {
    const PLACES: [(&str, &str, &str); 4] = [
        ("container", "bucket", "configuration.backupStorageLocation.bucket"),
        ("storage account", "storageAccount", "configuration.backupStorageLocation.config.storageAccount"),
        ("resource group", "resourceGroup", "configuration.backupStorageLocation.config.resourceGroup"),
        ("subscription", "subscriptionId", "configuration.backupStorageLocation.config.subscriptionId"),
    ];
    let mut found = Vec::new();
    for (what, key, of_azure) in PLACES {
        let here = if key == "bucket" { location.container() } else { location.setting(key) };
        if let (Some(azure), Some(here)) = (extension.storage_setting(key), here)
            && !azure.eq_ignore_ascii_case(here.trim())
        {
            let field =
                if key == "bucket" { ".spec.objectStorage.bucket".to_owned() } else { format!(".spec.config.{key}") };
            let (azure, here) = (azure.to_owned(), here.to_owned());
            found.push(Difference { what, azure, here, of_azure, of_location: field, is_place: true });
        }
    }
    // Unset in the location is the mode of keys; unset in the settings may have been filled in on the way.
    let mode = Account::of(facts, location).mode();
    if let Some(azure) = extension.storage_setting("useAAD")
        && let Some(wants) = go_bool(azure)
        && matches!(mode, Mode::Identity | Mode::Keys)
        && wants != (mode == Mode::Identity)
    {
        found.push(Difference {
            what: "useAAD",
            azure: azure.to_owned(),
            here: location.setting("useAAD").unwrap_or("not set").to_owned(),
            of_azure: "configuration.backupStorageLocation.config.useAAD",
            of_location: ".spec.config.useAAD".to_owned(),
            is_place: false,
        });
    }
    found
}

fn say(extension: &ArmExtension, location: &StorageLocation, differences: &[Difference]) -> Finding {
    let told: Vec<String> = differences
        .iter()
        .map(|one| format!("{} is {} in Azure and {} in the cluster", one.what, one.azure, one.here))
        .collect();
    let mut message = format!(
        "The extension {} and the storage location {} do not agree: {}.",
        extension.name,
        location.metadata.name,
        told.join("; ")
    );
    let is_place = differences.iter().any(|one| one.is_place);
    let is_unavailable = location.is_unavailable();
    message.push_str(match (is_unavailable, is_place) {
        (true, _) => "\nVelero works with the location, and says that it cannot use it.",
        (false, true) => "\nVelero writes to where the location says; the next update of the extension moves it.",
        (false, false) => "\nVelero signs in as the location says; the next update of the extension changes that.",
    });
    // Another way of signing in is told by how the account refuses it; another place explains that something is not found.
    let severity = if is_unavailable && is_place { Severity::Error } else { Severity::Warning };
    let mut finding = Finding::new(severity, location.subject(), message).concerning(azure_subject(&extension.id));
    for one in differences {
        finding = finding
            .seen(Evidence::quoted(
                format!("{} properties.configurationSettings {}", extension.id, one.of_azure),
                &one.azure,
            ))
            .seen(Evidence::quoted(format!("{} {}", location.at(), one.of_location), &one.here));
    }
    let meta = &location.metadata;
    let mut settings = four(extension);
    if !is_place && let Some(value) = extension.storage_setting("useAAD") {
        settings = format!("useAAD={}", shell_word(value));
    }
    let remedy = Remedy::guided(
        "Find out which of the two holds the recovery points. If the settings in Azure are right, give them to the extension \
         again, which makes the location anew: the command below does. If the location is right, give the extension the \
         location's values instead. Do not edit the location: it is made from the settings.",
    )
    .documented(show(extension, "configurationSettings"))
    .documented(format!(
        "kubectl --namespace {} get backupstoragelocations.velero.io {} --output yaml",
        meta.namespace(),
        meta.name
    ))
    .documented(update(extension, &settings));
    finding.mended_by(remedy)
}
