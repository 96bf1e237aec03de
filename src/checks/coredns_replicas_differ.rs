//! The CoreDNS replicas run different configurations: what resolves depends on which one is asked.
//!
//! Knowledge: coredns-on-aks.md sections 1.5, 2.2 and 3: every replica reloads by itself, within two minutes of a
//! change. An entry of the hosts plugin answers without the alias that Azure's own answer leads through, so a pinned
//! answer is told from a resolved one. Addresses that differ from one question to the next are the way of Azure's
//! load balancing, and no finding; replicas of which one has no answer are coredns-endpoint-unresolved's.

use jiff::{SignedDuration, Timestamp};

use super::check::{Check, Judgement};
use super::reading::corefile_words::{Outcome, outcome};
use super::reading::said::stamp;
use crate::facts::objects::{Answer, DnsAnswer, Log, Pod};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB312",
    name: "coredns-replicas-differ",
    hop: Hop::Dns,
    title: "the CoreDNS replicas run the same configuration",
    needs: &[required(Need::DnsPods), required(Need::DnsLogs), helpful(Need::DnsAnswers)],
    explains: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether one CoreDNS replica took over a change that another did not, or answers the extension agent's name
  from an entry of its own while another asks Azure for it.

Why it matters
  Who asks gets one configuration or the other by chance, so what was mended works now and then only.

How it is found
  \"Reloading complete\" in one replica's log, and nothing of the kind near that time in the log of another that
  ran then, for more than five minutes. Where CoreDNS may be asked (by a port-forward): one replica answers
  with an alias, as Azure does, and another without. Different addresses alone are none.

What to do
  See whether the ConfigMap has reached the odd replica's node, and what its log says. A replica whose log
  is clean may be started again, one at a time, once no replica says that it refused the configuration.

Sources
  CoreDNS's reload and hosts plugins, tried with every version that AKS ships; AKS documentation on CoreDNS.
";

/// Every replica has looked at its files within this time of another.
const SPREAD: SignedDuration = SignedDuration::from_mins(5);

fn run(facts: &Facts) -> Judgement {
    let pods = facts.dns_pods.rows(Need::DnsPods.what())?;
    let logs = facts.dns_logs.rows(Need::DnsLogs.what())?;
    if let Some(finding) = missed(facts, pods, logs) {
        return Ok(vec![finding]);
    }
    Ok(pinned(facts).into_iter().collect())
}

/// Finds the replicas that took no notice of a change which another took over.
fn missed(facts: &Facts, pods: &[Pod], logs: &[Log]) -> Option<Finding> {
    let running: Vec<(&Pod, &Log)> = logs
        .iter()
        .filter(|log| !log.previous)
        .filter_map(|log| Some((pods.iter().find(|pod| pod.metadata.name == log.pod && pod.is_ready())?, log)))
        .collect();
    let taken = running.iter().filter_map(|(_, log)| match outcome(facts, log) {
        Some(Outcome::TakenOver(said)) => Some((*log, said.when?, said)),
        _ => None,
    });
    let (first, when, said) = taken.max_by_key(|(_, when, _)| *when)?;
    if facts.observed_at.duration_since(when) <= SPREAD {
        return None;
    }
    let odd: Vec<&Log> = running
        .iter()
        .filter(|(pod, log)| log.pod != first.pod && ran_since_before(pod, when) && reaches_back(log, when))
        .filter(|(_, log)| match outcome(facts, log) {
            // Whoever refused it has not missed it.
            Some(Outcome::Refused(_)) => false,
            Some(Outcome::TakenOver(said)) => said.when.is_some_and(|then| when.duration_since(then) > SPREAD),
            None => true,
        })
        .map(|(_, log)| *log)
        .collect();
    if odd.is_empty() {
        return None;
    }
    let names = listing(odd.iter().map(|log| log.pod.as_str()), 3);
    let mut finding = Finding::new(
        Severity::Warning,
        subject(),
        format!(
            "The CoreDNS replicas run different configurations: {} took over a change at {}, {names} {} not, although it \
             should within two minutes. Who asks gets the one or the other by chance.",
            first.pod,
            minute(when),
            if odd.len() == 1 { "has" } else { "have" },
        ),
    )
    .seen(said.evidence());
    for log in odd.iter().take(3) {
        finding = finding.seen(Evidence::at(log.at()));
    }
    Some(finding.mended_by(look_at(&odd.iter().map(|log| log.pod.as_str()).collect::<Vec<_>>())))
}

