//! The rights that the checks need, as Kubernetes' own roles: nothing is granted that no check asks for.
//!
//! A right for the whole cluster holds in every namespace, so that it stands once. Objects that are known by name are
//! granted by name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::CHECKS;
use crate::facts::{Need, Right, Tier};

/// A Role, a ClusterRole or a binding of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    api_version: &'static str,
    /// `ClusterRole`, `Role`, `ClusterRoleBinding` or `RoleBinding`.
    pub kind: &'static str,
    /// Its name and namespace.
    pub metadata: GrantMeta,
    /// What it allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<Rule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_ref: Option<RoleRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subjects: Option<Vec<Grantee>>,
}

/// The name of a role or a binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantMeta {
    /// The name.
    pub name: String,
    /// The namespace; null for one of the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    labels: BTreeMap<&'static str, &'static str>,
}

/// What a role allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The API groups; empty text for the core group.
    pub api_groups: Vec<String>,
    /// The plural resources.
    pub resources: Vec<String>,
    /// The objects that it is for; null for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_names: Option<Vec<String>>,
    /// What may be done.
    pub verbs: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleRef {
    api_group: &'static str,
    kind: &'static str,
    name: String,
}

/// Who is given the roles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grantee {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_group: Option<&'static str>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
}

const GROUP: &str = "rbac.authorization.k8s.io";
const VERSION: &str = "rbac.authorization.k8s.io/v1";

impl Grantee {
    /// Reads `user:NAME`, `group:NAME` or `serviceaccount:NAMESPACE:NAME`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is none of user:NAME, group:NAME, serviceaccount:NAMESPACE:NAME");
        let (kind, name) = text.split_once(':').filter(|(_, name)| !name.is_empty()).ok_or_else(wrong)?;
        let of = |kind| Self { kind, api_group: Some(GROUP), name: name.to_owned(), namespace: None };
        match kind.to_ascii_lowercase().as_str() {
            "user" => Ok(of("User")),
            "group" => Ok(of("Group")),
            "serviceaccount" => {
                let (namespace, name) =
                    name.split_once(':').filter(|(n, s)| !n.is_empty() && !s.is_empty()).ok_or_else(wrong)?;
                let namespace = Some(namespace.to_owned());
                Ok(Self { kind: "ServiceAccount", api_group: None, name: name.to_owned(), namespace })
            }
            _ => Err(wrong()),
        }
    }
}

/// What roles are wanted.
#[derive(Debug, Clone)]
pub struct Wanted<'w> {
    /// What the roles are called.
    pub name: &'w str,
    /// The extension's namespace.
    pub namespace: &'w str,
    /// Whether the rights of the tier that is more than reading are wanted too.
    pub with_ask: bool,
    /// Whether only what can be had in the extension's namespace is wanted.
    pub only_namespace: bool,
    /// Who gets them.
    pub subjects: &'w [Grantee],
}

/// One right, and the objects that it is for; the order is that in which they stand in a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Granted {
    /// The namespace; `None` for the whole cluster.
    place: Option<String>,
    group: String,
    resource: String,
    /// The objects by name; `None` for all.
    names: Option<Vec<String>>,
    verb: String,
}

impl Granted {
    fn is_everywhere(&self) -> bool {
        self.place.is_none() && self.names.is_none()
    }

    /// Returns whether one that holds everywhere makes this one needless.
    fn is_within(&self, other: &Self) -> bool {
        other.is_everywhere()
            && (&self.group, &self.resource, &self.verb) == (&other.group, &other.resource, &other.verb)
    }
}

/// Returns the roles that all checks need, and their bindings where somebody is to have them.
#[must_use]
pub fn grants(wanted: &Wanted<'_>) -> Vec<Grant> {
    let mut all = of_tier(wanted, Tier::Read, wanted.name);
    if wanted.with_ask {
        all.extend(of_tier(wanted, Tier::Ask, &format!("{}-ask", wanted.name)));
    }
    if !wanted.subjects.is_empty() {
        let bindings: Vec<Grant> = all.iter().map(|role| binding(role, wanted.subjects)).collect();
        all.extend(bindings);
    }
    all
}

