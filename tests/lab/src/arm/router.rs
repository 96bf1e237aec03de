//! Answers a call in the order of Azure Resource Manager, as far as it is known: the token, the version, the subscription, the
//! caller's right, the group and the resource, locks, and only then what was asked for.

use serde_json::{Value, json};

use super::answer::Answer;
use super::api::{self, Api, Place};
use super::authorization;
use super::graph;
use super::id::{Resource, Target, group_of, is_at_or_above, name_of, subscription_of};
use super::world::{Policy, World};
use super::writes;

/// A call.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, decoded.
    pub(crate) path: String,
    /// The parts of the query, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    /// The body, null if there is none.
    pub(crate) body: Value,
}

impl Request {
    /// Returns a part of the query. Its name may be in any case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Answers a call whose token is good.
pub(crate) fn respond(world: &mut World, origin: &str, request: &Request) -> Answer {
    match answer(world, origin, request) {
        Ok(answer) | Err(answer) => answer,
    }
}

fn answer(world: &mut World, origin: &str, request: &Request) -> Result<Answer, Answer> {
    let target = Target::parse(&request.path).ok_or_else(Answer::unknown_path)?;
    let api = match &target {
        Target::Resource(resource) => Some(find_api(resource, request)?),
        _ => None,
    };
    check_version(request, api.map_or(api::RESOURCES, |api| api.version))?;
    if let Some(subscription) = subscription_of(&request.path)
        && world.get(&subscription).is_none()
    {
        return Err(Answer::subscription_not_found(name_of(&subscription)));
    }
    let methods = api.map_or(&["GET"][..], |api| api.methods);
    if !methods.contains(&request.method.as_str()) {
        return Err(Answer::not_allowed(&request.method));
    }
    if let Some((action, scope)) = authorization::needed(&request.method, &target, api)
        && !world.may(&action, &scope)
    {
        return Err(world.refusal(&action, &scope));
    }
    match &target {
        Target::Subscription { path } => Ok(Answer::ok(world.get(path).cloned().unwrap_or_default())),
        Target::Groups { subscription } => {
            let prefix = format!("{}/resourcegroups/", subscription.to_lowercase());
            let groups =
                world.resources().filter(|(id, _)| id.strip_prefix(&prefix).is_some_and(|name| !name.contains('/')));
            let groups = groups.map(|(_, group)| group.clone()).collect();
            page(world, origin, request, groups)
        }
        Target::Group { path } => {
            world.get(path).cloned().map(Answer::ok).ok_or_else(|| Answer::group_not_found(name_of(path)))
        }
        Target::Provider { subscription, namespace } => {
            if !api::has_namespace(namespace) {
                return Err(Answer::unknown_namespace(namespace));
            }
            let id = format!("{subscription}/providers/{namespace}");
            let unregistered = json!({
                "id": id, "namespace": namespace, "registrationState": "NotRegistered", "registrationPolicy": "RegistrationRequired", "resourceTypes": [],
            });
            Ok(Answer::ok(world.get(&id).cloned().unwrap_or(unregistered)))
        }
        Target::Resource(resource) => {
            let api = api.ok_or_else(Answer::unknown_path)?;
            check_registration(world, api, resource)?;
            check_place(world, api, resource)?;
            if request.method == "GET" {
                read(world, origin, request, api, resource)
            } else {
                check_locks(world, request, api, resource)?;
                write(world, origin, request, api, resource)
            }
        }
    }
}

fn find_api(resource: &Resource, request: &Request) -> Result<&'static Api, Answer> {
    if !api::has_namespace(&resource.namespace) {
        return Err(Answer::unknown_namespace(&resource.namespace));
    }
    let unknown = || {
        Answer::unknown_type(
            &resource.namespace,
            &resource.types.join("/"),
            request.parameter("api-version").unwrap_or_default(),
        )
    };
    let api = api::find(&resource.kind()).ok_or_else(unknown)?;
    let scope = Target::parse(&resource.scope);
    let in_place = match api.place {
        Place::Anywhere | Place::Tenant => true,
        // A list is of a group, or of the subscription.
        Place::Group => match scope {
            Some(Target::Group { .. }) => true,
            Some(Target::Subscription { .. }) => resource.is_collection(),
            _ => false,
        },
        Place::Child => matches!(scope, Some(Target::Group { .. })),
        Place::Cluster => match &scope {
            Some(Target::Resource(of)) => {
                of.kind().eq_ignore_ascii_case("Microsoft.ContainerService/managedClusters") && !of.is_collection()
            }
            _ => false,
        },
    };
    // One of what has only a list, or a list of what is only asked for one by one.
    if !in_place || api.only_list != resource.is_collection() && (api.only_list || api.last_type() == "operations") {
        return Err(unknown());
    }
    Ok(api)
}

