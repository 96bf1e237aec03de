//! A vault was to protect the cluster, and something stands in its way.
//!
//! Knowledge: the states and errors of Azure Backup's management client; the codes, our catalogue. Errors lie within
//! errors; the innermost one that is known is told, and what the service advises is no reason.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{namespace_subject, read_again, try_again};
use super::reading::protection_state::{Protection, obstacle, protection};
use super::reading::service_error::{evidence, reason};
use crate::facts::arm::BackupInstance;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB802",
    name: "protection-error",
    hop: Hop::Vault,
    title: "the vault protects the cluster without an error",
    needs: &[
        required(Need::BackupInstances),
        helpful(Need::ArmExtensions),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
    ],
    explains: &[
        "UserErrorTrustedAccessGatewayReturnedForbidden",
        "UserErrorKubernetesBackupExtensionUnhealthy",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "UserErrorBackupStorageLocationNotReady",
        "ScenarioPluginInvalidWorkflowDataRequest",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a backup instance of this cluster is in an error, was never set up, or tells an error.

Why it matters
  An instance that exists need not protect: in an error it makes no backups, or they fail.

How it is found
  currentProtectionState and protectionErrorDetails of each instance. Errors lie within errors; the innermost
  code that the catalogue knows is explained. What Azure advises stands beside it as it is: it is often
  canned. ConfiguringProtection and UpdatingProtection without an error are a remark.

What to do
  Mend what the innermost error names, then let the vault try again what failed: Azure Backup calls that the
  sync of an instance.

Sources
  The management client of Azure Backup; Azure Backup's troubleshooting page for AKS.
";

const AT: &str = "properties.protectionErrorDetails";

fn run(facts: &Facts) -> Judgement {
    let instances = facts.instances()?;
    let findings: Vec<Finding> = instances.iter().filter_map(|instance| judge(facts, instance)).collect();
    let untold = instances.iter().find(|one| protection(one) == Protection::Untold && obstacle(one).is_none());
    match untold {
        // A word that is not known is not read as a good one.
        Some(instance) if findings.is_empty() => Err(Stop::inconclusive(format!(
            "backup instance {} says {} of its protection, which is not known here",
            instance.label(),
            instance.properties.current_protection_state.as_deref().unwrap_or("nothing")
        ))),
        _ => Ok(findings),
    }
}

fn judge(facts: &Facts, instance: &BackupInstance) -> Option<Finding> {
    let error = obstacle(instance);
    let state = instance.properties.current_protection_state.as_deref().unwrap_or("nothing");
    let vault = instance.vault();
    let who = format!(
        "ackup instance {} in vault {}",
        instance.label(),
        vault.as_ref().map_or("an unknown vault", |vault| vault.name())
    );
    let (severity, mut message) = match (protection(instance), error) {
        // Whoever stopped it knows; that it is stopped is told by protection-stopped.
        (Protection::Stopped, _) | (Protection::Configured | Protection::Untold, None) => return None,
        (of @ (Protection::Failed | Protection::Lacking), _) => {
            let is_plain = of == Protection::Lacking && error.is_none();
            let severity = if is_plain { Severity::Warning } else { Severity::Error };
            (severity, format!("B{who} does not protect the cluster: it says {state}."))
        }
        (Protection::Underway, None) => {
            (Severity::Info, format!("Protection by b{who} is being set up or changed: it says {state}."))
        }
        (Protection::Underway, Some(_)) => (
            Severity::Warning,
            format!(
                "Protection by b{who} is being set up or changed: it says {state}, and tells an error beside that."
            ),
        ),
        (Protection::Configured | Protection::Untold, Some(_)) => {
            (Severity::Warning, format!("B{who} says {state}, and tells an error beside that."))
        }
    };
    let at = format!("{} {AT}", instance.id);
    let mut finding = Finding::new(severity, azure_subject(&instance.id), String::new())
        .seen(Evidence::quoted(format!("{} properties.currentProtectionState", instance.id), state));
    let remedy = match error {
        Some(error) => {
            let reason = reason([error], &at);
            message.push('\n');
            message.push_str(&reason.sentence());
            finding.evidence.extend(evidence([error], &at));
            finding.concerns = reason.concerns(facts, vault.as_ref());
            finding = finding.explaining(reason.entry.map(|entry| entry.code));
            Remedy::guided(format!(
                "{} After that, let the vault try again what failed (sync), and look at the state some minutes later.",
                reason.remedy()
            ))
        }
        None if protection(instance) == Protection::Underway => {
            finding = finding.explaining([]);
            Remedy::guided("Wait: it takes some minutes. Where it stays so for hours, see what the vault's jobs say.")
        }
        None => {
            message.push_str("\nAzure gives no reason.");
            // Without a reason, whatever else is found may be it.
            finding.concerns = reason([], &at).concerns(facts, vault.as_ref());
            finding = finding.explaining([]);
            Remedy::guided(
                "Azure names no reason: see what other findings there are, then let the vault try again what failed (sync).",
            )
        }
    };
    if matches!(protection(instance), Protection::Failed | Protection::Lacking) {
        finding = finding.concerning(namespace_subject(facts));
    }
    finding.message = message;
    let remedy = remedy.documented(read_again(&instance.id, "2024-04-01"));
    let remedy = if severity == Severity::Info { remedy } else { remedy.documented(try_again(&instance.id)) };
    Some(finding.mended_by(remedy))
}
