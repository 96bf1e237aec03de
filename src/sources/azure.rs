//! Facts from Azure: what the selected checks need, in as few waves as the dependencies allow.
//!
//! The waves: which cluster it is; the cluster and what hangs on it; what these name; what only those name in turn. The
//! first falls away where flags name the cluster; a fifth comes only where an identity has a role that is not known.
//! Of a cluster that is gone more follow, each with few questions: only its vault knows what it had (`gone`). At
//! most four questions are put at once, each is put once, and a run puts a bounded number of them (`MOST_READS`; further
//! pages of a list belong to its question): what is beyond that is told as not asked.
//! No failure of one stops another. An interruption, or the run's own limit, leaves what was not read as failed with
//! that reason.

mod confirm;
mod gone;
mod identities;
mod index;
mod listing;
mod protection;
mod storage;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures::future::{join, join_all};

pub use self::confirm::ask_for_disks;
use self::listing::{stands_on, unread};
use super::live::Step;
use crate::azure::{Az, Question, Trouble};
use crate::facts::arm::{ArmId, AzureCloud, BackupInstance, Disk, NodeGroup, SignIn};
use crate::facts::{Facts, Fetched, Need, Parts, is_aks_host};

/// So many questions a run puts at most, for one vault and one subscription; a further one of either may have some more.
/// A healthy cluster takes 20; two more are left for an identity that no scale set has.
const MOST_READS: usize = 22;
/// The vault, its policies, its jobs, and its roles.
const MORE_FOR_A_VAULT: usize = 4;
/// Its locks and deny assignments, and the roles in it.
const MORE_FOR_A_SUBSCRIPTION: usize = 4;
/// So many subscriptions are asked: a backup has no more.
const MOST_SUBSCRIPTIONS: usize = 3;
/// So many vaults are judged.
const MOST_VAULTS: usize = 4;

/// A reading of Azure.
pub struct Arm<'a> {
    needs: BTreeSet<Need>,
    facts: RefCell<Facts>,
    reads: Cell<usize>,
    /// The cluster that Azure's index knows by the kubeconfig's host, or the only one that the named vault protects.
    found: RefCell<Option<ArmId>>,
    /// Everything that the named vault protects, where that was asked.
    of_vault: RefCell<Option<Fetched<Vec<BackupInstance>>>>,
    observe: &'a dyn Fn(Step),
    find: &'a Find<'a>,
}

/// Finds az for a subscription; `None` leaves the choice to az itself.
pub type Find<'a> = dyn Fn(Option<&str>) -> Result<Az<'a>, Trouble> + 'a;

/// The waves, by the needs that are asked in each.
const SECOND: &[Need] =
    &[Need::ManagedCluster, Need::ArmExtensions, Need::BackupInstances, Need::TrustedAccess, Need::ScaleSets];
const THIRD: &[Need] = &[
    Need::StorageAccount,
    Need::Container,
    Need::Vaults,
    Need::BackupPolicies,
    Need::BackupJobs,
    Need::RoleAssignments,
    Need::SnapshotTrial,
    Need::Disks,
    Need::Identities,
    Need::Registrations,
    Need::Locks,
    Need::DenyAssignments,
    Need::PrivateZoneLinks,
];
const FOURTH: &[Need] = &[Need::CallerRights];
const LAST: &[Need] = &[Need::RoleDefinitions, Need::FederatedCredentials];
/// Of a cluster that is gone: what the vault may do says where the backups are.
const GONE: &[Need] = &[Need::LeftBehind];

impl<'a> Arm<'a> {
    /// Makes a reading of these needs, and of what they build on, from what is known of the cluster's nodes.
    pub fn new(
        seed: Facts,
        needs: impl IntoIterator<Item = Need>,
        find: &'a Find<'a>,
        observe: &'a dyn Fn(Step),
    ) -> Self {
        Self {
            needs: Need::of_azure(needs),
            facts: RefCell::new(seed),
            reads: Cell::new(0),
            found: RefCell::new(None),
            of_vault: RefCell::new(None),
            observe,
            find,
        }
    }