fn check_version(request: &Request, known: &str) -> Result<(), Answer> {
    match request.parameter("api-version") {
        None | Some("") => Err(Answer::bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )),
        Some(version) if version != known => Err(Answer::bad_request(
            "InvalidApiVersionParameter",
            &format!("The api-version '{version}' is invalid. The supported versions are '{known}'."),
        )),
        Some(_) => Ok(()),
    }
}

fn check_registration(world: &World, api: &Api, resource: &Resource) -> Result<(), Answer> {
    let Some(subscription) = subscription_of(&resource.path) else { return Ok(()) };
    let provider = world.get(&format!("{subscription}/providers/{}", api.namespace()));
    let state = provider.and_then(|provider| provider["registrationState"].as_str()).unwrap_or("NotRegistered");
    if matches!(state, "NotRegistered" | "Unregistered") {
        let message = format!(
            "The subscription is not registered to use namespace '{}'. See https://aka.ms/rps-not-found for how to register subscriptions.",
            api.namespace()
        );
        return Err(Answer::error(409, "MissingSubscriptionRegistration", &message));
    }
    Ok(())
}

/// Checks that there is what a resource or a list would be in.
fn check_place(world: &mut World, api: &Api, resource: &Resource) -> Result<(), Answer> {
    if api.place == Place::Tenant {
        return Ok(());
    }
    let group = group_of(&resource.path);
    if let Some(group) = group.as_ref().filter(|group| world.get(group).is_none()) {
        return Err(Answer::group_not_found(name_of(group)));
    }
    // What is at a resource needs that resource: an extension its cluster, an assignment its scope.
    if let Some(Target::Resource(scope)) = Target::parse(&resource.scope)
        && single(world, &scope).is_none()
    {
        let group = group.as_deref().map(name_of);
        return Err(Answer::resource_not_found(&scope.kind(), name_of(&scope.path), group));
    }
    match resource.parent().filter(|parent| api.place == Place::Child && world.get(parent).is_none()) {
        Some(parent) => Err(Answer::parent_not_found(api.kind, &parent)),
        None => Ok(()),
    }
}

/// Returns one resource.
fn single(world: &World, resource: &Resource) -> Option<Value> {
    if resource.is_collection() {
        return None;
    }
    if resource.kind().eq_ignore_ascii_case("Microsoft.ContainerService/managedClusters/agentPools") {
        return writes::pool(world, &resource.parent()?, name_of(&resource.path));
    }
    world.get(&resource.path).cloned()
}

fn check_locks(world: &World, request: &Request, api: &Api, resource: &Resource) -> Result<(), Answer> {
    // A dry run and a query change nothing.
    if request.method == "POST" {
        return Ok(());
    }
    // A lock on a scope keeps its role assignments, too.
    let scope = if api.place == Place::Anywhere { &resource.scope } else { &resource.path };
    let deletes = request.method == "DELETE";
    let locks = world.of_kind("microsoft.authorization/locks").filter_map(|(id, lock)| {
        let at = id.rsplit_once("/providers/microsoft.authorization/locks/")?.0;
        let level = lock["properties"]["level"].as_str()?;
        let holds = level == "ReadOnly" || deletes && level == "CanNotDelete";
        let written = lock["id"].as_str()?.get(..at.len())?;
        (holds && is_at_or_above(at, scope)).then_some(written)
    });
    let scopes: Vec<&str> = locks.collect();
    if scopes.is_empty() {
        return Ok(());
    }
    let message = format!(
        "The scope '{}' cannot perform {} operation because following scope(s) are locked: '{}'. Please remove the lock and try again.",
        resource.path,
        if deletes { "delete" } else { "write" },
        scopes.join("', '")
    );
    Err(Answer::error(409, "ScopeLocked", &message))
}

