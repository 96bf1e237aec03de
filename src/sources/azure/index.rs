//! What one question to Azure's index tells: the disks, how many snapshots each has, and the links of private DNS zones.
//!
//! Resource Graph allows few questions in a while, and a question few unions: what can stand in one leg does. Zones mostly lie in
//! a subscription of the network's, so that all are searched which the sign-in sees; disks are found by their group's id.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Arm;
use crate::azure::Az;
use crate::facts::arm::{ArmId, Disk, ZoneLink};
use crate::facts::{Fetched, Need};

/// A row of the answer.
enum Row {
    Disk(Disk),
    Link(ZoneLink),
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let row = Value::deserialize(deserializer)?;
        let read = match row["kind"].as_str() {
            Some("link") => serde_json::from_value(row).map(Self::Link),
            _ => serde_json::from_value(row).map(Self::Disk),
        };
        read.map_err(serde::de::Error::custom)
    }
}

impl Arm<'_> {
    /// Lists the disks of the nodes' group, counts the snapshots of each, and lists the links of the zones that may answer for
    /// blobs and for the agent's endpoint.
    pub(super) async fn indexed(&self, az: &Az<'_>, cluster: &ArmId) {
        let rows: Fetched<Vec<Row>> = match self.nodes_prefix(cluster) {
            Some(prefix) => self.graph(az, &[], &query(&prefix)).await,
            None => Fetched::Failed("the resource group of the nodes is not known".to_owned()),
        };
        let (disks, links) = split(rows);
        let mut facts = self.facts.borrow_mut();
        if self.needs.contains(&Need::Disks) {
            facts.disks = disks;
        }
        if self.needs.contains(&Need::PrivateZoneLinks) {
            facts.private_zone_links = links;
        }
    }

    /// Returns what the ids of everything in the nodes' group begin with, in small letters.
    fn nodes_prefix(&self, cluster: &ArmId) -> Option<String> {
        let facts = self.facts.borrow();
        let named = facts.managed_cluster.known().and_then(|cluster| cluster.properties.node_resource_group.clone());
        let group = named.or_else(|| facts.machine_group().and_then(|group| group.group().map(str::to_owned)));
        let group = group.filter(|group| ArmId::new(group).is_plain())?;
        let subscription = cluster.subscription().unwrap_or_default();
        Some(format!("/subscriptions/{subscription}/resourceGroups/{group}/").to_ascii_lowercase())
    }
}

/// Returns the question. The zone stands behind the eighth slash of a link's id.
fn query(nodes: &str) -> String {
    format!(
        "// aksbackup: disks-and-zone-links\nResources | where type in~ ('microsoft.compute/disks', 'microsoft.network/privatednszones/virtualnetworklinks') | extend lower = tolower(id) | extend zone = tostring(split(lower, '/')[8]) | extend what = iff(type =~ 'microsoft.compute/disks', 'disk', 'link') | where (what == 'disk' and lower startswith '{nodes}') or (what == 'link' and (zone contains 'blob.' or zone contains 'dp.kubernetesconfiguration.')) | project id = iff(what == 'disk', lower, id), kind = what, sku = tostring(sku.name), sizeGb = tolong(properties.diskSizeGB), network = tostring(properties.virtualNetwork.id), policy = tostring(properties.resolutionPolicy), state = tostring(properties.virtualNetworkLinkState) | union (Resources | where type =~ 'microsoft.compute/snapshots' | extend source = tolower(tostring(properties.creationData.sourceResourceId)) | where source startswith '{nodes}' | summarize count = count() by id = source | extend kind = 'snapshots') | order by kind asc, id asc"
    )
}

/// Parts the rows by what they are of; what the answer lacks, both lack.
fn split(rows: Fetched<Vec<Row>>) -> (Fetched<Vec<Disk>>, Fetched<Vec<ZoneLink>>) {
    let part = |rows: Vec<Row>| {
        let (mut disks, mut links) = (Vec::new(), Vec::new());
        for row in rows {
            match row {
                Row::Disk(disk) => disks.push(disk),
                Row::Link(link) => links.push(link),
            }
        }
        (disks, links)
    };
    match rows {
        Fetched::Got(rows) => {
            let (disks, links) = part(rows);
            (Fetched::Got(disks), Fetched::Got(links))
        }
        Fetched::Partial { got, why, missing } => {
            let (disks, links) = part(got);
            let other = Fetched::Partial { got: links, why: why.clone(), missing: missing.clone() };
            (Fetched::Partial { got: disks, why, missing }, other)
        }
        Fetched::Denied(right) => (Fetched::Denied(right.clone()), Fetched::Denied(right)),
        Fetched::Failed(why) => (Fetched::Failed(why.clone()), Fetched::Failed(why)),
        Fetched::Absent => (Fetched::Absent, Fetched::Absent),
        Fetched::NoSuchKind => (Fetched::NoSuchKind, Fetched::NoSuchKind),
        Fetched::NotAsked => (Fetched::NotAsked, Fetched::NotAsked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_parted_by_kind_and_a_lack_is_of_both() {
        let rows = r#"[{"id":"/d","kind":"disk","sku":"Premium_LRS","sizeGb":4,"network":"","policy":"","state":"","count":null},
            {"id":"/d","kind":"snapshots","sku":null,"network":null,"policy":null,"state":null,"count":3},
            {"id":"/l","kind":"link","sku":"","sizeGb":null,"network":"/n","policy":"","state":"Completed","count":null}]"#;
        let rows: Vec<Row> = serde_json::from_str(rows).unwrap();
        let (disks, links) = split(Fetched::of(rows, Some("a later page".to_owned())));
        assert_eq!((disks.known_rows().len(), links.known_rows().len()), (2, 1));
        let link = &links.known_rows()[0];
        assert_eq!((link.network.as_str(), link.resolution_policy()), ("/n", None));
        assert!(disks.unread("x").is_some() && links.unread("x").is_some());
    }

    #[test]
    fn the_question_has_one_union() {
        let query = query("/subscriptions/s/resourcegroups/mc/");
        assert_eq!(query.matches("union").count(), 1);
    }
}
