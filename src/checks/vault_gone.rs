//! The vault that is to protect the cluster does not exist.
//!
//! Knowledge: a backup instance and a trusted access binding hold the vault's id; Azure answers 404 for it.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::cluster_options;
use crate::facts::arm::{ArmId, BackupInstance, TrustedAccess};
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB811",
    name: "vault-gone",
    hop: Hop::Vault,
    title: "the vault that is to protect the cluster exists",
    needs: &[
        required(Need::Vaults),
        helpful(Need::BackupInstances),
        helpful(Need::TrustedAccess),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
    ],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the vault exists that a backup instance of the cluster is in, that was named, or that has trusted
  access to the cluster.

Why it matters
  Without the vault nothing protects the cluster, and its recovery points cannot be restored through it.

How it is found
  The vault's id in the instance or the binding, and Azure's answer that there is none. A vault in a tenant
  that you are not signed in to looks the same. Of several vaults, those of instances are asked for; those of
  bindings only where there is no instance.

What to do
  See whether the vault was moved or deleted. A binding that nobody uses can be taken away.

Sources
  Azure Backup's pages on protecting a cluster; AKS' page on trusted access.
";

fn run(facts: &Facts) -> Judgement {
    let vaults = facts.vaults.whole_rows(Need::Vaults.what())?;
    let wanted = facts.vault_ids();
    if wanted.is_empty() {
        let unread = facts.unread(Need::BackupInstances).or_else(|| facts.unread(Need::TrustedAccess));
        return Err(
            unread.map_or_else(|| Stop::not_applicable("no vault is known for this cluster"), Stop::Inconclusive)
        );
    }
    let gone = wanted.iter().filter(|id| !vaults.iter().any(|vault| vault.id == **id));
    Ok(gone.map(|id| say(facts, id)).collect())
}

fn say(facts: &Facts, id: &ArmId) -> Finding {
    let instances: Vec<&BackupInstance> =
        facts.backup_instances.known_rows().iter().filter(|one| one.vault().as_ref() == Some(id)).collect();
    let bindings = facts.trusted_access.known_rows().iter();
    let bindings: Vec<&TrustedAccess> = bindings.filter(|one| one.properties.source_resource_id == *id).collect();
    let mut message = format!(
        "Azure finds no vault {} in resource group {} of subscription {}: it was deleted or moved, or it belongs to a tenant that \
         you are not signed in to.",
        id.name(),
        id.group().unwrap_or_default(),
        id.subscription().unwrap_or_default()
    );
    let is_named = facts.named.vault.as_ref() == Some(id);
    if is_named {
        message.push_str(" It was named on the command line.");
    }
    let others = facts.backup_instances.known_rows().iter().filter_map(BackupInstance::vault);
    let others: Vec<ArmId> = others.filter(|other| other != id).collect();
    if let Some(other) = others.first().filter(|_| is_named) {
        message.push_str(&format!(
            "\nThe cluster is protected by vault {}: leave --vault away, and that one is judged.",
            other.name()
        ));
    }
    let mut evidence = Vec::new();
    for one in &instances {
        message.push_str(&format!("\nBackup instance {} is in it.", one.label()));
        evidence.push(Evidence::at(one.id.to_string()));
    }
    for one in &bindings {
        message.push_str(&format!("\nThe trusted access binding {} still lets it into the cluster.", one.name));
        evidence.push(Evidence::quoted(format!("{} properties.sourceResourceId", one.id), id.as_str()));
    }
    let is_left_over = instances.is_empty() && !is_named;
    let severity = if is_left_over { Severity::Info } else { Severity::Warning };
    let mut finding = Finding::new(severity, azure_subject(id), message);
    finding.evidence = evidence;
    finding.concerns.extend(instances.iter().map(|one| azure_subject(&one.id)));
    let mut remedy = Remedy::guided(if is_left_over {
        "See whether the vault was moved. If it is gone, the binding serves nobody; take it away, since a cluster can have only eight."
    } else if is_named && !others.is_empty() {
        "Leave --vault away: the vault that protects the cluster is found without it."
    } else {
        "Look for the vault by its name. If it was moved, use its new id; if it is gone, protect the cluster by another vault."
    })
    .documented(format!(
        "az dataprotection backup-vault list --subscription {} --query \"[?name=='{}'].id\" --output tsv",
        id.subscription().unwrap_or("SUBSCRIPTION"),
        id.name_in_query().unwrap_or("VAULT")
    ));
    if is_left_over {
        for one in &bindings {
            remedy = remedy.documented(format!(
                "az aks trustedaccess rolebinding delete --name {} {}",
                shell_word(&one.name),
                cluster_options(facts, "--cluster-name")
            ));
        }
    }
    finding.mended_by(remedy)
}
