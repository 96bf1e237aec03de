//! What may be changed beside role assignments: the extension, trusted access bindings, the cluster and its pools.
//!
//! Installing an extension makes an identity in the node group and gives it to the scale sets, and uninstalling takes it away: a
//! new installation has a new one, without the roles of the old.

use serde_json::{Value, json};

use super::answer::Answer;
use super::healthy::identity;
use super::id::{Resource, name_of, subscription_of};
use super::operations::Verb;
use super::router::Request;
use super::world::{World, merge};
use crate::aks::REGION;
use crate::extension::NAMESPACE;

/// Creates or replaces an extension.
pub(crate) fn put_extension(world: &mut World, origin: &str, resource: &Resource, body: &Value) -> Answer {
    let Some(kind) = body["properties"]["extensionType"].as_str() else {
        return Answer::bad_request("BadRequest", "The extension type must be provided.");
    };
    if world.is_busy(&resource.path) {
        return busy_extension();
    }
    let old = world.get(&resource.path).cloned();
    let mut properties = json!({
        "extensionType": kind.to_lowercase(), "autoUpgradeMinorVersion": true, "releaseTrain": "stable", "version": null,
        "configurationSettings": {}, "isSystemExtension": false, "packageUri": null, "customLocationSettings": null,
        "statuses": [], "errorInfo": null, "currentVersion": null,
    });
    for name in ["autoUpgradeMinorVersion", "releaseTrain", "version", "configurationSettings"] {
        if !body["properties"][name].is_null() {
            properties[name] = body["properties"][name].clone();
        }
    }
    properties["configurationProtectedSettings"] = masked(&body["properties"]["configurationProtectedSettings"]);
    let asked = body["properties"]["scope"]["cluster"]["releaseNamespace"].as_str().unwrap_or(NAMESPACE);
    properties["scope"] = json!({"cluster": {"releaseNamespace": asked}});
    properties["aksAssignedIdentity"] = match &old {
        Some(old) => old["properties"]["aksAssignedIdentity"].clone(),
        None => install_identity(world, resource),
    };
    let now = crate::world::minutes_ago(0);
    let system = match &old {
        Some(old) => old["systemData"].clone(),
        None => json!({"createdBy": null, "createdAt": now, "lastModifiedAt": now}),
    };
    world.set(&resource.path, json!({"properties": properties, "identity": null, "plan": null, "systemData": system}));
    let verb = if old.is_some() { Verb::Update } else { Verb::Create };
    let operation = world.begin(&resource.path, verb);
    let status = if old.is_some() { 200 } else { 201 };
    let body = world.get(&resource.path).cloned().unwrap_or_default();
    extension_headers(Answer::new(status, body), origin, resource, &operation)
}

/// Changes an extension's settings.
pub(crate) fn patch_extension(world: &mut World, origin: &str, resource: &Resource, body: &Value) -> Answer {
    if world.is_busy(&resource.path) {
        return busy_extension();
    }
    let mut changes = json!({});
    for name in ["autoUpgradeMinorVersion", "releaseTrain", "version", "configurationSettings"] {
        if !body["properties"][name].is_null() {
            changes[name] = body["properties"][name].clone();
        }
    }
    let protected = &body["properties"]["configurationProtectedSettings"];
    if !protected.is_null() {
        changes["configurationProtectedSettings"] = masked(protected);
    }
    world.patch(&resource.path, json!({"properties": changes}));
    let operation = world.begin(&resource.path, Verb::Update);
    let body = world.get(&resource.path).cloned().unwrap_or_default();
    extension_headers(Answer::new(202, body), origin, resource, &operation)
}

/// Deletes an extension, at once if that is forced.
pub(crate) fn delete_extension(world: &mut World, origin: &str, resource: &Resource, forced: bool) -> Answer {
    if world.get(&resource.path).is_none() {
        return Answer::empty(204);
    }
    if forced {
        uninstall(world, &resource.path);
        return Answer::empty(200);
    }
    if world.is_busy(&resource.path) {
        return busy_extension();
    }
    let operation = world.begin(&resource.path, Verb::Delete);
    extension_headers(Answer::empty(202), origin, resource, &operation)
}

fn busy_extension() -> Answer {
    Answer::error(
        409,
        "Conflict",
        "Another operation is in progress on this extension. Please retry after it has completed.",
    )
}

