//! Volumes that a backup wanted to save have no snapshot: it has not become ready in the time that a backup waits.
//!
//! Knowledge: founding page, CSISnapshottingTimedOut and the two codes of snapshots; azure-backup.md section 3.1
//! (csiSnapshotTimeout 10m0s); diagnosis.md section 2, entries 9 and 12. What is left of a backup that is over, and
//! what is throttled, are other checks'.

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::snapshot_words::{Told, told};
use super::reading::snapshots::{NEEDS, Unready, backups, by_driver, driver_subject, not_read, unready};
use crate::facts::Facts;
use crate::finding::{Finding, Hop, Remedy, Severity, counted, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB521",
    name: "snapshots-not-ready",
    hop: Hop::Volumes,
    title: "the snapshots of volumes become ready in time",
    needs: NEEDS,
    explains: &[
        "CSISnapshottingTimedOut",
        "UserErrorPVSnapshotDisallowedByPolicy",
        "UserErrorPVSnapshotLimitReached",
        "UserErrorPVNotFound",
        "UserErrorSnapshotResourceGroupHasLocks",
        "LinkedAuthorizationFailed",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a snapshot of a volume is not ready ten minutes after it was asked for. That is how long a
  backup of Azure waits for one.

Why it matters
  The backup goes on without that volume: its job ends with warnings, and the data is not in it.

How it is found
  VolumeSnapshotContents that are not ready, by driver and by what their error means: a right, a policy,
  a lock, a limit, a disk that is gone, a copy in the background. Those of Azure's own backups are
  errors, others' are warnings. Snapshots that nothing waits for any longer are left to
  snapshots-orphaned, those that Azure throttles to snapshots-throttled. Azure is not asked.

What to do
  Mend what the error names, then run a backup on demand. Where the snapshot is only copied in the
  background, wait.

Sources
  Azure Backup's troubleshooting page for AKS, CSISnapshottingTimedOut, UserErrorPVSnapshotDisallowedByPolicy
  and UserErrorPVSnapshotLimitReached; the azuredisk CSI driver's source; public reports.
";

fn run(facts: &Facts) -> Judgement {
    let late = unready(facts)?;
    let wanted = late.iter().filter(|one| one.left_over.is_none() && !one.is_throttled());
    Ok(by_driver(wanted).into_iter().map(|(driver, late)| say(facts, driver, &late)).collect())
}

/// How many different reasons are told one by one.
const MOST_REASONS: usize = 4;

fn say(facts: &Facts, driver: &str, late: &[&Unready<'_>]) -> Finding {
    let mut reasons: Vec<(Told, Vec<&Unready<'_>>)> = Vec::new();
    for one in late {
        let told = told(one);
        match reasons.iter_mut().find(|(known, _)| known.what == told.what) {
            Some((_, all)) => all.push(one),
            None => reasons.push((told, vec![one])),
        }
    }
    reasons.sort_by_key(|(_, all)| std::cmp::Reverse(all.len()));
    let own = late.iter().filter(|one| one.is_own()).count();
    let all_pass = reasons.iter().all(|(told, _)| told.passes);
    let severity = if own > 0 && !all_pass { Severity::Error } else { Severity::Warning };

    let mut message = format!(
        "{} of {driver} {} not ready, after more than the 10 minutes that a backup of Azure waits.",
        counted(late.len(), "snapshot", "snapshots"),
        if late.len() == 1 { "is" } else { "are" },
    );
    if let Some(first) = late.first() {
        message.push_str(&format!(
            " {} for since {}, {} ago.",
            if late.len() == 1 { "It has been asked" } else { "The oldest has been asked" },
            minute(first.began),
            words(since(first.began, facts.observed_at))
        ));
    }
    message.push_str(match (own, late.len()) {
        (0, 1) => " No backup of Azure is known to have asked for it, but Azure's own go by way of the same driver.",
        (0, _) => " No backup of Azure is known to have asked for them, but Azure's own go by way of the same driver.",
        (1, 1) => " A backup of Azure asked for it, and goes on without a volume whose snapshot is late.",
        (own, all) if own == all => {
            " A backup of Azure asked for them, and goes on without volumes whose snapshots are late."
        }
        _ => " A backup of Azure asked for some of them, and goes on without volumes whose snapshots are late.",
    });
    for (told, all) in reasons.iter().take(MOST_REASONS) {
        let of: Vec<String> = all.iter().map(|one| one.of()).collect();
        let mut of: Vec<&str> = of.iter().map(String::as_str).collect();
        of.dedup();
        message.push_str(&format!("\n{}: {}.", listing(of, 4), told.what));
    }
    if reasons.len() > MOST_REASONS {
        message.push_str(&format!("\nThere are {} more reasons.", reasons.len() - MOST_REASONS));
    }
    let mut finding = Finding::new(severity, driver_subject(driver), message);
    for (_, all) in reasons.iter().take(MOST_REASONS) {
        finding.evidence.extend(all.first().map(|one| one.evidence()));
    }
    finding.concerns = backups(facts, late);
    finding.not_read = not_read(facts);
    finding.mended_by(remedy(&reasons, all_pass))
}

fn remedy(reasons: &[(Told, Vec<&Unready<'_>>)], all_pass: bool) -> Remedy {
    let mut text = String::new();
    for (told, _) in reasons.iter().take(MOST_REASONS) {
        if !text.contains(&told.help) {
            text.push_str(&told.help);
            text.push(' ');
        }
    }
    if !all_pass {
        text.push_str("Then run a backup on demand.");
    }
    let mut remedy = Remedy::guided(text.trim_end());
    for (told, all) in reasons.iter().take(MOST_REASONS) {
        for command in &told.commands {
            remedy = remedy.documented(command.clone());
        }
        if let Some(one) = all.first() {
            remedy = remedy.documented(format!("kubectl describe volumesnapshotcontent {}", one.content.metadata.name));
        }
    }
    remedy
}
