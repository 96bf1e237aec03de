//! The pods that the hooks select.

use futures::future::join_all;

use super::{Live, refused};
use crate::cluster::{Path, Refusal};
use crate::facts::objects::{HookEntry, HookTarget, LabelSelector, Pod};
use crate::facts::{Fetched, Need, Right};

/// How many entries of hooks, namespaces of each, and pods of each are looked at.
const MOST_ENTRIES: usize = 40;
const MOST_NAMESPACES: usize = 20;
const MOST_PODS: usize = 200;

impl Live<'_> {
    /// Lists the pods that each entry of each hook would run in.
    pub(super) async fn hook_targets(&self) -> Fetched<Vec<HookTarget>> {
        let entries: Vec<(HookTarget, HookEntry)> = {
            let facts = self.facts.borrow();
            let hooks = facts.hooks.known_rows().iter();
            hooks
                .flat_map(|hook| {
                    hook.entries().enumerate().map(|(entry, what)| {
                        let target = HookTarget {
                            kind: hook.kind.clone(),
                            namespace: hook.metadata.namespace().to_owned(),
                            name: hook.metadata.name.clone(),
                            entry,
                            pods: Vec::new(),
                        };
                        (target, what.clone())
                    })
                })
                .collect()
        };
        if entries.is_empty()
            && let Some(unread) = self.unread_by(Need::Hooks)
        {
            return unread;
        }
        let surplus = entries.len().saturating_sub(MOST_ENTRIES);
        let wanted = entries.into_iter().take(MOST_ENTRIES);
        let answers = join_all(wanted.map(|(target, entry)| self.targets_of(target, entry))).await;
        let mut rows = Vec::new();
        let mut why = (surplus > 0).then(|| format!("{surplus} more entries of hooks were not looked at"));
        for answer in answers {
            match answer {
                Ok((row, cut)) => {
                    rows.push(row);
                    why = why.or(cut);
                }
                Err(refusal) => return refused(refusal, Some(Right::kube("list", "", "pods", None))),
            }
        }
        Fetched::of(rows, why)
    }

    async fn targets_of(
        &self,
        mut target: HookTarget,
        entry: HookEntry,
    ) -> Result<(HookTarget, Option<String>), Refusal> {
        let named = entry.plain_namespaces();
        let places: Vec<Option<&str>> = match named {
            Some(names) => names.iter().take(MOST_NAMESPACES).map(|name| Some(name.as_str())).collect(),
            None => vec![None],
        };
        let mut why = named
            .is_some_and(|names| names.len() > MOST_NAMESPACES)
            .then(|| format!("only {MOST_NAMESPACES} namespaces of an entry were looked at"));
        let selector = entry.label_selector.as_ref().map_or_else(String::new, LabelSelector::words);
        for place in places {
            let mut path = Path::list("", "v1", place, "pods");
            if !selector.is_empty() {
                path = path.with("labelSelector", selector.clone());
            }
            let mut surplus = false;
            let cut = self
                .api
                .each(&path, |pod: Pod| {
                    let is_meant = entry.is_for(pod.metadata.namespace());
                    if is_meant && target.pods.len() < MOST_PODS {
                        target.pods.push(pod);
                    } else {
                        surplus |= is_meant;
                    }
                })
                .await?;
            why = why.or(cut).or_else(|| surplus.then(|| format!("only {MOST_PODS} pods of an entry are kept")));
        }
        Ok((target, why))
    }
}
