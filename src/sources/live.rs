//! Facts from a live cluster: what the selected checks need, concurrently, and nothing else.
//!
//! Three stages follow each other: what finds the extension, what can be listed once its namespace
//! is known, and what the lists point at. Within a stage everything is asked at once. Each fact
//! ends as one [`Fetched`] state; no failure of one stops another. An interruption, or the run's
//! own limit, leaves what was not read as failed with that reason, so that the report is whole.

mod admission;
mod discovery;
mod dns;
mod hooks;
mod inventory;
mod leftovers;
mod logs;
mod operations;
mod reviews;
mod served;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use self::logs::log_wishes;
use crate::cluster::{Api, Path, Refusal};
use crate::facts::objects::{ExtensionConfig, NodeUsage, Pod, StorageLocation, Volume, Workload};
use crate::facts::{
    Clocks, Extension, Facts, Fetched, NODE_LEASES, Named, Need, Parts, Right, SNAPSHOT_GROUP, SYSTEM_NAMESPACE,
    Server, Stage, Text, Tier, is_built_in,
};

/// How many volumes behind the extension's own claims are read.
const MOST_VOLUMES: usize = 50;
/// How many locations are kept: the extension has one, and ten are somebody's accident.
const MOST_LOCATIONS: usize = 100;
/// How many events are kept: the newest; a crash loop can leave thousands.
const MOST_EVENTS: usize = 2000;

/// One step of the reading, for whoever shows how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A fact is being asked for.
    Asking(Need),
    /// The question has its answer, whatever it is.
    Answered(Need),
}

/// What is known before the reading begins.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// The kubeconfig's context.
    pub context: Option<String>,
    /// The server's version, where it tells it.
    pub version: Option<String>,
    /// What the server's clock and the one here said.
    pub clocks: Option<Clocks>,
    /// The host that the server is reached by.
    pub host: Option<String>,
    /// What the user named of Azure.
    pub named: Named,
}

/// What ended a reading early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// The user asked for it.
    User,
    /// The run's own limit was reached.
    Limit,
}

/// Asks the server who it is: the one question whose failure means that there is no cluster to ask.
///
/// Returns the version, where the server tells it.
///
/// # Errors
/// Why the server did not answer.
pub async fn greet(api: &Api) -> Result<Option<String>, String> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "gitVersion")]
        git_version: Text,
    }
    match api.get::<Version>(&Path::version()).await {
        Ok(version) => Ok(Some(version.git_version.to_string())),
        // A hardened server may hide its version; it is there all the same.
        Err(Refusal::Forbidden | Refusal::NotFound | Refusal::NoSuchKind) => Ok(None),
        Err(Refusal::Failed(why)) => Err(why),
    }
}

/// How long a run may take.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The whole of it.
    pub whole: Duration,
    /// When it is over.
    pub end: tokio::time::Instant,
}

impl Limit {
    /// Begins a run that may take so long.
    #[must_use]
    pub fn begin(whole: Duration) -> Self {
        Self { whole, end: tokio::time::Instant::now() + whole }
    }

    /// Says that it was reached, as the reason of what was not read by then.
    #[must_use]
    pub fn reached(&self) -> String {
        format!("{} of {} s was reached (--timeout)", Fetched::<()>::LIMIT_REACHED, self.whole.as_secs_f32())
    }
}

/// A reading of a live cluster.
pub struct Live<'a> {
    api: &'a Api,
    needs: BTreeSet<Need>,
    facts: RefCell<Facts>,
    namespace: Option<&'a str>,
    claims_in: Option<&'a str>,
    observe: &'a dyn Fn(Step),
    discovered: RefCell<Option<oneshot::Sender<Facts>>>,
}

