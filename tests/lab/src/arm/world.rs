//! The world that the simulator answers from: resources in Azure's own JSON by their ids, and how the cloud behaves.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::call::Allowed;
use super::id::{Target, is_at_or_above, name_of};
use super::operations::Operations;

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The object id.
    pub object_id: String,
    /// The name: of a user, or the id of an application.
    pub name: String,
}

/// A policy that would refuse a resource, as `checkPolicyRestrictions` tells.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The name of its assignment.
    pub name: String,
    /// The type of resource that it is about, `Microsoft.Compute/snapshots`.
    pub kind: String,
    /// `Deny` or `Audit`.
    pub effect: String,
}

/// Resources by their ids, and how the cloud behaves.
#[derive(Debug, Clone)]
pub struct World {
    resources: BTreeMap<String, Value>,
    /// The tenant.
    pub tenant: String,
    /// Who is signed in.
    pub caller: Caller,
    /// What the caller may do; `None` is everything.
    pub allowed: Option<Vec<Allowed>>,
    /// The groups of a principal, by its object id. Groups may be members of groups.
    pub members: BTreeMap<String, Vec<String>>,
    /// Principals beside the identities of resources, with their types: `User`, `Group`, `ServicePrincipal`.
    pub principals: BTreeMap<String, String>,
    /// How many rows a page of a list holds; `None` is all. A page of Resource Graph holds 1,000 then.
    pub page: Option<usize>,
    /// How long a new role assignment stays unseen.
    pub role_delay: Duration,
    /// How many times an operation has to be asked for, at it or at its resource, until it is over.
    pub operation_polls: u32,
    /// How the next operation fails: a code and a message. Used up by it.
    pub operation_fails: Option<(String, String)>,
    /// The policies that would refuse something.
    pub policies: Vec<Policy>,
    pub(crate) operations: Operations,
    /// When a role assignment begins to be seen.
    unseen: BTreeMap<String, Instant>,
    /// The last number that went into an invented id.
    invented: u32,
}

impl World {
    /// Returns a world without any resource.
    pub fn empty() -> Self {
        Self {
            resources: BTreeMap::new(),
            tenant: super::healthy::TENANT.to_owned(),
            caller: Caller {
                object_id: "c0ffee00-0000-4000-8000-000000000001".to_owned(),
                name: "admin@contoso.example".to_owned(),
            },
            allowed: None,
            members: BTreeMap::new(),
            principals: BTreeMap::new(),
            page: None,
            role_delay: Duration::ZERO,
            operation_polls: 2,
            operation_fails: None,
            policies: Vec::new(),
            operations: Operations::default(),
            unseen: BTreeMap::new(),
            invented: 0,
        }
    }

