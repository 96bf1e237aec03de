//! The vault acts as nobody: it has no identity, or not the one that its backup instance names.
//!
//! Knowledge: Azure Backup's pages on protecting AKS: the vault's managed identity reads the cluster and its snapshots;
//! `identityDetails` of a backup instance names one that was given to the vault.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::vault_options;
use crate::facts::arm::{ArmId, BackupInstance, Vault};
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB814",
    name: "vault-identity-missing",
    hop: Hop::Vault,
    title: "the vault has the identity that it acts as",
    needs: &[required(Need::Vaults), helpful(Need::BackupInstances)],
    explains: &["UserErrorMissingVaultMSIPermissionsOnSnapshotRG"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the vault has an identity, and the one that its backup instance names.

Why it matters
  A vault reads the cluster and its snapshots as its identity. Without one no role can be granted to it, and every
  backup fails.

How it is found
  The vault's identity in Azure, and identityDetails of the backup instances of this cluster in it.

What to do
  Give the vault its identity, then grant it the roles at the cluster and at the snapshot resource group. An
  identity that is new has no role yet.

Sources
  Azure Backup's pages on protecting AKS and on managed identities of vaults.
";

fn run(facts: &Facts) -> Judgement {
    let vaults = facts.vaults.rows(Need::Vaults.what())?;
    let mut findings = Vec::new();
    for vault in vaults {
        let instances: Vec<&BackupInstance> =
            facts.backup_instances.known_rows().iter().filter(|one| one.vault().as_ref() == Some(&vault.id)).collect();
        if vault.identity.as_ref().is_none_or(|identity| identity.principals().is_empty()) {
            findings.push(none_at_all(vault, &instances));
            continue;
        }
        findings.extend(instances.iter().filter_map(|instance| not_its_own(vault, instance)));
    }
    Ok(findings)
}

fn none_at_all(vault: &Vault, instances: &[&BackupInstance]) -> Finding {
    let severity = if instances.is_empty() { Severity::Warning } else { Severity::Error };
    let message = format!(
        "Vault {} has no identity: nothing can be granted to it, and it can read neither the cluster nor its snapshots.",
        vault.id.name()
    );
    let kind = vault.identity.as_ref().map(|identity| identity.kind.as_str()).filter(|kind| !kind.is_empty());
    let mut finding = Finding::new(severity, azure_subject(&vault.id), message)
        .seen(Evidence::quoted(format!("{} identity.type", vault.id), kind.unwrap_or("null")));
    finding.concerns.extend(instances.iter().map(|one| azure_subject(&one.id)));
    finding.mended_by(
        Remedy::guided(
            "Switch the vault's own identity on. It is a new one, without any role: look at the permissions again afterwards.",
        )
        .documented(format!(
            "az dataprotection backup-vault update {} --type SystemAssigned",
            vault_options(Some(&vault.id))
        )),
    )
}

/// Says of an instance that it names an identity which the vault does not have.
fn not_its_own(vault: &Vault, instance: &BackupInstance) -> Option<Finding> {
    let named = instance.properties.identity_details.as_ref()?.user_assigned_identity_arm_url.as_ref()?;
    if named.is_empty() || Facts::principal_of_instance(vault, instance).is_some() {
        return None;
    }
    let message = format!(
        "Backup instance {} is to act as identity {}, which vault {} does not have: it was taken away, or never given.",
        instance.label(),
        named.name(),
        vault.id.name()
    );
    let at = format!("{} properties.identityDetails.userAssignedIdentityArmUrl", instance.id);
    Some(
        Finding::new(Severity::Error, azure_subject(&instance.id), message)
            .seen(Evidence::quoted(at, named.as_str()))
            .concerning(azure_subject(&vault.id))
            .mended_by(
                Remedy::guided("Give the identity to the vault, or let the instance act as one that the vault has.")
                    .documented(format!("az identity show --ids {}", shell_word(ArmId::as_str(named))))
                    .documented(format!(
                        "az dataprotection backup-vault show {} --query identity",
                        vault_options(Some(&vault.id))
                    )),
            ),
    )
}