impl<'a> Live<'a> {
    /// Makes a reading of these needs, and of what they build on; `namespace` overrides what is found.
    pub fn new(
        api: &'a Api,
        opened: Opened,
        namespace: Option<&'a str>,
        needs: impl IntoIterator<Item = Need>,
        observe: &'a dyn Fn(Step),
    ) -> Self {
        let mut all: BTreeSet<Need> = BTreeSet::new();
        let mut open: Vec<Need> = needs.into_iter().filter(|need| !need.is_azure()).collect();
        while let Some(need) = open.pop() {
            if all.insert(need) {
                open.extend(need.builds_on());
            }
        }
        // Where the extension is must be known whatever is asked, and so must whether this is AKS.
        all.extend([Need::Nodes, Need::ExtensionConfigs, Need::StorageLocations]);
        // A namespace that the user names is looked at, whatever is asked of it.
        if namespace.is_some() {
            all.extend([Need::Namespace, Need::Deployments, Need::Pods]);
        }
        let Opened { context, version, clocks, host, named } = opened;
        let server = Server { version, clocks };
        let facts =
            Facts { observed_at: Timestamp::now(), context, server, server_host: host, named, ..Facts::default() };
        Self {
            api,
            needs: all,
            facts: RefCell::new(facts),
            namespace,
            claims_in: None,
            observe,
            discovered: RefCell::new(None),
        }
    }

    /// Reads the claims, and the pods that use them, of this namespace only.
    #[must_use]
    pub const fn claims_in(mut self, namespace: Option<&'a str>) -> Self {
        self.claims_in = namespace;
        self
    }

    /// Has what the first stage found told as soon as it is known: another reading can begin with it.
    #[must_use]
    pub fn telling(self, discovered: oneshot::Sender<Facts>) -> Self {
        *self.discovered.borrow_mut() = Some(discovered);
        self
    }

