//! The vault has no trusted access to the cluster, or not the role that it needs.
//!
//! Knowledge: azure-backup.md section 4 (role backup-operator, at most 8 bindings, names of at most 24 letters, up to five
//! minutes until it works); diagnosis.md section 2, point 10: it is a required step that no page explains as a cause.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{cluster_options, cluster_words, namespace_subject};
use super::reading::protection_state::{Protection, protection};
use crate::facts::arm::{ArmId, BACKUP_OPERATOR, BackupInstance, TrustedAccess};
use crate::facts::{Facts, Need, Stop, Unread, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB804",
    name: "trusted-access-missing",
    hop: Hop::Vault,
    title: "the vault has trusted access to the cluster",
    needs: &[
        required(Need::TrustedAccess),
        helpful(Need::Vaults),
        helpful(Need::BackupInstances),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
    ],
    explains: &["UserErrorTrustedAccessGatewayReturnedForbidden"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether each vault that protects the cluster, or the one that was named, has a trusted access binding on the
  cluster with the role backup-operator.

Why it matters
  The vault reaches the cluster through this binding only. Without it no backup, no restore and no deletion of
  an old recovery point gets through.

How it is found
  The cluster's trusted access role bindings, whole: their source is compared with the vault's id, whatever the
  letter case, then their roles and the state of their last change. A binding that is still being made is told
  as such.

What to do
  Create the binding with the role Microsoft.DataProtection/backupVaults/backup-operator. It works after about
  five minutes.

Sources
  Azure Backup's pages on protecting a cluster; AKS' page on trusted access; public reports.
";

fn run(facts: &Facts) -> Judgement {
    if facts.managed_cluster.is_absent() || facts.trusted_access.is_absent() {
        return Err(Stop::not_applicable("Azure has no such cluster any more"));
    }
    let known = facts.backup_instances.known_rows();
    let unread = facts.unread(Need::BackupInstances);
    let vaults = match (&facts.named.vault, &unread) {
        (Some(vault), _) => vec![vault.clone()],
        (None, Some(unread)) if known.is_empty() => return Err(Stop::Inconclusive(unread.clone())),
        (None, _) => {
            facts.instances()?;
            facts.vault_ids()
        }
    };
    let bindings = facts.trusted_access.rows(Need::TrustedAccess.what())?;
    let mut findings = Vec::new();
    // A vault that Azure does not find is told by vault-gone; nobody is to be let in for it.
    let is_gone = |vault: &&ArmId| {
        facts.vaults.unread(Need::Vaults.what()).is_none()
            && facts.vaults.known().is_some_and(|all| !all.iter().any(|one| one.id == **vault))
    };
    for vault in vaults.iter().filter(|vault| !is_gone(vault)) {
        let own: Vec<&TrustedAccess> =
            bindings.iter().filter(|binding| binding.properties.source_resource_id == *vault).collect();
        if own.iter().any(|binding| binding.is_for_backups() && binding.is_done()) {
            continue;
        }
        match own.first() {
            Some(binding) => findings.push(begun(facts, unfit(facts, vault, binding))),
            // Half a list proves no absence; the runner says what could not be read.
            None if facts.unread(Need::TrustedAccess).is_some() => {}
            None => findings.push(begun(facts, missing(facts, vault, bindings))),
        }
    }
    match unread {
        Some(Unread { why, missing }) if findings.is_empty() && facts.named.vault.is_none() => {
            Err(Stop::Inconclusive(Unread { why, missing }))
        }
        _ => Ok(findings),
    }
}

/// Adds that no backup is begun where the vault does not get in.
fn begun(facts: &Facts, finding: Finding) -> Finding {
    if finding.severity == Severity::Error { finding.concerning(namespace_subject(facts)) } else { finding }
}

#[derive(PartialEq, Eq)]
enum State {
    Done,
    Underway,
    Failed,
}

fn state(binding: &TrustedAccess) -> State {
    match binding.properties.provisioning_state.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
        // Where Azure does not say, nothing was seen to be wrong.
        "" | "succeeded" => State::Done,
        "failed" | "canceled" | "deleting" => State::Failed,
        _ => State::Underway,
    }
}

/// Returns how much it hurts that a vault does not get in: backups fail only where it is to make some.
fn hurts(facts: &Facts, vault: &ArmId) -> Severity {
    let is_to_back_up =
        |one: &&BackupInstance| one.vault().as_ref() == Some(vault) && protection(one) != Protection::Stopped;
    let active = facts.backup_instances.known_rows().iter().find(is_to_back_up);
    if active.is_some() { Severity::Error } else { Severity::Warning }
}

fn missing(facts: &Facts, vault: &ArmId, bindings: &[TrustedAccess]) -> Finding {
    let cluster = cluster_words(facts);
    let mut message = format!("Vault {} has no trusted access to {cluster}: no binding names it.", vault.name());
    if bindings.is_empty() {
        message.push_str(" There is no trusted access binding at all.");
    } else {
        message.push_str(&format!(
            " The bindings that there are name {}.",
            listing(bindings.iter().map(|binding| binding.properties.source_resource_id.name()), 4)
        ));
    }
    let at = facts
        .cluster_id()
        .map_or_else(|| "trustedAccessRoleBindings".to_owned(), |id| format!("{id}/trustedAccessRoleBindings"));
    let mut finding = Finding::new(hurts(facts, vault), azure_subject(vault), message);
    if bindings.is_empty() {
        finding = finding.seen(Evidence::at(format!("{at}: none")));
    }
    for binding in bindings.iter().take(4) {
        let at = format!("{} properties.sourceResourceId", binding.id);
        finding = finding.seen(Evidence::quoted(at, binding.properties.source_resource_id.as_str()));
    }
    finding.mended_by(
        Remedy::guided(
            "Create the binding. It works after about five minutes; then run a backup on demand. A cluster can have eight bindings.",
        )
        .documented(format!(
            "az aks trustedaccess rolebinding create --name {} {} --source-resource-id {} --roles {BACKUP_OPERATOR}",
            free_name(vault, bindings),
            cluster_options(facts, "--cluster-name"),
            shell_word(vault.as_str()),
        )),
    )
}

fn unfit(facts: &Facts, vault: &ArmId, binding: &TrustedAccess) -> Finding {
    let roles: Vec<&str> = binding.properties.roles.iter().map(|role| role.trim()).collect();
    let told = binding.properties.provisioning_state.as_deref().unwrap_or_default();
    let options = cluster_options(facts, "--cluster-name");
    let name = shell_word(&binding.name);
    let begins = format!("The trusted access binding {} of vault {}", binding.name, vault.name());
    if !binding.is_for_backups() {
        let with = roles.iter().copied().chain([BACKUP_OPERATOR]).map(shell_word).collect::<Vec<_>>().join(",");
        return Finding::new(
            hurts(facts, vault),
            azure_subject(vault),
            format!(
                "{begins} does not give the role {BACKUP_OPERATOR}. It gives {}.",
                listing(roles.iter().copied(), 4)
            ),
        )
        .seen(Evidence::quoted(format!("{} properties.roles", binding.id), roles.join(", ")))
        .mended_by(
            Remedy::guided("Give the binding the role. It works after about five minutes.")
                .documented(format!("az aks trustedaccess rolebinding update --name {name} {options} --roles {with}")),
        );
    }
    let (severity, ends, text) = if state(binding) == State::Underway {
        (
            Severity::Warning,
            "The vault may not get in until that is done.",
            "Wait five minutes and look again. Where it stays so, delete the binding and create it anew.",
        )
    } else {
        (
            hurts(facts, vault),
            "The vault may not get in by it.",
            "Delete the binding and create it anew. It works after about five minutes.",
        )
    };
    Finding::new(severity, azure_subject(vault), format!("{begins} says {told}. {ends}"))
        .seen(Evidence::quoted(format!("{} properties.provisioningState", binding.id), told))
        .mended_by(
            Remedy::guided(text)
                .documented(format!("az aks trustedaccess rolebinding show --name {name} {options}"))
                .documented(format!("az aks trustedaccess rolebinding delete --name {name} {options}"))
                .documented(format!(
                    "az aks trustedaccess rolebinding create --name {name} {options} --source-resource-id {} --roles {BACKUP_OPERATOR}",
                    shell_word(vault.as_str()),
                )),
        )
}

/// Returns a name that no binding has: `create` would change the one that has it.
fn free_name(vault: &ArmId, bindings: &[TrustedAccess]) -> String {
    /// Azure's own bound.
    const LONGEST: usize = 24;
    let of_vault: String = vault
        .name()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(LONGEST - "backup--99".len())
        .collect();
    let is_free = |name: &String| !bindings.iter().any(|binding| binding.name.eq_ignore_ascii_case(name));
    let plain = format!("backup-{}", of_vault.trim_matches('-')).trim_end_matches('-').to_owned();
    let others = (2..100).map(|count| format!("{plain}-{count}"));
    std::iter::once(plain.clone()).chain(others).find(is_free).unwrap_or_else(|| "NAME".to_owned())
}
