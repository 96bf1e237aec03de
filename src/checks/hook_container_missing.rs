//! A hook names a container that the pods it selects do not have.
//!
//! Knowledge: Velero's pod_command_executor.go ("no such container"): the hook fails in such a pod; velero#6721: a backup
//! whose hook fails ends as PartiallyFailed, whatever onError says.

use super::check::{Check, Judgement};
use super::reading::hook_entries::{Entry, UNSEEN, entries, show};
use super::reading::word::word;
use crate::facts::objects::{Container, HookAction, Pod};
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB623",
    name: "hook-container-missing",
    hop: Hop::Runs,
    title: "hooks name containers that their pods have",
    needs: &[required(Need::Hooks), required(Need::HookTargets)],
    explains: &["UserErrorHookExecutionFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the containers that hooks name are in the running pods that the hooks select.

Why it matters
  In a pod without that container the hook fails: nothing is frozen, and the backup is incomplete.

How it is found
  For each command of each entry: the pods that the entry selects and that run, and their containers, those
  among them that are begun first and stay (restartPolicy Always), where only newer Veleros look. One that
  runs first and ends is none. A pod that lacks the container is named; a command
  that names none runs in the pod's first container.
  Whether a backup or restore configuration names the hook cannot be seen from inside the cluster.

What to do
  Name a container that the pods have, or narrow the entry's labels to the pods that have it.

Sources
  Microsoft's page \"What is AKS backup\" (hooks); source of Velero (pod_command_executor.go).
";

fn run(facts: &Facts) -> Judgement {
    facts.hooks.rows(Need::Hooks.what())?;
    facts.hook_targets.rows(Need::HookTargets.what())?;
    let mut findings: Vec<Finding> = Vec::new();
    for entry in entries(facts) {
        let Some(running) = entry.running().filter(|running| !running.is_empty()) else { continue };
        let mut seen: Vec<&str> = Vec::new();
        for (below, container) in named(&entry) {
            let lacking: Vec<&Pod> = running.iter().filter(|pod| !has(pod, container)).copied().collect();
            if container.is_empty() || lacking.is_empty() || seen.contains(&container) {
                continue;
            }
            seen.push(container);
            add(&mut findings, &entry, (&below, container), &running, &lacking);
        }
    }
    Ok(findings)
}

/// Returns the containers that the entry's commands name, each with where below the entry it stands.
fn named<'f>(entry: &Entry<'f>) -> Vec<(String, &'f str)> {
    let of = |list: &'static str, actions: &'f [HookAction]| {
        actions.iter().enumerate().filter_map(move |(at, action)| {
            let container = action.exec.as_ref()?.container.as_deref()?;
            Some((format!(".{list}[{at}].exec.container"), container))
        })
    };
    of("preHooks", &entry.what.pre_hooks).chain(of("postHooks", &entry.what.post_hooks)).collect()
}

/// Tells whether a hook can run in the container: one that stays, not one that runs first and ends.
fn has(pod: &Pod, container: &str) -> bool {
    pod.spec.containers.iter().chain(beside(pod)).any(|known| known.name == container)
}

/// Returns the containers that are begun first and stay beside the others. Older Veleros do not look there.
fn beside(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.spec.init_containers.iter().filter(|known| known.restart_policy.as_deref() == Some("Always"))
}

fn add(
    findings: &mut Vec<Finding>,
    entry: &Entry<'_>,
    (below, container): (&str, &str),
    running: &[&Pod],
    lacking: &[&Pod],
) {
    let hook = entry.hook;
    let mut pods: Vec<String> =
        lacking.iter().map(|pod| format!("{}/{}", pod.metadata.namespace(), pod.metadata.name)).collect();
    pods.sort_unstable();
    let which = match (lacking.len(), running.len()) {
        (_, 1) => "the one running pod that it selects does not have that".to_owned(),
        (lacking, all) if lacking == all => format!("none of the {all} running pods that it selects has that"),
        (1, all) => format!("1 of the {all} running pods that it selects lacks that"),
        (lacking, all) => format!("{lacking} of the {all} running pods that it selects lack that"),
    };
    let mut message = format!(
        "{} of the {} {} in {} runs a command in the container {container}, and {which}: {}. There the hook fails.",
        entry.words(),
        hook.kind,
        hook.metadata.name,
        hook.metadata.namespace(),
        listing(pods.iter().map(String::as_str), 3)
    );
    let Some(first) = lacking.first() else { return };
    let own: Vec<&str> = first.spec.containers.iter().map(|known| known.name.as_str()).collect();
    message.push_str(&format!(" {} has {}.", first.metadata.name, listing(own.iter().copied(), 5)));
    if first.spec.init_containers.iter().any(|known| known.name == container) {
        message.push_str(&format!(
            " Its {container} is a container that runs first: it has ended when a hook would run in it."
        ));
    }
    let evidence = [
        Evidence::quoted(format!("{}{below}", entry.at()), container),
        Evidence::quoted(format!("{} .spec.containers", first.at()), own.join(", ")),
    ];
    if let Some(known) = findings.iter_mut().find(|known| known.subject == hook.subject()) {
        known.message = known.message.replace(&format!("\n{UNSEEN}"), &format!("\n{message}\n{UNSEEN}"));
        known.evidence.extend(evidence);
        return;
    }
    let mut finding = Finding::new(Severity::Warning, hook.subject(), format!("{message}\n{UNSEEN}"));
    finding.evidence.extend(evidence);
    findings.push(
        finding.mended_by(
            Remedy::guided(
                "Name a container that the pods have. If only some of the selected pods hold the data, narrow the entry's labels to \
                 those.",
            )
            .documented(show(hook))
            .documented(format!(
                "kubectl --namespace {} get pod {} --output jsonpath='{{.spec.containers[*].name}}'",
                word(Some(first.metadata.namespace()), "NAMESPACE"),
                word(Some(&first.metadata.name), "POD")
            )),
        ),
    );
}
