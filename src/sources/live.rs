//! Facts from a live cluster: what the selected checks need, concurrently, and nothing else.
//!
//! Three stages follow each other: what finds the extension, what can be listed once its namespace
//! is known, and what the lists point at. Within a stage everything is asked at once. Each fact
//! ends as one [`Fetched`] state; no failure of one stops another. An interruption, or the run's
//! own limit, leaves what was not read as failed with that reason, so that the report is whole.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cluster::{Api, LogRequest, Path, Refusal, ask_for_address, is_built_in};
use crate::facts::objects::{
    DnsAnswer, ExtensionConfig, Leftover, Log, Meta, Namespace, NodeUsage, Pod, StorageLocation, Workload,
};
use crate::facts::{Extension, Facts, Fetched, Need, Right, SYSTEM_NAMESPACE, Server, Stage, Text};

/// How much of each container's log is read.
const LOG_LINES: u32 = 400;
const LOG_BYTES: usize = 128 << 10;
/// How many containers' logs are read at most: the extension has about ten.
const MOST_LOGS: usize = 48;
/// How many kinds, and objects of each, are named of what is left in a namespace.
const MOST_LEFTOVER_KINDS: usize = 12;
const MOST_LEFTOVERS: usize = 50;
/// How many events are kept: the newest; a crash loop can leave thousands.
const MOST_EVENTS: usize = 2000;
/// How many CoreDNS replicas are asked.
const MOST_REPLICAS: usize = 16;

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
}