    /// Reads everything, unless `end` comes first, which says why it ended.
    pub async fn read(self, end: impl Future<Output = String>) -> Facts {
        let ended = tokio::select! {
            biased;
            why = end => Some(why),
            () = self.waves() => None,
        };
        let why = ended.unwrap_or_else(|| "it was not answered".to_owned());
        let mut facts = self.facts.into_inner();
        for need in &self.needs {
            facts.give_up(*need, &why);
        }
        facts
    }

    async fn waves(&self) {
        if self.needs.is_empty() {
            return;
        }
        let subscription = self.subscription();
        let az = match (self.find)(subscription.as_deref()) {
            Ok(az) => az,
            Err(trouble) => return self.give_up_all(&trouble.words()),
        };
        (self.observe)(Step::Asking(Need::AzureSignIn));
        let signed_in = az.sign_in().await;
        (self.observe)(Step::Answered(Need::AzureSignIn));
        match signed_in {
            Err(trouble) => {
                // Nothing can be asked without: one reason for all.
                return self.give_up_all(&trouble.words());
            }
            Ok(who) => {
                if let Some(why) = foreign_cloud(&who, self.facts.borrow().region()) {
                    return self.give_up_all(&why);
                }
                self.facts.borrow_mut().azure_sign_in = Fetched::Got(who);
            }
        }
        if self.cluster().is_none() {
            self.node_group(&az).await;
            if self.cluster().is_none() {
                self.cluster_by_host(&az).await;
            }
            if self.cluster().is_none() {
                self.cluster_by_vault(&az).await;
            }
        }
        let Some(cluster) = self.cluster() else {
            let why = self.unknown_cluster();
            self.vault_alone(&az).await;
            return self.give_up_all(&why);
        };
        join(self.wave(&az, &cluster, SECOND), async {
            // Named by flags: whether it is the nodes' own is asked beside the rest.
            if self.facts.borrow().node_group.is_unasked() {
                self.node_group(&az).await;
            }
        })
        .await;
        self.instances_by_vault(&az, &cluster).await;
        self.wave(&az, &cluster, THIRD).await;
        // What a vault's own roles allow is known one question later still. They take their questions first: of the
        // person's own rights less depends.
        let of_roles = async {
            self.roles_of_vaults(&az).await;
            self.wave(&az, &cluster, LAST).await;
        };
        join(of_roles, self.wave(&az, &cluster, FOURTH)).await;
        self.wave(&az, &cluster, GONE).await;
    }

    async fn wave(&self, az: &Az<'_>, cluster: &ArmId, wave: &[Need]) {
        join_all(wave.iter().filter(|need| self.needs.contains(need)).map(|need| async move {
            (self.observe)(Step::Asking(*need));
            self.answer(az, cluster, *need).await;
            (self.observe)(Step::Answered(*need));
        }))
        .await;
    }

