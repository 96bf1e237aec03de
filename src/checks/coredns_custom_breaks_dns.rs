//! What users added to CoreDNS's configuration is taken, and leaves names without an answer.
//!
//! Knowledge: coredns-on-aks.md sections 0.4 and 2.4: `hosts` without `fallthrough`, a closing brace on the line of
//! `fallthrough`, and a block on one line load without an error, and every other name of the server block gets SERVFAIL.

use super::check::{Check, Judgement};
use super::reading::agent::host_subject;
use super::reading::dns_configuration::{custom, judged_by, reading, unknown};
use super::reading::resolver::Resolver;
use crate::catalogue::{Captured, Sign, classify};
use crate::corefile::{ClusterDns, HazardKind, Outcome, Reading, RecordType};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB314",
    name: "coredns-custom-breaks-dns",
    hop: Hop::Dns,
    title: "CoreDNS's configuration leaves the cluster's names answered",
    needs: &[
        required(Need::DnsConfig),
        helpful(Need::Nodes),
        helpful(Need::DnsPods),
        helpful(Need::DnsService),
        helpful(Need::StorageLocations),
    ],
    explains: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether, by CoreDNS's configuration, the cluster's own names and names of the world outside get an answer.

Why it matters
  Some texts are taken without an error and still leave every name but those that they list without an
  answer: hosts without fallthrough is the usual one. Nothing in the cluster resolves then, the extension's
  pods find neither the API server nor the storage account, and backups fail.

How it is found
  Three names are looked up in a model of CoreDNS with the ConfigMaps as they stand: the API server's own,
  a registry's, and the endpoint of the extension agent where the region is known. Nothing is asked of the running pods.

What to do
  Write fallthrough on a line of its own at the end of the hosts block, or take the key out. CoreDNS takes the
  change over by itself within two minutes; no pod is restarted.

Sources
  CoreDNS's sources, and the real CoreDNS held against them; public reports of clusters without DNS after such
  a change.
";

/// A name of the world outside that every AKS cluster must resolve.
const OUTSIDE: &str = "mcr.microsoft.com";

fn run(facts: &Facts) -> Judgement {
    let reading = reading(facts)?;
    let endpoint = facts.data_plane_endpoint();
    let outside: Vec<&str> = std::iter::once(OUTSIDE).chain(endpoint.as_deref()).collect();
    let (name, outcome) = match reading.cluster_dns(&outside) {
        ClusterDns::Whole => return Ok(Vec::new()),
        // Another check's matter: what is refused answers nothing.
        ClusterDns::Refused => return Ok(Vec::new()),
        ClusterDns::Unknown { why } => {
            return Err(unknown(&format!("what CoreDNS answers by its configuration is not known: {why}")));
        }
        ClusterDns::Broken { name, outcome } => (name, outcome),
    };
    let name = name.trim_end_matches('.');
    let (gets, by) = match &outcome {
        Outcome::Failure { code, why, by } => (format!("{code}: {why}"), by.as_ref()),
        Outcome::NoSuchName { by } => ("\"no such name\"".to_owned(), Some(by)),
        Outcome::NoData { by } => ("no address".to_owned(), Some(by)),
        Outcome::Upstream { by, .. } => {
            ("the answer of another server, which does not know the cluster's names".to_owned(), Some(by))
        }
        Outcome::NotServing { why } => (format!("nothing: {why}"), None),
        _ => ("no answer of use".to_owned(), None),
    };
    let mut message = format!(
        "By CoreDNS's configuration as it stands, {name} gets {gets}. Pods that ask CoreDNS cannot resolve it, nor any other name of that server block that is not listed there."
    );
    if let Some(rules) = judged_by(&reading) {
        message.push('\n');
        message.push_str(&rules);
    }
    let mut finding = Finding::new(Severity::Error, custom(), message).concerning(Subject::namespaced(
        "apps/v1",
        "Deployment",
        "kube-system",
        "coredns",
    ));
    finding.concerns.extend(endpoint.filter(|name| is_broken(&reading, name)).map(|name| host_subject(&name)));
    finding.concerns.extend(blind_locations(facts, &reading));
    if let Some(by) = by {
        finding = finding.seen(
            Evidence::at(by.place.to_string()).quoting(format!("{} in the server block of {}", by.plugin, by.zone)),
        );
    }
    let breaks = |kind| {
        matches!(
            kind,
            HazardKind::HostsWithoutFallthrough
                | HazardKind::FallthroughForSomeZones
                | HazardKind::BraceOnALine
                | HazardKind::BlockOnALine
        )
    };
    for hazard in reading.hazards().iter().filter(|hazard| breaks(hazard.kind)).take(3) {
        finding = finding.seen(Evidence::at(hazard.place.to_string()).quoting(hazard.kind.to_string()));
    }
    Ok(vec![
        finding
            .without(facts.unread(Need::DnsPods).map(|unread| format!("CoreDNS's version: {}", unread.why)))
            .mended_by(
                Remedy::guided("Write fallthrough on a line of its own before the closing brace of the hosts block, or take the key out of coredns-custom. CoreDNS takes it over by itself within two minutes: restart no pod.")
                    .documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml")
                    .documented("kubectl --namespace kube-system logs --selector k8s-app=kube-dns --tail=20 --prefix"),
            ),
    ])
}

/// Tells whether a name of the world outside gets no answer by the configuration.
fn is_broken(reading: &Reading, name: &str) -> bool {
    matches!(reading.lookup(name, RecordType::A), Outcome::Failure { .. } | Outcome::NotServing { .. })
}

/// Returns the storage locations whose own words say that CoreDNS did not resolve a name which the configuration breaks.
fn blind_locations(facts: &Facts, reading: &Reading) -> Vec<Subject> {
    let is_blind = |message: &str| {
        let found = classify(message);
        let Some(first) = found.first() else { return false };
        let Captured::Lookup { host: Some(host), resolver } = &first.captured else { return false };
        matches!(first.sign, Sign::DnsNoSuchHost | Sign::DnsServerFailure | Sign::DnsTimeout)
            && matches!(Resolver::of(resolver.as_deref(), facts), Resolver::CoreDns(_))
            && is_broken(reading, host)
    };
    let blind =
        facts.locations().filter(|row| row.is_unavailable() && row.status.message.as_deref().is_some_and(is_blind));
    blind.map(StorageLocation::subject).collect()
}
