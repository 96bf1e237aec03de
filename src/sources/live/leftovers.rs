//! What is left in a namespace that does not go away.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Live;
use crate::cluster::{Path, Refusal};
use crate::facts::objects::{Leftover, Meta, Namespace};
use crate::facts::{Fetched, Need, Parts, Right, Unread};

/// How many kinds, and objects of each, are named of what is left in a namespace.
const MOST_LEFTOVER_KINDS: usize = 12;
const MOST_LEFTOVERS: usize = 50;

impl Live<'_> {
    /// Names what is left in a namespace that does not go away: its own conditions say which kinds to look at.
    pub(super) async fn leftovers(&self, namespace: &str) -> Fetched<Vec<Leftover>> {
        let resources = match &self.facts.borrow().namespace {
            Fetched::Got(namespace) | Fetched::Partial { got: namespace, .. } => remaining_resources(namespace),
            Fetched::Absent => return Fetched::Got(Vec::new()),
            other => {
                return match other.unread(Need::Namespace.what()) {
                    Some(unread) => Fetched::Failed(unread.why),
                    None => Fetched::Got(Vec::new()),
                };
            }
        };
        let mut found = Parts::new();
        if resources.len() > MOST_LEFTOVER_KINDS {
            found.lack(format!("{} more kinds were not looked at", resources.len() - MOST_LEFTOVER_KINDS));
        }
        for resource in resources.into_iter().take(MOST_LEFTOVER_KINDS) {
            match self.leftovers_of(namespace, &resource).await {
                Ok((rows, lack)) => {
                    found.add(rows);
                    if let Some(lack) = lack {
                        found.lack_unread(lack);
                    }
                }
                Err(lack) => found.lack_unread(lack),
            }
        }
        found.truncate(MOST_LEFTOVERS, |surplus| format!("{surplus} more objects are not listed"));
        found.together()
    }

    /// Lists the objects of one resource, given as `plural.group`, in whatever version is preferred.
    ///
    /// Returns them, and why they are not all, if they are not.
    async fn leftovers_of(&self, namespace: &str, resource: &str) -> Result<(Vec<Leftover>, Option<Unread>), Unread> {
        #[derive(Deserialize)]
        struct Bare {
            metadata: Meta,
        }
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let told = |refusal: Refusal| {
            let right = Right::kube("list", group, plural, Some(namespace));
            let (why, missing) = match refusal {
                Refusal::Forbidden => (format!("reading them needs {}", right.words()), vec![right]),
                Refusal::NotFound | Refusal::NoSuchKind => (format!("{resource} is no longer served"), Vec::new()),
                Refusal::Failed(why) => (format!("{resource}: {why}"), Vec::new()),
            };
            Unread { why, missing }
        };
        let version =
            if group.is_empty() { "v1".to_owned() } else { self.preferred_version(group).await.map_err(told)? };
        let rows: Fetched<Vec<Bare>> =
            self.api.list(&Path::list(group, &version, Some(namespace), plural).metadata_only()).await.map_err(told)?;
        let api_version = if group.is_empty() { version } else { format!("{group}/{version}") };
        let found = rows.known_rows().iter().map(|row| Leftover {
            api_version: api_version.clone(),
            resource: resource.to_owned(),
            metadata: row.metadata.clone(),
        });
        Ok((found.collect(), rows.unread(resource)))
    }
}

/// Reads out of a namespace's conditions which resources are left in it: `pods has 2 resource instances`.
fn remaining_resources(namespace: &Namespace) -> Vec<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for condition in namespace.status.conditions.iter().filter(|c| c.status == "True") {
        if !matches!(condition.kind.as_str(), "NamespaceContentRemaining") {
            continue;
        }
        let message = condition.message.as_deref().unwrap_or_default();
        for part in message.split([',', ':']) {
            if let Some((resource, _)) = part.trim().split_once(" has ") {
                let plain = resource.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
                if plain && !resource.is_empty() {
                    found.insert(resource.to_owned());
                }
            }
        }
    }
    found.into_iter().collect()
}