/// Adds the headers of an operation. The second of them leads to another host, as it really does: no token belongs there.
fn extension_headers(answer: Answer, origin: &str, resource: &Resource, operation: &str) -> Answer {
    let path = format!("{}/operations/{operation}", resource.path);
    answer
        .with_header("Azure-AsyncOperation", format!("{origin}{path}?api-version=2023-05-01"))
        .with_header(
            "Location",
            format!("https://{REGION}.rp.kubernetesconfiguration.azure.com{path}?api-Version=2023-05-01"),
        )
        .with_header("Retry-After", "1")
}

/// Keeps the names of secret settings; their values are never told.
fn masked(settings: &Value) -> Value {
    let names = settings.as_object().into_iter().flatten().map(|(name, _)| (name.clone(), json!("")));
    Value::Object(names.collect())
}

/// Returns the id of the group of a cluster's nodes.
fn node_group(world: &World, cluster: &str) -> Option<String> {
    let group = world.get(cluster)?["properties"]["nodeResourceGroup"].as_str()?;
    Some(format!("{}/resourceGroups/{group}", subscription_of(cluster)?))
}

/// Makes an extension's identity, and gives it to every scale set.
fn install_identity(world: &mut World, resource: &Resource) -> Value {
    let Some(group) = node_group(world, &resource.scope) else { return Value::Null };
    let name = format!("ext-{}-{}", name_of(&resource.path), name_of(&resource.scope));
    let id = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
    let (principal, client) = (world.invent(), world.invent());
    world.set(&id, identity(&principal, &client));
    for scale_set in scale_sets(world, &group) {
        let given = json!({"principalId": principal, "clientId": client});
        let mut identities = json!({});
        identities[&id] = given;
        world.patch(&scale_set, json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": identities}}));
    }
    json!({"principalId": principal, "tenantId": null, "type": null})
}

fn scale_sets(world: &World, group: &str) -> Vec<String> {
    let group = format!("{}/", group.to_lowercase());
    let all = world.of_kind("microsoft.compute/virtualmachinescalesets");
    all.filter(|(id, _)| id.starts_with(&group)).map(|(id, _)| id.to_owned()).collect()
}

/// Takes an extension away, with its identity.
pub(crate) fn uninstall(world: &mut World, id: &str) {
    let principal = world.get(id).and_then(|extension| {
        extension["properties"]["aksAssignedIdentity"]["principalId"].as_str().map(str::to_lowercase)
    });
    world.remove(id);
    let Some(principal) = principal else { return };
    let identities: Vec<String> = world
        .of_kind("microsoft.managedidentity/userassignedidentities")
        .filter(|(_, identity)| {
            identity["properties"]["principalId"].as_str().is_some_and(|its| its.eq_ignore_ascii_case(&principal))
        })
        .map(|(id, _)| id.to_owned())
        .collect();
    let scale_sets: Vec<String> =
        world.of_kind("microsoft.compute/virtualmachinescalesets").map(|(id, _)| id.to_owned()).collect();
    for identity in identities {
        world.remove(&identity);
        for scale_set in &scale_sets {
            let Some(given) = world.get_mut(scale_set) else { continue };
            if let Some(given) = given.pointer_mut("/identity/userAssignedIdentities").and_then(Value::as_object_mut) {
                given.retain(|id, _| !id.eq_ignore_ascii_case(&identity));
            }
        }
    }
}

/// Creates or replaces a trusted access binding.
pub(crate) fn put_binding(world: &mut World, origin: &str, resource: &Resource, body: &Value) -> Answer {
    let name = resource.names.last().map(String::as_str).unwrap_or_default();
    let fits = name.len() <= 24 && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-');
    if !fits {
        let message =
            format!("The trusted access role binding name '{name}' is invalid: at most 24 of a-z, A-Z, 0-9 and '-'.");
        return Answer::flat_error(400, "InvalidParameter", &message, &Value::Null);
    }
    let properties = &body["properties"];
    let source = properties["sourceResourceId"].as_str().unwrap_or_default();
    let roles: Vec<&str> = properties["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let source_type = super::world::kind_of(source).unwrap_or_default().to_lowercase();
    let of_source =
        |role: &&str| role.to_lowercase().strip_prefix(&source_type).is_some_and(|rest| rest.starts_with('/'));
    if source_type.is_empty() || roles.is_empty() || !roles.iter().all(of_source) {
        let message = "sourceResourceId must be the id of a resource, and every role must be one of its type.";
        return Answer::flat_error(400, "InvalidParameter", message, &Value::Null);
    }
    let cluster = resource.parent().unwrap_or_default();
    if world.is_busy(&cluster) || world.is_busy(&resource.path) {
        return busy();
    }
    let old = world.get(&resource.path).is_some();
    let prefix = format!("{}/trustedaccessrolebindings/", cluster.to_lowercase());
    if !old && world.resources().filter(|(id, _)| id.starts_with(&prefix)).count() >= 8 {
        let message = "The number of trusted access role bindings of a cluster is limited to 8.";
        return Answer::flat_error(400, "QuotaExceeded", message, &Value::Null);
    }
    world.set(&resource.path, json!({"properties": {"sourceResourceId": source, "roles": roles}}));
    let operation = world.begin(&resource.path, if old { Verb::Update } else { Verb::Create });
    // The container service calls both the same.
    world.patch(&resource.path, json!({"properties": {"provisioningState": "Updating"}}));
    let body = world.get(&resource.path).cloned().unwrap_or_default();
    cluster_headers(Answer::new(if old { 200 } else { 201 }, body), origin, &resource.path, &operation)
}

/// Deletes a trusted access binding.
pub(crate) fn delete_binding(world: &mut World, origin: &str, resource: &Resource) -> Answer {
    if world.get(&resource.path).is_none() {
        return Answer::empty(204);
    }
    if world.is_busy(&resource.path) {
        return busy();
    }
    let operation = world.begin(&resource.path, Verb::Delete);
    cluster_headers(Answer::empty(202), origin, &resource.path, &operation)
}

/// What the service keeps to itself: a PUT may name these, and does not change them.
const READ_ONLY: &[&str] = &[
    "provisioningState",
    "powerState",
    "fqdn",
    "privateFQDN",
    "azurePortalFQDN",
    "currentKubernetesVersion",
    "nodeResourceGroup",
    "maxAgentPools",
    "resourceUID",
    "identityProfile",
    "dnsPrefix",
];

/// Replaces a cluster, if nobody else did since it was read.
pub(crate) fn put_cluster(world: &mut World, origin: &str, resource: &Resource, request: &Request) -> Answer {
    let Some(old) = world.get(&resource.path).cloned() else {
        return Answer::error(501, "NotSimulated", "The simulator does not create clusters.");
    };
    let body = &request.body;
    if !body["properties"].is_object() || !body["location"].is_string() {
        let message = "The request content was invalid: location and properties are required.";
        return Answer::bad_request("InvalidRequestContent", message);
    }
    let place = |value: &Value| value.as_str().unwrap_or_default().to_lowercase().replace(' ', "");
    if place(&body["location"]) != place(&old["location"]) {
        let message = format!(
            "The resource '{}' already exists in location '{}' in resource group. A resource with the same name cannot be created in location '{}'.",
            name_of(&resource.path),
            place(&old["location"]),
            place(&body["location"])
        );
        return Answer::error(409, "InvalidResourceLocation", &message);
    }
    if let Some(refused) = mismatch(request, &old["eTag"]) {
        return refused;
    }
    if world.is_busy(&resource.path) {
        return busy();
    }
    let mut properties = body["properties"].clone();
    for name in READ_ONLY {
        properties[*name] = old["properties"][*name].clone();
        if properties[*name].is_null() {
            remove(&mut properties, name);
        }
    }
    let mut new = json!({"properties": properties});
    for name in ["name", "type", "location", "tags", "sku", "identity"] {
        new[name] = if body[name].is_null() { old[name].clone() } else { body[name].clone() };
    }
    // Who asks for an identity of the system's gets the one that is there.
    for name in ["principalId", "tenantId"] {
        if !old["identity"][name].is_null() {
            new["identity"][name] = old["identity"][name].clone();
        }
    }
    new["eTag"] = json!(world.invent());
    world.set(&resource.path, new);
    let operation = world.begin(&resource.path, Verb::Update);
    let body = world.get(&resource.path).cloned().unwrap_or_default();
    cluster_headers(Answer::ok(body), origin, &resource.path, &operation)
}

/// Changes an agent pool: its count, its autoscaler, its mode.
pub(crate) fn put_pool(world: &mut World, origin: &str, resource: &Resource, request: &Request) -> Answer {
    let cluster = resource.parent().unwrap_or_default();
    let name = resource.names.last().cloned().unwrap_or_default();
    let Some(old) = pool(world, &cluster, &name) else {
        return Answer::error(501, "NotSimulated", "The simulator does not create agent pools.");
    };
    if !request.body["properties"].is_object() {
        return Answer::bad_request(
            "InvalidRequestContent",
            "The request content was invalid: properties are required.",
        );
    }
    if let Some(refused) = mismatch(request, &old["properties"]["eTag"]) {
        return refused;
    }
    if world.is_busy(&cluster) {
        return busy();
    }
    let mut changes = request.body["properties"].clone();
    for read_only in ["provisioningState", "powerState", "nodeImageVersion", "currentOrchestratorVersion", "name"] {
        remove(&mut changes, read_only);
    }
    changes["eTag"] = json!(world.invent());
    changes["provisioningState"] = json!("Updating");
    if let Some(cluster) = world.get_mut(&cluster) {
        for profile in
            cluster.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut).into_iter().flatten()
        {
            if profile["name"].as_str() == Some(&name) {
                merge(profile, &changes);
            }
        }
    }
    let operation = world.begin(&cluster, Verb::Update);
    let body = pool(world, &cluster, &name).unwrap_or_default();
    cluster_headers(Answer::ok(body), origin, &cluster, &operation)
}

/// Returns an agent pool as a resource of its own. It is kept in its cluster, which shows the same.
pub(crate) fn pool(world: &World, cluster: &str, name: &str) -> Option<Value> {
    pools(world, cluster)
        .into_iter()
        .find(|pool| pool["name"].as_str().is_some_and(|its| its.eq_ignore_ascii_case(name)))
}

/// Returns the agent pools of a cluster.
pub(crate) fn pools(world: &World, cluster: &str) -> Vec<Value> {
    let Some(cluster) = world.get(cluster) else { return Vec::new() };
    let id = cluster["id"].as_str().unwrap_or_default();
    let profiles = cluster["properties"]["agentPoolProfiles"].as_array().into_iter().flatten();
    profiles
        .map(|profile| {
            let mut properties = profile.clone();
            remove(&mut properties, "name");
            let name = profile["name"].as_str().unwrap_or_default();
            json!({
                "id": format!("{id}/agentPools/{name}"), "name": name, "type": "Microsoft.ContainerService/managedClusters/agentPools",
                "properties": properties,
            })
        })
        .collect()
}

/// Compares the conditions of a call with what is there.
fn mismatch(request: &Request, tag: &Value) -> Option<Answer> {
    let tag = tag.as_str().unwrap_or_default();
    let refuse = |message: &str| Some(Answer::flat_error(412, "PreconditionFailed", message, &Value::Null));
    match (&request.if_match, &request.if_none_match) {
        (Some(wanted), _) if wanted != "*" && wanted.trim_matches('"') != tag => {
            refuse("The ETag of the request does not match the current ETag of the resource.")
        }
        (_, Some(_)) => refuse("The resource exists already, which the header If-None-Match of the request excludes."),
        _ => None,
    }
}

fn busy() -> Answer {
    let details =
        json!([{"code": "Unspecified", "message": "rpc error: code = FailedPrecondition desc = Etag mismatched"}]);
    Answer::flat_error(409, "EtagMismatch", "Operation is not allowed: Another operation is in progress", &details)
}

fn cluster_headers(answer: Answer, origin: &str, path: &str, operation: &str) -> Answer {
    let subscription = subscription_of(path).unwrap_or_default();
    let url = format!(
        "{origin}{subscription}/providers/Microsoft.ContainerService/locations/{REGION}/operations/{operation}?api-version=2025-05-01"
    );
    let answer = answer.with_header("Azure-AsyncOperation", url.clone()).with_header("Retry-After", "1");
    match answer.status {
        202 => answer.with_header("Location", url),
        _ => answer,
    }
}

fn remove(value: &mut Value, name: &str) {
    if let Some(fields) = value.as_object_mut() {
        fields.remove(name);
    }
}