/// A reading of a live cluster.
pub struct Live<'a> {
    api: &'a Api,
    needs: BTreeSet<Need>,
    facts: RefCell<Facts>,
    namespace: Option<&'a str>,
    observe: &'a dyn Fn(Step),
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
        let mut open: Vec<Need> = needs.into_iter().collect();
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
        let Opened { context, version } = opened;
        let facts = Facts { observed_at: Timestamp::now(), context, server: Server { version }, ..Facts::default() };
        Self { api, needs: all, facts: RefCell::new(facts), namespace, observe }
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
            Some(Interruption::Limit) => match limit {
                Some(limit) => format!("the run's limit of {} s was reached (--timeout)", limit.whole.as_secs_f32()),
                None => "the run's limit was reached".to_owned(),
            },
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
        self.stage(Stage::List).await;
        self.stage(Stage::Follow).await;
    }

    async fn stage(&self, stage: Stage) {
        let needs = self.needs.iter().copied().filter(|need| need.stage() == stage);
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
            Need::Leftovers => keep!(leftovers, self.leftovers(&namespace).await),
            Need::DnsAnswers => keep!(dns_answers, self.dns_answers().await),
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
        self.list_or_here("velero.io", "v1", "backupstoragelocations").await
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
            Ok(None) => Fetched::Got(usage),
            Ok(Some(why)) => Fetched::Partial { got: usage, why },
            Err(refusal) => refused(refusal, self.right_of(Need::NodeUsage)),
        }
    }

    /// Keeps of kube-system's DaemonSets those that answer for the metadata service.
    async fn node_identity(&self) -> Fetched<Vec<Workload>> {
        let path = Path::list("apps", "v1", Some(SYSTEM_NAMESPACE), "daemonsets");
        let mut all: Fetched<Vec<Workload>> = self.list(Need::NodeIdentity, &path).await;
        if let Some(rows) = all.known_mut() {
            rows.retain(Workload::is_node_managed_identity);
        }
        all
    }

    /// Reads the logs that are wanted of the pods that `of` lists.
    async fn logs(&self, namespace: &str, wanted: Vec<LogWish>, of: Need) -> Fetched<Vec<Log>> {
        if wanted.is_empty()
            && let Some(unread) = self.unread_by(of)
        {
            return unread;
        }
        let surplus = wanted.len().saturating_sub(MOST_LOGS);
        let answers = join_all(wanted.into_iter().take(MOST_LOGS).map(|wish| async move {
            let request = LogRequest {
                namespace,
                pod: &wish.pod,
                container: &wish.container,
                previous: wish.previous,
                lines: LOG_LINES,
                bytes: LOG_BYTES,
            };
            let outcome = self.api.log(&request).await;
            (wish, outcome)
        }))
        .await;
        let mut logs = Vec::new();
        let mut trouble: Vec<String> = Vec::new();
        for (wish, outcome) in answers {
            let LogWish { pod, container, previous } = wish;
            match outcome {
                Ok(lines) => {
                    let lines = lines.iter().map(|line| Text::new(line)).collect();
                    logs.push(Log { namespace: namespace.to_owned(), pod, container, previous, lines });
                }
                Err(Refusal::Forbidden) => {
                    return Fetched::Denied(Right::kube("get", "", "pods/log", Some(namespace)));
                }
                // The log of the run before is kept for a while only.
                Err(Refusal::NotFound | Refusal::NoSuchKind) if previous => {}
                // What came in the place of a pod that went away has a log that nobody read.
                Err(Refusal::NotFound | Refusal::NoSuchKind) => {
                    trouble.push(format!("{pod} {container}: it went away, or has no log yet"));
                }
                Err(Refusal::Failed(why)) => trouble.push(format!("{pod} {container}: {why}")),
            }
        }
        if surplus > 0 {
            trouble.push(format!("{surplus} more containers were not asked"));
        }
        match (trouble.is_empty(), logs.is_empty()) {
            (true, _) => Fetched::Got(logs),
            (false, true) => Fetched::Failed(trouble.join("; ")),
            (false, false) => Fetched::Partial { got: logs, why: trouble.join("; ") },
        }
    }

    async fn volumes(&self) -> Fetched<Vec<crate::facts::objects::Volume>> {
        if let Some(unread) = self.unread_by(Need::Claims) {
            return unread;
        }
        let names: Vec<String> =
            self.facts.borrow().claims.known_rows().iter().filter_map(|claim| claim.spec.volume_name.clone()).collect();
        let answers =
            join_all(names.iter().take(MOST_LEFTOVERS).map(|name| async move {
                self.api.get(&Path::object("", "v1", None, "persistentvolumes", name)).await
            }))
            .await;
        let surplus = names.len().saturating_sub(MOST_LEFTOVERS);
        let mut volumes = Vec::new();
        for answer in answers {
            match answer {
                Ok(volume) => volumes.push(volume),
                Err(Refusal::NotFound) => {}
                Err(refusal) => return refused(refusal, self.right_of(Need::Volumes)),
            }
        }
        if surplus > 0 {
            return Fetched::Partial { got: volumes, why: format!("{surplus} more were not asked for") };
        }
        Fetched::Got(volumes)
    }

    /// Names what is left in a namespace that does not go away: its own conditions say which kinds to look at.
    async fn leftovers(&self, namespace: &str) -> Fetched<Vec<Leftover>> {
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
        let mut found = Vec::new();
        let mut trouble = Vec::new();
        if resources.len() > MOST_LEFTOVER_KINDS {
            trouble.push(format!("{} more kinds were not looked at", resources.len() - MOST_LEFTOVER_KINDS));
        }
        for resource in resources.into_iter().take(MOST_LEFTOVER_KINDS) {
            match self.leftovers_of(namespace, &resource).await {
                Ok((rows, why)) => {
                    found.extend(rows);
                    trouble.extend(why);
                }
                Err(why) => trouble.push(why),
            }
        }
        if found.len() > MOST_LEFTOVERS {
            trouble.push(format!("{} more objects are not listed", found.len() - MOST_LEFTOVERS));
            found.truncate(MOST_LEFTOVERS);
        }
        match (trouble.is_empty(), found.is_empty()) {
            (true, _) => Fetched::Got(found),
            (false, true) => Fetched::Failed(trouble.join("; ")),
            (false, false) => Fetched::Partial { got: found, why: trouble.join("; ") },
        }
    }

    /// Lists the objects of one resource, given as `plural.group`, in whatever version is preferred.
    ///
    /// Returns them, and why they are not all, if they are not.
    async fn leftovers_of(&self, namespace: &str, resource: &str) -> Result<(Vec<Leftover>, Option<String>), String> {
        #[derive(Deserialize)]
        struct Group {
            #[serde(rename = "preferredVersion")]
            preferred: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        #[derive(Deserialize)]
        struct Bare {
            metadata: Meta,
        }
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let told = |refusal: Refusal| match refusal {
            Refusal::Forbidden => {
                format!("reading them needs {}", Right::kube("list", group, plural, Some(namespace)).words())
            }
            Refusal::NotFound | Refusal::NoSuchKind => format!("{resource} is no longer served"),
            Refusal::Failed(why) => format!("{resource}: {why}"),
        };
        let version = if group.is_empty() {
            "v1".to_owned()
        } else {
            let found: Group = self.api.get(&Path::group(group)).await.map_err(told)?;
            found.preferred.version
        };
        let rows: Fetched<Vec<Bare>> =
            self.api.list(&Path::list(group, &version, Some(namespace), plural)).await.map_err(told)?;
        let api_version = if group.is_empty() { version } else { format!("{group}/{version}") };
        let found = rows.known_rows().iter().map(|row| Leftover {
            api_version: api_version.clone(),
            resource: resource.to_owned(),
            metadata: row.metadata.clone(),
        });
        Ok((found.collect(), rows.unread(resource).map(|unread| unread.why)))
    }

    /// Asks every CoreDNS replica for the name that the agent needs.
    async fn dns_answers(&self) -> Fetched<Vec<DnsAnswer>> {
        if let Some(unread) = self.unread_by(Need::DnsPods) {
            return unread;
        }
        let (name, replicas) = {
            let facts = self.facts.borrow();
            let replicas: Vec<String> = facts
                .dns_pods
                .known_rows()
                .iter()
                .filter(|pod| pod.is_ready())
                .map(|pod| pod.metadata.name.clone())
                .take(MOST_REPLICAS)
                .collect();
            (facts.data_plane_endpoint(), replicas)
        };
        let Some(name) = name else {
            if let Some(unread) = self.unread_by(Need::Nodes) {
                return unread;
            }
            return Fetched::Failed("the region is not known, and with it the name to ask for".to_owned());
        };
        let answers = join_all(replicas.into_iter().map(|pod| {
            let name = name.clone();
            async move {
                let outcome = ask_for_address(self.api, SYSTEM_NAMESPACE, &pod, &name).await;
                (DnsAnswer { pod, name, answer: Fetched::NotAsked }, outcome)
            }
        }))
        .await;
        let mut rows = Vec::new();
        for (mut row, outcome) in answers {
            row.answer = match outcome {
                Ok(answer) => Fetched::Got(answer),
                Err(Refusal::Forbidden) => {
                    return Fetched::Denied(Right::kube("create", "", "pods/portforward", Some(SYSTEM_NAMESPACE)));
                }
                Err(refusal) => refused(refusal, None),
            };
            rows.push(row);
        }
        Fetched::Got(rows)
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
            let why = [&one, &other].into_iter().find_map(|list| list.unread("a part of them")).map(|u| u.why);
            let (known_one, known_other) = (one.known().is_some(), other.known().is_some());
            match (known_one, known_other) {
                (false, false) => one,
                _ => {
                    let rows = [one, other].into_iter().flat_map(|list| match list {
                        Fetched::Got(rows) | Fetched::Partial { got: rows, .. } => rows,
                        _ => Vec::new(),
                    });
                    Fetched::Partial { got: rows.collect(), why: why.unwrap_or_default() }
                }
            }
        }
    }
}

