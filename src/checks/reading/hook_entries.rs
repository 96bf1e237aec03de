//! The entries of the hooks that users wrote, and the pods that each would run in.
//!
//! Knowledge: Microsoft's page "What is AKS backup": a hook runs only where the backup or restore configuration names
//! it, which the cluster does not know; Velero's pod_command_executor.go: a container that a pod lacks is an error, and
//! sidecars count as containers.

use crate::facts::objects::{Hook, HookEntry, Pod};
use crate::facts::{Facts, MICROSOFT_GROUP};

/// What no check can see, said with every finding about a hook.
pub const UNSEEN: &str =
    "Whether a backup or restore configuration names this hook cannot be seen from inside the cluster.";

/// One entry of a hook.
pub struct Entry<'f> {
    /// The hook.
    pub hook: &'f Hook,
    /// Its place in the list.
    pub index: usize,
    /// The entry.
    pub what: &'f HookEntry,
    /// The pods that it selects; nothing where that was not read.
    pub pods: Option<&'f [Pod]>,
}

impl Entry<'_> {
    /// Names the entry in a sentence.
    pub fn words(&self) -> String {
        match self.what.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => format!("Entry {name}"),
            None => format!("Entry {}", self.index.saturating_add(1)),
        }
    }

    /// Returns where the entry stands in its object.
    pub fn at(&self) -> String {
        match (self.hook.list(), self.hook.is_of_restores()) {
            (None, _) => format!("{} .spec", self.hook.at()),
            (Some(_), true) => format!("{} .spec.restoreHook[{}]", self.hook.at(), self.index),
            (Some(_), false) => format!("{} .spec.backupHook[{}]", self.hook.at(), self.index),
        }
    }

    /// Returns the pods that run; nothing where they were not read.
    pub fn running(&self) -> Option<Vec<&Pod>> {
        Some(self.pods?.iter().filter(|pod| pod.status.phase.as_deref() == Some("Running")).collect())
    }

    /// Returns the labels that it selects by, as kubectl takes them; nothing where it takes all pods.
    pub fn selector(&self) -> Option<String> {
        let selector = self.what.label_selector.as_ref().filter(|selector| !selector.is_empty())?;
        Some(selector.words())
    }
}

/// Returns all entries of all hooks, as far as they are known.
pub fn entries(facts: &Facts) -> impl Iterator<Item = Entry<'_>> {
    let targets = facts.hook_targets.known_rows();
    facts.hooks.known_rows().iter().flat_map(move |hook| {
        hook.entries().enumerate().map(move |(index, what)| {
            let row = targets.iter().find(|target| {
                target.kind == hook.kind
                    && target.namespace == hook.metadata.namespace()
                    && target.name == hook.metadata.name
                    && target.entry == index
            });
            Entry { hook, index, what, pods: row.map(|row| row.pods.as_slice()) }
        })
    })
}

/// Returns the command that shows a hook.
pub fn show(hook: &Hook) -> String {
    let resource = if hook.is_of_restores() { "restorehooks" } else { "backuphooks" };
    format!(
        "kubectl --namespace {} get {resource}.{MICROSOFT_GROUP} {} --output yaml",
        hook.metadata.namespace(),
        hook.metadata.name
    )
}
