//! What the simulator promises that az does not show: headers, the order of refusals, the reach of filters and locks.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Allowed;
use super::healthy::*;
use super::router::{Request, respond};
use super::world::World;
use crate::aks::{NODE_GROUP, Pool, RESOURCE_GROUP, SUBSCRIPTION};
use crate::extension::ACCOUNT_GROUP;

const ORIGIN: &str = "https://azure";

fn ask(world: &mut World, method: &str, url: &str, body: Value) -> Answer {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        if_match: None,
        if_none_match: None,
        body,
    };
    respond(world, ORIGIN, &request)
}

fn get(world: &mut World, url: &str) -> Answer {
    ask(world, "GET", url, Value::Null)
}

/// The code of an error, in either of its forms.
fn code(answer: &Answer) -> (u16, String) {
    let body = answer.body.clone().unwrap_or_default();
    let code = body["error"]["code"].as_str().or(body["code"].as_str()).unwrap_or_default();
    (answer.status, code.to_owned())
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn names(answer: &Answer) -> Vec<String> {
    let body = answer.body.clone().unwrap_or_default();
    let rows = body["value"].as_array().cloned().unwrap_or_else(|| panic!("{answer:?}"));
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn assignments(world: &mut World, scope: &str, filter: &str) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("$filter", filter)
        .append_pair("api-version", "2022-04-01")
        .finish();
    get(world, &format!("{scope}/providers/Microsoft.Authorization/roleAssignments?{query}"))
}

#[test]
fn refusals_come_in_the_order_of_azure() {
    let world = &mut World::healthy();
    world.allowed = Some(Vec::new());
    let missing = format!("{}/providers/Microsoft.ContainerService/managedClusters/x", group_id("none"));
    assert_eq!(code(&get(world, &missing)), (400, "MissingApiVersionParameter".to_owned()));
    let nowhere = missing.replace(SUBSCRIPTION, "11111111-1111-1111-1111-111111111111");
    assert_eq!(
        code(&get(world, &format!("{nowhere}?api-version=2025-05-01"))),
        (404, "SubscriptionNotFound".to_owned())
    );
    // Who has no right does not learn whether there is such a group.
    assert_eq!(
        code(&get(world, &format!("{missing}?api-version=2025-05-01"))),
        (403, "AuthorizationFailed".to_owned())
    );
    world.allowed = None;
    assert_eq!(
        code(&get(world, &format!("{missing}?api-version=2025-05-01"))),
        (404, "ResourceGroupNotFound".to_owned())
    );
    let unknown = format!("{}/providers/Microsoft.Nothing/things/x?api-version=2025-05-01", group_id(RESOURCE_GROUP));
    assert_eq!(code(&get(world, &unknown)), (404, "InvalidResourceNamespace".to_owned()));
    let child = format!("{}x/backupPolicies/daily?api-version=2024-04-01", vault_id());
    assert_eq!(code(&get(world, &child)), (404, "ParentResourceNotFound".to_owned()));
    let at_nothing =
        format!("{}x/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01", account_id());
    assert_eq!(code(&get(world, &at_nothing)), (404, "ResourceNotFound".to_owned()));
}

#[test]
fn an_unregistered_provider_answers_nothing() {
    let world = &mut World::healthy();
    let provider = format!("{}/providers/Microsoft.KubernetesConfiguration", subscription_id());
    world.patch(&provider, json!({"registrationState": "NotRegistered"}));
    let list =
        format!("{}/providers/Microsoft.KubernetesConfiguration/extensions?api-version=2023-05-01", cluster_id());
    assert_eq!(code(&get(world, &list)), (409, "MissingSubscriptionRegistration".to_owned()));
    let state = get(world, &format!("{provider}?api-version=2021-04-01")).body.unwrap();
    assert_eq!(state["registrationState"], "NotRegistered");
}

#[test]
fn assignments_reach_above_and_below_as_their_filter_says() {
    let world = &mut World::healthy();
    let group = group_id(SNAPSHOT_GROUP);
    let of_vault = |filter: &str| filter.replace("ID", VAULT_PRINCIPAL);
    assert_eq!(names(&assignments(world, &group, &of_vault("assignedTo('ID')"))).len(), 2);
    assert_eq!(names(&assignments(world, &subscription_id(), &of_vault("principalId eq 'ID'"))).len(), 3);
    assert_eq!(names(&assignments(world, &subscription_id(), &of_vault("atScope() and assignedTo('ID')"))).len(), 0);
    // The subscription's owner is above every scope.
    assert_eq!(names(&assignments(world, &container_id(), "atScope()")).len(), 2);
    let refused = assignments(world, &group, &of_vault("atScope() and principalId eq 'ID'"));
    assert_eq!(code(&refused), (400, "UnsupportedQuery".to_owned()));

    // A role by a group, which only one of the two filters knows.
    let (id, value) = assignment(&account_id(), "a55160ed-0000-4000-8000-00000000000f", "group", BLOB_CONTRIBUTOR);
    world.set(&id, value);
    world.members.insert("member".to_owned(), vec!["group".to_owned()]);
    assert_eq!(names(&assignments(world, &account_id(), "assignedTo('member')")).len(), 1);
    assert_eq!(names(&assignments(world, &account_id(), "principalId eq 'member'")).len(), 0);
    assert!(world.has_role("MEMBER", BLOB_CONTRIBUTOR, &container_id()));
}

#[test]
fn a_role_is_assigned_once_to_who_is_there_and_seen_after_a_while() {
    let world = &mut World::healthy();
    let place = |name: &str| {
        format!("{}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01", account_id())
    };
    let body = |principal: &str, kind: Option<&str>| json!({"properties": {"principalId": principal, "roleDefinitionId": role_id(READER), "principalType": kind}});
    let good = "0f0f0f0f-0000-4000-8000-000000000001";
    let mut put = |name: &str, body: Value| code(&ask(world, "PUT", &place(name), body));
    assert_eq!(put("no-guid", body(VAULT_PRINCIPAL, None)), (400, "InvalidRoleAssignmentId".to_owned()));
    assert_eq!(put(good, body("5a5a5a5a-0000-4000-8000-0000000000ff", None)), (400, "PrincipalNotFound".to_owned()));
    assert_eq!(put(good, body(VAULT_PRINCIPAL, Some("User"))), (400, "UnmatchedPrincipalType".to_owned()));
    assert_eq!(
        put(good, json!({"properties": {"principalId": VAULT_PRINCIPAL, "roleDefinitionId": role_id("x")}})),
        (404, "RoleDefinitionDoesNotExist".to_owned())
    );
    world.role_delay = Duration::from_secs(3600);
    assert_eq!(ask(world, "PUT", &place(good), body(VAULT_PRINCIPAL, None)).status, 201);
    assert_eq!(code(&get(world, &place(good))), (404, "RoleAssignmentNotFound".to_owned()));
    let other = "0f0f0f0f-0000-4000-8000-000000000002";
    assert_eq!(
        code(&ask(world, "PUT", &place(other), body(VAULT_PRINCIPAL, None))),
        (409, "RoleAssignmentExists".to_owned())
    );
    // The very same once more is no quarrel, another one in its place is.
    assert_eq!(ask(world, "PUT", &place(good), body(VAULT_PRINCIPAL, None)).status, 201);
    assert_eq!(
        code(&ask(world, "PUT", &place(good), body(CLUSTER_PRINCIPAL, None))),
        (409, "RoleAssignmentUpdateNotPermitted".to_owned())
    );
    assert_eq!(ask(world, "DELETE", &place(good), Value::Null).status, 200);
    assert_eq!(ask(world, "DELETE", &place(good), Value::Null).status, 204);
}

#[test]
fn operations_say_where_to_ask_and_end_by_being_asked_for() {
    let world = &mut World::healthy();
    let url = format!("{}?api-version=2023-05-01", extension_id());
    world.operation_fails = Some(("ExtensionOperationFailed".to_owned(), "Helm installation failed".to_owned()));
    let patch =
        json!({"properties": {"configurationSettings": {"configuration.backupStorageLocation.config.useAAD": "true"}}});
    let begun = ask(world, "PATCH", &url, patch.clone());
    assert_eq!(begun.status, 202);
    assert_eq!(header(&begun, "Retry-After"), Some("1"));
    // The second header leads to a host that gets no token.
    assert!(header(&begun, "Location").unwrap().starts_with("https://centralus.rp.kubernetesconfiguration.azure.com/"));
    assert_eq!(code(&ask(world, "PATCH", &url, patch)), (409, "Conflict".to_owned()));
    let operation = header(&begun, "Azure-AsyncOperation").unwrap().strip_prefix(ORIGIN).unwrap().to_owned();
    assert_eq!(get(world, &operation).body.unwrap()["status"], "InProgress");
    let over = get(world, &operation).body.unwrap();
    assert_eq!((&over["status"], &over["error"]["code"]), (&json!("Failed"), &json!("ExtensionOperationFailed")));
    let extension = get(world, &url).body.unwrap();
    assert_eq!(extension["properties"]["provisioningState"], "Failed");
    assert_eq!(extension["properties"]["errorInfo"]["message"], "Helm installation failed");
    // The next one works again.
    let forced = ask(world, "DELETE", &format!("{url}&forceDelete=true"), Value::Null);
    assert_eq!(forced.status, 200);
    assert_eq!(ask(world, "DELETE", &url, Value::Null).status, 204);
    assert!(world.get(&identity_id(&extension_identity())).is_none());
}

#[test]
fn pools_are_those_of_their_cluster() {
    let world = &mut World::healthy();
    let url = format!("{}/agentPools/nodepool1?api-version=2025-05-01", cluster_id());
    let mut pool = get(world, &url).body.unwrap();
    pool["properties"]["count"] = json!(4);
    let begun = ask(world, "PUT", &url, pool);
    assert_eq!(begun.status, 200);
    assert_eq!(world.get(&cluster_id()).unwrap()["properties"]["agentPoolProfiles"][0]["count"], 4);
    let operation = header(&begun, "Azure-AsyncOperation").unwrap().strip_prefix(ORIGIN).unwrap().to_owned();
    get(world, &operation);
    assert_eq!(get(world, &operation).body.unwrap()["status"], "Succeeded");
    assert_eq!(get(world, &url).body.unwrap()["properties"]["provisioningState"], "Succeeded");
}

#[test]
fn locks_keep_what_is_below_them() {
    let world = &mut World::healthy();
    let lock = format!("{}/providers/Microsoft.Authorization/locks/still", account_id());
    world.set(&lock, json!({"properties": {"level": "ReadOnly"}}));
    let id = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/0f0f0f0f-0000-4000-8000-000000000001",
        account_id()
    );
    let body = json!({"properties": {"principalId": VAULT_PRINCIPAL, "roleDefinitionId": role_id(READER)}});
    let refused = ask(world, "PUT", &format!("{id}?api-version=2022-04-01"), body);
    assert_eq!(code(&refused), (409, "ScopeLocked".to_owned()));
    // A lock beside it holds nothing.
    let url = format!("{}?api-version=2023-05-01", extension_id());
    assert_eq!(ask(world, "DELETE", &url, Value::Null).status, 202);
    let listed = |world: &mut World, scope: &str, filter: &str| {
        names(&get(world, &format!("{scope}/providers/Microsoft.Authorization/locks?api-version=2020-05-01{filter}")))
            .len()
    };
    assert_eq!(listed(world, &subscription_id(), ""), 1);
    assert_eq!(listed(world, &subscription_id(), "&$filter=atScope()"), 0);
    assert_eq!(listed(world, &container_id(), ""), 1);
    assert_eq!(listed(world, &cluster_id(), ""), 0);
}