fn of_tier(wanted: &Wanted<'_>, tier: Tier, name: &str) -> Vec<Grant> {
    let needs: BTreeSet<Need> = CHECKS.iter().flat_map(|check| check.needs).map(|r| r.need).collect();
    let mut needed: BTreeSet<Need> = needs.clone();
    needed.extend(needs.iter().flat_map(|need| need.builds_on()));
    // What every run reads, whatever the checks: where the extension is, and whether this is AKS.
    needed.extend([Need::Nodes, Need::ExtensionConfigs, Need::StorageLocations, Need::Namespace]);
    let mut rights: BTreeSet<Granted> = BTreeSet::new();
    for need in needed.into_iter().filter(|need| need.tier() == tier) {
        let names = need.only(wanted.namespace).map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        for right in need.rights(wanted.namespace) {
            let Right::Kube(right) = right else { continue };
            let place = match (&right.namespace, wanted.only_namespace) {
                (Some(place), true) if place == wanted.namespace => right.namespace.clone(),
                // These two are looked for in the one namespace where the user may not look everywhere.
                (None, true) if matches!(need, Need::ExtensionConfigs | Need::StorageLocations) => {
                    Some(wanted.namespace.to_owned())
                }
                (_, true) => continue,
                (_, false) => right.namespace.clone(),
            };
            rights.insert(Granted {
                place,
                group: right.group,
                resource: right.resource,
                names: names.clone(),
                verb: right.verb,
            });
        }
    }
    let everywhere: Vec<Granted> = rights.iter().filter(|right| right.is_everywhere()).cloned().collect();
    rights.retain(|right| right.is_everywhere() || !everywhere.iter().any(|other| right.is_within(other)));
    let mut places: BTreeMap<Option<String>, Vec<Rule>> = BTreeMap::new();
    for Granted { place, group, resource, names, verb } in rights {
        let rules = places.entry(place).or_default();
        let same = |rule: &&mut Rule| {
            rule.api_groups == [group.as_str()] && rule.resource_names == names && rule.verbs == [verb.as_str()]
        };
        match rules.iter_mut().find(same) {
            Some(rule) => rule.resources.push(resource),
            None => rules.push(Rule {
                api_groups: vec![group],
                resources: vec![resource],
                resource_names: names,
                verbs: vec![verb],
            }),
        }
    }
    places
        .into_iter()
        .map(|(namespace, rules)| Grant {
            api_version: VERSION,
            kind: if namespace.is_some() { "Role" } else { "ClusterRole" },
            metadata: meta(name, namespace),
            rules: Some(rules),
            role_ref: None,
            subjects: None,
        })
        .collect()
}

fn binding(role: &Grant, subjects: &[Grantee]) -> Grant {
    Grant {
        api_version: VERSION,
        kind: if role.kind == "Role" { "RoleBinding" } else { "ClusterRoleBinding" },
        metadata: role.metadata.clone(),
        rules: None,
        role_ref: Some(RoleRef { api_group: GROUP, kind: role.kind, name: role.metadata.name.clone() }),
        subjects: Some(subjects.to_vec()),
    }
}

fn meta(name: &str, namespace: Option<String>) -> GrantMeta {
    let labels = BTreeMap::from([("app.kubernetes.io/name", "kubectl-aksbackup")]);
    GrantMeta { name: name.to_owned(), namespace, labels }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(with_ask: bool, only_namespace: bool) -> Vec<Grant> {
        grants(&Wanted { name: "n", namespace: "dataprotection-microsoft", with_ask, only_namespace, subjects: &[] })
    }

    #[test]
    fn reading_grants_nothing_but_reading() {
        for rule in wanted(false, false).iter().flat_map(|grant| grant.rules.iter().flatten()) {
            assert!(rule.verbs.iter().all(|verb| verb == "get" || verb == "list"), "{rule:?}");
            assert!(!rule.resources.iter().any(|one| one == "secrets" || one.contains('*')), "{rule:?}");
        }
    }

    #[test]
    fn asking_is_more_than_reading_and_stands_by_itself() {
        let names: BTreeSet<String> = wanted(true, false).into_iter().map(|grant| grant.metadata.name).collect();
        assert_eq!(names, BTreeSet::from(["n".to_owned(), "n-ask".to_owned()]));
    }

    #[test]
    fn one_namespace_needs_no_cluster_role() {
        for grant in wanted(true, true) {
            assert_eq!(grant.kind, "Role");
            assert_eq!(grant.metadata.namespace.as_deref(), Some("dataprotection-microsoft"));
        }
    }

    #[test]
    fn subjects_are_read() {
        assert_eq!(Grantee::parse("user:ann@contoso.com").map(|s| s.kind), Ok("User"));
        assert_eq!(Grantee::parse("ServiceAccount:ci:doctor").map(|s| s.kind), Ok("ServiceAccount"));
        for text in ["", "user:", "ann", "serviceaccount:x", "role:x"] {
            assert!(Grantee::parse(text).is_err(), "{text}");
        }
    }
}