fn read(world: &mut World, origin: &str, request: &Request, api: &Api, resource: &Resource) -> Result<Answer, Answer> {
    if api.last_type() == "operations" {
        let name = name_of(&resource.path).to_owned();
        let state = world.asked_operation(&name).ok_or_else(|| Answer::resource_not_found(api.kind, &name, None))?;
        let running = state["status"] == "InProgress";
        let answer = Answer::ok(state);
        return Ok(if running { answer.with_header("Retry-After", "1") } else { answer });
    }
    if resource.is_collection() {
        let rows = rows(world, request, api, resource)?;
        return page(world, origin, request, rows);
    }
    world.asked_for(&resource.path);
    if api.last_type() == "agentPools" {
        world.asked_for(&resource.parent().unwrap_or_default());
    }
    if api.is("Microsoft.Authorization/roleDefinitions") {
        let role = name_of(&resource.path);
        return authorization::definition(world, role, &resource.scope).map(Answer::ok).ok_or_else(|| {
            let message = format!("The specified role definition with ID '{}' does not exist.", role.replace('-', ""));
            Answer::error(404, "RoleDefinitionDoesNotExist", &message)
        });
    }
    let found = single(world, resource).filter(|_| world.is_seen(&resource.path));
    let found = found.ok_or_else(|| not_found(api, resource))?;
    let tag = found["eTag"].as_str().map(|tag| format!("\"{}\"", tag.trim_matches('"')));
    let answer = Answer::ok(found);
    Ok(match tag {
        Some(tag) if api.namespace() == "Microsoft.ContainerService" => answer.with_header("ETag", tag),
        _ => answer,
    })
}

fn not_found(api: &Api, resource: &Resource) -> Answer {
    let name = name_of(&resource.path);
    if api.is("Microsoft.Authorization/roleAssignments") {
        return Answer::error(404, "RoleAssignmentNotFound", &format!("The role assignment '{name}' is not found."));
    }
    if api.is("Microsoft.Storage/storageAccounts/blobServices/containers") {
        return Answer::error(404, "ContainerNotFound", "The specified container does not exist.");
    }
    let group = group_of(&resource.path);
    let names: Vec<String> = resource.names.clone();
    // A child is named by the whole of its types and names.
    Answer::resource_not_found(api.kind, &names.join("/"), group.as_deref().map(name_of))
}

/// Returns the rows of a list.
fn rows(world: &mut World, request: &Request, api: &Api, resource: &Resource) -> Result<Vec<Value>, Answer> {
    let filter = request.parameter("$filter").unwrap_or_default();
    match api.kind {
        "Microsoft.Authorization/roleAssignments" | "Microsoft.Authorization/denyAssignments" => {
            authorization::assignments(world, api, &resource.scope, filter)
        }
        "Microsoft.Authorization/roleDefinitions" => authorization::definitions(world, &resource.scope, filter),
        "Microsoft.Authorization/permissions" => Ok(world.permissions(&resource.scope)),
        "Microsoft.Authorization/locks" => Ok(locks(world, &resource.scope, filter)),
        "Microsoft.ContainerService/managedClusters/agentPools" => {
            let cluster = resource.parent().unwrap_or_default();
            world.asked_for(&cluster);
            Ok(writes::pools(world, &cluster))
        }
        "Microsoft.DataProtection/backupInstances" => Ok(world
            .of_kind("microsoft.dataprotection/backupvaults/backupinstances")
            .map(|(_, instance)| instance)
            .filter(|instance| {
                let source = instance["properties"]["dataSourceInfo"]["resourceID"].as_str();
                source.is_some_and(|source| source.eq_ignore_ascii_case(&resource.scope))
            })
            .cloned()
            .collect()),
        _ => Ok(of_place(world, api, resource)),
    }
}

/// Lists locks at a scope, above it, and below it unless the filter says otherwise.
fn locks(world: &World, scope: &str, filter: &str) -> Vec<Value> {
    let only_at = filter.trim().eq_ignore_ascii_case("atScope()");
    let all = world.of_kind("microsoft.authorization/locks").filter(|(id, _)| {
        let at = id.rsplit_once("/providers/").map_or("", |(at, _)| at);
        is_at_or_above(at, scope) || !only_at && is_at_or_above(scope, at)
    });
    all.map(|(_, lock)| lock.clone()).collect()
}

/// Lists what is in a group, in a subscription, under a parent or at a resource.
fn of_place(world: &World, api: &Api, resource: &Resource) -> Vec<Value> {
    let kind = api.kind.to_lowercase();
    let prefix = resource.path.to_lowercase() + "/";
    let subscription = format!("{}/", resource.scope.to_lowercase());
    let by_subscription = api.place == Place::Group && group_of(&resource.scope).is_none();
    let found = world.of_kind(&kind).filter(|(id, _)| match by_subscription {
        true => id.starts_with(&subscription),
        false => id.strip_prefix(&prefix).is_some_and(|name| !name.contains('/')),
    });
    let mut rows: Vec<Value> = found.map(|(_, resource)| resource.clone()).collect();
    // What a job tells at length is not in the list.
    if api.last_type() == "backupJobs" {
        for properties in rows.iter_mut().filter_map(|row| row["properties"].as_object_mut()) {
            properties.remove("extendedInfo");
        }
    }
    rows
}

