//! A role was granted less than an hour ago, and may not have reached everywhere.
//!
//! Knowledge: the troubleshooting page (UserErrorBackupStorageLocationNotReady): wait an hour and try again.

use super::check::{Check, Judgement};
use super::permissions::{Row, Verdict, What, permissions};
use super::reading::azure::azure_subject;
use super::reading::location_message::{Complaint, complaints};
use super::reading::role_rows::{by_identity, evidence};
use crate::catalogue::Sign;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB224",
    name: "role-too-fresh",
    hop: Hop::Identity,
    title: "the roles that a backup needs are old enough to have reached everywhere",
    needs: &[
        required(Need::ManagedCluster),
        required(Need::RoleAssignments),
        helpful(Need::ArmExtensions),
        helpful(Need::BackupInstances),
        helpful(Need::TrustedAccess),
        helpful(Need::Vaults),
        helpful(Need::BackupPolicies),
        helpful(Need::RoleDefinitions),
        helpful(Need::DenyAssignments),
        helpful(Need::CallerRights),
        helpful(Need::AzureSignIn),
        helpful(Need::StorageLocations),
        helpful(Need::Logs),
        helpful(Need::Pods),
        helpful(Need::Nodes),
    ],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a role that a backup needs was granted less than an hour ago.

Why it matters
  Azure carries a new role to all its parts within an hour. Until then the storage location may stay
  Unavailable although everything is right: granting it again, or reinstalling, only starts the hour anew.

How it is found
  createdOn of the role assignment that gives the right.

What to do
  Wait until the time that is named, then look again.

Sources
  Azure Backup's troubleshooting page for AKS, UserErrorBackupStorageLocationNotReady.
";

fn run(facts: &Facts) -> Judgement {
    facts.azure_cluster()?;
    facts.role_assignments.required(Need::RoleAssignments.what())?;
    // What the location complains of must be the role: a firewall is not waited for.
    let is_of_role = |complaint: &Complaint<'_>| {
        complaint.cause().is_some_and(|cause| matches!(cause.sign, Sign::DataRoleMissing | Sign::ListKeysDenied))
    };
    let is_broken = complaints(facts).iter().any(is_of_role);
    let recent: Vec<Row> =
        permissions(facts).into_iter().filter(|row| matches!(row.verdict, Verdict::Recent(_))).collect();
    let findings = by_identity(&recent.iter().collect::<Vec<_>>()).into_iter().map(|rows| say(&rows, is_broken));
    Ok(findings.collect())
}

fn say(rows: &[&Row], is_broken: bool) -> Finding {
    let until = rows.iter().filter_map(|row| match row.verdict {
        Verdict::Recent(until) => Some(until),
        _ => None,
    });
    let until = until.max().map_or_else(String::new, minute);
    let sentences = rows.iter().map(|row| {
        format!(
            "{} has had {} at {} only since {}.",
            capital(&row.identity),
            row.has.as_deref().unwrap_or(row.needed),
            row.scope.words(),
            row.since.map_or_else(String::new, minute)
        )
    });
    let message = format!("{} Until {until} that may not work everywhere.", sentences.collect::<Vec<_>>().join(" "));
    let remedy = Remedy::guided(format!(
        "Wait until {until}, and look again. Do not grant it again: that starts the hour anew."
    ))
    .documented("kubectl aksbackup doctor --wait 1h --fail-on error");
    // It is why the location is refused now; where nothing is refused it is no trouble.
    let is_why = is_broken && rows.iter().any(|row| row.what == What::Store);
    let severity = if is_why { Severity::Error } else { Severity::Info };
    let mut finding = Finding::new(severity, azure_subject(&rows[0].of), message).mended_by(remedy);
    for row in rows {
        finding = finding.seen(evidence(row)).concerning(azure_subject(&row.scope));
    }
    finding
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
