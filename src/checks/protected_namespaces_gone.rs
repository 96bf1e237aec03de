//! A backup instance names namespaces that the cluster does not have.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorNamespaceNotFound. What a backup in the cluster names is told by
//! namespace-gone; this is where it comes from.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::instance_options;
use super::reading::protection_state::{Protection, protection};
use crate::facts::arm::BackupInstance;
use crate::facts::{Facts, Need, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB643",
    name: "protected-namespaces-gone",
    hop: Hop::Runs,
    title: "the namespaces that are to be protected exist",
    needs: &[required(Need::BackupInstances), required(Need::Namespaces)],
    explains: &["UserErrorNamespaceNotFound"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the namespaces that a backup instance names exist in the cluster.

Why it matters
  A namespace that is not there is not backed up, and each job ends with a warning. If it was mistyped, the
  one that was meant has never been backed up.

How it is found
  includedNamespaces of the instance's backup configuration against the cluster's namespaces, read whole.
  Patterns are left out, and so are instances whose protection is stopped.

What to do
  Correct the backup configuration of the instance, or make the namespace again.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorNamespaceNotFound.
";

fn run(facts: &Facts) -> Judgement {
    let instances = facts.instances()?;
    facts.namespaces.whole_rows(Need::Namespaces.what())?;
    let active = instances.iter().filter(|one| protection(one) != Protection::Stopped);
    Ok(active.filter_map(|one| gone(facts, one)).collect())
}

fn gone(facts: &Facts, instance: &BackupInstance) -> Option<Finding> {
    let is_here = |name: &str| facts.namespaces.known_rows().iter().any(|namespace| namespace.metadata.name == name);
    let named = instance.scope()?.included_namespaces.iter().map(String::as_str);
    let mut gone: Vec<&str> = named.filter(|name| is_name(name) && !is_here(name)).collect();
    gone.sort_unstable();
    gone.dedup();
    let first = *gone.first()?;
    let listed = listing(gone.iter().copied(), 6);
    let (noun, them, its) = if gone.len() == 1 {
        ("the namespace", "which does not exist in the cluster. Nothing of it is backed up. It was", "its name")
    } else {
        ("the namespaces", "which do not exist in the cluster. Nothing of them is backed up. They were", "their names")
    };
    let message = format!(
        "Backup instance {} names {noun} {listed}, {them} deleted or renamed, or the configuration has {its} wrong.",
        instance.label()
    );
    let path = "properties.policyInfo.policyParameters.backupDatasourceParametersList";
    let at = format!("{} {path}.includedNamespaces", instance.id);
    Some(
        Finding::new(Severity::Warning, azure_subject(&instance.id), message)
            .seen(Evidence::quoted(at, listed))
            .mended_by(
                Remedy::guided(
                    "If the namespace is gone for good, take it out of the instance's backup configuration in the portal; if it was \
                     mistyped, put the right name there. Where the portal does not let you, a new instance in another policy or vault \
                     is the way. The recovery points that hold it stay until their retention ends.",
                )
                .documented(format!("kubectl get namespace {}", shell_word(first)))
                .documented(format!(
                    "az dataprotection backup-instance show {} --query {path}",
                    instance_options(&instance.id)
                )),
            ),
    )
}

/// Returns whether a text can be a namespace's name; patterns and odd words are no evidence of anything.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
