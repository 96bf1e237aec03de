//! An entry of a BackupHook selects no pod that runs, so nothing is frozen before a snapshot.
//!
//! Knowledge: Velero runs backup hooks in the pods that it backs up; public reports (velero#5137: a pod that has ended
//! still matches). A RestoreHook is for pods that a restore makes, so one that selects nothing now is no trouble.

use super::check::{Check, Judgement};
use super::reading::hook_entries::{Entry, UNSEEN, entries, show};
use super::reading::word::word;
use crate::facts::objects::Hook;
use crate::facts::{Facts, Need, Stop, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB622",
    name: "hook-selects-nothing",
    hop: Hop::Runs,
    title: "backup hooks select pods that run",
    needs: &[required(Need::Hooks), required(Need::HookTargets), helpful(Need::Namespaces)],
    explains: &["UserErrorHookExecutionFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether each entry of each BackupHook selects a pod that runs.

Why it matters
  A hook that selects nothing is not run: the backup is green, and the data in it is not frozen. One that
  selects a pod that has ended fails in some versions.

How it is found
  The pods that the entry's namespaces and labels select, now. Namespaces that do not exist are named.
  A RestoreHook is left out: its pods come with the restore. An application that is scaled down on
  purpose looks the same.
  Whether a backup configuration names the hook cannot be seen from inside the cluster.

What to do
  Correct the namespaces and labels of the entry.

Sources
  Microsoft's page \"What is AKS backup\" (hooks); Velero's documentation on hooks; velero#5137.
";

fn run(facts: &Facts) -> Judgement {
    facts.hooks.rows(Need::Hooks.what())?;
    facts.hook_targets.rows(Need::HookTargets.what())?;
    // What was read in part proves no emptiness.
    let is_whole = facts.unread(Need::HookTargets).is_none();
    let mut findings: Vec<Finding> = Vec::new();
    for entry in entries(facts).filter(|entry| !entry.hook.is_of_restores() && entry.what.commands().next().is_some()) {
        let gone = gone(facts, &entry);
        let all_gone = entry.what.plain_namespaces().is_some_and(|names| names.len() == gone.len());
        let words = match entry.running() {
            _ if all_gone => None,
            Some(running) if running.is_empty() && is_whole => Some(silent(&entry)),
            _ if gone.is_empty() => continue,
            _ => None,
        };
        add(facts, &mut findings, &entry, &gone, words.as_deref());
    }
    if findings.is_empty() && !is_whole {
        return Err(facts.unread(Need::HookTargets).map_or_else(|| Stop::inconclusive(""), Stop::Inconclusive));
    }
    Ok(findings)
}

/// Returns the namespaces that the entry names and the cluster does not have.
fn gone<'f>(facts: &Facts, entry: &Entry<'f>) -> Vec<&'f str> {
    if facts.unread(Need::Namespaces).is_some() {
        return Vec::new();
    }
    let Some(known) = facts.namespaces.known() else { return Vec::new() };
    let named = entry.what.plain_namespaces().unwrap_or_default().iter().map(String::as_str);
    named.filter(|name| known.iter().all(|namespace| namespace.metadata.name != *name)).collect()
}

/// Says that an entry selects no pod that runs, and what it selects instead.
fn silent(entry: &Entry<'_>) -> String {
    let pods = entry.pods.unwrap_or_default();
    match pods.len() {
        0 => " selects no pod".to_owned(),
        count => {
            let mut phases: Vec<&str> = pods.iter().filter_map(|pod| pod.status.phase.as_deref()).collect();
            phases.sort_unstable();
            phases.dedup();
            format!(
                " selects no pod that runs, only {} in phase {}",
                counted(count, "pod", "pods"),
                listing(phases.iter().copied(), 4)
            )
        }
    }
}

fn add(facts: &Facts, findings: &mut Vec<Finding>, entry: &Entry<'_>, gone: &[&str], words: Option<&str>) {
    let hook: &Hook = entry.hook;
    let mut message =
        format!("{} of the BackupHook {} in {}", entry.words(), hook.metadata.name, hook.metadata.namespace());
    let mut evidence = Vec::new();
    if let Some(words) = words {
        message.push_str(words);
        match entry.selector() {
            Some(selector) => {
                message.push_str(&format!(" with {selector}"));
                evidence.push(Evidence::quoted(format!("{}.labelSelector", entry.at()), selector));
            }
            None => evidence.push(Evidence::at(entry.at())),
        }
        if let Some(names) = entry.what.plain_namespaces() {
            message.push_str(&format!(" in {}", listing(names.iter().map(String::as_str), 4)));
        }
        message.push_str(": it runs nowhere.");
    }
    if !gone.is_empty() {
        let (noun, verb) = if gone.len() == 1 { ("namespace", "does") } else { ("namespaces", "do") };
        let gone = listing(gone.iter().copied(), 4);
        match words {
            Some(_) => message.push_str(&format!(" The {noun} {gone} {verb} not exist.")),
            None => message.push_str(&format!(" is for the {noun} {gone}, which {verb} not exist.")),
        }
        evidence.push(Evidence::quoted(format!("{}.includedNamespaces", entry.at()), gone));
    }
    if let Some(known) = findings.iter_mut().find(|known| known.subject == hook.subject()) {
        known.message = known.message.replace(&format!("\n{UNSEEN}"), &format!("\n{message}\n{UNSEEN}"));
        known.evidence.extend(evidence);
        return;
    }
    let place = entry.what.plain_namespaces().and_then(|names| names.first());
    let pods = match place {
        Some(place) => format!("kubectl --namespace {} get pods --show-labels", word(Some(place), "NAMESPACE")),
        None => "kubectl get pods --all-namespaces --show-labels".to_owned(),
    };
    let mut finding = Finding::new(Severity::Warning, hook.subject(), format!("{message}\n{UNSEEN}"));
    finding.evidence = evidence;
    findings.push(
        finding
            .without(facts.unread(Need::Namespaces).map(|unread| format!("which of its namespaces exist: {}", unread.why)))
            .mended_by(
                Remedy::guided(
                    "Compare the entry's namespaces and labels with those of the pods that hold the data, and correct the entry. If \
                     the application is scaled down on purpose, or the hook is no longer used, there is nothing to do.",
                )
                .documented(show(hook))
                .documented(pods),
            ),
    );
}
