//! Users with chosen rights: a certificate, roles, a kubeconfig.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::control_plane::ControlPlane;

/// What a user may do. Without namespaces it holds in the whole cluster.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // the fields of an RBAC rule
pub struct Rule {
    pub groups: Vec<String>,
    /// Resources, and subresources as `pods/log`.
    pub resources: Vec<String>,
    pub verbs: Vec<String>,
    pub namespaces: Vec<String>,
}

impl Rule {
    /// Returns a rule for the whole cluster.
    pub fn new(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Self {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self { groups: own(groups), resources: own(resources), verbs: own(verbs), namespaces: Vec::new() }
    }

    /// Limits the rule to some namespaces. They must exist.
    pub fn within(mut self, namespaces: &[&str]) -> Self {
        self.namespaces = namespaces.iter().map(|&name| name.to_owned()).collect();
        self
    }
}

/// Makes the user and waits until the rules are in force.
pub(crate) async fn create(plane: &ControlPlane, folder: &Path, name: &str, rules: &[Rule]) -> Result<PathBuf> {
    let signed = plane.authority.user(name, &[])?;
    let file = folder.join(format!("kubeconfig-{name}"));
    plane.user_kubeconfig(&file, name, &signed)?;
    let mut roles = Vec::new();
    let mut bindings = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let role = format!("lab:{name}:{index}");
        roles.push(json!({
            "apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": role},
            "rules": [{"apiGroups": rule.groups, "resources": rule.resources, "verbs": rule.verbs}],
        }));
        let binding = |kind: &str, metadata: Value| {
            json!({
                "apiVersion": RBAC, "kind": kind, "metadata": metadata,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
            })
        };
        if rule.namespaces.is_empty() {
            bindings.push(binding("ClusterRoleBinding", json!({"name": role})));
        }
        for namespace in &rule.namespaces {
            bindings.push(binding("RoleBinding", json!({"name": role, "namespace": namespace})));
        }
    }
    plane.api.apply_all(&roles).await?;
    plane.api.apply_all(&bindings).await?;
    for rule in rules {
        let first = |texts: &[String]| texts.first().cloned().unwrap_or_default();
        let (resource, subresource) = match first(&rule.resources).split_once('/') {
            Some((resource, subresource)) => (resource.to_owned(), subresource.to_owned()),
            None => (first(&rule.resources), String::new()),
        };
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": name, "resourceAttributes": {
                "group": first(&rule.groups), "resource": resource, "subresource": subresource, "verb": first(&rule.verbs),
                "namespace": first(&rule.namespaces),
            }},
        });
        plane.api.wait_allowed(&review, Duration::from_secs(10)).await?;
    }
    Ok(file)
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";