    /// Puts a resource in its place. Its id, name and type are filled in where they are missing.
    pub fn set(&mut self, id: &str, mut resource: Value) {
        let id = id.trim_end_matches('/');
        if let Some(fields) = resource.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
            // A subscription and a provider's registration have neither.
            if let Some(kind) = kind_of(id) {
                fields.entry("name").or_insert_with(|| json!(name_of(id)));
                fields.entry("type").or_insert_with(|| json!(kind));
            }
        }
        self.resources.insert(id.to_lowercase(), resource);
    }

    /// Takes a resource away, with everything below it.
    pub fn remove(&mut self, id: &str) {
        let id = id.trim_end_matches('/').to_lowercase();
        let below = format!("{id}/");
        self.resources.retain(|key, _| *key != id && !key.starts_with(&below));
    }

    /// Merges into a resource: fields replace those of their name, and null takes a field away.
    ///
    /// It says whether there is such a resource.
    pub fn patch(&mut self, id: &str, changes: impl Borrow<Value>) -> bool {
        match self.resources.get_mut(&id.to_lowercase()) {
            Some(resource) => {
                merge(resource, changes.borrow());
                true
            }
            None => false,
        }
    }

    /// Returns a resource.
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.resources.get(&id.trim_end_matches('/').to_lowercase())
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Value> {
        self.resources.get_mut(&id.trim_end_matches('/').to_lowercase())
    }

    /// Returns all resources, by the order of their ids in lower case.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.resources.iter().map(|(id, resource)| (id.as_str(), resource))
    }

    /// Returns the resources of a type, wherever they are. The type is in lower case.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let namespace = kind.split('/').next().unwrap_or(kind);
        let sought = format!("/providers/{namespace}/");
        self.resources().filter(move |(id, _)| id.contains(&sought) && kind_of(id).is_some_and(|of| of == kind))
    }

    /// Returns the role assignments of a principal at a scope and above it that are seen by now, by their role's id.
    pub fn has_role(&self, principal: &str, role: &str, scope: &str) -> bool {
        let principals = self.with_groups(principal);
        self.of_kind("microsoft.authorization/roleassignments").any(|(id, assignment)| {
            let properties = &assignment["properties"];
            let of = |name: &str| properties[name].as_str().unwrap_or_default().to_lowercase();
            self.is_seen(id)
                && principals.contains(&of("principalId"))
                && name_of(&of("roleDefinitionId")) == role.to_lowercase()
                && is_at_or_above(&of("scope"), scope)
        })
    }

    /// Returns a principal and the groups that it is a member of, also through other groups, in lower case.
    pub(crate) fn with_groups(&self, principal: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut due = vec![principal.to_lowercase()];
        while let Some(next) = due.pop() {
            let groups = self.members.iter().filter(|(member, _)| member.eq_ignore_ascii_case(&next));
            due.extend(groups.flat_map(|(_, groups)| groups).map(|group| group.to_lowercase()));
            if !found.insert(next) {
                // A circle of groups.
                due.retain(|group| !found.contains(group));
            }
        }
        found
    }

    /// Returns the type of a principal that the directory knows: a named one, the caller, or a resource's identity.
    pub(crate) fn principal_type(&self, principal: &str) -> Option<String> {
        if let Some((_, kind)) = self.principals.iter().find(|(id, _)| id.eq_ignore_ascii_case(principal)) {
            return Some(kind.clone());
        }
        if self.caller.object_id.eq_ignore_ascii_case(principal) {
            return Some("User".to_owned());
        }
        let of_resources = self.resources().filter(|(id, _)| !id.contains("/providers/microsoft.authorization/"));
        of_resources
            .map(|(_, resource)| resource)
            .any(|resource| names_principal(resource, principal))
            .then(|| "ServicePrincipal".to_owned())
    }

    pub(crate) fn hide(&mut self, id: &str) {
        if !self.role_delay.is_zero() {
            self.unseen.insert(id.to_lowercase(), Instant::now() + self.role_delay);
        }
    }

    /// Says whether a new role assignment is seen already.
    pub(crate) fn is_seen(&self, id: &str) -> bool {
        self.unseen.get(&id.to_lowercase()).is_none_or(|&from| Instant::now() >= from)
    }

    /// Returns an id that was not there before. The same calls always give the same ids.
    pub(crate) fn invent(&mut self) -> String {
        self.invented += 1;
        format!("1ab00000-0000-4000-8000-{:012}", self.invented)
    }
}

/// Returns the type of an id, as the id spells it: `Microsoft.Authorization/locks`.
pub(crate) fn kind_of(id: &str) -> Option<String> {
    match Target::parse(id)? {
        Target::Subscription { .. } => None,
        Target::Group { .. } | Target::Groups { .. } => Some("Microsoft.Resources/resourceGroups".to_owned()),
        Target::Provider { .. } => None,
        Target::Resource(resource) => Some(resource.kind()),
    }
}

fn names_principal(value: &Value, principal: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            let is_named = key == "principalId" || key == "objectId";
            is_named && value.as_str().is_some_and(|id| id.eq_ignore_ascii_case(principal))
                || names_principal(value, principal)
        }),
        Value::Array(values) => values.iter().any(|value| names_principal(value, principal)),
        _ => false,
    }
}

/// Merges JSON as RFC 7386 says.
pub(crate) fn merge(into: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        *into = changes.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    if let Value::Object(fields) = into {
        for (key, change) in changes {
            if change.is_null() {
                fields.remove(key);
            } else {
                merge(fields.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_groups_count_and_circles_end() {
        let mut world = World::empty();
        world.members.insert("a".to_owned(), vec!["B".to_owned()]);
        world.members.insert("b".to_owned(), vec!["c".to_owned()]);
        world.members.insert("c".to_owned(), vec!["a".to_owned()]);
        assert_eq!(world.with_groups("A").into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn removing_takes_what_is_below() {
        let mut world = World::healthy();
        world.remove(super::super::healthy::cluster_id().as_str());
        assert!(world.get(&super::super::healthy::extension_id()).is_none());
        assert!(world.get(&super::super::healthy::vault_id()).is_some());
    }
}