/// Answers a page of a list, with the link to the next.
fn page(world: &World, origin: &str, request: &Request, rows: Vec<Value>) -> Result<Answer, Answer> {
    let Some(size) = world.page else { return Ok(Answer::ok(json!({"value": rows}))) };
    let start = match request.parameter("$skiptoken") {
        None => 0,
        Some(token) => graph::offset(token)
            .ok_or_else(|| Answer::bad_request("InvalidSkipToken", "The skip token of the request is invalid."))?,
    };
    let all = rows.len();
    let rows: Vec<Value> = rows.into_iter().skip(start).take(size).collect();
    let mut body = json!({"value": rows});
    if start + size < all {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in request.query.iter().filter(|(key, _)| !key.eq_ignore_ascii_case("$skiptoken")) {
            query.append_pair(key, value);
        }
        query.append_pair("$skiptoken", &graph::token(start + size));
        body["nextLink"] = json!(format!("{origin}{}?{}", request.path.replace(' ', "%20"), query.finish()));
    }
    Ok(Answer::ok(body))
}

fn write(world: &mut World, origin: &str, request: &Request, api: &Api, resource: &Resource) -> Result<Answer, Answer> {
    let body = &request.body;
    let is_list = resource.is_collection();
    Ok(match (api.kind, request.method.as_str()) {
        ("Microsoft.ResourceGraph/resources", "POST") => graph::answer(world, body),
        ("Microsoft.PolicyInsights/checkPolicyRestrictions", "POST") => restrictions(world, body),
        _ if is_list => return Err(Answer::not_allowed(&request.method)),
        ("Microsoft.Authorization/roleAssignments", "PUT") => authorization::assign(world, resource, body),
        ("Microsoft.Authorization/roleAssignments", "DELETE") => authorization::unassign(world, resource),
        ("Microsoft.KubernetesConfiguration/extensions", "PUT") => writes::put_extension(world, origin, resource, body),
        ("Microsoft.KubernetesConfiguration/extensions", "PATCH") => {
            if world.get(&resource.path).is_none() {
                return Err(not_found(api, resource));
            }
            writes::patch_extension(world, origin, resource, body)
        }
        ("Microsoft.KubernetesConfiguration/extensions", "DELETE") => {
            let forced = request.parameter("forceDelete").is_some_and(|value| value.eq_ignore_ascii_case("true"));
            writes::delete_extension(world, origin, resource, forced)
        }
        ("Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings", "PUT") => {
            writes::put_binding(world, origin, resource, body)
        }
        ("Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings", "DELETE") => {
            writes::delete_binding(world, origin, resource)
        }
        ("Microsoft.ContainerService/managedClusters", "PUT") => writes::put_cluster(world, origin, resource, request),
        ("Microsoft.ContainerService/managedClusters/agentPools", "PUT") => {
            writes::put_pool(world, origin, resource, request)
        }
        _ => return Err(Answer::not_allowed(&request.method)),
    })
}

/// Tells which policies would refuse a resource that nobody creates.
fn restrictions(world: &World, body: &Value) -> Answer {
    let content = &body["resourceDetails"]["resourceContent"];
    if !content.is_object() {
        let message = "The request content is invalid: resourceDetails.resourceContent is required.";
        return Answer::bad_request("InvalidCheckRestrictionsRequest", message);
    }
    let kind = content["type"].as_str().unwrap_or_default();
    // This version tells only of what would be denied, and does not say the effect.
    let denies =
        |policy: &&Policy| policy.kind.eq_ignore_ascii_case(kind) && policy.effect.eq_ignore_ascii_case("Deny");
    let policies = world.policies.iter().filter(denies);
    let evaluations: Vec<Value> = policies
        .map(|policy| {
            let definition = format!("/providers/Microsoft.Authorization/policyDefinitions/{}", policy.name);
            let subscription = super::healthy::subscription_id();
            json!({
                "policyInfo": {
                    "policyDefinitionId": definition,
                    "policyAssignmentId": format!("{subscription}/providers/Microsoft.Authorization/policyAssignments/{}", policy.name),
                },
                "evaluationResult": "NonCompliant",
                "evaluationDetails": {"evaluatedExpressions": [{
                    "result": "True", "expressionKind": "Field", "expression": "type", "path": "type",
                    "expressionValue": kind, "targetValue": policy.kind, "operator": "Equals",
                }]},
            })
        })
        .collect();
    Answer::ok(json!({"fieldRestrictions": [], "contentEvaluationResult": {"policyEvaluations": evaluations}}))
}
