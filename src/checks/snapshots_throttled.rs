//! Azure limits the rate at which the driver may work on snapshots, and they do not become ready in time.
//!
//! Knowledge: velero#6209 (reported by Azure Backup's engineers), velero#7393, azuredisk-csi-driver#773: what is left
//! of failed backups is asked for again and again, and the next backups' snapshots wait behind it. Throttling passes by
//! itself; a missing role it is not.

use super::check::{Check, Judgement};
use super::reading::elapsed::{since, words};
use super::reading::snapshots::{NEEDS, Unready, backups, by_driver, driver_subject, not_read, unready};
use crate::facts::Facts;
use crate::finding::{Finding, Hop, Remedy, Severity, counted, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB522",
    name: "snapshots-throttled",
    hop: Hop::Volumes,
    title: "snapshots are not held up by Azure's limits of rate",
    needs: NEEDS,
    explains: &["CSISnapshottingTimedOut"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether snapshots are not ready ten minutes after they were asked for, and their errors say that Azure
  limits the rate of requests: 429, TooManyRequests, client throttled.

Why it matters
  The limit is shared: while it is used up, no other snapshot comes about either, and backups go on
  without their volumes. Snapshots that are left of failed backups use it up for ever.

How it is found
  The errors of VolumeSnapshotContents that are not ready. How many of all that are asked for belong to
  no backup any more is counted with them.

What to do
  Remove what is left over first: it asks again and again. Otherwise wait, and spread the backups, so that
  fewer snapshots are taken at once. No role and no restart helps.

Sources
  Public reports about Velero on Azure (velero issues 6209 and 7393) and about the azuredisk CSI driver
  (issue 773); Azure Backup's troubleshooting page for AKS, CSISnapshottingTimedOut.
";

fn run(facts: &Facts) -> Judgement {
    let late = unready(facts)?;
    let throttled = by_driver(late.iter().filter(|one| one.is_throttled()));
    let findings = throttled.into_iter().map(|(driver, throttled)| {
        let of_driver: Vec<&Unready<'_>> = late.iter().filter(|one| one.content.driver() == driver).collect();
        say(facts, driver, &throttled, &of_driver)
    });
    Ok(findings.collect())
}

fn say(facts: &Facts, driver: &str, throttled: &[&Unready<'_>], late: &[&Unready<'_>]) -> Finding {
    let wanted: Vec<&Unready<'_>> = throttled.iter().copied().filter(|one| one.left_over.is_none()).collect();
    let left = late.iter().filter(|one| one.left_over.is_some()).count();
    let is_own = wanted.iter().any(|one| one.is_own());
    let severity = if is_own { Severity::Error } else { Severity::Warning };
    let mut message = format!(
        "Azure limits the rate of requests for snapshots of {driver}: {} {} not ready after more than 10 minutes and {} \
         throttled.",
        counted(throttled.len(), "snapshot", "snapshots"),
        if throttled.len() == 1 { "is" } else { "are" },
        if throttled.len() == 1 { "says that it is" } else { "say that they are" },
    );
    if let Some(first) = throttled.first() {
        message.push_str(&format!(
            " The oldest has been asked for since {}, {} ago.",
            minute(first.began),
            words(since(first.began, facts.observed_at))
        ));
    }
    if is_own {
        let own = wanted.iter().filter(|one| one.is_own()).map(|one| one.of());
        let of: Vec<String> = own.collect();
        message
            .push_str(&format!("\nA backup of Azure went on without {}.", listing(of.iter().map(String::as_str), 4)));
    }
    if left > 0 {
        message.push_str(&format!(
            "\nOf the {} snapshots of this driver that are asked for again and again, nothing waits for {left} any longer: \
             they use up the limit for the others.",
            late.len()
        ));
    }
    let text = if left > 0 {
        "Remove what is left over first (see snapshots-orphaned): it is asked for as long as it is there. The rest passes \
         by itself; then run a backup on demand. No role is missing, and restarting something does not help."
    } else {
        "Wait: it passes by itself. Where it comes back, take fewer snapshots at once: spread the schedules of the backups, \
         and look for other tools that take snapshots of the same subscription. For file shares, the data plane \
         (useDataPlaneAPI) has limits of its own. No role is missing, and restarting something does not help."
    };
    let mut finding = Finding::new(severity, driver_subject(driver), message);
    finding.evidence.extend(throttled.iter().take(2).map(|one| one.evidence()));
    finding.concerns = backups(facts, &wanted);
    finding.not_read = not_read(facts);
    finding.mended_by(Remedy::guided(text).documented("kubectl get volumesnapshotcontents"))
}
