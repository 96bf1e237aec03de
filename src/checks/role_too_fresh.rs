//! A role was granted less than an hour ago, and may not have reached everywhere.
//!
//! Knowledge: the troubleshooting page (UserErrorBackupStorageLocationNotReady): wait an hour and try again.

use super::check::{Check, Judgement};
use super::permissions::{Row, Verdict, What, permissions};
use super::reading::azure::azure_subject;
use super::reading::location_message::{Complaint, complaints};
use super::reading::role_rows::evidence;
use crate::catalogue::Sign;
use crate::facts::arm::ArmId;
use crate::facts::{Facts, Need, Stop, Unread, helpful, required};
use crate::finding::{Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB224",
    name: "role-too-fresh",
    hop: Hop::Identity,
    title: "the roles that a backup needs are old enough to have reached everywhere",
    needs: &[
        required(Need::ManagedCluster),
        helpful(Need::RoleAssignments),
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
    // What the location complains of must be the role: a firewall is not waited for.
    let is_of_role = |complaint: &Complaint<'_>| {
        complaint.cause().is_some_and(|cause| matches!(cause.sign, Sign::DataRoleMissing | Sign::ListKeysDenied))
    };
    let is_broken = complaints(facts).iter().any(is_of_role);
    let recent: Vec<Row> =
        permissions(facts).into_iter().filter(|row| matches!(row.verdict, Verdict::Recent(_))).collect();
    if let (true, Some(unknown)) = (recent.is_empty(), unknown(facts)) {
        return Err(Stop::Inconclusive(unknown));
    }
    let rows: Vec<&Row> = recent.iter().collect();
    Ok(if rows.is_empty() { Vec::new() } else { vec![say(&facts.azure_cluster()?.id, &rows, is_broken)] })
}

/// Returns why a role may be new all the same: those of an identity could not be read.
fn unknown(facts: &Facts) -> Option<Unread> {
    let unnamed = [Need::ArmExtensions, Need::BackupInstances].into_iter().find_map(|need| facts.unread(need));
    unnamed.or_else(|| {
        permissions(facts).into_iter().find_map(|row| match row.verdict {
            Verdict::Unknown(unread) => {
                Some(Unread { why: format!("since when {} has its roles: {}", row.identity, unread.why), ..unread })
            }
            _ => None,
        })
    })
}

fn say(cluster: &ArmId, rows: &[&Row], is_broken: bool) -> Finding {
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
    ));
    // It is why the location is refused now; where nothing is refused it is no trouble.
    let is_why = is_broken && rows.iter().any(|row| row.what == What::Store);
    let severity = if is_why { Severity::Error } else { Severity::Info };
    // Where nothing is at error there is nothing to wait for with --fail-on error.
    let remedy = if is_why { remedy.documented("kubectl aksbackup doctor --wait 1h --fail-on error") } else { remedy };
    let mut finding = Finding::new(severity, azure_subject(cluster), message).mended_by(remedy);
    for row in rows {
        finding = finding.seen(evidence(row)).concerning(azure_subject(&row.of)).concerning(azure_subject(&row.scope));
    }
    finding
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
