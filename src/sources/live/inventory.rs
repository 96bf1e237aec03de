//! The claims and the volumes of a whole cluster, and who uses them; each page is dropped once its rows are taken.
//!
//! A list of many pages is one moment of the cluster, as long as the server keeps that moment; where it has let it go
//! (410), the list is begun anew. Two lists are two moments: a volume that a claim names and the list of volumes lacks
//! may have been made in between, so it is asked for by its name before it counts as gone.

use std::collections::{BTreeMap, HashSet};

use futures::StreamExt as _;
use futures::stream;
use serde::de::DeserializeOwned;

use super::{Live, refused};
use crate::cluster::{Path, Refusal};
use crate::facts::objects::{ClaimRow, ClaimUser, Event, SeenClaim, SeenVolume, VolumeRow};
use crate::facts::{Fetched, Need, Parts, Right};

/// So many objects make a page: each page is a round trip, and two of the largest pods a mebibyte.
const PAGE: u32 = 1000;
/// So often a list is begun anew whose moment the server has let go.
const TRIES: usize = 3;
/// So many volumes are asked for by their names; what is beyond stays open.
const MOST_LOOKED_AT_AGAIN: usize = 200;
/// So many namespaces are tried one by one, where not all may be listed at once.
const MOST_NAMESPACES: usize = 500;
/// So many questions of that kind are under way at once.
const FEW: usize = 8;
/// So many events are kept: of each claim that waits the newest two.
const MOST_EVENTS: usize = 20_000;

