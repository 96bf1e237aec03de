//! Who may do what: the caller's own rights, role assignments and their filters, definitions, deny assignments.
//!
//! Role assignments of the world do not
//! decide what the caller may do: `World::allowed` does, so that a test says it in one place.

use serde_json::{Value, json};

use super::answer::Answer;
use super::api::Api;
use super::healthy::role_id;
use super::id::{Resource, Target, is_at_or_above, name_of, subscription_of};
use super::world::World;

/// Returns the action and the scope that a call needs; `None` is a call for which Azure asks no right.
pub(crate) fn needed(method: &str, target: &Target, api: Option<&Api>) -> Option<(String, String)> {
    let verb = match method {
        "GET" | "HEAD" => "read",
        "DELETE" => "delete",
        "POST" => "action",
        _ => "write",
    };
    Some(match target {
        Target::Subscription { path } => (format!("Microsoft.Resources/subscriptions/{verb}"), path.clone()),
        Target::Groups { subscription } => {
            (format!("Microsoft.Resources/subscriptions/resourceGroups/{verb}"), subscription.clone())
        }
        Target::Group { path } => (format!("Microsoft.Resources/subscriptions/resourceGroups/{verb}"), path.clone()),
        Target::Provider { subscription, .. } => {
            (format!("Microsoft.Resources/subscriptions/providers/{verb}"), subscription.clone())
        }
        Target::Resource(resource) => {
            let api = api?;
            // Everybody may read the definitions of the tenant; Resource Graph leaves out what he may not read; who began
            // an operation may ask for it. That who asks what he may do needs a right for it is as Microsoft's list of
            // operations has it, and was not seen.
            let of_tenant = resource.scope.is_empty() && method == "GET";
            if api.is("Microsoft.ResourceGraph/resources") || api.last_type() == "operations" || of_tenant {
                return None;
            }
            // The dry run is a POST, but its action is called a read.
            let verb = if api.is("Microsoft.PolicyInsights/checkPolicyRestrictions") { "read" } else { verb };
            (format!("{}/{verb}", api.kind), scope_of(resource))
        }
    })
}

/// Returns the scope that a refusal names: the resource, or what the list is of.
fn scope_of(resource: &Resource) -> String {
    if !resource.is_collection() {
        return resource.path.clone();
    }
    resource.parent().unwrap_or_else(|| format!("{}/providers/{}", resource.scope, resource.namespace))
}

