//! Resource Graph, without its language: a query says by its first line, `// aksbackup: NAME`, what it asks for.
//!
//! What a query's text does is for a real Azure to prove. Here its name, its form, its paging and its silence about what the caller
//! may not read are held.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answer::Answer;
use super::id::{group_of, is_at_or_above, name_of};
use super::world::World;

/// The most rows of a page.
const MOST: usize = 1000;

/// Answers a query.
pub(crate) fn answer(world: &World, body: &Value) -> Answer {
    let Some(query) = body["query"].as_str() else { return invalid("Query is required.") };
    let name =
        query.trim_start().lines().next().and_then(|line| line.trim().strip_prefix("// aksbackup:")).map(str::trim);
    let subscriptions: Vec<String> = body["subscriptions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| format!("/subscriptions/{id}"))
        .collect();
    let readable = |id: &str| {
        let kind = super::world::kind_of(id).unwrap_or_default();
        (subscriptions.is_empty() || subscriptions.iter().any(|subscription| is_at_or_above(subscription, id)))
            && world.may(&format!("{kind}/read"), id)
    };
    let rows = match name {
        Some("snapshots-of-groups") => snapshots(world, query, &readable),
        Some("disks-and-zone-links") => {
            let mut rows = disks(world, query, &readable);
            rows.extend(zone_links(world, query, &readable));
            rows
        }
        Some("cluster-by-fqdn") => clusters(world, query, &readable),
        _ => {
            return invalid(
                "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.",
            );
        }
    };
    let options = &body["options"];
    let top = match &options["$top"] {
        Value::Null => world.page.unwrap_or(MOST),
        top => match top.as_u64().and_then(|top| usize::try_from(top).ok()) {
            Some(top @ 1..=MOST) => top.min(world.page.unwrap_or(MOST)),
            _ => return invalid("The parameter $top must be between 1 and 1000."),
        },
    };
    let start = match options["$skipToken"].as_str() {
        None => 0,
        Some(token) => match offset(token) {
            Some(start) => start,
            None => return invalid("The skip token is invalid."),
        },
    };
    let page: Vec<&Value> = rows.iter().skip(start).take(top).collect();
    let mut answer = json!({"totalRecords": rows.len(), "count": page.len(), "data": page, "facets": [], "resultTruncated": "false"});
    if start + top < rows.len() {
        answer["$skipToken"] = json!(token(start + top));
    }
    Answer::ok(answer)
        .with_header("x-ms-user-quota-remaining", "14")
        .with_header("x-ms-user-quota-resets-after", "00:00:05")
}

/// Returns the token of a page that begins at a row.
pub(crate) fn token(offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("page-from-{offset}"))
}

/// Returns the row of a token.
pub(crate) fn offset(token: &str) -> Option<usize> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?.strip_prefix("page-from-")?.parse().ok()
}

/// Returns the disks of the node groups that a query names, or of all, and how many snapshots each disk has.
fn disks(world: &World, query: &str, readable: &dyn Fn(&str) -> bool) -> Vec<Value> {
    let query = query.to_lowercase();
    let managed = world.resources().filter(|(_, resource)| resource["managedBy"].is_string());
    let mut groups: Vec<&str> = managed.map(|(id, _)| id).collect();
    if groups.iter().any(|group| query.contains(name_of(group))) {
        groups.retain(|group| query.contains(name_of(group)));
    }
    let of_groups = |id: &str| group_of(id).is_some_and(|group| groups.contains(&group.to_lowercase().as_str()));
    let mut rows: Vec<Value> = world
        .of_kind("microsoft.compute/disks")
        .filter(|(id, _)| of_groups(id) && readable(id))
        .map(|(_, disk)| {
            json!({
                "id": disk["id"], "kind": "disk", "sku": disk["sku"]["name"], "sizeGb": disk["properties"]["diskSizeGB"],
                "network": "", "policy": "", "state": "", "count": null,
            })
        })
        .collect();
    let mut counts: BTreeMap<String, (String, u64)> = BTreeMap::new();
    for (_, snapshot) in world.of_kind("microsoft.compute/snapshots").filter(|(id, _)| readable(id)) {
        if let Some(source) = snapshot["properties"]["creationData"]["sourceResourceId"].as_str() {
            counts.entry(source.to_lowercase()).or_insert_with(|| (source.to_owned(), 0)).1 += 1;
        }
    }
    // What the other leg of the union has not is null.
    rows.extend(counts.into_values().map(|(source, count)| {
        json!({
            "id": source, "kind": "snapshots", "sku": null, "sizeGb": null,
            "network": null, "policy": null, "state": null, "count": count,
        })
    }));
    rows
}