fn ran_since_before(pod: &Pod, when: Timestamp) -> bool {
    let began = pod.container_statuses().filter_map(|status| status.last_state.terminated.as_ref()?.finished_at).max();
    began.or(pod.metadata.creation_timestamp).is_some_and(|began| when.duration_since(began) > SPREAD)
}

/// Returns whether what was read of a log begins before that time.
fn reaches_back(log: &Log, when: Timestamp) -> bool {
    log.lines.iter().find_map(|line| stamp(line)).is_some_and(|first| first < when)
}

/// Finds replicas that answer from an entry of their own, next to such as do not.
fn pinned(facts: &Facts) -> Option<Finding> {
    let rows = facts.dns_answers.known_rows();
    let answered: Vec<(&DnsAnswer, &Answer)> = rows
        .iter()
        .filter_map(|row| Some((row, row.answer.known()?)))
        .filter(|(_, answer)| answer.rcode == "NOERROR" && !answer.addresses.is_empty())
        .collect();
    let is_private = |answer: &Answer| answer.addresses.iter().all(std::net::Ipv4Addr::is_private);
    let is_mixed =
        answered.iter().any(|(_, answer)| is_private(answer)) && !answered.iter().all(|(_, a)| is_private(a));
    // Where one has no answer, or a private one only, that is told by coredns-endpoint-unresolved.
    if is_mixed || answered.len() < rows.len() {
        return None;
    }
    let (own, led): (Vec<_>, Vec<_>) = answered.iter().copied().partition(|(_, answer)| answer.aliases.is_empty());
    let (Some((row, answer)), false) = (own.first(), led.is_empty()) else { return None };
    let names = |rows: &[(&DnsAnswer, &Answer)]| listing(rows.iter().map(|(row, _)| row.pod.as_str()), 3);
    let addresses: Vec<String> = answer.addresses.iter().map(ToString::to_string).collect();
    let mut finding = Finding::new(
        Severity::Warning,
        subject(),
        format!(
            "The CoreDNS replicas run different configurations: {} {} {} from an entry of {} own ({}), {} {} Azure for it. Who \
             asks gets the one or the other by chance.",
            names(&own),
            if own.len() == 1 { "answers" } else { "answer" },
            row.name,
            if own.len() == 1 { "its" } else { "their" },
            listing(addresses.iter().map(String::as_str), 3),
            names(&led),
            if led.len() == 1 { "asks" } else { "ask" },
        ),
    );
    for (row, answer) in &answered {
        let aliases: Vec<&str> = answer.aliases.iter().map(crate::facts::Text::as_str).collect();
        let words = if aliases.is_empty() {
            "an address without an alias".to_owned()
        } else {
            format!("by way of {}", listing(aliases, 2))
        };
        finding = finding.seen(Evidence::quoted(format!("pod/kube-system/{} answer for {}", row.pod, row.name), words));
    }
    Some(finding.mended_by(look_at(&own.iter().chain(&led).map(|(row, _)| row.pod.as_str()).collect::<Vec<_>>())))
}

fn subject() -> Subject {
    Subject::namespaced("v1", "Service", "kube-system", "kube-dns")
}

fn look_at(pods: &[&str]) -> Remedy {
    let mut remedy = Remedy::guided(
        "See in the log of each replica when it last took over a change, and whether it refused one. If none did, delete \
         the replica that lags behind, that one alone, and wait until the new one is ready.",
    )
    .documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml");
    for pod in pods.iter().take(3) {
        remedy = remedy.documented(format!("kubectl --namespace kube-system logs {pod} --tail=50"));
    }
    remedy
}