    /// Asks one question and keeps the answer in its field.
    async fn answer(&self, az: &Az<'_>, cluster: &ArmId, need: Need) {
        macro_rules! keep {
            ($field:ident, $answer:expr) => {{
                let answer = $answer;
                self.facts.borrow_mut().$field = answer;
            }};
        }
        match need {
            Need::ManagedCluster => keep!(managed_cluster, self.one(az, Question::get(cluster.as_str())).await),
            Need::ArmExtensions => keep!(
                arm_extensions,
                self.list(az, under(cluster, "Microsoft.KubernetesConfiguration/extensions")).await
            ),
            Need::BackupInstances => {
                keep!(
                    backup_instances,
                    self.list(az, under(cluster, "Microsoft.DataProtection/backupInstances").or_in("2024-04-01")).await
                );
            }
            Need::TrustedAccess => {
                keep!(
                    trusted_access,
                    self.list(az, Question::get(format!("{cluster}/trustedAccessRoleBindings"))).await
                );
            }
            Need::ScaleSets => keep!(scale_sets, self.scale_sets(az).await),
            Need::Locks => keep!(locks, self.of_subscriptions(az, "Microsoft.Authorization/locks").await),
            Need::DenyAssignments => {
                keep!(deny_assignments, self.of_subscriptions(az, "Microsoft.Authorization/denyAssignments").await);
            }
            Need::StorageAccount => keep!(storage_account, self.storage_account(az).await),
            Need::Container => keep!(container, self.container(az).await),
            Need::Vaults => keep!(vaults, self.vaults(az).await),
            Need::BackupPolicies => keep!(backup_policies, self.of_vaults(az, "backupPolicies").await),
            Need::BackupJobs => keep!(backup_jobs, self.jobs(az, cluster).await),
            Need::RoleAssignments => keep!(role_assignments, self.role_assignments(az).await),
            Need::RoleDefinitions => keep!(role_definitions, self.role_definitions(az).await),
            Need::SnapshotTrial => keep!(snapshot_trial, self.snapshot_trial(az).await),
            Need::Disks => self.indexed(az, cluster).await,
            // Of the same answer, where the disks are asked for.
            Need::PrivateZoneLinks if !self.needs.contains(&Need::Disks) => self.indexed(az, cluster).await,
            Need::Identities => keep!(identities, self.identities(az).await),
            Need::Registrations => keep!(registrations, self.registrations(az, cluster).await),
            Need::FederatedCredentials => keep!(federated_credentials, self.federated_credentials(az).await),
            Need::CallerRights => keep!(caller_rights, self.caller_rights(az).await),
            Need::LeftBehind => keep!(left_behind, self.left_behind(az).await),
            // The sign-in and the nodes' group come before the waves; the rest is the cluster's.
            _ => {}
        }
    }

    /// Returns the cluster: as it was named, or as the nodes' group says.
    fn cluster(&self) -> Option<ArmId> {
        self.facts.borrow().cluster_id().or_else(|| self.found.borrow().clone())
    }

    /// Returns the subscription that az is to use: as it was named, else that of the nodes, else that of a vault.
    fn subscription(&self) -> Option<String> {
        let facts = self.facts.borrow();
        let machines = facts.machine_group();
        let of_vault = facts.named.vault.as_ref().and_then(ArmId::subscription);
        let own = facts.named.subscription.as_deref().or_else(|| machines.as_ref()?.subscription()).or(of_vault);
        own.map(str::to_owned)
    }

    /// Gives all of it up for one reason.
    fn give_up_all(&self, why: &str) {
        let mut facts = self.facts.borrow_mut();
        for need in &self.needs {
            facts.give_up(*need, &format!("{}{why}", Fetched::<()>::AZURE_SILENT));
        }
    }

    async fn node_group(&self, az: &Az<'_>) {
        let Some(group) = self.facts.borrow().machine_group() else {
            let mut facts = self.facts.borrow_mut();
            // Where the nodes may not be listed, that right is what is missing.
            let unread = stands_on(&facts.nodes, Need::Nodes.what());
            facts.node_group = unread.unwrap_or_else(|| {
                Fetched::Failed("no node shows which resource group its machine lies in".to_owned())
            });
            return;
        };
        (self.observe)(Step::Asking(Need::NodeGroup));
        let group: Fetched<NodeGroup> = self.one(az, Question::get(group.as_str())).await;
        self.facts.borrow_mut().node_group = group;
        (self.observe)(Step::Answered(Need::NodeGroup));
    }

    /// Finds the cluster by the kubeconfig's host where no node tells: the API server is silent, or hides them.
    async fn cluster_by_host(&self, az: &Az<'_>) {
        let Some(host) = self.facts.borrow().server_host.clone().filter(|host| is_aks_host(host)) else { return };
        let query = format!(
            "// aksbackup: cluster-by-fqdn\nResources | where type =~ 'microsoft.containerservice/managedclusters' | where properties.fqdn =~ '{host}' or properties.privateFQDN =~ '{host}' or properties.azurePortalFQDN =~ '{host}' | project id"
        );
        let rows: Fetched<Vec<Disk>> = self.graph(az, &[], &query).await;
        if let [only] = rows.known_rows() {
            // The index names it; that it is there, Azure says itself in the next wave.
            *self.found.borrow_mut() = Some(only.id.clone());
        }
    }