    /// Reads everything, unless the interruption or the limit comes first.
    pub async fn read(
        self,
        limit: Option<Limit>,
        interruption: impl Future<Output = ()>,
    ) -> (Facts, Option<Interruption>) {
        let ended = {
            let limit = async {
                match limit {
                    Some(limit) => tokio::time::sleep_until(limit.end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = interruption => Some(Interruption::User),
                () = self.stages() => None,
                () = limit => Some(Interruption::Limit),
            }
        };
        let why = match ended {
            Some(Interruption::User) => Fetched::<()>::INTERRUPTED.to_owned(),
            Some(Interruption::Limit) => {
                limit.map_or_else(|| format!("{} was reached", Fetched::<()>::LIMIT_REACHED), |limit| limit.reached())
            }
            None => "it was not answered".to_owned(),
        };
        let mut facts = self.facts.into_inner();
        for need in &self.needs {
            facts.give_up(*need, &why);
        }
        (facts, ended)
    }

    async fn stages(&self) {
        self.stage(Stage::Discover).await;
        {
            let mut facts = self.facts.borrow_mut();
            facts.extension = Extension::discover(self.namespace, &facts.extension_configs, &facts.storage_locations);
        }
        if let Some(discovered) = self.discovered.take() {
            // Whoever wanted it may be gone.
            let _ = discovered.send(self.facts.borrow().clone());
        }
        futures::future::join(self.stage(Stage::List), self.review()).await;
        if self.needs.contains(&Need::AllClaims) && self.needs.contains(&Need::AllVolumes) {
            self.look_again_for_volumes().await;
        }
        self.stage(Stage::Follow).await;
    }

    async fn stage(&self, stage: Stage) {
        // What a review denied is not tried.
        let is_open = |need: &Need| need.tier() == Tier::Read || self.facts.borrow().denied(*need).is_none();
        let needs = self.needs.iter().copied().filter(|need| need.stage() == stage).filter(is_open);
        join_all(needs.map(|need| async move {
            (self.observe)(Step::Asking(need));
            self.answer(need).await;
            (self.observe)(Step::Answered(need));
        }))
        .await;
    }

    /// Asks one question and keeps the answer in its field.
    async fn answer(&self, need: Need) {
        let namespace = self.facts.borrow().extension.namespace.clone();
        let here = Some(namespace.as_str());
        let system = Some(SYSTEM_NAMESPACE);
        macro_rules! keep {
            ($field:ident, $answer:expr) => {{
                let answer = $answer;
                self.facts.borrow_mut().$field = answer;
            }};
        }
        match need {
            Need::Nodes => keep!(nodes, self.list(need, &Path::list("", "v1", None, "nodes")).await),
            Need::ExtensionConfigs => keep!(extension_configs, self.extension_configs().await),
            Need::StorageLocations => keep!(storage_locations, self.storage_locations().await),
            Need::Namespace => {
                keep!(namespace, self.object(need, &Path::object("", "v1", None, "namespaces", &namespace)).await);
            }
            Need::Pods => keep!(pods, self.list(need, &Path::list("", "v1", here, "pods")).await),
            Need::Deployments => {
                keep!(deployments, self.list(need, &Path::list("apps", "v1", here, "deployments")).await);
            }
            Need::ReplicaSets => {
                keep!(replica_sets, self.list(need, &Path::list("apps", "v1", here, "replicasets")).await);
            }
            Need::Jobs => keep!(jobs, self.list(need, &Path::list("batch", "v1", here, "jobs")).await),
            Need::Events => keep!(events, self.events(&namespace).await),
            Need::Quotas => keep!(quotas, self.list(need, &Path::list("", "v1", here, "resourcequotas")).await),
            Need::LimitRanges => {
                keep!(limit_ranges, self.list(need, &Path::list("", "v1", here, "limitranges")).await);
            }
            Need::ServiceAccounts => {
                keep!(service_accounts, self.list(need, &Path::list("", "v1", here, "serviceaccounts")).await);
            }
            Need::NetworkPolicies => keep!(
                network_policies,
                self.list(need, &Path::list("networking.k8s.io", "v1", here, "networkpolicies")).await
            ),
            Need::Claims => {
                keep!(claims, self.list(need, &Path::list("", "v1", here, "persistentvolumeclaims")).await);
            }
            Need::Backups => keep!(backups, self.list(need, &Path::list("velero.io", "v1", here, "backups")).await),
            Need::NodeUsage => keep!(node_usage, self.node_usage().await),
            Need::AgentPods => {
                let path = Path::list("", "v1", system, "pods").with("labelSelector", AGENT_SELECTOR);
                keep!(agent_pods, self.list(need, &path).await);
            }
            Need::NodeIdentity => keep!(node_identity, self.node_identity().await),
            Need::IdentityExceptions => keep!(
                identity_exceptions,
                self.list(need, &Path::list("aadpodidentity.k8s.io", "v1", None, "azurepodidentityexceptions")).await
            ),
            Need::DnsService => {
                keep!(dns_service, self.object(need, &Path::object("", "v1", system, "services", "kube-dns")).await);
            }
            Need::DnsPods => {
                let path = Path::list("", "v1", system, "pods").with("labelSelector", "k8s-app=kube-dns");
                keep!(dns_pods, self.list(need, &path).await);
            }
            Need::Logs => {
                let wanted = log_wishes(self.facts.borrow().own_pods());
                keep!(logs, self.logs(&namespace, wanted, Need::Pods).await);
            }
            Need::AgentLogs => {
                let wanted = log_wishes(
                    self.facts
                        .borrow()
                        .agent_pods
                        .known_rows()
                        .iter()
                        .filter(|pod| pod.metadata.label("control-plane") == Some("extension-agent")),
                );
                keep!(agent_logs, self.logs(SYSTEM_NAMESPACE, wanted, Need::AgentPods).await);
            }
            Need::Volumes => keep!(volumes, self.volumes().await),
            Need::ServedGroups => keep!(served_groups, self.served_groups().await),
            Need::ApiServices => {
                let path = Path::list("apiregistration.k8s.io", "v1", None, "apiservices");
                keep!(api_services, self.list(need, &path).await);
            }
            Need::VeleroWorkloads => keep!(velero_workloads, self.velero_workloads().await),
            Need::Webhooks => keep!(webhooks, self.webhooks().await),
            Need::Namespaces => keep!(namespaces, self.list(need, &Path::list("", "v1", None, "namespaces")).await),
            Need::NodeLeases => {
                let path = Path::list("coordination.k8s.io", "v1", Some(NODE_LEASES), "leases");
                keep!(node_leases, self.list(need, &path).await);
            }
            Need::DnsConfig => keep!(dns_config, self.dns_config().await),
            Need::Restores => keep!(restores, self.list(need, &Path::list("velero.io", "v1", here, "restores")).await),
            Need::DeleteRequests => {
                let path = Path::list("velero.io", "v1", here, "deletebackuprequests");
                keep!(delete_requests, self.list(need, &path).await);
            }
            Need::Operations => keep!(operations, self.operations().await),
            Need::Hooks => keep!(hooks, self.hooks().await),
            Need::SnapshotContents => {
                let path = Path::list(SNAPSHOT_GROUP, "v1", None, "volumesnapshotcontents");
                keep!(snapshot_contents, self.list(need, &path).await);
            }
            Need::Snapshots => {
                keep!(snapshots, self.list(need, &Path::list(SNAPSHOT_GROUP, "v1", None, "volumesnapshots")).await);
            }
            Need::SnapshotClasses => {
                let path = Path::list(SNAPSHOT_GROUP, "v1", None, "volumesnapshotclasses");
                keep!(snapshot_classes, self.list(need, &path).await);
            }
            Need::StorageClasses => {
                let path = Path::list("storage.k8s.io", "v1", None, "storageclasses");
                keep!(storage_classes, self.list(need, &path).await);
            }
            Need::CsiDrivers => keep!(csi_drivers, self.csi_drivers().await),
            Need::WebhookEndpoints => keep!(webhook_endpoints, self.webhook_endpoints().await),
            Need::HookTargets => keep!(hook_targets, self.hook_targets().await),
            Need::DnsLogs => {
                let wanted = log_wishes(self.facts.borrow().dns_pods.known_rows());
                keep!(dns_logs, self.logs(SYSTEM_NAMESPACE, wanted, Need::DnsPods).await);
            }
            Need::AdmissionTrial => keep!(admission_trial, self.admission_trial(&namespace).await),
            Need::ApiGroups => keep!(api_groups, self.api_groups().await),
            Need::ZonedVolumes => {
                let path = Path::list("", "v1", None, "persistentvolumes");
                let is_zoned = |volume: &Volume| volume.spec.node_affinity.is_some();
                keep!(zoned_volumes, self.kept(need, &path, is_zoned).await);
            }
            Need::DiskVolumes => {
                let path = Path::list("", "v1", None, "persistentvolumes");
                keep!(disk_volumes, self.kept(need, &path, |volume: &Volume| volume.disk().is_some()).await);
            }
            Need::AllClaims => keep!(all_claims, self.all_claims().await),
            Need::AllVolumes => keep!(all_volumes, self.all_volumes().await),
            Need::ClaimUsers => keep!(claim_users, self.claim_users().await),
            Need::ClaimEvents => keep!(claim_events, self.claim_events().await),
            Need::Leftovers => keep!(leftovers, self.leftovers(&namespace).await),
            Need::DnsAnswers => keep!(dns_answers, self.dns_answers().await),
            // Another cluster is another reading, and so is Azure.
            _ => {}
        }
    }

    /// Returns the state of what stands on a fact that could not be read.
    fn unread_by<T>(&self, base: Need) -> Option<Fetched<T>> {
        let unread = self.facts.borrow().unread(base)?;
        Some(match unread.missing.into_iter().next() {
            Some(right) => Fetched::Denied(right),
            None => Fetched::Failed(unread.why),
        })
    }

    async fn list<T: DeserializeOwned>(&self, need: Need, path: &Path) -> Fetched<Vec<T>> {
        match self.api.list(path).await {
            Ok(fetched) => fetched,
            Err(Refusal::Forbidden) => match need.rights("").first() {
                Some(Right::Kube(right)) if !self.is_served(&right.group).await => Fetched::NoSuchKind,
                _ => refused(Refusal::Forbidden, self.right_of(need)),
            },
            Err(refusal) => refused(refusal, self.right_of(need)),
        }
    }

    /// Asks whether the server knows an API group: where it does not, a refusal to list it says nothing.
    ///
    /// By default everybody who is signed in may ask that; where not, the group counts as served.
    async fn is_served(&self, group: &str) -> bool {
        if is_built_in(group) {
            return true;
        }
        let answer: Result<serde_json::Value, Refusal> = self.api.get(&Path::group(group)).await;
        !matches!(answer, Err(Refusal::NoSuchKind | Refusal::NotFound))
    }

    async fn object<T: DeserializeOwned>(&self, need: Need, path: &Path) -> Fetched<T> {
        match self.api.get(path).await {
            Ok(object) => Fetched::Got(object),
            Err(refusal) => refused(refusal, self.right_of(need)),
        }
    }

    fn right_of(&self, need: Need) -> Option<Right> {
        need.rights(&self.facts.borrow().extension.namespace).into_iter().next()
    }

    /// Lists in the whole cluster; where the user may not, in the one namespace that is likely.
    async fn list_or_here<T: DeserializeOwned>(&self, group: &str, version: &str, resource: &str) -> Fetched<Vec<T>> {
        let everywhere = Right::kube("list", group, resource, None);
        match self.api.list(&Path::list(group, version, None, resource)).await {
            Ok(fetched) => fetched,
            Err(Refusal::Forbidden) if !self.is_served(group).await => Fetched::NoSuchKind,
            Err(Refusal::Forbidden) => {
                let likely = self.namespace.map_or_else(|| Extension::default().namespace, str::to_owned);
                match self.api.list(&Path::list(group, version, Some(&likely), resource)).await {
                    Ok(found) => {
                        self.facts.borrow_mut().searched_only = Some(likely);
                        found
                    }
                    Err(Refusal::NoSuchKind) => Fetched::NoSuchKind,
                    // The missing right is not all that keeps it from being read.
                    Err(Refusal::Failed(why)) => Fetched::Failed(format!(
                        "{} is not allowed, and in namespace {likely}: {why}",
                        everywhere.words()
                    )),
                    Err(_) => Fetched::Denied(everywhere),
                }
            }
            Err(refusal) => refused(refusal, Some(everywhere)),
        }
    }

    async fn storage_locations(&self) -> Fetched<Vec<StorageLocation>> {
        let mut all = self.list_or_here("velero.io", "v1", "backupstoragelocations").await;
        let surplus = all.known_rows().len().saturating_sub(MOST_LOCATIONS);
        if surplus > 0
            && let Some(rows) = all.known_mut()
        {
            // Each of them is judged with its words, and compared with the others.
            rows.truncate(MOST_LOCATIONS);
            let rows = std::mem::take(rows);
            all = Fetched::of(rows, Some(format!("the list has more than {MOST_LOCATIONS} objects")));
        }
        all
    }

    /// Reads both groups that ExtensionConfigs live in; AKS' own first.
    async fn extension_configs(&self) -> Fetched<Vec<ExtensionConfig>> {
        let mut all = Fetched::NoSuchKind;
        for group in ["aks.clusterconfig.azure.com", "clusterconfig.azure.com"] {
            let mut one: Fetched<Vec<ExtensionConfig>> = self.list_or_here(group, "v1beta1", "extensionconfigs").await;
            if let Some(rows) = one.known_mut() {
                // Items of a list do not repeat their group.
                rows.iter_mut().for_each(|config| config.api_version = format!("{group}/v1beta1"));
            }
            all = together(all, one);
        }
        all
    }

    async fn events(&self, namespace: &str) -> Fetched<Vec<crate::facts::objects::Event>> {
        let mut events: Fetched<Vec<crate::facts::objects::Event>> =
            self.list(Need::Events, &Path::list("", "v1", Some(namespace), "events")).await;
        if let Some(rows) = events.known_mut() {
            rows.sort_by_key(crate::facts::objects::Event::when);
            let surplus = rows.len().saturating_sub(MOST_EVENTS);
            rows.drain(..surplus);
        }
        events
    }

    /// Sums what the running pods of all namespaces ask of their nodes; the pods themselves are not kept.
    async fn node_usage(&self) -> Fetched<NodeUsage> {
        let mut usage = NodeUsage::new();
        let path =
            Path::list("", "v1", None, "pods").with("fieldSelector", "status.phase!=Succeeded,status.phase!=Failed");
        let outcome = self
            .api
            .each(&path, |pod: Pod| {
                let Some(node) = pod.spec.node_name.clone() else { return };
                let used = usage.entry(node).or_default();
                used.pods += 1;
                used.cpu_millis = used.cpu_millis.saturating_add(pod.requests("cpu").millis());
                used.memory_bytes = used.memory_bytes.saturating_add(pod.requests("memory").units());
            })
            .await;
        match outcome {
            Ok(lack) => Fetched::of(usage, lack),
            Err(refusal) => refused(refusal, self.right_of(Need::NodeUsage)),
        }
    }

    /// Keeps of kube-system's DaemonSets those that answer for the metadata service, and the one that decides who reaches it.
    async fn node_identity(&self) -> Fetched<Vec<Workload>> {
        let path = Path::list("apps", "v1", Some(SYSTEM_NAMESPACE), "daemonsets");
        self.kept(Need::NodeIdentity, &path, |set: &Workload| set.is_node_managed_identity() || set.is_cilium()).await
    }

    /// Keeps of kube-system's DaemonSets those of Azure's CSI drivers.
    async fn csi_drivers(&self) -> Fetched<Vec<Workload>> {
        let path = Path::list("apps", "v1", Some(SYSTEM_NAMESPACE), "daemonsets");
        self.kept(Need::CsiDrivers, &path, |set: &Workload| set.metadata.name.starts_with("csi-azure")).await
    }

    /// Keeps of all Deployments those that run Velero, whoever installed it.
    async fn velero_workloads(&self) -> Fetched<Vec<Workload>> {
        self.kept(Need::VeleroWorkloads, &Path::list("apps", "v1", None, "deployments"), Workload::runs_velero).await
    }

    /// Reads a list and keeps what is wanted of it; the rest is dropped as it comes.
    async fn kept<T: DeserializeOwned>(&self, need: Need, path: &Path, wanted: impl Fn(&T) -> bool) -> Fetched<Vec<T>> {
        let mut rows = Vec::new();
        let outcome = self
            .api
            .each(path, |row: T| {
                if wanted(&row) {
                    rows.push(row);
                }
            })
            .await;
        match outcome {
            Ok(lack) => Fetched::of(rows, lack),
            Err(refusal) => refused(refusal, self.right_of(need)),
        }
    }

    async fn volumes(&self) -> Fetched<Vec<Volume>> {
        if let Some(unread) = self.unread_by(Need::Claims) {
            return unread;
        }
        let names: Vec<String> =
            self.facts.borrow().claims.known_rows().iter().filter_map(|claim| claim.spec.volume_name.clone()).collect();
        let answers =
            join_all(names.iter().take(MOST_VOLUMES).map(|name| async move {
                self.api.get(&Path::object("", "v1", None, "persistentvolumes", name)).await
            }))
            .await;
        let surplus = names.len().saturating_sub(MOST_VOLUMES);
        let mut volumes = Vec::new();
        for answer in answers {
            match answer {
                Ok(volume) => volumes.push(volume),
                Err(Refusal::NotFound) => {}
                Err(refusal) => return refused(refusal, self.right_of(Need::Volumes)),
            }
        }
        Fetched::of(volumes, (surplus > 0).then(|| format!("{surplus} more were not asked for")))
    }
}

/// What the pods of the extension manager have in common.
const AGENT_SELECTOR: &str = "control-plane in (extension-agent,extension-operator)";

fn refused<T>(refusal: Refusal, right: Option<Right>) -> Fetched<T> {
    match (refusal, right) {
        (Refusal::Forbidden, Some(right)) => Fetched::Denied(right),
        (Refusal::Forbidden, None) => Fetched::Failed("forbidden".to_owned()),
        (Refusal::NotFound, _) => Fetched::Absent,
        (Refusal::NoSuchKind, _) => Fetched::NoSuchKind,
        (Refusal::Failed(why), _) => Fetched::Failed(why),
    }
}

/// Puts the lists of two groups together: what is known of either is known, what is unread in either is unread.
fn together<T>(one: Fetched<Vec<T>>, other: Fetched<Vec<T>>) -> Fetched<Vec<T>> {
    match (one, other) {
        (Fetched::NoSuchKind | Fetched::Absent, other) => other,
        (one, Fetched::NoSuchKind | Fetched::Absent) => one,
        (Fetched::Got(mut rows), Fetched::Got(more)) => {
            rows.extend(more);
            Fetched::Got(rows)
        }
        (one, other) => {
            if one.known().is_none() && other.known().is_none() {
                return one;
            }
            let mut all = Parts::new();
            for list in [one, other] {
                if let Some(unread) = list.unread("a part of them") {
                    all.lack_unread(unread);
                }
                if let Fetched::Got(rows) | Fetched::Partial { got: rows, .. } = list {
                    all.add(rows);
                }
            }
            all.together()
        }
    }
}