/// A container whose log is wanted.
struct LogWish {
    pod: String,
    container: String,
    previous: bool,
}

/// Lists the logs to read: of every container, and of the run before where it was started again.
fn log_wishes<'p>(pods: impl IntoIterator<Item = &'p Pod>) -> Vec<LogWish> {
    let mut wishes = Vec::new();
    for pod in pods {
        for status in pod.container_statuses() {
            let wish = |previous| LogWish { pod: pod.metadata.name.clone(), container: status.name.clone(), previous };
            // A container that never ran has no log; asking would only bring a 400.
            let has_run = status.state.waiting.is_none() || status.restart_count > 0;
            if has_run {
                wishes.push(wish(false));
            }
            if status.restart_count > 0 {
                wishes.push(wish(true));
            }
        }
    }
    wishes
}

/// Reads out of a namespace's conditions which resources are left in it: `pods has 2 resource instances`.
fn remaining_resources(namespace: &Namespace) -> Vec<String> {
    let mut found: BTreeMap<String, ()> = BTreeMap::new();
    for condition in namespace.status.conditions.iter().filter(|c| c.status == "True") {
        if !matches!(condition.kind.as_str(), "NamespaceContentRemaining") {
            continue;
        }
        let message = condition.message.as_deref().unwrap_or_default();
        for part in message.split([',', ':']) {
            if let Some((resource, _)) = part.trim().split_once(" has ") {
                let plain = resource.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
                if plain && !resource.is_empty() {
                    found.insert(resource.to_owned(), ());
                }
            }
        }
    }
    found.into_keys().collect()
}