    /// Says why it is not known which cluster of Azure this is.
    fn unknown_cluster(&self) -> String {
        const HINT: &str = "name it with --subscription, --resource-group and --cluster-name";
        if let Some(why) = self.untold_by_vault() {
            return format!("{why}; {HINT}");
        }
        let facts = self.facts.borrow();
        match &facts.node_group {
            Fetched::Got(group) if group.managed_by.is_none() && !group.id.is_empty() => {
                format!(
                    "the resource group of the nodes, {}, names no cluster that it belongs to; {HINT}",
                    group.id.name()
                )
            }
            Fetched::Absent => format!("the resource group of the nodes is gone in Azure; {HINT}"),
            Fetched::Failed(why) => format!("the resource group of the nodes could not be read: {why}"),
            group => match group.unread("the resource group of the nodes") {
                Some(unread) => format!("{}; {HINT}", unread.why),
                None => format!("which cluster of Azure this is could not be found; {HINT}"),
            },
        }
    }

    /// Reads the vault that was named, where there is no cluster any more that could name it.
    async fn vault_alone(&self, az: &Az<'_>) {
        if self.facts.borrow().named.vault.is_none() {
            return;
        }
        let nowhere = ArmId::default();
        self.wave(az, &nowhere, &[Need::Vaults, Need::BackupPolicies]).await;
    }

    /// Lists something of every subscription that matters: the cluster's, the account's, the snapshots'.
    async fn of_subscriptions<T: serde::de::DeserializeOwned>(&self, az: &Az<'_>, kind: &str) -> Fetched<Vec<T>> {
        let subscriptions = self.subscriptions();
        let mut lists = join_all(subscriptions.iter().take(MOST_SUBSCRIPTIONS).map(|subscription| {
            self.list(az, Question::get(format!("/subscriptions/{subscription}/providers/{kind}")))
        }))
        .await;
        // Nothing asked is nothing known, and no empty list.
        if subscriptions.is_empty() {
            lists.push(Fetched::Failed("which subscription it is is not known".to_owned()));
        }
        if let Some(more) = subscriptions.len().checked_sub(MOST_SUBSCRIPTIONS).filter(|more| *more > 0) {
            lists.push(Fetched::Failed(format!("{more} more subscriptions were not asked")));
        }
        together(lists)
    }

    /// Returns the subscriptions that matter.
    fn subscriptions(&self) -> Vec<String> {
        self.facts.borrow().subscriptions(self.cluster().as_ref())
    }

    /// Takes one of the questions that a run may put.
    fn take_read(&self) -> Result<(), Trouble> {
        let vaults = self.facts.borrow().vault_ids().len().clamp(1, MOST_VAULTS);
        let subscriptions = self.subscriptions().len().clamp(1, MOST_SUBSCRIPTIONS);
        let most = MOST_READS + MORE_FOR_A_VAULT * (vaults - 1) + MORE_FOR_A_SUBSCRIPTION * (subscriptions - 1);
        if self.reads.get() >= most {
            return Err(Trouble::Other(format!(
                "this run had asked Azure {most} times already, which is the most it does"
            )));
        }
        self.reads.set(self.reads.get() + 1);
        Ok(())
    }
}

/// Returns the question for what a provider keeps about a scope.
fn under(scope: &ArmId, kind: &str) -> Question {
    Question::get(format!("{scope}/providers/{kind}"))
}

/// Says that az speaks to another cloud than the cluster's.
fn foreign_cloud(who: &SignIn, region: Option<&str>) -> Option<String> {
    let (cloud, own) = (who.cloud?, AzureCloud::of_region(region?));
    (cloud != own).then(|| {
        format!(
            "az is signed in to the cloud {}, and the cluster's region is one of {}; choose that with: az cloud set --name {}",
            cloud.name(),
            own.name(),
            own.name()
        )
    })
}

/// Puts lists together: nothing that was read is lost where something was not.
fn together<T>(lists: Vec<Fetched<Vec<T>>>) -> Fetched<Vec<T>> {
    let mut all = Parts::new();
    for list in lists {
        if let Some(unread) = unread(&list) {
            all.lack_unread(unread);
        }
        if let Fetched::Got(rows) | Fetched::Partial { got: rows, .. } = list {
            all.add(rows);
        }
    }
    all.together()
}