impl Live<'_> {
    /// Lists the claims: of the namespace that was chosen, else of all; where not all may be listed, of those that may be.
    pub(super) async fn all_claims(&self) -> Fetched<Vec<ClaimRow>> {
        let path = |namespace: Option<&str>| Path::list("", "v1", namespace, "persistentvolumeclaims");
        let take = |claim: SeenClaim| Some(ClaimRow::from(claim));
        self.of_namespaces("persistentvolumeclaims", &path, &take).await
    }

    /// Lists the pods that use claims, of the same namespaces.
    pub(super) async fn claim_users(&self) -> Fetched<Vec<ClaimUser>> {
        let path = |namespace: Option<&str>| Path::list("", "v1", namespace, "pods");
        self.of_namespaces("pods", &path, &ClaimUser::of).await
    }

    /// Lists the volumes.
    pub(super) async fn all_volumes(&self) -> Fetched<Vec<VolumeRow>> {
        let right = Right::kube("list", "", "persistentvolumes", None);
        let path = Path::list("", "v1", None, "persistentvolumes");
        match self.rows(&path, &|volume: SeenVolume| Some(VolumeRow::from(volume))).await {
            Ok(volumes) => volumes,
            Err(refusal) => refused(refusal, Some(right)),
        }
    }

    /// Asks by name for the volumes that claims name and the list of volumes lacks.
    pub(super) async fn look_again_for_volumes(&self) {
        let lacking: Vec<String> = {
            let facts = self.facts.borrow();
            let (Some(claims), Fetched::Got(volumes)) = (facts.all_claims.known(), &facts.all_volumes) else { return };
            let known: HashSet<&str> = volumes.iter().map(|volume| volume.name.as_str()).collect();
            let named = claims.iter().filter(|claim| claim.phase.as_deref() == Some("Bound"));
            let named = named.filter_map(|claim| claim.volume.as_deref());
            named.filter(|name| !name.is_empty() && !known.contains(name)).map(str::to_owned).collect()
        };
        if lacking.is_empty() {
            return;
        }
        let answers: Vec<(String, Result<SeenVolume, Refusal>)> =
            stream::iter(lacking.iter().take(MOST_LOOKED_AT_AGAIN).cloned())
                .map(|name| async move {
                    let answer = self.api.get(&Path::object("", "v1", None, "persistentvolumes", &name)).await;
                    (name, answer)
                })
                .buffer_unordered(FEW)
                .collect()
                .await;
        let mut facts = self.facts.borrow_mut();
        let mut all = Parts::new();
        all.add(std::mem::take(&mut facts.all_volumes).known_rows().iter().cloned());
        for (name, answer) in answers {
            match answer {
                Ok(volume) => all.add([VolumeRow::from(volume)]),
                // Gone, by its own name.
                Err(Refusal::NotFound) => {}
                Err(Refusal::Forbidden) => all.lack_right(Right::kube("get", "", "persistentvolumes", None)),
                Err(refusal) => all.lack(format!("persistentvolume {name}: {}", refusal.words())),
            }
        }
        let more = lacking.len().saturating_sub(MOST_LOOKED_AT_AGAIN);
        if more > 0 {
            all.lack(format!("{more} volumes that claims name were in no list, and were not asked for by their names"));
        }
        facts.all_volumes = all.together();
    }

    /// Lists the newest events of the claims that wait; none is asked for where none waits.
    pub(super) async fn claim_events(&self) -> Fetched<Vec<Event>> {
        let waiting: HashSet<(String, String)> = {
            let facts = self.facts.borrow();
            let Some(claims) = facts.all_claims.known() else {
                return self.unread_by(Need::AllClaims).unwrap_or_default();
            };
            let pending = claims.iter().filter(|claim| claim.phase.as_deref() == Some("Pending"));
            pending.map(|claim| (claim.namespace.clone(), claim.name.clone())).collect()
        };
        if waiting.is_empty() {
            return Fetched::Got(Vec::new());
        }
        let path = |namespace: Option<&str>| {
            Path::list("", "v1", namespace, "events").with("fieldSelector", "involvedObject.kind=PersistentVolumeClaim")
        };
        let take = |event: Event| {
            let of = (event.metadata.namespace().to_owned(), event.involved_object.name.clone());
            waiting.contains(&of).then_some(event)
        };
        let mut events = self.of_namespaces("events", &path, &take).await;
        if let Some(rows) = events.known_mut() {
            newest(rows);
        }
        events
    }

    /// Lists something of the chosen namespace, else of all; where that is forbidden, of each namespace where it is not.
    async fn of_namespaces<S: DeserializeOwned, T>(
        &self,
        resource: &str,
        path: &dyn Fn(Option<&str>) -> Path,
        take: &dyn Fn(S) -> Option<T>,
    ) -> Fetched<Vec<T>> {
        let chosen = self.claims_in;
        let right = Right::kube("list", "", resource, chosen);
        let refusal = match self.rows(&path(chosen), take).await {
            Ok(rows) => return rows,
            Err(refusal) => refusal,
        };
        if !matches!(refusal, Refusal::Forbidden) || chosen.is_some() {
            return refused(refusal, Some(right));
        }
        let namespaces = self.some_namespaces().await;
        let answers: Vec<Result<Fetched<Vec<T>>, Refusal>> = stream::iter(namespaces.iter().take(MOST_NAMESPACES))
            .map(|namespace| async move { self.rows(&path(Some(namespace)), take).await })
            .buffer_unordered(FEW)
            .collect()
            .await;
        let mut all = Parts::new();
        all.lack_right(right.clone());
        let mut is_any_read = false;
        for answer in answers {
            match answer {
                Ok(rows) => {
                    is_any_read = true;
                    if let Some(unread) = rows.unread(resource) {
                        all.lack_unread(unread);
                    }
                    if let Fetched::Got(rows) | Fetched::Partial { got: rows, .. } = rows {
                        all.add(rows);
                    }
                }
                Err(Refusal::Forbidden | Refusal::NotFound) => {}
                Err(refusal) => all.lack(refusal.words()),
            }
        }
        if is_any_read { all.together() } else { Fetched::Denied(right) }
    }

    /// Returns the namespaces to try one by one; none where they cannot be listed: then one must be named.
    async fn some_namespaces(&self) -> Vec<String> {
        let listed: Result<Fetched<Vec<crate::facts::objects::Namespace>>, Refusal> =
            self.api.list(&Path::list("", "v1", None, "namespaces")).await;
        listed.map(|rows| rows.known_rows().iter().map(|one| one.metadata.name.clone()).collect()).unwrap_or_default()
    }

    /// Reads a list in large pages, and keeps what is taken of each object; begins anew where the server let it go.
    async fn rows<S: DeserializeOwned, T>(
        &self,
        path: &Path,
        take: &dyn Fn(S) -> Option<T>,
    ) -> Result<Fetched<Vec<T>>, Refusal> {
        let mut rows: Vec<T> = Vec::new();
        let mut lack = None;
        for _ in 0..TRIES {
            rows.clear();
            let end = self.api.each_of(path, PAGE, |object: S| rows.extend(take(object))).await?;
            match end {
                Some(cut) if cut.is_expired => lack = Some(cut.why),
                end => return Ok(Fetched::of(rows, end.map(|cut| cut.why))),
            }
        }
        Ok(Fetched::of(rows, lack))
    }
}

/// Keeps of each claim the newest event, and the newest warning.
fn newest(events: &mut Vec<Event>) {
    events.sort_by_key(|event| std::cmp::Reverse(event.when()));
    let mut seen: BTreeMap<(String, String, bool), usize> = BTreeMap::new();
    events.retain(|event| {
        let is_warning = event.kind.as_deref() == Some("Warning");
        let of = (event.metadata.namespace().to_owned(), event.involved_object.name.clone(), is_warning);
        let count = seen.entry(of).or_default();
        *count += 1;
        *count == 1
    });
    events.truncate(MOST_EVENTS);
}
