//! A hook is written in a way that cannot do what it is meant to.
//!
//! Knowledge: Microsoft's page "What is AKS backup" (a list of entries under spec.backupHook or spec.restoreHook, each
//! with a name, the commands under exec, without a shell); older versions of it show one entry flat under spec. The
//! definition's schema is published nowhere; what the API server does not know of it, it drops when it takes the object in.

use super::check::{Check, Judgement};
use super::reading::hook_entries::{Entry, UNSEEN, entries, show};
use crate::facts::objects::{Hook, HookAction, HookEntry};
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB621",
    name: "hook-shape-wrong",
    hop: Hop::Runs,
    title: "hooks are written as they must be",
    needs: &[required(Need::Hooks)],
    explains: &["UserErrorHookExecutionFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether each BackupHook and RestoreHook has entries, in the list of its own kind, each with a name and
  with commands that can run.

Why it matters
  A hook that does nothing, or fails, leaves a database unfrozen while its volume is snapshotted: the
  backup may be green, and what is restored from it inconsistent.

How it is found
  The object as the API server gives it. No entries at all, entries under the other kind's list, an entry
  without a name or without a command, an action without exec, an onError that is neither Continue nor
  Fail, preHooks in a RestoreHook, and a command that is one word with blanks in it: hooks run without a
  shell, so nothing takes the word apart. The flat form of older pages is a remark: the API server kept
  it, and which of the forms this version of the extension reads is published nowhere.
  Whether a backup configuration names the hook cannot be seen from inside the cluster, so all of this is
  a warning at most.

What to do
  Write the hook as the page shows it, apply it, and read it back: fields that the cluster's definition
  does not know are gone then, and kubectl warns of them.

Sources
  Microsoft's page \"What is AKS backup\" (hooks); Velero's documentation on hooks.
";

fn run(facts: &Facts) -> Judgement {
    let hooks = facts.hooks.rows(Need::Hooks.what())?;
    Ok(hooks.iter().filter_map(|hook| wrong(facts, hook)).collect())
}

fn wrong(facts: &Facts, hook: &Hook) -> Option<Finding> {
    let mut troubles: Vec<(String, Evidence)> = Vec::new();
    let own = if hook.is_of_restores() { "restoreHook" } else { "backupHook" };
    let (other, other_list, other_kind) = if hook.is_of_restores() {
        ("backupHook", &hook.spec.backup_hook, "BackupHook")
    } else {
        ("restoreHook", &hook.spec.restore_hook, "RestoreHook")
    };
    let mine: Vec<Entry<'_>> = entries(facts).filter(|entry| std::ptr::eq(entry.hook, hook)).collect();
    if other_list.is_some() {
        troubles.push((
            format!("It has the list {other}, which belongs into a {other_kind}; a {} has {own}.", hook.kind),
            Evidence::at(format!("{} .spec.{other}", hook.at())),
        ));
    } else if mine.is_empty() {
        troubles.push((
            format!("It has no entry under spec.{own}, so it does nothing. What the cluster's definition does not know, the API \
                     server drops when it takes an object in."),
            Evidence::at(format!("{} .spec", hook.at())),
        ));
    }
    for entry in &mine {
        let at = entry.at();
        troubles
            .extend(of_entry(entry).into_iter().map(|(words, below)| (words, Evidence::at(format!("{at}{below}")))));
    }
    let is_flat = hook.list().is_none() && !mine.is_empty();
    if troubles.is_empty() && !is_flat {
        return None;
    }
    let severity = if troubles.is_empty() { Severity::Info } else { Severity::Warning };
    let mut message = format!("The {} {} in {} ", hook.kind, hook.metadata.name, hook.metadata.namespace());
    let flat = format!(
        "is written in the flat form of older pages, its one entry directly under spec; the page of today shows a list, \
         spec.{own}. The API server kept it as it is, so nothing here proves that the extension does not read it."
    );
    message.push_str(if troubles.is_empty() { &flat } else { "cannot do what it is meant to." });
    let mut finding = Finding::new(severity, hook.subject(), String::new());
    for (words, evidence) in troubles {
        message.push('\n');
        message.push_str(&words);
        finding = finding.seen(evidence);
    }
    if severity == Severity::Info {
        finding = finding.seen(Evidence::at(format!("{} .spec", hook.at())));
    } else if is_flat {
        message.push_str(&format!("\nIt {flat}"));
    }
    message.push_str(&format!("\n{UNSEEN}"));
    finding.message = message;
    let text = if severity == Severity::Info {
        "See in the next backup's status.hookStatus whether the hook was attempted. To be sure, write it as a list, as the page \
         shows it today."
            .to_owned()
    } else {
        format!(
            "Write it as the page shows it: a list under spec.{own}, each entry with a name and with commands under exec. Apply it, \
             read it back, and look at hookStatus of the next run."
        )
    };
    let resource = if hook.is_of_restores() { "restorehooks" } else { "backuphooks" };
    Some(finding.mended_by(Remedy::guided(text).documented(show(hook)).documented(format!(
        "kubectl explain {resource} --api-version clusterbackup.dataprotection.microsoft.com/v1alpha1 --recursive"
    ))))
}

/// Says what is wrong with an entry, each with where below the entry it stands.
fn of_entry(entry: &Entry<'_>) -> Vec<(String, String)> {
    let what: &HookEntry = entry.what;
    let mut troubles = Vec::new();
    let words = entry.words();
    if what.name.as_deref().is_none_or(str::is_empty) {
        troubles.push((format!("{words} has no name, which is compulsory."), String::new()));
    }
    if entry.hook.is_of_restores() {
        if !what.pre_hooks.is_empty() {
            troubles.push((format!("{words} has preHooks; a RestoreHook has postHooks only."), ".preHooks".to_owned()));
        }
        if what.post_hooks.is_empty() {
            troubles.push((format!("{words} has no postHooks, so it does nothing."), String::new()));
        }
    } else if what.pre_hooks.is_empty() && what.post_hooks.is_empty() {
        troubles.push((format!("{words} has neither preHooks nor postHooks, so it does nothing."), String::new()));
    }
    for (list, actions) in [("preHooks", &what.pre_hooks), ("postHooks", &what.post_hooks)] {
        for (index, action) in actions.iter().enumerate() {
            let at = format!(".{list}[{index}]");
            troubles.extend(of_action(&words, list, action).map(|(words, below)| (words, format!("{at}{below}"))));
        }
    }
    troubles
}

fn of_action(entry: &str, list: &str, action: &HookAction) -> impl Iterator<Item = (String, &'static str)> {
    let mut troubles = Vec::new();
    match &action.exec {
        None => troubles.push((format!("{entry} has one of {list} without exec, so without a command."), "")),
        Some(exec) => {
            match exec.command.as_slice() {
                [] => troubles.push((format!("{entry} has one of {list} without a command."), ".exec.command")),
                [only] if only.trim().contains(char::is_whitespace) => troubles.push((
                    format!(
                        "{entry} has one of {list} whose command is one word with blanks in it. No shell takes it apart, so a \
                         program of that whole name is looked for; each word must be an item of its own."
                    ),
                    ".exec.command",
                )),
                _ => {}
            }
            if let Some(odd) = exec.on_error.as_deref().filter(|word| !matches!(*word, "Continue" | "Fail")) {
                troubles.push((
                    format!("{entry} has onError {odd:?} in one of {list}; Continue and Fail are known."),
                    ".exec.onError",
                ));
            }
        }
    }
    troubles.into_iter()
}
