//! CoreDNS does not give names of Azure that the extension needs an address, or its replicas differ.
//!
//! Knowledge: diagnosis.md section 5, row 7 (the half that needs no pod of ours); azure-backup.md section 2, the hosts by
//! cloud; Azure/AKS issue 808: replicas, and the servers behind them, that answer differently. Each replica is asked once
//! for each name: it keeps an answer for seconds, so that asking again at once tells nothing new. An account that does
//! not exist and a private zone without the record give the same NXDOMAIN.

use super::check::{Check, Judgement};
use super::dp_endpoint_unresolved::asks_the_node;
use super::reading::agent::host_subject;
use super::reading::extension_parts;
use super::reading::location_account::Account;
use crate::facts::objects::{Answer, OtherAnswer, StorageLocation};
use crate::facts::{AzureName, Facts, Need, Purpose, Stop, Unread, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB316",
    name: "coredns-azure-names-unresolved",
    hop: Hop::Dns,
    title: "every CoreDNS replica resolves the names of Azure that the extension needs",
    needs: &[required(Need::DnsAnswers), required(Need::Nodes), helpful(Need::StorageLocations), helpful(Need::Pods)],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  What each CoreDNS replica answers for the host of the storage location's account, for the host of the sign-in,
  for that of Azure Resource Manager, and for Microsoft's registry.

Why it matters
  A name that the extension cannot resolve keeps it from its storage or from its token; where replicas differ, it
  works by chance. In a firewalled cluster this shows before anything is installed.

How it is found
  Each ready replica is asked over the port-forward by which it is asked for the agent's endpoint. NXDOMAIN,
  SERVFAIL, REFUSED and an answer without an address are faults; a private address is none. It is an error
  where a storage location is not Available and its account or the sign-in is among the names, else a warning.
  Whether a connection to the address comes about is not tried. The nodes pull images by their own resolver.

What to do
  See who answers for the name: a private DNS zone that is linked to the network, the network's own DNS servers,
  or a block in coredns-custom. Where only one replica fails, see its log.

Sources
  Azure Backup's and AKS' documentation of required hosts; CoreDNS's documentation; Azure/AKS issue 808.
";

fn run(facts: &Facts) -> Judgement {
    let rows = facts.dns_answers.rows(Need::DnsAnswers.what())?;
    if extension_parts::agent(facts).is_some_and(asks_the_node) {
        return Err(Stop::not_applicable("the extension's agent asks its node's resolver, not CoreDNS"));
    }
    if rows.is_empty() {
        return Err(Stop::inconclusive("no CoreDNS replica is ready to be asked"));
    }
    let needed = facts.azure_names();
    let mut lines: Vec<String> = Vec::new();
    let mut failing: Vec<&AzureName> = Vec::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut unanswered: Vec<String> = Vec::new();
    let mut odd: Vec<&str> = Vec::new();
    let mut is_account_unknown = false;
    let mut all_good: Vec<&str> = rows.iter().map(|row| row.pod.as_str()).collect();
    for name in &needed {
        let mut good: Vec<&str> = Vec::new();
        let mut bad: Vec<(&str, String)> = Vec::new();
        for row in rows {
            match row.others.iter().find(|other| other.name == name.name).and_then(|other| other.answer.as_ref()) {
                Some(answer) => match trouble(answer) {
                    None => good.push(&row.pod),
                    Some(words) => {
                        evidence.push(Evidence::quoted(
                            format!("pod/kube-system/{} answer for {}", row.pod, name.name),
                            words.clone(),
                        ));
                        bad.push((&row.pod, words));
                    }
                },
                None => unanswered.push(format!("{} for {}", row.pod, name.name)),
            }
        }
        // Where only one replica says so, it is the replica and not the account.
        is_account_unknown |=
            name.purpose == Purpose::Blobs && good.is_empty() && bad.iter().any(|(_, words)| words == "NXDOMAIN");
        all_good.retain(|pod| bad.iter().all(|(bad, _)| bad != pod));
        if !bad.is_empty() {
            failing.push(name);
            if !good.is_empty() {
                odd.extend(bad.iter().map(|(pod, _)| *pod));
            }
            lines.push(line(name, &good, &bad));
        }
    }
    if failing.is_empty() {
        if needed.is_empty() {
            return Err(Stop::inconclusive("the region is not known, and with it the names to ask for"));
        }
        if !unanswered.is_empty() {
            let listed = listing(unanswered.iter().map(String::as_str), 4);
            // All questions go over one forward: what kept one from being answered kept the others.
            let unread = rows.iter().find_map(|row| row.answer.unread("an answer"));
            let (why, missing) = unread.map_or_else(Default::default, |unread| (unread.why, unread.missing));
            let colon = if why.is_empty() { "" } else { ": " };
            return Err(Stop::Inconclusive(Unread {
                why: format!("no answer came from {listed}{colon}{why}"),
                missing,
            }));
        }
        return Ok(Vec::new());
    }
    let is_of = |location: &StorageLocation| {
        let host = facts.blob_host(location);
        failing.iter().any(|name| name.purpose == Purpose::SignIn || Some(&name.name) == host.as_ref())
    };
    let hit: Vec<&StorageLocation> = facts.locations().filter(|location| is_of(location)).collect();
    let is_felt = hit.iter().any(|location| location.status.phase.as_deref() != Some("Available"));
    let mut message = format!("CoreDNS gives no address for {}:\n{}", counted_words(&failing), lines.join("\n"));
    if let Some(alias) = hidden_alias(rows.iter().flat_map(|row| &row.others), &failing) {
        message.push_str(&format!(
            "\nA name leads to {alias}, and that has no address: this is what a private DNS zone answers which this network sees and \
             which lacks the record."
        ));
    } else if is_account_unknown {
        message.push_str(
            "\nAn account that does not exist gives NXDOMAIN, and so does a private DNS zone without its record; Azure's own list of the \
             account's endpoints tells which.",
        );
    }
    if !hit.is_empty() && !is_felt {
        message.push_str("\nThe storage location is Available all the same, by its last check.");
    }
    let severity = if is_felt { Severity::Error } else { Severity::Warning };
    let subject = Subject::namespaced("v1", "Service", "kube-system", "kube-dns");
    let mut finding = Finding::new(severity, subject, message);
    finding.evidence = evidence;
    finding.concerns.extend(failing.iter().map(|name| host_subject(&name.name)));
    finding.concerns.extend(hit.iter().map(|location| location.subject()));
    let is_split = !odd.is_empty() && !all_good.is_empty();
    Ok(vec![
        finding
            .without(
                (!unanswered.is_empty()).then(|| {
                    format!("the answers of {}: none came", listing(unanswered.iter().map(String::as_str), 4))
                }),
            )
            .without(
                facts
                    .unread(Need::StorageLocations)
                    .map(|unread| format!("which storage account the extension needs: {}", unread.why)),
            )
            .mended_by(remedy(facts, &failing, if is_split { &odd } else { &[] })),
    ])
}

/// Says what is wrong with an answer; nothing where it has an address.
fn trouble(answer: &Answer) -> Option<String> {
    match answer.addresses.as_slice() {
        [] if answer.rcode == "NOERROR" => Some("NOERROR without an address".to_owned()),
        [] => Some(answer.rcode.clone()),
        _ => None,
    }
}

fn counted_words(failing: &[&AzureName]) -> &'static str {
    if failing.len() == 1 { "a name that the extension needs" } else { "names that the extension needs" }
}