#[test]
fn resource_graph_is_silent_about_what_may_not_be_read() {
    let world = &mut World::healthy();
    let url = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
    let query = json!({"subscriptions": [SUBSCRIPTION], "query": "// aksbackup: disks-and-zone-links\n"});
    let rows =
        |world: &mut World| ask(world, "POST", url, query.clone()).body.unwrap()["data"].as_array().unwrap().len();
    assert_eq!(rows(world), 4);
    world.allowed = Some(vec![Allowed::new("Microsoft.Compute/*/read", &group_id(NODE_GROUP))]);
    assert_eq!(rows(world), 2);
    let permissions =
        format!("{}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01", group_id(NODE_GROUP));
    assert_eq!(code(&get(world, &permissions)), (403, "AuthorizationFailed".to_owned()));
    let actions = ["Microsoft.Compute/*/read", "Microsoft.Authorization/permissions/read"];
    world.allowed = Some(actions.map(|action| Allowed::new(action, &group_id(NODE_GROUP))).to_vec());
    let told = get(world, &permissions).body.unwrap();
    assert_eq!(told["value"][0]["actions"], json!(actions));
}

#[test]
fn resource_graph_shows_the_links_of_the_zones_that_a_query_names() {
    let world = &mut World::healthy();
    for zone in ["privatelink.blob.core.windows.net", "privatelink.file.core.windows.net"] {
        let id = private_zone_id(ACCOUNT_GROUP, zone);
        world.set(&id, private_zone());
        world.set(&format!("{id}/virtualNetworkLinks/hub"), zone_link(&network_id("hub", "vnet-hub")));
    }
    let url = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
    let query =
        "// aksbackup: disks-and-zone-links\nx 'microsoft.network/privatednszones/virtualnetworklinks' x 'blob.'";
    let links = |world: &mut World| -> Vec<Value> {
        let rows = ask(world, "POST", url, json!({"query": query})).body.unwrap();
        rows["data"].as_array().unwrap().iter().filter(|row| row["kind"] == "link").cloned().collect()
    };
    let seen = links(world);
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(seen[0]["network"], network_id("hub", "vnet-hub"));
    assert_eq!((&seen[0]["policy"], &seen[0]["state"]), (&json!("Default"), &json!("Completed")));
    world.allowed = Some(vec![Allowed::new("Microsoft.Network/privateDnsZones/read", &subscription_id())]);
    assert_eq!(links(world).len(), 0);
}

