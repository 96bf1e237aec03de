//! Which of the things that concern a backup an admission webhook is asked about.
//!
//! Knowledge: the Kubernetes documentation of dynamic admission control. A webhook is asked where a rule, the namespace's
//! labels, the object's labels and its match conditions all fit. Conditions are written in a language that is not judged
//! here, and labels may be unread: then it may be asked, and that is all that is said.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::facts::objects::{LabelSelector, Labels, Webhook, WebhookRule};
use crate::facts::{MICROSOFT_GROUP, SNAPSHOT_GROUP};

/// What a webhook is asked about, the nearest to a backup that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concerns {
    /// The extension's pods, or what makes them.
    Pods,
    /// Other objects that an installation or a backup makes.
    Orders,
    /// Objects of other namespaces, which a restore makes.
    Restores,
}

/// How far a webhook reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// What it is asked about.
    pub concerns: Concerns,
    /// The kinds of it, as `plural.group`; none for what a restore brings.
    pub kinds: Vec<String>,
    /// What cannot be judged, where something cannot: then it may be asked.
    pub unsure: Option<String>,
}

/// A kind of object: its group and plural name.
type Resource = (&'static str, &'static str);

/// The extension's pods and what makes them.
const PODS: &[Resource] = &[("", "pods"), ("batch", "jobs"), ("apps", "deployments"), ("apps", "replicasets")];

/// What else an installation, a backup or a restore makes in the extension's namespace.
const ORDERS: &[Resource] = &[
    ("", "configmaps"),
    ("", "secrets"),
    ("", "serviceaccounts"),
    ("velero.io", "backups"),
    ("velero.io", "restores"),
    ("velero.io", "backupstoragelocations"),
    ("velero.io", "deletebackuprequests"),
    (MICROSOFT_GROUP, "backups"),
    (MICROSOFT_GROUP, "restores"),
    (MICROSOFT_GROUP, "deletebackups"),
    (MICROSOFT_GROUP, "validateforbackups"),
    (MICROSOFT_GROUP, "validateforrestores"),
];