/// Counts the snapshots in the groups that a query names, by the groups of their disks.
fn snapshots(world: &World, query: &str, readable: &dyn Fn(&str) -> bool) -> Vec<Value> {
    let query = query.to_lowercase();
    let scope = |id: &str| id.to_lowercase().split("/providers/").next().unwrap_or_default().to_owned();
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (id, snapshot) in world.of_kind("microsoft.compute/snapshots").filter(|(id, _)| readable(id)) {
        let source = snapshot["properties"]["creationData"]["sourceResourceId"].as_str().unwrap_or_default();
        if query.contains(&format!("'{}/'", scope(id))) {
            *counts.entry((scope(id), scope(source))).or_default() += 1;
        }
    }
    counts.into_iter().map(|((lie_in, of), count)| json!({"lieIn": lie_in, "disksOf": of, "count": count})).collect()
}

/// Returns the links of private DNS zones, where a query asks for the type, by the parts of zones that it names.
fn zone_links(world: &World, query: &str, readable: &dyn Fn(&str) -> bool) -> Vec<Value> {
    const PARTS: [&str; 2] = ["blob.", "dp.kubernetesconfiguration."];
    let query = query.to_lowercase();
    if !query.contains("'microsoft.network/privatednszones/virtualnetworklinks'") {
        return Vec::new();
    }
    let zone = |id: &str| id.split('/').nth(8).unwrap_or_default().to_lowercase();
    let is_wanted = |id: &str| PARTS.iter().any(|part| query.contains(&format!("'{part}'")) && zone(id).contains(part));
    world
        .of_kind("microsoft.network/privatednszones/virtualnetworklinks")
        .filter(|(id, _)| is_wanted(id) && readable(id))
        .map(|(_, link)| {
            let of = &link["properties"];
            json!({
                "id": link["id"], "kind": "link", "sku": "", "sizeGb": null, "network": of["virtualNetwork"]["id"],
                "policy": of["resolutionPolicy"].as_str().unwrap_or_default(), "state": of["virtualNetworkLinkState"],
                "count": null,
            })
        })
        .collect()
}

/// Returns the clusters whose host a query names.
fn clusters(world: &World, query: &str, readable: &dyn Fn(&str) -> bool) -> Vec<Value> {
    let query = query.to_lowercase();
    let is_named = |cluster: &Value| {
        ["fqdn", "privateFQDN", "azurePortalFQDN"].iter().any(|field| {
            cluster["properties"][*field].as_str().is_some_and(|host| query.contains(&host.to_lowercase()))
        })
    };
    world
        .of_kind("microsoft.containerservice/managedclusters")
        .filter(|(id, cluster)| is_named(cluster) && readable(id))
        .map(|(_, cluster)| json!({"id": cluster["id"]}))
        .collect()
}

fn invalid(message: &str) -> Answer {
    Answer::new(
        400,
        json!({"error": {
            "code": "BadRequest",
            "message": "Please provide below info when asking for support: timestamp = 2026-11-25T00:00:00.0000000Z, correlationId = 00000000-0000-0000-0000-000000000000.",
            "details": [{"code": "InvalidQuery", "message": message}],
        }}),
    )
}
