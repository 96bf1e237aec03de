//! Nothing of the backup extension is on the cluster.
//!
//! Knowledge: founding page, UserErrorKubernetesBackupExtensionNotFoundError; ExtensionConfig is the
//! only witness that is left inside the cluster after helm's atomic rollback. Whether Azure still
//! holds a record of the extension is told where Azure was asked, and is not guessed.

use super::check::{Check, Judgement};
use crate::facts::{Facts, Need, Presence, Stop, Unread, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB101",
    name: "extension-missing",
    hop: Hop::Extension,
    title: "the backup extension is on the cluster",
    needs: &[
        required(Need::ExtensionConfigs),
        required(Need::StorageLocations),
        required(Need::Namespace),
        required(Need::Deployments),
        required(Need::Pods),
        required(Need::Jobs),
        helpful(Need::ArmExtensions),
    ],
    explains: &["UserErrorKubernetesBackupExtensionNotFoundError"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether anything of the backup extension is on the cluster: its ExtensionConfig, its Deployments,
  pods and Jobs, a BackupStorageLocation.

Why it matters
  Without the extension nothing is backed up, and the vault reports that it was not found.

How it is found
  Every place that would show the extension was read, and none does. Where one of them could not be
  read, this check says so instead.

What to do
  Install the extension. If Azure still lists one, delete that record first: its installation was
  taken back, or the cluster was made anew.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorKubernetesBackupExtensionNotFoundError.
";

fn run(facts: &Facts) -> Judgement {
    match facts.presence() {
        Presence::Present => Ok(Vec::new()),
        Presence::Unknown => Err(Stop::Inconclusive(unread(facts))),
        Presence::Absent => {
            let namespace = &facts.extension.namespace;
            let mut message = "The backup extension is not on this cluster: it has no ExtensionConfig of type \
                               microsoft.dataprotection.kubernetes, no BackupStorageLocation of the extension"
                .to_owned();
            message.push_str(&if facts.namespace.is_absent() {
                format!(", and no namespace {namespace}.")
            } else {
                format!(", and its namespace {namespace} is empty.")
            });
            message.push_str(&in_azure(facts));
            let subject = Subject::cluster_wide("v1", "Namespace", namespace);
            let mut finding = Finding::new(Severity::Error, subject, message);
            finding = finding.seen(Evidence::at(format!("namespace/{namespace}")));
            let remedy = Remedy::guided(
                "See first whether Azure lists an extension of that type; a record of one whose installation failed \
                 is deleted before a new one is created.",
            )
            .documented(
                "az k8s-extension list --cluster-type managedClusters --resource-group RESOURCE_GROUP --cluster-name CLUSTER --output table",
            )
            .documented(
                "az k8s-extension create --name azure-aks-backup --extension-type microsoft.dataprotection.kubernetes --scope cluster --cluster-type managedClusters --resource-group RESOURCE_GROUP --cluster-name CLUSTER --release-train stable --configuration-settings blobContainer=CONTAINER storageAccount=ACCOUNT storageAccountResourceGroup=ACCOUNT_GROUP storageAccountSubscriptionId=SUBSCRIPTION",
            );
            Ok(vec![finding.mended_by(remedy)])
        }
    }
}

/// Says what Azure has of it.
fn in_azure(facts: &Facts) -> String {
    let state = |state: Option<&str>| state.map_or(String::new(), |state| format!(", in the state {state}"));
    match facts.backup_extensions().next() {
        Some(known) => format!(
            "\nAzure lists the extension {}{}.",
            known.name,
            state(known.properties.provisioning_state.as_deref())
        ),
        None if facts.unread(Need::ArmExtensions).is_none() => "\nAzure lists none either.".to_owned(),
        None => "\nWhether Azure lists an extension all the same was not asked.".to_owned(),
    }
}

/// Says what would have shown the extension and could not be read.
fn unread(facts: &Facts) -> Unread {
    let all: Vec<Unread> = {
        let needed = CHECK.needs.iter().filter(|requirement| requirement.required);
        needed.filter_map(|requirement| facts.unread(requirement.need)).collect()
    };
    let mut whys: Vec<String> = all.iter().map(|unread| unread.why.clone()).collect();
    if let Some(only) = &facts.searched_only {
        whys.push(format!("only namespace {only} could be searched for it"));
    }
    // An interruption is the one reason of everything that it left unread.
    whys.dedup();
    Unread { why: whys.join("; "), missing: all.into_iter().flat_map(|unread| unread.missing).collect() }
}
