//! Azure has no backup extension on the cluster.
//!
//! Knowledge: founding page, UserErrorKubernetesBackupExtensionNotFoundError; azure-backup.md section 6: Azure's record goes
//! at once when an extension is deleted, what it brought into the cluster only when the agents there reach Azure.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_extension::{TYPE, create, grant, list};
use super::reading::word::word;
use crate::facts::arm::ArmId;
use crate::facts::objects::ExtensionConfig;
use crate::facts::{Facts, Need, Presence, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB133",
    name: "azure-extension-missing",
    hop: Hop::Extension,
    title: "Azure has the backup extension on the cluster",
    needs: &[
        required(Need::ArmExtensions),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::Nodes),
        helpful(Need::ExtensionConfigs),
        helpful(Need::StorageLocations),
        helpful(Need::Namespace),
        helpful(Need::Deployments),
        helpful(Need::Pods),
        helpful(Need::Jobs),
        helpful(Need::Registrations),
    ],
    explains: &["UserErrorKubernetesBackupExtensionNotFoundError"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure lists an extension of the type microsoft.dataprotection.kubernetes on the cluster.

Why it matters
  The vault asks Azure for the extension before every operation. Without one it reports that the extension was not
  found, whatever still runs in the cluster.

How it is found
  All the cluster's extensions in Azure were read, and none is of that type. What of the extension is in the cluster
  is told with it: Azure forgets an extension at once, the cluster only when its agent has reached Azure.

What to do
  Install the extension. Where a storage location is still in the cluster, give the new one the same account and
  container: then the recovery points stay usable. Its identity is a new one, which needs its role anew.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorKubernetesBackupExtensionNotFoundError; AKS' page on deploying
  extensions with the Azure CLI.
";

fn run(facts: &Facts) -> Judgement {
    if facts.arm_extensions.is_absent() {
        return Err(Stop::not_applicable("Azure has no such cluster any more"));
    }
    let all = facts.arm_extensions.rows(Need::ArmExtensions.what())?;
    if facts.backup_extensions().next().is_some() {
        return Ok(Vec::new());
    }
    facts.arm_extensions.whole_rows(Need::ArmExtensions.what())?;
    let cluster = facts.cluster_id();
    let place = cluster.as_ref().map_or_else(|| "the cluster".to_owned(), ArmId::words);
    let mut message =
        format!("Azure has no extension of type {TYPE} on {place}: nothing can be backed up or restored.");
    let presence = facts.presence();
    match presence {
        Presence::Present => message.push_str(&format!(
            "\nIn the cluster there still is {}. What was removed in Azure goes from the cluster only when the agent there has reached Azure.",
            left(facts)
        )),
        Presence::Absent => message.push_str("\nNor is anything of it in the cluster."),
        Presence::Unknown => {}
    }
    for registration in facts.registrations.known_rows() {
        let is_missing = !registration.registration_state.eq_ignore_ascii_case("Registered");
        if is_missing && registration.namespace.eq_ignore_ascii_case("Microsoft.KubernetesConfiguration") {
            message.push_str(&format!(
                "\nThe resource provider {} is {}, so no extension can be installed.",
                registration.namespace, registration.registration_state
            ));
        }
    }
    let subject = cluster
        .as_ref()
        .map_or_else(|| Subject { kind: Some("managedClusters".to_owned()), ..Subject::default() }, azure_subject);
    let at = cluster.as_ref().map_or_else(|| "the cluster".to_owned(), ToString::to_string);
    let types: Vec<&str> = all.iter().map(|extension| extension.properties.extension_type.as_str()).collect();
    let seen = if types.is_empty() { "none".to_owned() } else { listing(types.iter().copied(), 6) };
    let finding = Finding::new(Severity::Error, subject, message).seen(Evidence::quoted(
        format!("{at}/providers/Microsoft.KubernetesConfiguration/extensions extensionType"),
        seen,
    ));
    let unread = (presence == Presence::Unknown)
        .then(|| {
            CHECK
                .needs
                .iter()
                .filter(|one| !one.need.is_azure() && one.need != Need::Nodes)
                .find_map(|one| facts.unread(one.need))
        })
        .flatten();
    let finding = finding
        .without(unread.map(|unread| format!("whether something of it is still in the cluster: {}", unread.why)));
    Ok(vec![finding.mended_by(remedy(facts, cluster.as_ref(), presence))])
}

/// What of the extension is in the cluster.
fn left(facts: &Facts) -> String {
    let mut parts: Vec<String> = Vec::new();
    let configs = facts.extension_configs.known_rows().iter();
    parts.extend(
        configs
            .filter(|config| config.is_backup())
            .map(|config: &ExtensionConfig| format!("the ExtensionConfig {}", config.metadata.name)),
    );
    let own = facts.deployments.known_rows().iter().filter(|known| facts.is_own(&known.metadata)).count();
    if own > 0 {
        parts.push(counted(own, "Deployment", "Deployments"));
    }
    parts.extend(facts.locations().map(|location| format!("the storage location {}", location.metadata.name)));
    if parts.is_empty() {
        parts.push(format!("something in the namespace {}", facts.extension.namespace));
    }
    listing(parts.iter().map(String::as_str), 6)
}

fn remedy(facts: &Facts, cluster: Option<&ArmId>, presence: Presence) -> Remedy {
    /// What Microsoft's tools call it.
    const CUSTOMARY: &str = "azure-aks-backup";
    let name = facts.extension.name.as_deref().unwrap_or(CUSTOMARY);
    let location = facts.locations().next();
    let setting = |key: &str, unknown: &'static str| word(location.and_then(|l| l.setting(key)), unknown);
    let (account, group, subscription) = (
        setting("storageAccount", "ACCOUNT"),
        setting("resourceGroup", "ACCOUNT_GROUP"),
        setting("subscriptionId", "SUBSCRIPTION"),
    );
    let container = word(location.and_then(|location| location.container()), "CONTAINER");
    let four = format!(
        "blobContainer={container} storageAccount={account} storageAccountResourceGroup={group} storageAccountSubscriptionId={subscription}"
    );
    let scope = ArmId::new(&format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"
    ));
    let text = if presence == Presence::Present {
        "See whether a removal is under way: wait until the namespace of the extension is gone before you install it \
         again, and give the new one the same account and container, so that the recovery points stay usable. Its \
         identity is a new one: grant it its role."
    } else {
        "Install the extension, into the container of before where there was one, and grant its identity the role."
    };
    Remedy::guided(text)
        .documented(list(cluster))
        .documented(format!("kubectl get namespace {} --ignore-not-found", shell_word(&facts.extension.namespace)))
        .documented(create(name, cluster, &four))
        .documented(grant(name, cluster, Some(&scope)))
}
