//! The policy keeps copies in the vault, in a region that has no vault tier.
//!
//! Knowledge: Azure Backup's troubleshooting page, DppUserErrorVaultTierPolicyNotSupported; the support matrix of January
//! 2026 lists the regions. Regions come to have it: an instance that is protected all the same is told as a doubt.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::vault_options;
use super::reading::protection_state::{Protection, protection};
use crate::facts::arm::{ArmId, BackupInstance, BackupPolicy, is_vault_tier_rule};
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB807",
    name: "vault-tier-unsupported",
    hop: Hop::Vault,
    title: "the vault's region has the tiers that the policy uses",
    needs: &[required(Need::BackupPolicies), required(Need::Vaults), helpful(Need::BackupInstances)],
    explains: &["DppUserErrorVaultTierPolicyNotSupported"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a policy by which the cluster is protected, or may be, keeps copies in the vault although the vault's
  region has the operational tier only.

Why it matters
  Protecting a cluster by such a policy is refused.

How it is found
  The stores that the policy's rules name, and the vault's location against the list of Microsoft's support
  matrix of January 2026: China East 2 and 3, China North 2 and 3, US Gov Arizona, Texas and Virginia, Israel
  Central, Poland Central, Spain Central. The policy is that of the instance; without one, the one that was
  named, else every policy for AKS of the vault.

What to do
  Clear Vault-standard in the policy's retention rule, or use a policy for the operational tier only.

Sources
  Azure Backup's troubleshooting page for AKS; its support matrix for AKS, January 2026.
";

/// The regions with the operational tier only.
const OPERATIONAL_ONLY: &[&str] = &[
    "chinaeast2",
    "chinaeast3",
    "chinanorth2",
    "chinanorth3",
    "usgovarizona",
    "usgovtexas",
    "usgovvirginia",
    "israelcentral",
    "polandcentral",
    "spaincentral",
];

fn run(facts: &Facts) -> Judgement {
    let policies = facts.backup_policies.rows(Need::BackupPolicies.what())?;
    let vaults = facts.vaults.rows(Need::Vaults.what())?;
    let here = |id: &ArmId| {
        let vault = vaults.iter().find(|vault| Some(&vault.id) == id.parent().as_ref())?;
        OPERATIONAL_ONLY.contains(&vault.location.as_str()).then_some(vault)
    };
    let used = candidates(facts, policies);
    if let (true, Some(named)) = (used.is_empty(), &facts.named.policy) {
        return Err(Stop::inconclusive(format!("no vault that was read has the policy {} of --policy", named.name())));
    }
    if used.is_empty() && facts.unread(Need::BackupPolicies).is_none() {
        return Err(match facts.unread(Need::BackupInstances) {
            Some(unread) => Stop::Inconclusive(unread),
            None => Stop::not_applicable("no policy for AKS is known for this cluster"),
        });
    }
    let findings = used.into_iter().filter(|(policy, _)| policy.has_vault_tier()).filter_map(|(policy, instance)| {
        let vault = here(&policy.id)?;
        Some(say(policy, instance, &vault.location))
    });
    Ok(findings.collect())
}

/// Returns the policies to judge, each with the instance that uses it, where one does.
fn candidates<'f>(
    facts: &'f Facts,
    policies: &'f [BackupPolicy],
) -> Vec<(&'f BackupPolicy, Option<&'f BackupInstance>)> {
    let instances = facts.backup_instances.known_rows();
    if let Some(named) = &facts.named.policy {
        let is_named =
            |policy: &&BackupPolicy| policy.id == *named || policy.id.name().eq_ignore_ascii_case(named.name());
        return policies.iter().filter(is_named).map(|policy| (policy, None)).collect();
    }
    if !instances.is_empty() {
        let uses =
            |policy: &BackupPolicy| instances.iter().find(|one| one.properties.policy_info.policy_id == policy.id);
        return policies.iter().filter_map(|policy| Some((policy, Some(uses(policy)?)))).collect();
    }
    let vaults = facts.vault_ids();
    let is_for_aks = |policy: &&BackupPolicy| {
        let kinds = &policy.properties.datasource_types;
        kinds.iter().any(|kind| kind.eq_ignore_ascii_case("Microsoft.ContainerService/managedClusters"))
            && policy.id.parent().is_some_and(|vault| vaults.contains(&vault))
    };
    policies.iter().filter(is_for_aks).map(|policy| (policy, None)).collect()
}

fn say(policy: &BackupPolicy, instance: Option<&BackupInstance>, region: &str) -> Finding {
    let rules = policy.properties.policy_rules.iter().filter(|rule| is_vault_tier_rule(rule));
    let names: Vec<&str> = rules.map(|rule| rule.name.as_str()).collect();
    let mut message = format!(
        "Policy {} keeps copies in the vault (rule {}), and the vault is in {region}. Microsoft's support matrix of January 2026 \
         lists that region with the operational tier only.",
        policy.id.name(),
        listing(names.iter().copied(), 4)
    );
    let is_refused = instance.is_some_and(|one| matches!(protection(one), Protection::Failed | Protection::Lacking));
    match instance {
        Some(one) if is_refused => message.push_str(&format!("\nBackup instance {} uses it, and is in an error.", one.label())),
        Some(one) => message.push_str(&format!(
            "\nBackup instance {} uses it, and is not in an error: the region may have the vault tier by now. See whether jobs of \
             the operation Tiering come through.",
            one.label()
        )),
        None => message.push_str("\nProtecting a cluster by it would be refused."),
    }
    let severity = if is_refused { Severity::Error } else { Severity::Warning };
    let at = format!("{} properties.policyRules", policy.id);
    let mut finding =
        Finding::new(severity, azure_subject(&policy.id), message).seen(Evidence::quoted(at, "VaultStore"));
    finding.concerns.extend(instance.map(|one| azure_subject(&one.id)));
    finding.mended_by(
        Remedy::guided(
            "Clear Vault-standard in the policy's retention rule, or make a policy for the operational tier only and use that. A \
             policy is shared: see which other instances use it before you change it.",
        )
        .documented(format!(
            "az dataprotection backup-policy show --name {} {}",
            shell_word(policy.id.name()),
            vault_options(policy.id.parent().as_ref())
        )),
    )
}
