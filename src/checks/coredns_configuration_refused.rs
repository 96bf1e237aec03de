//! CoreDNS would not start with the configuration that stands in its ConfigMaps.
//!
//! Knowledge: coredns-on-aks.md sections 0.3, 1.4 and 2.1: a running CoreDNS keeps the configuration before, so that nothing
//! shows; every pod that starts reads the refused one and ends. The merged configuration is judged by a model that is held
//! against the real CoreDNS (tests/corefile.rs).

use super::check::{Check, Judgement};
use super::reading::dns_configuration::{judged_by, reading, subject_of, unknown};
use crate::corefile::{Acceptance, HazardKind};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB313",
    name: "coredns-configuration-refused",
    hop: Hop::Dns,
    title: "CoreDNS would start with its configuration as it stands",
    needs: &[required(Need::DnsConfig), helpful(Need::DnsPods)],
    explains: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether CoreDNS would take the Corefile together with the keys of coredns-custom, as they stand now.

Why it matters
  A running CoreDNS keeps the configuration before when it refuses a change, so that nothing shows. Every
  CoreDNS pod that starts reads the refused one and ends at once: the next upgrade, eviction or restart takes
  the cluster's DNS away. The advice to delete the CoreDNS pods after a change does so at once.

How it is found
  The ConfigMaps coredns and coredns-custom, merged as AKS mounts them, are judged by the rules of the
  CoreDNS version of the running pods. What those rules do not cover is said to be unknown. A version newer
  than any whose rules are known is judged by the newest of those; then only what every CoreDNS turns down
  counts as refused: braces that do not fit, a plugin that stands twice, a zone that is served twice.

What to do
  Put the faulty key right, or take it out, and wait until every replica's log says \"Reloading complete\".
  Do not delete or restart CoreDNS pods before that.

Sources
  CoreDNS's sources, and the real CoreDNS held against them; AKS documentation on customising CoreDNS.
";

fn run(facts: &Facts) -> Judgement {
    let reading = reading(facts)?;
    let refusal = match reading.acceptance() {
        Acceptance::Accepted => return Ok(Vec::new()),
        Acceptance::Unknown { why } => {
            return Err(unknown(&format!("whether CoreDNS takes its configuration is not known: {why}")));
        }
        Acceptance::Refused(refusal) => refusal,
    };
    let pods = facts.dns_pods.known_rows();
    let down = pods.iter().filter(|pod| !pod.is_ready()).count();
    let now = if pods.is_empty() {
        "Pods that run already keep the configuration before; every pod that starts ends at once."
    } else if down == 0 {
        "The pods that run keep the configuration before, so that nothing shows yet. Every pod that starts reads this one and ends at once, and AKS starts some by itself."
    } else {
        "Pods that start read this one and end at once; not all replicas are ready now."
    };
    let why = refusal.why.trim_end_matches('.');
    let mut message = format!("CoreDNS does not take its configuration as it stands: {why}.\n{now}");
    let severity = if down > 0 { Severity::Error } else { Severity::Warning };
    // Where the same plugin stands twice, both places are of use.
    let twice = reading.hazards().iter().filter(|hazard| hazard.kind == HazardKind::StandsTwice);
    let place = refusal.place.as_ref().or_else(|| twice.clone().map(|hazard| &hazard.place).next());
    let subject = subject_of(place);
    if subject.name.as_deref() == Some("coredns") && has_custom(facts) {
        message.push_str(
            "\nIt stumbles in AKS's own Corefile; the mistake stands most likely in a key of coredns-custom that is read before, such as a block that is not closed.",
        );
    }
    if let Some(rules) = judged_by(&reading) {
        message.push('\n');
        message.push_str(&rules);
    }
    let mut finding = Finding::new(severity, subject, message).concerning(Subject::namespaced(
        "apps/v1",
        "Deployment",
        "kube-system",
        "coredns",
    ));
    if let Some(place) = place {
        finding = finding.seen(Evidence::at(place.to_string()));
    }
    for hazard in twice.filter(|hazard| Some(&hazard.place) != place).take(3) {
        finding = finding
            .seen(Evidence::at(hazard.place.to_string()).quoting(format!("{}: {}", hazard.subject, hazard.kind)));
    }
    Ok(vec![finding.without(facts.unread(Need::DnsPods).map(|unread| format!("CoreDNS's version and whether replicas are down: {}", unread.why))).mended_by(
        Remedy::guided(
            "Put the faulty key of coredns-custom right, or take it out; the ConfigMap coredns is AKS's own, and changes there are undone. Then wait until every replica's log says \"Reloading complete\". Until then do not delete or restart CoreDNS pods.",
        )
        .documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml")
        .documented("kubectl --namespace kube-system logs --selector k8s-app=kube-dns --tail=20 --prefix"),
    )])
}

/// Returns whether users have added anything.
fn has_custom(facts: &Facts) -> bool {
    facts.dns_config.known_rows().iter().any(|map| map.metadata.name == "coredns-custom" && !map.data.is_empty())
}