impl World {
    /// Says whether the caller may do something.
    pub(crate) fn may(&self, action: &str, scope: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| {
            allowed.iter().any(|right| matches(&right.action, action) && is_at_or_above(&right.scope, scope))
        })
    }

    pub(crate) fn refusal(&self, action: &str, scope: &str) -> Answer {
        let caller = &self.caller;
        let message = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            caller.name, caller.object_id
        );
        Answer::error(403, "AuthorizationFailed", &message)
    }

    /// Returns what `permissions` tells of a scope.
    pub(crate) fn permissions(&self, scope: &str) -> Vec<Value> {
        let actions: Vec<&str> = match &self.allowed {
            None => vec!["*"],
            Some(allowed) => allowed
                .iter()
                .filter(|right| is_at_or_above(&right.scope, scope))
                .map(|right| right.action.as_str())
                .collect(),
        };
        if actions.is_empty() {
            return Vec::new();
        }
        vec![json!({"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []})]
    }
}

/// Compares an action with a pattern of a role definition: `*` is any text, and case does not count.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Which assignments a list is about.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    /// Not those below the scope.
    at_scope: bool,
    /// Of this principal, and whether those of its groups count.
    principal: Option<(String, bool)>,
}

impl Filter {
    /// Reads a filter. Azure knows only a few forms, and not every two of them together.
    fn parse(text: &str) -> Option<Self> {
        let mut filter = Self::default();
        let text = text.trim();
        if text.is_empty() {
            return Some(filter);
        }
        let lower = text.to_lowercase();
        let terms: Vec<&str> = lower.split(" and ").map(str::trim).collect();
        for term in &terms {
            if *term == "atscope()" && !filter.at_scope {
                filter.at_scope = true;
                continue;
            }
            let assigned = term.strip_prefix("assignedto(").and_then(|rest| rest.strip_suffix(')')).map(str::trim);
            let equal = term.strip_prefix("principalid").map(str::trim_start).and_then(|rest| rest.strip_prefix("eq "));
            let (quoted, with_groups) = match (assigned, equal) {
                (Some(quoted), _) => (quoted, true),
                (None, Some(quoted)) => (quoted.trim(), false),
                (None, None) => return None,
            };
            let principal = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
            if principal.is_empty() || principal.contains('\'') || filter.principal.is_some() {
                return None;
            }
            filter.principal = Some((principal.to_owned(), with_groups));
        }
        let refused = filter.at_scope && matches!(filter.principal, Some((_, false)));
        (!refused).then_some(filter)
    }
}

fn unsupported(text: &str) -> Answer {
    let message = format!(
        "The filter '{text}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{{value}}' or assignedTo('{{value}}')'."
    );
    Answer::bad_request("UnsupportedQuery", &message)
}

/// Lists role or deny assignments: those at a scope, above it and below it, less what the filter leaves out.
pub(crate) fn assignments(world: &World, api: &Api, scope: &str, filter: &str) -> Result<Vec<Value>, Answer> {
    let parsed = Filter::parse(filter).ok_or_else(|| unsupported(filter))?;
    let principals = parsed.principal.as_ref().map(|(id, with_groups)| match with_groups {
        true => world.with_groups(id),
        false => [id.to_lowercase()].into(),
    });
    let kind = api.kind.to_lowercase();
    let found = world.of_kind(&kind).filter(|(id, assignment)| {
        let properties = &assignment["properties"];
        let its_scope = properties["scope"].as_str().unwrap_or_default();
        let in_scope = is_at_or_above(its_scope, scope) || !parsed.at_scope && is_at_or_above(scope, its_scope);
        let of_principal = principals.as_ref().is_none_or(|principals| {
            // A role assignment has one principal, a deny assignment many, of which one may be everybody.
            let one = properties["principalId"].as_str();
            let many = properties["principals"].as_array().into_iter().flatten();
            one.into_iter()
                .chain(many.filter_map(|principal| principal["id"].as_str()))
                .any(|id| principals.contains(&id.to_lowercase()) || id == EVERYBODY)
        });
        in_scope && of_principal && world.is_seen(id)
    });
    Ok(found.map(|(_, assignment)| assignment.clone()).collect())
}

/// Everybody, in a deny assignment.
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Returns a role's definition as it is told at a scope.
pub(crate) fn definition(world: &World, role: &str, scope: &str) -> Option<Value> {
    let mut found = world
        .of_kind("microsoft.authorization/roledefinitions")
        .find(|(id, _)| name_of(id).eq_ignore_ascii_case(role))?
        .1
        .clone();
    let place = subscription_of(scope).unwrap_or_default();
    found["id"] = json!(format!("{place}/providers/Microsoft.Authorization/roleDefinitions/{}", role.to_lowercase()));
    Some(found)
}

/// Lists the role definitions of a scope; of filters `roleName eq '…'` and `type eq '…'` are known.
pub(crate) fn definitions(world: &World, scope: &str, filter: &str) -> Result<Vec<Value>, Answer> {
    let all = world.of_kind("microsoft.authorization/roledefinitions");
    let all = all.filter_map(|(id, _)| definition(world, name_of(id), scope));
    let filter = filter.trim();
    if filter.is_empty() || filter.eq_ignore_ascii_case("atScopeAndBelow()") {
        return Ok(all.collect());
    }
    let (field, value) = filter.split_once(" eq ").ok_or_else(|| unsupported(filter))?;
    let value = value.trim().trim_matches('\'');
    let field = match field.trim().to_lowercase().as_str() {
        "rolename" => "roleName",
        "type" => "type",
        _ => return Err(unsupported(filter)),
    };
    let same = |role: &Value| role["properties"][field].as_str().is_some_and(|text| text.eq_ignore_ascii_case(value));
    Ok(all.filter(same).collect())
}

/// Makes a role assignment.
pub(crate) fn assign(world: &mut World, resource: &Resource, body: &Value) -> Answer {
    let name = resource.names.last().map(String::as_str).unwrap_or_default();
    if !is_guid(name) {
        let message = format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.");
        return Answer::bad_request("InvalidRoleAssignmentId", &message);
    }
    let asked = &body["properties"];
    let (Some(role), Some(principal)) = (asked["roleDefinitionId"].as_str(), asked["principalId"].as_str()) else {
        return Answer::bad_request(
            "BadRequestFormat",
            "The request was incorrectly formatted: roleDefinitionId and principalId are required.",
        );
    };
    let role = name_of(role).to_lowercase();
    if definition(world, &role, &resource.scope).is_none() {
        let message = format!("The specified role definition with ID '{}' does not exist.", role.replace('-', ""));
        return Answer::error(404, "RoleDefinitionDoesNotExist", &message);
    }
    let given = asked["principalType"].as_str();
    let known = world.principal_type(principal);
    match (&known, given) {
        (None, None) => {
            let message = format!(
                "Principal {} does not exist in the directory {}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
                principal.replace('-', ""),
                world.tenant
            );
            return Answer::bad_request("PrincipalNotFound", &message);
        }
        (Some(known), Some(given)) if !known.eq_ignore_ascii_case(given) => {
            let message = format!(
                "The PrincipalId '{}' has type '{known}', which is different from specified PrinciaplType '{given}'.",
                principal.replace('-', "")
            );
            return Answer::bad_request("UnmatchedPrincipalType", &message);
        }
        _ => {}
    }
    let is_same = |assignment: &Value| {
        let properties = &assignment["properties"];
        let of = |name: &str| properties[name].as_str().unwrap_or_default();
        of("principalId").eq_ignore_ascii_case(principal)
            && name_of(of("roleDefinitionId")).eq_ignore_ascii_case(&role)
            && of("scope").eq_ignore_ascii_case(&resource.scope)
    };
    if let Some(existing) = world.get(&resource.path) {
        if is_same(existing) {
            return Answer::new(201, existing.clone());
        }
        return Answer::error(
            409,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        );
    }
    let twin = world
        .of_kind("microsoft.authorization/roleassignments")
        .find(|(_, assignment)| is_same(assignment))
        .map(|(id, _)| name_of(id).replace('-', ""));
    if let Some(twin) = twin {
        let message = format!("The role assignment already exists. The ID of the existing role assignment is {twin}.");
        return Answer::error(409, "RoleAssignmentExists", &message);
    }
    let now = crate::world::minutes_ago(0);
    let caller = world.caller.object_id.clone();
    let properties = json!({
        "roleDefinitionId": role_id(&role), "principalId": principal, "scope": resource.scope,
        "principalType": given.map(str::to_owned).or(known), "condition": asked["condition"], "conditionVersion": asked["conditionVersion"],
        "description": asked["description"], "delegatedManagedIdentityResourceId": null,
        "createdOn": now, "updatedOn": now, "createdBy": caller, "updatedBy": caller,
    });
    world.set(&resource.path, json!({"properties": properties}));
    world.hide(&resource.path);
    Answer::new(201, world.get(&resource.path).cloned().unwrap_or_default())
}

/// Takes a role assignment away. Azure tells what it was, and tells nothing if there was none.
pub(crate) fn unassign(world: &mut World, resource: &Resource) -> Answer {
    match world.get(&resource.path).cloned() {
        Some(assignment) => {
            world.remove(&resource.path);
            Answer::ok(assignment)
        }
        None => Answer::empty(204),
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|sign| sign == '-' || sign.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_and_some_refused() {
        let of = |at_scope, principal: Option<(&str, bool)>| {
            Some(Filter { at_scope, principal: principal.map(|(id, groups)| (id.to_owned(), groups)) })
        };
        assert_eq!(Filter::parse(""), of(false, None));
        assert_eq!(Filter::parse("atScope()"), of(true, None));
        assert_eq!(Filter::parse("principalId eq 'X'"), of(false, Some(("x", false))));
        assert_eq!(Filter::parse("assignedTo('X')"), of(false, Some(("x", true))));
        assert_eq!(Filter::parse("atScope() and assignedTo('X')"), of(true, Some(("x", true))));
        for refused in
            ["atScope() and principalId eq 'X'", "principalId", "principalId eq X", "roleName eq 'x'", "assignedTo('')"]
        {
            assert_eq!(Filter::parse(refused), None, "{refused}");
        }
    }

    #[test]
    fn actions_match_patterns() {
        for (pattern, action, fits) in [
            ("*", "Microsoft.Compute/disks/read", true),
            ("*/read", "Microsoft.Compute/disks/read", true),
            ("*/read", "Microsoft.Compute/disks/write", false),
            ("Microsoft.Authorization/*/write", "microsoft.authorization/roleAssignments/write", true),
            ("Microsoft.Compute/disks/read", "Microsoft.Compute/disks/readx", false),
            ("Microsoft.Compute/*", "Microsoft.Computer/disks/read", false),
        ] {
            assert_eq!(matches(pattern, action), fits, "{pattern} {action}");
        }
    }
}