/// What is made outside every namespace, where no namespace's labels count.
const CLUSTER_WIDE: &[Resource] = &[
    (SNAPSHOT_GROUP, "volumesnapshotcontents"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
];

/// What no restore brings back.
const NEVER_RESTORED: &[&str] = &["nodes", "events", "leases", "endpoints", "endpointslices"];

const CREATE: &str = "CREATE";

/// Returns what a webhook is asked about that concerns a backup; `None` where nothing is.
pub fn of(webhook: &Webhook, facts: &Facts) -> Option<Reach> {
    let selector = webhook.object_selector.as_ref();
    let conditions = webhook.match_conditions.first();
    let conditions = conditions.map(|condition| format!("its match condition {} is not judged here", condition.name));
    let chart = [Labels::new(), chart_labels(facts)];
    let here = selects_namespace(webhook, facts);
    if here != Selected::No {
        let unsure = match &here {
            Selected::Unsure(why) => Some(why.clone()),
            _ => conditions.clone(),
        };
        for (concerns, list, labels) in
            [(Concerns::Pods, PODS, pod_labels(facts).as_slice()), (Concerns::Orders, ORDERS, chart.as_slice())]
        {
            let kinds = taken(webhook, list, "Cluster");
            if let Some(reach) = reach(concerns, kinds, &selects_object(selector, labels), unsure.clone()) {
                return Some(reach);
            }
        }
    }
    let kinds = taken(webhook, CLUSTER_WIDE, "Namespaced");
    if let Some(reach) = reach(Concerns::Orders, kinds, &selects_object(selector, &chart), conditions) {
        return Some(reach);
    }
    let unsure = Some("which objects a restore brings is not known before".to_owned());
    takes_restored(webhook).then(|| Reach { concerns: Concerns::Restores, kinds: Vec::new(), unsure })
}

/// Returns whether a webhook is asked about objects that a restore may bring.
///
/// Which those are, nobody knows before; that some of them are refused is all that can be said.
pub fn takes_restored(webhook: &Webhook) -> bool {
    let is_restored = |rule: &WebhookRule| {
        let is_thing = |resource: &String| {
            let is_part = resource.contains('/') && resource != "*/*";
            !is_part && !NEVER_RESTORED.contains(&resource.as_str())
        };
        rule.operations.iter().any(|operation| operation == "*" || operation == CREATE)
            && rule.resources.iter().any(is_thing)
    };
    webhook.rules.iter().any(is_restored)
}

/// Returns the kinds of a list whose creation a webhook's rules take in; rules of another scope are left out.
fn taken(webhook: &Webhook, list: &[Resource], other_scope: &str) -> Vec<String> {
    let rules = || webhook.rules.iter().filter(|rule| scope(rule) != other_scope);
    let taken = list.iter().filter(|(group, resource)| rules().any(|rule| rule.takes_in(CREATE, group, resource)));
    taken
        .map(|(group, resource)| if group.is_empty() { (*resource).to_owned() } else { format!("{resource}.{group}") })
        .collect()
}

fn reach(concerns: Concerns, kinds: Vec<String>, selected: &Selected, unsure: Option<String>) -> Option<Reach> {
    let unsure = match selected {
        _ if kinds.is_empty() => return None,
        Selected::No => return None,
        Selected::Yes => unsure,
        Selected::Unsure(why) => unsure.or_else(|| Some(why.clone())),
    };
    Some(Reach { concerns, kinds, unsure })
}

/// Returns a rule's scope, `*` where it has none.
fn scope(rule: &WebhookRule) -> &str {
    rule.scope.as_deref().filter(|scope| !scope.is_empty()).unwrap_or("*")
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Selected {
    Yes,
    No,
    Unsure(String),
}

fn selects_namespace(webhook: &Webhook, facts: &Facts) -> Selected {
    let Some(selector) = webhook.namespace_selector.as_ref().filter(|selector| !selector.is_empty()) else {
        return Selected::Yes;
    };
    let name = &facts.extension.namespace;
    let mut labels = match facts.namespace.known() {
        Some(namespace) => namespace.metadata.labels.clone(),
        // What will be made gets this label at least.
        None if facts.namespace.is_absent() => Labels::new(),
        None => return Selected::Unsure(format!("the labels of namespace {name}, which it selects by, were not read")),
    };
    labels.entry("kubernetes.io/metadata.name".to_owned()).or_insert_with(|| name.clone());
    judged(selector.takes_in(&labels), "namespaceSelector")
}

/// Returns whether a selector takes in any object that has one of these sets of labels.
fn selects_object(selector: Option<&LabelSelector>, sets: &[Labels]) -> Selected {
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else { return Selected::Yes };
    let mut answers = sets.iter().map(|labels| judged(selector.takes_in(labels), "objectSelector"));
    answers.find(|answer| *answer != Selected::No).unwrap_or(Selected::No)
}

fn judged(takes: Option<bool>, field: &str) -> Selected {
    match takes {
        Some(true) => Selected::Yes,
        Some(false) => Selected::No,
        None => Selected::Unsure(format!("its {field} has an operator that is not known here")),
    }
}

/// Returns the labels that the extension's pods have: as its Deployments have them, and as is documented.
fn pod_labels(facts: &Facts) -> Vec<Labels> {
    let own = facts.deployments.known_rows().iter().filter(|known| facts.is_own(&known.metadata));
    own.map(|known| known.spec.template.metadata.labels.clone()).chain([chart_labels(facts)]).collect()
}

/// Returns the labels that helm and the chart put on what they make.
fn chart_labels(facts: &Facts) -> Labels {
    let mut labels = BTreeMap::from([
        ("app.kubernetes.io/name".to_owned(), "dataprotection-microsoft-kubernetes".to_owned()),
        ("app.kubernetes.io/managed-by".to_owned(), "Helm".to_owned()),
    ]);
    if let Some(name) = &facts.extension.name {
        labels.insert("app.kubernetes.io/instance".to_owned(), name.clone());
    }
    labels
}

/// Returns whether a webhook surely is asked about every pod of another namespace; `None` where that is not known.
pub fn takes_pods_of(webhook: &Webhook, namespace: &Labels) -> Option<bool> {
    let is_plain =
        webhook.match_conditions.is_empty() && webhook.object_selector.as_ref().is_none_or(LabelSelector::is_empty);
    if !webhook.rules.iter().any(|rule| scope(rule) != "Cluster" && rule.takes_in(CREATE, "", "pods")) {
        return Some(false);
    }
    let selected = webhook.namespace_selector.as_ref().map_or(Some(true), |selector| selector.takes_in(namespace))?;
    match (selected, is_plain) {
        (false, _) => Some(false),
        (true, true) => Some(true),
        (true, false) => None,
    }
}
