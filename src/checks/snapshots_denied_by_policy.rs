//! Azure's policies would refuse a snapshot in the snapshot resource group.
//!
//! Knowledge: Azure Backup's troubleshooting page, UserErrorPVSnapshotDisallowedByPolicy; Microsoft.PolicyInsights'
//! checkPolicyRestrictions evaluates a resource that is not made. Older answers do not tell a policy's effect.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use crate::facts::arm::{ArmId, PolicyEvaluation};
use crate::facts::{Facts, Need, Stop, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB810",
    name: "snapshots-denied-by-policy",
    hop: Hop::Vault,
    title: "Azure's policies allow snapshots in the snapshot resource group",
    needs: &[required(Need::SnapshotTrial)],
    explains: &["UserErrorPVSnapshotDisallowedByPolicy"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a policy of Azure would refuse a snapshot of a disk in the snapshot resource group.

Why it matters
  A volume whose snapshot is refused is not in the backup; the job ends with a warning.

How it is found
  Azure Policy is asked about a snapshot that is not made. A policy that is not complied with and whose effect
  is deny would refuse it. Where Azure does not tell the effect, that is said. The snapshot that is asked about
  stands for the driver's: a policy that looks at tags or other details may judge the real one otherwise.

What to do
  Have the snapshot group exempted from the assignment, or the assignment changed.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorPVSnapshotDisallowedByPolicy; Azure Policy's reference.
";

/// How many assignments are shown.
const MOST_SHOWN: usize = 4;

fn run(facts: &Facts) -> Judgement {
    if facts.snapshot_trial.is_absent() {
        return Err(Stop::not_applicable("the snapshot resource group does not exist"));
    }
    let trial = facts.snapshot_trial.required(Need::SnapshotTrial.what())?;
    let denying: Vec<&PolicyEvaluation> = trial.evaluations.iter().filter(|one| one.denies()).collect();
    if denying.is_empty() {
        return Ok(Vec::new());
    }
    let group = &trial.group;
    let names: Vec<&str> = denying.iter().map(|one| one.policy_info.policy_assignment_id.name()).collect();
    let names = names.iter().map(|name| if name.is_empty() { "without a name" } else { name });
    let message = format!(
        "Azure Policy would refuse a snapshot in resource group {}, by {} {}. Volumes whose snapshots are refused are not in \
         the backup.",
        group.name(),
        if denying.len() == 1 { "the assignment" } else { "the assignments" },
        listing(names, MOST_SHOWN)
    );
    let mut finding = Finding::new(Severity::Error, azure_subject(group), message);
    for one in denying.iter().take(MOST_SHOWN) {
        let effect = one.effect_details.as_ref().map(|effect| format!(", effect {}", effect.policy_effect));
        let quote = format!("{}{}", one.evaluation_result, effect.unwrap_or_default());
        let at = format!("{} evaluationResult", one.policy_info.policy_assignment_id);
        finding = finding.seen(Evidence::quoted(at, quote));
    }
    let first = denying.iter().find(|one| !one.policy_info.policy_assignment_id.is_empty());
    Ok(vec![finding.mended_by(remedy(group, first.map(|one| &one.policy_info.policy_assignment_id)))])
}

fn remedy(group: &ArmId, assignment: Option<&ArmId>) -> Remedy {
    let remedy = Remedy::guided(
        "Ask whoever owns the assignment to exempt the snapshot resource group or to change it; it may be set on a management group \
         above the subscription. Then run a backup on demand.",
    );
    let Some(assignment) = assignment else { return remedy };
    let lower = assignment.as_str().to_ascii_lowercase();
    let scope = lower.rfind("/providers/microsoft.authorization/policyassignments").unwrap_or_default();
    let scope = &assignment.as_str()[..scope];
    remedy
        .documented(format!(
            "az policy assignment show --name {} --scope {}",
            shell_word(assignment.name()),
            if scope.is_empty() { "SCOPE".to_owned() } else { shell_word(scope) }
        ))
        .documented(format!(
            "az policy exemption create --name aks-backup-snapshots --exemption-category Waiver --policy-assignment {} --scope {}",
            shell_word(assignment.as_str()),
            shell_word(group.as_str())
        ))
}
