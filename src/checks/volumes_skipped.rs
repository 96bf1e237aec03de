//! A claim's data is in no backup, though nobody left it out.
//!
//! Knowledge: Azure Backup leaves out what it does not support and says nothing (azure-backup.md section 2; diagnosis.md
//! section 4, pain 7), or gives a code as a warning of the job (the founding page). The rules are coverage's, and
//! check-pvcs shows every claim. Look-alikes: what is left out on purpose, by a label or by the scope of the instance.

use std::collections::BTreeMap;

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::cluster_subject;
use crate::coverage::{Basis, ClaimVerdict, Index, Verdict, judge};
use crate::facts::{Facts, Need, Right, Stop, Unread, helpful, required};
use crate::finding::{Finding, Hop, Remedy, Severity, Subject, counted, size};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB512",
    name: "volumes-skipped",
    hop: Hop::Volumes,
    title: "every claim that nobody left out is in a backup",
    needs: &[
        required(Need::AllClaims),
        required(Need::AllVolumes),
        required(Need::StorageClasses),
        helpful(Need::ClaimUsers),
        helpful(Need::ClaimEvents),
        helpful(Need::SnapshotContents),
        helpful(Need::CsiDrivers),
        helpful(Need::Backups),
        helpful(Need::BackupInstances),
        helpful(Need::Disks),
        helpful(Need::GoneDisks),
        // Whether the cluster that Azure speaks of is this one.
        helpful(Need::Nodes),
        helpful(Need::NodeGroup),
        helpful(Need::ManagedCluster),
    ],
    explains: &[
        "UserErrorPVNotFound",
        "UserErrorPVCNotBoundToVolume",
        "UserErrorPVCHasNoVolume",
        "UserErrorStorageClassMissingForPVC",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a backup would hold the data of each PersistentVolumeClaim that nobody left out.

Why it matters
  Azure Backup leaves out volumes that it does not support, and says nothing: the job is green, and the data is not
  in it. For some claims it gives a code, as a warning of a job that came through.

How it is found
  Each claim is judged by its phase, its volume, its class and its driver, by the scope of the backup instance, or of
  the newest backup where Azure was not asked, and by what Azure has of its disk. Where a pod uses a claim for which
  Azure Backup has a code, it is an error: live data is in no backup, now. Where all that there is are claims that wait
  and that nobody uses, it is a remark: they have no data. Everything else is a warning. What somebody left out, by
  the label velero.io/exclude-from-backup or by the scope, does not count. What could not be judged is said, and
  counts as no finding.

What to do
  Look at each claim and its reason. Migrate what is not supported to disk.csi.azure.com or to an SMB share, mend what
  has a code, and label what nobody needs to be left out.

Sources
  Azure Backup's troubleshooting page and support matrix for AKS; Velero's documentation of what is left out.
";

/// So many reasons and namespaces are named, and so many places are pointed at.
const MOST: usize = 5;

fn run(facts: &Facts) -> Judgement {
    let claims = facts.all_claims.rows(Need::AllClaims.what())?;
    let index = Index::of(facts, false);
    let told: Vec<ClaimVerdict<'_>> = claims.iter().map(|claim| judge(&index, claim)).collect();
    let of = |wanted: Verdict| told.iter().filter(move |one| one.said.verdict == wanted);
    let lost: Vec<&ClaimVerdict<'_>> =
        of(Verdict::WillFail).chain(of(Verdict::Skipped)).filter(|one| !one.said.intended).collect();
    let open: Vec<&ClaimVerdict<'_>> = of(Verdict::Unknown).collect();
    if !lost.is_empty() {
        return Ok(vec![say(facts, &index, told.len(), &lost, &open)]);
    }
    if let Some(unread) = not_judged(&open) {
        return Err(Stop::Inconclusive(unread));
    }
    if index.scope.basis == Basis::None && of(Verdict::BackedUp).next().is_some() {
        let why = "neither a backup instance nor a backup says what is in scope; nothing else stands against any claim";
        // Where nobody could be asked, or has begun to back up, there is nothing yet that a claim could be left out of.
        return Err(match &index.scope.unread {
            Some(_) => Stop::Inconclusive(Unread { why: why.to_owned(), missing: missing(index.scope.unread.iter()) }),
            None => Stop::not_applicable(why),
        });
    }
    Ok(Vec::new())
}

fn say(
    facts: &Facts,
    index: &Index<'_>,
    all: usize,
    lost: &[&ClaimVerdict<'_>],
    open: &[&ClaimVerdict<'_>],
) -> Finding {
    let at_risk =
        |claims: &[&ClaimVerdict<'_>]| claims.iter().fold(0_u64, |sum, one| sum.saturating_add(one.bytes_at_risk()));
    let sized = |bytes: u64| if bytes == 0 { String::new() } else { format!(", {}", size(bytes)) };
    let is_one = lost.len() == 1;
    let total = at_risk(lost);
    let mut message = format!(
        "{} of {} {} in no backup, though nobody left {} out{}.",
        lost.len(),
        counted(all, "claim", "claims"),
        if is_one { "is" } else { "are" },
        if is_one { "it" } else { "them" },
        if total == 0 { String::new() } else { format!(": {} at risk", size(total)) }
    );
    let mut groups: BTreeMap<(Verdict, &str, &str), Vec<&ClaimVerdict<'_>>> = BTreeMap::new();
    for one in lost {
        let key = (one.said.verdict, one.said.reason.as_str(), one.claim.namespace.as_str());
        groups.entry(key).or_default().push(one);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // The worst first, then what is most.
    groups.sort_by_key(|((verdict, reason, namespace), claims)| {
        (*verdict, std::cmp::Reverse(at_risk(claims)), std::cmp::Reverse(claims.len()), *reason, *namespace)
    });
    for ((_, reason, namespace), claims) in groups.iter().take(MOST) {
        let which = match claims.as_slice() {
            [one] => format!("claim {}", one.claim.name),
            _ => counted(claims.len(), "claim", "claims"),
        };
        message.push_str(&format!("\n{namespace}: {which}{}: {reason}.", sized(at_risk(claims))));
    }
    let more: usize = groups.iter().skip(MOST).map(|(_, claims)| claims.len()).sum();
    if more > 0 {
        message.push_str(&format!("\n{} for other reasons or in other namespaces.", counted(more, "more", "more")));
    }
    let waits = |one: &ClaimVerdict<'_>| one.claim.phase.as_deref() == Some("Pending");
    // Somebody works with it: it has a volume, or had one.
    let is_live =
        |one: &&ClaimVerdict<'_>| one.said.verdict == Verdict::WillFail && !waits(one) && !one.users.is_empty();
    let is_idle = |one: &&ClaimVerdict<'_>| waits(one) && one.users.is_empty();
    let severity = if lost.iter().any(is_live) {
        Severity::Error
    } else if lost.iter().all(is_idle) && facts.unread(Need::ClaimUsers).is_none() {
        // No data, and nobody who waits for it.
        Severity::Info
    } else {
        Severity::Warning
    };
    let subject = Subject {
        api_version: Some("v1".to_owned()),
        kind: Some("PersistentVolumeClaim".to_owned()),
        ..Subject::default()
    };
    let codes = CHECK.explains.iter().copied().filter(|code| lost.iter().any(|one| one.explains.contains(code)));
    let mut finding = Finding::new(severity, subject, message).explaining(codes);
    finding.evidence =
        groups.iter().filter_map(|(_, claims)| claims.first()?.said.evidence.first()).take(MOST).cloned().collect();
    // Where one thing keeps every claim out, whoever finds that thing explains it.
    let is_all = |code: &str| lost.iter().all(|one| one.code == Some(code));
    if is_all(NOT_PROTECTED) {
        finding.concerns.push(cluster_subject(facts));
    } else if is_all(BACKUPS_STOPPED) {
        finding.concerns = facts.backup_instances.known_rows().iter().map(|one| azure_subject(&one.id)).collect();
    }
    let text = if finding.concerns.is_empty() {
        "Look at each claim and its reason, which the command shows. Migrate to disk.csi.azure.com, or to an SMB share, what is \
         not supported; bind, or delete, claims that wait; take along by other means what cannot be migrated. Label \
         velero.io/exclude-from-backup=true what nobody needs in a backup, and it counts no longer."
    } else {
        "See first that a backup instance makes backups of the cluster: until then it is of no account what else is said of a \
         claim. Afterwards the command shows each claim and its reason."
    };
    finding
        .without(
            not_judged(open).map(|unread| {
                format!("{} could not be judged: {}", counted(open.len(), "claim", "claims"), unread.why)
            }),
        )
        .without(facts.unread(Need::AllClaims).map(|unread| format!("further claims: {}", unread.why)))
        .without(scope_unread(index))
        .mended_by(Remedy { command: Some("kubectl aksbackup check-pvcs".to_owned()), ..Remedy::guided(text) })
}

/// The rules of coverage for what keeps out every claim at once, and is another check's own finding.
const NOT_PROTECTED: &str = "AKSB501";
const BACKUPS_STOPPED: &str = "AKSB527";

/// Returns why claims could not be judged, each reason once, and what is missing for it.
fn not_judged(open: &[&ClaimVerdict<'_>]) -> Option<Unread> {
    let mut whys: Vec<&str> = open.iter().map(|one| one.said.reason.as_str()).collect();
    whys.sort_unstable();
    whys.dedup();
    let more = whys.len().saturating_sub(3);
    let mut why = whys.iter().take(3).copied().collect::<Vec<_>>().join("; ");
    if more > 0 {
        why.push_str(&format!("; and {}", counted(more, "further reason", "further reasons")));
    }
    let mut missing: Vec<Right> = open.iter().flat_map(|one| one.said.missing.clone()).collect();
    missing.sort();
    missing.dedup();
    (!open.is_empty()).then_some(Unread { why, missing })
}

/// Says by what the scope was judged, where Azure was asked and did not say.
fn scope_unread(index: &Index<'_>) -> Option<String> {
    let unread = index.scope.unread.as_ref()?;
    Some(format!("which namespaces a backup instance takes in: {}", unread.why))
}

fn missing<'u>(unread: impl Iterator<Item = &'u Unread>) -> Vec<Right> {
    unread.flat_map(|unread| unread.missing.clone()).collect()
}
