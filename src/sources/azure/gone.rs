//! A cluster that is gone: what hung on it is gone with it, so that only its vault still knows it.

use futures::future::{join, join_all};

use super::Arm;
use super::listing::{stands_on, unread};
use crate::azure::{Az, Question};
use crate::facts::arm::{ArmId, BackupInstance, Container, LeftBehind, ManagedCluster, SnapshotsLeft};
use crate::facts::{Fetched, Need, Parts};
use crate::finding::listing;

/// So many storage accounts are asked for their containers.
const MOST_ACCOUNTS: usize = 2;
/// So many containers of an account are kept.
const MOST_CONTAINERS: usize = 20;

impl Arm<'_> {
    /// Finds the cluster by what the named vault protects, where its nodes' group is gone or the cluster is silent.
    ///
    /// Only one that Azure has no more is taken: of one that is there, the vault alone does not tell whether it is the
    /// kubeconfig's. A vault that protects several leaves it open, and so does one whose list is not whole.
    pub(super) async fn cluster_by_vault(&self, az: &Az<'_>) {
        let is_lost = {
            let facts = self.facts.borrow();
            facts.node_group.is_absent() || facts.is_by_azure_alone()
        };
        if !is_lost {
            return;
        }
        let Some(instances) = self.list_of_vault(az).await else { return };
        let only = match (&instances, clusters_of(instances.known_rows()).as_slice()) {
            (Fetched::Got(_), [only]) => Some((*only).clone()),
            _ => None,
        };
        *self.of_vault.borrow_mut() = Some(instances);
        if let Some(only) = only {
            let there: Fetched<ManagedCluster> = self.one(az, Question::get(only.as_str())).await;
            if there.is_absent() {
                *self.found.borrow_mut() = Some(only);
            }
        }
    }

    /// Takes the instances of a gone cluster from the vault that was named.
    pub(super) async fn instances_by_vault(&self, az: &Az<'_>, cluster: &ArmId) {
        let is_wanted = {
            let facts = self.facts.borrow();
            self.needs.contains(&Need::BackupInstances)
                && facts.managed_cluster.is_absent()
                && facts.backup_instances.known_rows().is_empty()
        };
        if !is_wanted {
            return;
        }
        let known = self.of_vault.take();
        let instances = match known {
            Some(instances) => Some(instances),
            None => self.list_of_vault(az).await,
        };
        let Some(mut instances) = instances else { return };
        if let Some(rows) = instances.known_mut() {
            rows.retain(|one| one.cluster() == cluster);
        }
        self.facts.borrow_mut().backup_instances = instances;
    }

    /// Lists everything that the named vault protects; `None` where none was named.
    async fn list_of_vault(&self, az: &Az<'_>) -> Option<Fetched<Vec<BackupInstance>>> {
        let vault = self.facts.borrow().named.vault.clone()?;
        Some(self.list(az, Question::get(format!("{vault}/backupInstances"))).await)
    }

    /// Says why the named vault does not tell which cluster it is.
    pub(super) fn untold_by_vault(&self) -> Option<String> {
        let of_vault = self.of_vault.borrow();
        let instances = of_vault.as_ref()?;
        if let Some(unread) = unread(instances) {
            return Some(format!("what the vault protects could not be read: {}", unread.why));
        }
        let names: Vec<String> = clusters_of(instances.known_rows())
            .iter()
            .map(|id| format!("{} (resource group {})", id.name(), id.group().unwrap_or_default()))
            .collect();
        Some(match names.as_slice() {
            [] => "the vault protects no cluster".to_owned(),
            [one] => format!(
                "the vault protects cluster {one}, which is there: whether it is the kubeconfig's, it does not tell"
            ),
            several => {
                format!("the vault protects several clusters, {}", listing(several.iter().map(String::as_str), 4))
            }
        })
    }

    /// Looks for what is left of a cluster's protection; a cluster that is there has left nothing behind.
    pub(super) async fn left_behind(&self, az: &Az<'_>) -> Fetched<LeftBehind> {
        if !self.facts.borrow().managed_cluster.is_absent() {
            return Fetched::Got(LeftBehind::default());
        }
        let (state, groups, accounts, mut lacks) = {
            let facts = self.facts.borrow();
            let unread = [Need::Vaults, Need::RoleAssignments].into_iter().filter_map(|need| facts.unread(need));
            (
                stands_on(&facts.backup_instances, Need::BackupInstances.what()),
                facts.snapshot_groups(),
                facts.accounts_of_vaults(),
                unread.map(|one| one.why).collect::<Vec<String>>(),
            )
        };
        if let Some(state) = state {
            return state;
        }
        // A vault that does not protect it knows nothing of what it left.
        if self.facts.borrow().backup_instances.known_rows().is_empty() {
            return Fetched::Got(LeftBehind::default());
        }
        let (snapshots, containers) = join(self.snapshots_left(az, &groups), self.containers_left(az, &accounts)).await;
        lacks.extend([unread(&snapshots), unread(&containers)].into_iter().flatten().map(|one| one.why));
        let more = accounts.len().saturating_sub(MOST_ACCOUNTS);
        lacks.extend((more > 0).then(|| format!("{more} more storage accounts were not asked")));
        let rows = |list: Fetched<Vec<ArmId>>| list.known_rows().to_vec();
        let left = LeftBehind { snapshots: snapshots.known_rows().to_vec(), containers: rows(containers) };
        Fetched::of(left, (!lacks.is_empty()).then(|| lacks.join("; ")))
    }

    async fn snapshots_left(&self, az: &Az<'_>, groups: &[ArmId]) -> Fetched<Vec<SnapshotsLeft>> {
        let plain: Vec<&ArmId> = groups.iter().filter(|group| group.is_plain()).collect();
        if plain.is_empty() {
            return Fetched::Got(Vec::new());
        }
        let within: Vec<String> = plain
            .iter()
            .map(|group| format!("tolower(id) startswith '{}/'", group.as_str().to_ascii_lowercase()))
            .collect();
        let group_of =
            |id: &str| format!("extract('^(/subscriptions/[^/]+/resourcegroups/[^/]+)/', 1, tolower(tostring({id})))");
        let query = format!(
            "// aksbackup: snapshots-of-groups\nResources | where type =~ 'microsoft.compute/snapshots' | where {} | extend lieIn = {}, disksOf = {} | summarize count = count() by lieIn, disksOf",
            within.join(" or "),
            group_of("id"),
            group_of("properties.creationData.sourceResourceId")
        );
        self.graph(az, &[], &query).await
    }

    async fn containers_left(&self, az: &Az<'_>, accounts: &[ArmId]) -> Fetched<Vec<ArmId>> {
        let lists: Vec<Fetched<Vec<Container>>> = join_all(
            accounts
                .iter()
                .take(MOST_ACCOUNTS)
                .map(|account| self.list(az, Question::get(format!("{account}/blobServices/default/containers")))),
        )
        .await;
        let mut all = Parts::new();
        for (account, list) in accounts.iter().zip(lists) {
            if let Some(unread) = unread(&list) {
                all.lack_unread(unread);
            }
            let rows = list.known_rows();
            all.add(rows.iter().take(MOST_CONTAINERS).map(|one| one.id.clone()));
            let more = rows.len().saturating_sub(MOST_CONTAINERS);
            if more > 0 {
                all.lack(format!("{more} more containers of {} are not told", account.words()));
            }
        }
        all.together()
    }
}

/// Returns the clusters that instances are of, each once.
fn clusters_of(instances: &[BackupInstance]) -> Vec<&ArmId> {
    let mut clusters: Vec<&ArmId> = Vec::new();
    for id in instances.iter().map(BackupInstance::cluster) {
        if id.has_type("Microsoft.ContainerService/managedClusters") && !clusters.contains(&id) {
            clusters.push(id);
        }
    }
    clusters
}