fn line(name: &AzureName, good: &[&str], bad: &[(&str, String)]) -> String {
    let purpose = match name.purpose {
        Purpose::Blobs => "the storage location's account",
        Purpose::SignIn => "the sign-in to Entra ID",
        Purpose::Management => "Azure Resource Manager",
        Purpose::Registry => "Microsoft's registry, which cluster extensions need",
    };
    let first = bad.first().map(|(_, words)| words.as_str()).unwrap_or_default();
    let is_one = bad.iter().all(|(_, words)| words == first);
    let told = match (good.is_empty(), is_one, bad.len()) {
        (true, true, 1) => format!("the replica that answered says {first}"),
        (true, true, _) => format!("every replica that answered says {first}"),
        _ => {
            let parts: Vec<String> = bad.iter().map(|(pod, words)| format!("{pod} says {words}")).collect();
            let mut told = listing(parts.iter().map(String::as_str), 4);
            if !good.is_empty() {
                told.push_str(&format!(
                    ", {} {} an address",
                    listing(good.iter().copied(), 3),
                    if good.len() == 1 { "gives" } else { "give" }
                ));
            }
            told
        }
    };
    format!("{} ({purpose}): {told}.", name.name)
}

/// Returns the alias that a failing answer ended at, where it is one of private link.
fn hidden_alias<'f>(mut others: impl Iterator<Item = &'f OtherAnswer>, failing: &[&AzureName]) -> Option<&'f str> {
    others.find_map(|other| {
        let answer = other.answer.as_ref().filter(|answer| trouble(answer).is_some())?;
        let alias = answer.aliases.last()?.as_str();
        let is_private = alias.to_ascii_lowercase().contains(".privatelink.");
        (is_private && failing.iter().any(|name| name.name == other.name)).then_some(alias)
    })
}

fn remedy(facts: &Facts, failing: &[&AzureName], odd: &[&str]) -> Remedy {
    if !odd.is_empty() {
        let mut pods: Vec<&str> = odd.to_vec();
        pods.sort_unstable();
        pods.dedup();
        let mut remedy = Remedy::guided(
            "See in the log of the replicas that give no address why: one that could not take over a changed configuration says so and \
             goes on with the old one. Do not delete or restart CoreDNS pods before that is mended. Where the logs are clean, the \
             servers that CoreDNS forwards to answer differently.",
        );
        for pod in pods.into_iter().take(3) {
            remedy = remedy.documented(format!("kubectl --namespace kube-system logs {pod} --tail=100"));
        }
        return remedy;
    }
    let mut remedy = Remedy::guided(
        "See who answers for the name: a private DNS zone that is linked to the cluster's network must have its record; the DNS servers of \
         the network must forward names of Azure; a block in coredns-custom that covers the name must pass it on.",
    )
    .documented("kubectl --namespace kube-system get configmaps coredns coredns-custom --output yaml");
    if failing.iter().any(|name| name.purpose == Purpose::Blobs) {
        let of = |location: &&StorageLocation| {
            facts.blob_host(location).is_some_and(|host| failing.iter().any(|name| name.name == host))
        };
        if let Some(location) = facts.locations().find(of) {
            remedy = remedy.documented(Account::of(facts, location).show(
                "{blob:primaryEndpoints.blob, publicNetworkAccess:publicNetworkAccess, privateEndpoints:privateEndpointConnections[].privateEndpoint.id}",
            ));
        }
    }
    remedy
}