#[test]
fn azure_and_the_cluster_tell_one_story() {
    let world = &mut World::healthy();
    // The extension: its id, its version and its settings.
    let config = crate::extension::extension_config("aks.clusterconfig.azure.com");
    assert_eq!(config["spec"]["armId"], extension_id());
    let extension = world.get(&extension_id()).unwrap()["properties"].clone();
    assert_eq!(config["spec"]["version"], extension["currentVersion"]);
    assert_eq!(config["spec"]["extensionType"], extension["extensionType"]);
    let settings = &extension["configurationSettings"];
    for (name, value) in config["spec"]["parameter"]["configuration"].as_object().unwrap() {
        assert_eq!(&settings[name], value, "{name}");
    }
    let location = crate::extension::location();
    for (name, value) in location["spec"]["config"].as_object().unwrap() {
        assert_eq!(&settings[format!("configuration.backupStorageLocation.config.{name}")], value, "{name}");
    }
    assert_eq!(settings["configuration.backupStorageLocation.bucket"], location["spec"]["objectStorage"]["bucket"]);
    // The nodes are those of the scale set, and as many as the pool says.
    let pool = Pool::system();
    let nodes = pool.nodes();
    for node in &nodes {
        let provider = node["spec"]["providerID"].as_str().unwrap();
        assert!(provider.starts_with(&format!("azure://{}/virtualMachines/", scale_set_id(&pool))), "{provider}");
    }
    let profile = &world.get(&cluster_id()).unwrap()["properties"]["agentPoolProfiles"][0];
    assert_eq!(profile["count"], nodes.len());
    assert_eq!(world.get(&scale_set_id(&pool)).unwrap()["sku"]["capacity"], nodes.len());
    // A volume is its disk, and a snapshot is of it.
    let [volume, _] = crate::aks::disk("shop", "data", "1");
    assert_eq!(volume["spec"]["csi"]["volumeHandle"], disk_id("shop", "data"));
    assert!(world.get(&disk_id("shop", "data")).is_some());
}

#[test]
fn every_id_that_a_resource_names_is_there() {
    let world = World::healthy();
    let mut missing = Vec::new();
    for (id, resource) in world.resources() {
        let mut named = Vec::new();
        ids(resource, &mut named);
        missing
            .extend(named.into_iter().filter(|named| world.get(named).is_none()).map(|named| (id.to_owned(), named)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

fn ids(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("/subscriptions/") => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| ids(value, found)),
        Value::Object(fields) => {
            found.extend(fields.keys().filter(|key| key.starts_with("/subscriptions/")).cloned());
            fields.values().for_each(|value| ids(value, found));
        }
        _ => {}
    }
}
