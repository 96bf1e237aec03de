//! The vault lets what it keeps be deleted at once, or keeps its copies in one data centre.
//!
//! Knowledge: Azure's documentation of backup vaults: soft delete keeps what was deleted for at least 14 days, and new
//! vaults have it; locally redundant storage is lost with its data centre. The operational tier (snapshots in the
//! cluster's subscription) is guarded by neither.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use crate::facts::arm::Vault;
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB813",
    name: "vault-guards-little",
    hop: Hop::Vault,
    title: "the vault keeps what was deleted, and keeps its copies in more than one place",
    needs: &[required(Need::Vaults), helpful(Need::BackupPolicies), helpful(Need::BackupInstances)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether soft delete of the vault is off; and, where the policy of the cluster keeps copies in the vault,
  whether those are locally redundant.

Why it matters
  Without soft delete a backup instance that somebody deletes is gone at once, with all its recovery points.
  Locally redundant copies are lost with the data centre that they lie in. No backup fails by either: it is
  a remark.

How it is found
  The vault's security and storage settings. What Azure does not tell is not told here.

What to do
  Switch soft delete on. The redundancy of a vault is chosen when it is made: for another one, make a new
  vault and protect the cluster there.

Sources
  Azure's documentation of backup vaults (soft delete, immutability, redundancy).
";

fn run(facts: &Facts) -> Judgement {
    let vaults = facts.vaults.rows(Need::Vaults.what())?;
    Ok(vaults.iter().filter_map(|vault| judge(facts, vault)).collect())
}

fn judge(facts: &Facts, vault: &Vault) -> Option<Finding> {
    let settings = vault.properties.security_settings.as_ref();
    let soft_delete = settings.and_then(|settings| settings.soft_delete_settings.as_ref());
    let is_off = soft_delete.filter(|of| of.state.eq_ignore_ascii_case("Off"));
    let has_copies = facts.backup_policies.known_rows().iter().any(|policy| {
        let is_used =
            |instance: &crate::facts::arm::BackupInstance| instance.properties.policy_info.policy_id == policy.id;
        policy.has_vault_tier()
            && policy.id.parent().as_ref() == Some(&vault.id)
            && facts.backup_instances.known_rows().iter().any(is_used)
    });
    let local = vault.properties.storage_settings.iter().find(|one| {
        one.datastore_type.eq_ignore_ascii_case("VaultStore") && one.kind.eq_ignore_ascii_case("LocallyRedundant")
    });
    let local = local.filter(|_| has_copies);
    let mut sentences = Vec::new();
    let mut evidence = Vec::new();
    let mut remedy = Remedy::guided(match (is_off, local) {
        (Some(_), _) => "Switch soft delete on, unless it is off on purpose.",
        (None, _) => {
            "For another redundancy make a new vault: that of a vault cannot be changed once it protects something."
        }
    });
    if let Some(of) = is_off {
        sentences.push(format!(
            "Soft delete of vault {} is off: what somebody deletes in it is gone at once.",
            vault.id.name()
        ));
        evidence.push(Evidence::quoted(
            format!("{} properties.securitySettings.softDeleteSettings.state", vault.id),
            of.state.clone(),
        ));
        let kept = settings.and_then(|settings| settings.immutability_settings.as_ref());
        if let Some(of) = kept.filter(|of| of.state.eq_ignore_ascii_case("Disabled")) {
            sentences.push("Nor is it immutable: recovery points can be deleted before their time.".to_owned());
            evidence.push(Evidence::quoted(
                format!("{} properties.securitySettings.immutabilitySettings.state", vault.id),
                of.state.clone(),
            ));
        }
        remedy = remedy.documented(format!(
            "az dataprotection backup-vault update --subscription {} --resource-group {} --vault-name {} --soft-delete-state On",
            vault.id.subscription().unwrap_or("SUBSCRIPTION"),
            shell_word(vault.id.group().unwrap_or("VAULT_GROUP")),
            shell_word(vault.id.name())
        ));
    }
    if let Some(of) = local {
        sentences.push(format!("Vault {} keeps its copies in one data centre.", vault.id.name()));
        evidence.push(Evidence::quoted(format!("{} properties.storageSettings", vault.id), of.kind.clone()));
    }
    if sentences.is_empty() {
        return None;
    }
    let mut finding = Finding::new(Severity::Info, azure_subject(&vault.id), sentences.join(" ")).mended_by(remedy);
    finding.evidence = evidence;
    Some(finding)
}
