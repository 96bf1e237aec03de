//! Runs checks over facts. It knows nothing of printing and nothing of what the checks are about.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::check::{Check, Outcome};
use crate::facts::{Binding, Facts, Need, Presence, Right, Unread};
use crate::finding::Hop;

/// A check and how it ended.
pub struct Ran {
    /// The check.
    pub check: &'static Check,
    /// How it ended.
    pub outcome: Outcome,
}

/// Runs the checks, in the order given.
///
/// A check that crashes does not end the run. Where the extension is certainly not on the cluster,
/// what lies behind the extension on the road does not apply.
#[must_use]
pub fn run(checks: &[&'static Check], facts: &Facts) -> Vec<Ran> {
    let is_absent = facts.presence() == Presence::Absent;
    // Of another cluster nothing is said: each finding, and each remedy, would be about the wrong one.
    let is_foreign = matches!(facts.binding(), Binding::Contradicted(_));
    // Checks of the cluster read something of Azure besides: what is another cluster's is as if nobody had asked.
    let own = is_foreign.then(|| facts.without_azure());
    let seen = |check: &Check| own.as_ref().filter(|_| check.name != OF_BOTH).unwrap_or(facts);
    checks
        .iter()
        .map(|check| {
            let outcome = if is_foreign && asks_azure(check) && check.name != OF_BOTH {
                Outcome::NotApplicable("the cluster that Azure was asked about is another one".to_owned())
            } else if is_absent
                && check.hop >= Hop::Extension
                && !applies_without_extension(check)
                && !(asks_azure(check) && is_known_to_azure(facts))
            {
                Outcome::NotApplicable("the backup extension is not on this cluster".to_owned())
            } else {
                judge(check, seen(check))
            };
            Ran { check, outcome }
        })
        .collect()
}

/// The check that tells whether both halves are of one cluster.
const OF_BOTH: &str = "cluster-not-the-same";

/// Tells whether a check cannot do without Azure.
fn asks_azure(check: &Check) -> bool {
    check.needs.iter().any(|requirement| requirement.required && requirement.need.is_azure())
}

/// Tells whether Azure has something to judge although the cluster has nothing of the extension.
fn is_known_to_azure(facts: &Facts) -> bool {
    facts.backup_extensions().next().is_some()
        || !facts.backup_instances.known_rows().is_empty()
        // A vault that was let in, or named, while somebody sets the backup up.
        || !facts.vault_ids().is_empty()
}

/// Tells whether a check is also about a cluster that has nothing of the extension.
///
/// The extension agent brings the extension: where it gets no orders, nothing is there yet, and that
/// is what its checks are for. CoreDNS leads it to them.
fn applies_without_extension(check: &Check) -> bool {
    const OF_AGENT: [Need; 5] = [Need::AgentPods, Need::AgentLogs, Need::DnsConfig, Need::DnsPods, Need::DnsAnswers];
    OF_A_CLUSTER_WITHOUT.contains(&check.name)
        || check.needs.iter().any(|requirement| requirement.required && OF_AGENT.contains(&requirement.need))
}

/// The checks that are also about a cluster without the extension, or without a pod of it.
const OF_A_CLUSTER_WITHOUT: [&str; 6] = [
    "extension-missing",
    "extension-fits-no-node",
    // Azure may have it, or have had it, where the cluster has nothing of it.
    "azure-extension-failed",
    "azure-extension-twins",
    "azure-extension-missing",
    "resource-provider-unregistered",
];

fn judge(check: &Check, facts: &Facts) -> Outcome {
    use crate::facts::Stop;
    match catch_unwind(AssertUnwindSafe(|| (check.run)(facts))) {
        Ok(Ok(findings)) if findings.is_empty() => passed(check, facts),
        Ok(Ok(findings)) => Outcome::Found(findings),
        Ok(Err(Stop::Inconclusive(unread))) => Outcome::Inconclusive(unread),
        Ok(Err(Stop::NotApplicable(why))) => Outcome::NotApplicable(why),
        Err(panic) => Outcome::Crashed(panic_text(panic.as_ref())),
    }
}

/// Says that nothing was found, unless something that the check needs was not read whole.
///
/// A check never says "fine" about something that nobody could read.
fn passed(check: &Check, facts: &Facts) -> Outcome {
    let unread: Vec<Unread> = check
        .needs
        .iter()
        .filter(|requirement| requirement.required)
        .filter_map(|requirement| facts.unread(requirement.need))
        .collect();
    if unread.is_empty() {
        return Outcome::Passed;
    }
    Outcome::Inconclusive(together(unread))
}

/// Puts together why several facts could not be read; what stands on a fact that was not read adds nothing to it.
fn together(unread: Vec<Unread>) -> Unread {
    let mut whys: Vec<String> = Vec::new();
    let mut missing: Vec<Right> = Vec::new();
    for one in unread {
        let is_news = one.missing.is_empty() || one.missing.iter().any(|right| !missing.contains(right));
        if is_news && !whys.contains(&one.why) {
            whys.push(one.why);
        }
        missing.extend(one.missing);
    }
    missing.sort();
    missing.dedup();
    Unread { why: whys.join("; "), missing }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it gave no reason".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Need, required};
    use crate::finding::{Finding, Severity, Subject};

    fn check(name: &'static str, run: fn(&Facts) -> super::super::check::Judgement) -> &'static Check {
        Box::leak(Box::new(Check {
            code: "AKSB999",
            name,
            hop: Hop::You,
            title: "",
            needs: const { &[required(Need::Pods)] },
            explains: &[],
            explain: "",
            run,
        }))
    }

    #[test]
    fn a_check_that_crashes_does_not_end_the_run() {
        let facts = Facts { pods: crate::facts::Fetched::Got(Vec::new()), ..Facts::default() };
        let crashing = check("crashing", |_| panic!("a bug"));
        let finding = check("finding", |_| Ok(vec![Finding::new(Severity::Info, Subject::default(), "seen")]));
        let fine = check("fine", |_| Ok(Vec::new()));
        let ran = run(&[crashing, finding, fine], &facts);
        assert_eq!(ran[0].outcome, Outcome::Crashed("a bug".to_owned()));
        assert!(matches!(ran[1].outcome, Outcome::Found(_)));
        assert_eq!(ran[2].outcome, Outcome::Passed);
    }

    #[test]
    fn nothing_found_in_a_part_is_not_fine() {
        let why = "a later page was refused: forbidden".to_owned();
        let facts = Facts { pods: crate::facts::Fetched::of(Vec::new(), Some(why)), ..Facts::default() };
        let outcome = run(&[check("fine", |_| Ok(Vec::new()))], &facts).remove(0).outcome;
        assert!(matches!(outcome, Outcome::Inconclusive(unread) if unread.why.contains("only in part")));
    }
}
