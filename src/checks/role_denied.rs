//! A deny assignment takes away what a role gives.
//!
//! Knowledge: Azure's deny assignments (managed applications, deployment stacks, managed resource groups) win over roles.

use super::check::{Check, Judgement};
use super::permissions::{Row, Verdict, permissions};
use super::reading::azure::azure_subject;
use super::reading::role_rows::by_identity;
use crate::facts::{Facts, Need, Stop, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB225",
    name: "role-denied",
    hop: Hop::Identity,
    title: "no deny assignment takes away what a backup needs",
    needs: &[
        required(Need::ManagedCluster),
        required(Need::DenyAssignments),
        helpful(Need::RoleAssignments),
        helpful(Need::ArmExtensions),
        helpful(Need::BackupInstances),
        helpful(Need::TrustedAccess),
        helpful(Need::Vaults),
        helpful(Need::BackupPolicies),
        helpful(Need::RoleDefinitions),
        helpful(Need::CallerRights),
        helpful(Need::AzureSignIn),
    ],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a deny assignment takes an action away that one of the identities of a backup needs.

Why it matters
  It wins over every role: granting more roles changes nothing.

How it is found
  The deny assignments of the subscription, against the identities, scopes and actions of the table of
  permissions (-o wide shows it). Of groups only those that the deny assignment names itself are known.

What to do
  Deny assignments cannot be removed by hand: they belong to a deployment stack, a managed application or
  Azure itself. Have their owner exclude the identity, or keep the backup's resources elsewhere.

Sources
  Azure's documentation of deny assignments; public reports of snapshots refused by one.
";

fn run(facts: &Facts) -> Judgement {
    facts.azure_cluster()?;
    facts.deny_assignments.required(Need::DenyAssignments.what())?;
    let denied: Vec<Row> = permissions(facts).into_iter().filter(|row| row.verdict == Verdict::Denied).collect();
    // Of an identity that could not be read nobody knows what it is denied.
    let unnamed =
        [Need::ArmExtensions, Need::BackupInstances, Need::Vaults].into_iter().find_map(|need| facts.unread(need));
    if let (true, Some(unread)) = (denied.is_empty(), unnamed) {
        return Err(Stop::Inconclusive(unread));
    }
    Ok(by_identity(&denied.iter().collect::<Vec<_>>()).iter().map(|rows| say(rows)).collect())
}

fn say(rows: &[&Row]) -> Finding {
    let by = |row: &Row| row.denied_by.clone().unwrap_or_else(|| "one without a name".to_owned());
    let sentences = rows.iter().map(|row| {
        format!(
            "A deny assignment, {}, does not let {} {}, whatever its roles say.",
            by(row),
            row.identity,
            row.what.words(&row.scope)
        )
    });
    let message = format!("{} Granting more roles does not help.", sentences.collect::<Vec<_>>().join(" "));
    let mut remedy = Remedy::guided(
        "Have whoever owns the deny assignment (a deployment stack, a managed application) exclude the identity from it, or keep the backup's resources where it does not reach.",
    );
    let mut finding = Finding::new(Severity::Error, azure_subject(&rows[0].of), message);
    for row in rows {
        remedy = remedy.documented(format!(
            "az rest --method get --url {}",
            shell_word(&format!(
                "{}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01",
                row.scope
            ))
        ));
        finding = finding
            .seen(Evidence::quoted(format!("{} denyAssignments", row.scope), by(row)))
            .concerning(azure_subject(&row.scope));
    }
    finding.mended_by(remedy)
}
