//! The extension has no identity, or the identity that Azure names for it is gone.
//!
//! Knowledge: founding page, UserErrorKubernetesBackupExtensionIdentityNotFound; azure-backup.md section 4: the extension acts
//! as an identity in the nodes' resource group, told in aksAssignedIdentity. Newer answers may name it by its resource.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{concerned, without_locations, working, works_all_the_same};
use super::reading::azure_extension::{reinstall, show};
use super::reading::reinstall::CAUTION;
use crate::facts::arm::{ArmExtension, ArmId};
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB134",
    name: "extension-identity-missing",
    hop: Hop::Extension,
    title: "the extension has an identity, and it exists",
    needs: &[
        required(Need::ArmExtensions),
        helpful(Need::ScaleSets),
        helpful(Need::Identities),
        helpful(Need::StorageLocations),
    ],
    explains: &["UserErrorKubernetesBackupExtensionIdentityNotFound", "UserErrorExtensionIdentityNotFound"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure names an identity for the extension (aksAssignedIdentity), and whether that identity is still among
  those of the nodes' resource group.

Why it matters
  The extension signs in to the storage account, or asks for its keys, as this identity. Without it the storage
  location is Unavailable and nothing is backed up.

How it is found
  The field aksAssignedIdentity.principalId of an extension whose state is Succeeded. Where it is filled and no scale
  set of the nodes has that identity, the identities of the nodes' resource group are read: if it is not among them,
  it is gone. An identity that exists and is only missing on some nodes is extension-identity-not-on-nodes. The
  field identity of the extension is another one, and is null on AKS.

What to do
  Delete and reinstall the extension with the same settings: that makes a new identity, which needs its role at the
  storage account anew.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorKubernetesBackupExtensionIdentityNotFound and
  UserErrorExtensionIdentityNotFound; Azure's model of an extension.
";

fn run(facts: &Facts) -> Judgement {
    let extension = facts.backup_extension()?;
    if !extension.has_succeeded() {
        return Err(Stop::not_applicable("the extension is not installed well: see azure-extension-failed"));
    }
    let identity = extension.properties.aks_assigned_identity.as_ref();
    let resource = identity.and_then(|identity| identity.resource_id.as_ref()).filter(|id| !id.is_empty());
    let Some(principal) = extension.principal() else {
        return match resource {
            // An identity is named, in other words than those that this check understands.
            Some(id) => Err(Stop::inconclusive(format!("Azure names {} without its object id", id.words()))),
            None => Ok(vec![none(facts, extension)]),
        };
    };
    let sets = facts.scale_sets.known_rows();
    if sets.iter().any(|set| set.may_be(principal)) {
        return Ok(Vec::new());
    }
    facts.scale_sets.whole_rows(Need::ScaleSets.what())?;
    let known = facts.identities.known_rows();
    let is_it = |id: &Option<String>| id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(principal));
    if known.iter().any(|identity| is_it(&identity.properties.principal_id)) {
        return Ok(Vec::new());
    }
    facts.identities.whole_rows(Need::Identities.what())?;
    // Elsewhere it may well be: only the nodes' group was read.
    let elsewhere = resource.filter(|id| sets.iter().all(|set| set.id.group_id() != id.group_id()));
    match elsewhere {
        Some(id) => Err(Stop::inconclusive(format!("{} is in another resource group, which was not read", id.words()))),
        None => Ok(vec![gone(facts, extension, principal)]),
    }
}

/// Azure names none.
fn none(facts: &Facts, extension: &ArmExtension) -> Finding {
    let message = format!(
        "Azure says Succeeded of the extension {} and names no identity for it: aksAssignedIdentity has no principalId. Without an identity it cannot sign in to the storage account.",
        extension.name
    );
    let seen = Evidence::quoted(format!("{} properties.aksAssignedIdentity.principalId", extension.id), "null");
    complete(facts, extension, message, vec![seen])
}

/// It is nowhere that it should be.
fn gone(facts: &Facts, extension: &ArmExtension, principal: &str) -> Finding {
    let sets = facts.scale_sets.known_rows();
    let group = sets.first().and_then(|set| set.id.group_id());
    let place = group.as_ref().map_or_else(|| "the nodes' resource group".to_owned(), ArmId::words);
    let message = format!(
        "The identity of the extension {} (object id {principal}) is gone: no identity in {place} has that object id, and no scale set of the nodes has it.",
        extension.name
    );
    let mut seen =
        vec![Evidence::quoted(format!("{} properties.aksAssignedIdentity.principalId", extension.id), principal)];
    if let Some(group) = group {
        let names: Vec<&str> = facts.identities.known_rows().iter().map(|identity| identity.name.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { crate::finding::listing(names, 6) };
        seen.push(Evidence::quoted(
            format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"),
            names,
        ));
    }
    complete(facts, extension, message, seen)
}

fn complete(facts: &Facts, extension: &ArmExtension, mut message: String, seen: Vec<Evidence>) -> Finding {
    let account = extension.account();
    let works = account.as_ref().and_then(|account| working(facts, account));
    if let Some(location) = works {
        message.push_str(&works_all_the_same(location));
    }
    let severity = if works.is_some() { Severity::Warning } else { Severity::Error };
    let mut finding = Finding::new(severity, azure_subject(&extension.id), message);
    finding.evidence = seen;
    finding.concerns = account.as_ref().map(|account| concerned(facts, account)).unwrap_or_default();
    let text = if works.is_some() {
        "Nothing is to be mended while the location is Available: do not install the extension again for this. Look at the \
         identity, and again when the location becomes Unavailable."
            .to_owned()
    } else {
        format!(
            "Look again in some minutes before you do anything. If the identity stays away, delete and reinstall the \
             extension with the same four settings. {CAUTION}"
        )
    };
    let mut remedy = Remedy::guided(text).documented(show(extension, "aksAssignedIdentity"));
    if let Some(group) = facts.scale_sets.known_rows().first().and_then(|set| set.id.group_id()) {
        remedy = remedy.documented(format!(
            "az identity list --resource-group {} --subscription {} --query \"[].{{name:name, principal:principalId}}\" --output table",
            shell_word(group.group().unwrap_or("NODE_GROUP")),
            shell_word(group.subscription().unwrap_or("SUBSCRIPTION")),
        ));
    }
    if works.is_none() {
        remedy = reinstall(remedy, extension, &facts.extension.namespace);
    }
    finding.without(without_locations(facts)).mended_by(remedy)
}
