//! The storage account's network lets nobody in, or only whom it names.
//!
//! Knowledge: Azure Storage's network rules: "trusted services" are not the pods of a cluster, and rules for addresses do not
//! apply to requests from the account's own region.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_account::{
    concerned, flags, read, show, without_locations, words, working, works_all_the_same,
};
use crate::facts::arm::{ArmId, StorageAccount};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB423",
    name: "storage-account-closed",
    hop: Hop::Storage,
    title: "the storage account's network lets the cluster in",
    needs: &[required(Need::StorageAccount), helpful(Need::ArmExtensions), helpful(Need::StorageLocations)],
    explains: &["BSL_403_AUTHORIZATION_FAILURE_NETWORK", "UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage account lets in anybody at all: its public network access, its firewall's rules and its private
  endpoints.

Why it matters
  A pod that does not get through is answered 403 AuthorizationFailure, which reads like a missing role. The location
  is Unavailable and nothing is backed up.

How it is found
  The account's properties in Azure. Closed to the public without a private endpoint that was approved, or a firewall
  without a single rule, lets no pod in. A firewall with rules may or may not let the cluster in: which ones there are
  is told, unless Velero has found the location to work within the last hour.

What to do
  Let the nodes' subnet in, by a rule and its service endpoint, or give the cluster's network a private endpoint for
  blobs with its DNS zone. Rules for addresses do not work from within the account's own region.

Sources
  Azure Storage's pages on network security; Azure Backup's support matrix for AKS.
";

/// The service of Azure that would let whatever it trusts in is not the cluster.
const TRUSTED: &str = "AzureServices";

fn run(facts: &Facts) -> Judgement {
    let (id, account) = read(facts)?;
    let works = working(facts, &id);
    let endpoints = account.private_endpoints();
    let access = account.properties.public_network_access.as_deref().unwrap_or("Enabled");
    let ways = ways(account);
    // What lets in somebody lets in the cluster, where Velero says so.
    let (severity, mut message, seen) = if account.is_private() {
        if endpoints > 0 {
            return Ok(Vec::new());
        }
        (Severity::Error, closed(account, &id), ("publicNetworkAccess", access))
    } else if access.eq_ignore_ascii_case("SecuredByPerimeter") {
        if works.is_some() {
            return Ok(Vec::new());
        }
        let message = format!(
            "The {} is in a network security perimeter: it lets in what the perimeter lets in. Whether the cluster is among that was not read.",
            words(&id)
        );
        (Severity::Info, message, ("publicNetworkAccess", access))
    } else if !account.has_firewall() {
        return Ok(Vec::new());
    } else if ways.is_empty() {
        let message = format!(
            "The firewall of {} lets nobody in: its default is Deny, it has no rule for a subnet or an address, and no private endpoint is approved.",
            words(&id)
        );
        (Severity::Error, message, ("networkAcls.defaultAction", "Deny"))
    } else {
        if works.is_some() {
            return Ok(Vec::new());
        }
        let known = facts.storage_locations.known().is_some();
        let message = format!(
            "The firewall of {} lets in only whom it names: {}. Whether the cluster's nodes are among them, Azure does not tell.",
            words(&id),
            listing(ways.iter().map(String::as_str), 8)
        );
        (if known { Severity::Warning } else { Severity::Info }, message, ("networkAcls.defaultAction", "Deny"))
    };
    let bypass = account.properties.network_acls.as_ref().and_then(|acls| acls.bypass.as_deref()).unwrap_or_default();
    if severity == Severity::Error && !account.is_private() && bypass.contains(TRUSTED) {
        message.push_str(" Trusted services of Azure get through; the pods of a cluster are none.");
    }
    let waiting = account.properties.private_endpoint_connections.len().saturating_sub(endpoints);
    if waiting > 0 {
        message.push_str(&format!(
            "\n{} not approved.",
            if waiting == 1 {
                "One private endpoint is".to_owned()
            } else {
                format!("{waiting} private endpoints are")
            }
        ));
    }
    let severity = match works {
        Some(location) => {
            message.push_str(&works_all_the_same(location));
            Severity::Warning
        }
        None => severity,
    };
    let mut finding = Finding::new(severity, azure_subject(&id), message)
        .seen(Evidence::quoted(format!("{id} properties.{}", seen.0), seen.1));
    finding.concerns = concerned(facts, &id);
    Ok(vec![finding.without(without_locations(facts)).mended_by(remedy(&id, access))])
}

fn closed(account: &StorageAccount, id: &ArmId) -> String {
    let has_any = !account.properties.private_endpoint_connections.is_empty();
    format!(
        "The {} is closed to public networks and has no private endpoint{}: nobody gets in.",
        words(id),
        if has_any { " that is approved" } else { "" }
    )
}

/// Who gets in, in words.
fn ways(account: &StorageAccount) -> Vec<String> {
    let mut ways = Vec::new();
    if let Some(acls) = &account.properties.network_acls {
        let subnet = |id: &ArmId| {
            let network = id.parent().map(|network| network.name().to_owned()).unwrap_or_default();
            format!("subnet {network}/{}", id.name())
        };
        ways.extend(acls.virtual_network_rules.iter().map(|rule| subnet(&rule.id)));
        ways.extend(acls.ip_rules.iter().map(|rule| format!("addresses {}", rule.value)));
        ways.extend(acls.resource_access_rules.iter().map(|rule| format!("resource {}", rule.resource_id.words())));
    }
    if account.private_endpoints() > 0 {
        ways.push(counted(account.private_endpoints(), "private endpoint", "private endpoints"));
    }
    ways
}

fn remedy(account: &ArmId, access: &str) -> Remedy {
    if access.eq_ignore_ascii_case("SecuredByPerimeter") {
        return Remedy::guided(
            "See in the perimeter's rules whether requests from the cluster's network, or of its subscription, are let in.",
        )
        .documented(show(account, "{access:publicNetworkAccess, rules:networkRuleSet}"));
    }
    if access.eq_ignore_ascii_case("Disabled") {
        return Remedy::guided(
            "Give the cluster's network a private endpoint for the account's blobs, with its private DNS zone, and approve it. Rules \
             for subnets and addresses have no effect while public access is disabled. No role is missing for that.",
        )
        .documented(show(account, "{access:publicNetworkAccess, endpoints:privateEndpointConnections[].privateLinkServiceConnectionState.status}"));
    }
    Remedy::guided(
        "See who gets in, and which subnet the nodes are in. Let that subnet in, which takes the service endpoint \
         Microsoft.Storage on it, or give the cluster's network a private endpoint for blobs with its DNS zone. A rule for \
         addresses does not help where the cluster is in the account's own region. No role is missing for that.",
    )
    .documented(show(account, "{access:publicNetworkAccess, rules:networkRuleSet, endpoints:privateEndpointConnections[].privateLinkServiceConnectionState.status}"))
    .documented(format!("az storage account network-rule add {} --subnet SUBNET_ID", flags(account, "--account-name")))
}
