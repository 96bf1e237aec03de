//! CoreDNS has refused a changed configuration and goes on with the old one, until a pod of it is started.
//!
//! Knowledge: coredns-on-aks.md sections 1.4 and 2.2: `/health` and `/ready` stay good, the file that is refused is read
//! by every pod that starts, and AKS may evict CoreDNS pods at any time. The founding page's advice to delete the pods
//! makes an outage of it (diagnosis.md section 2, entry 1).

use super::check::{Check, Judgement};
use super::reading::corefile_words::{Outcome, last_refusal, outcome, what};
use super::reading::dns_configuration::custom;
use super::reading::said::Said;
use crate::facts::{Facts, Need, required};
use crate::finding::{Finding, Hop, Remedy, Severity, Subject, listing, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB310",
    name: "coredns-reload-failed",
    hop: Hop::Dns,
    title: "no CoreDNS replica says that it refused its configuration",
    needs: &[required(Need::DnsPods), required(Need::DnsLogs)],
    explains: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the newest word of a CoreDNS replica about its configuration is that it refused a change.

Why it matters
  Nothing is broken yet: the replica goes on with the configuration before. But the change has no effect, so
  an entry that was to mend scenario 3 does not answer. And every CoreDNS pod that starts reads the refused
  configuration and ends at once. AKS starts such pods by itself; when the last old one is gone, no name
  resolves in the cluster.

How it is found
  \"Corefile changed but reload failed\" and \"Corefile parse failed\" in the end of each running replica's log. A
  later \"Reloading complete\" ends the matter; a parse failure that has not been repeated for three minutes
  is over. The warning \"No files matching import glob pattern\" is harmless. Of a long log only the end is read.

What to do
  Take the faulty part out of the ConfigMap coredns-custom, or put it right, and wait for \"Reloading
  complete\" in the log of every replica: two minutes at most. Do not delete or restart CoreDNS pods before that.

Sources
  CoreDNS's reload plugin, tried with every version that AKS ships; Azure Backup's troubleshooting page for AKS,
  scenario 3; AKS documentation on CoreDNS.
";

fn run(facts: &Facts) -> Judgement {
    let pods = facts.dns_pods.rows(Need::DnsPods.what())?;
    let logs = facts.dns_logs.rows(Need::DnsLogs.what())?;
    let lives = |pod: &str| pods.iter().any(|row| row.metadata.name == pod && row.is_ready());
    let mut refused: Vec<Said<'_>> = Vec::new();
    let mut taken: Vec<&str> = Vec::new();
    for log in logs.iter().filter(|log| !log.previous && lives(&log.pod)) {
        match outcome(facts, log) {
            Some(Outcome::Refused(said)) => refused.push(said),
            Some(Outcome::TakenOver(said)) => taken.push(said.log.pod.as_str()),
            None => {}
        }
    }
    let newest = refused.iter().max_by_key(|said| said.when);
    // The run that ended says why, in its own log or in that of the run before.
    let of_gone = logs.iter().filter(|log| !lives(&log.pod) && last_refusal(log).is_some());
    let mut ended: Vec<&str> = of_gone.map(|log| log.pod.as_str()).collect();
    ended.sort_unstable();
    ended.dedup();
    Ok(newest.map(|newest| say(newest, &refused, &taken, &ended)).into_iter().collect())
}

fn say(newest: &Said<'_>, refused: &[Said<'_>], taken: &[&str], ended: &[&str]) -> Finding {
    let names = listing(refused.iter().map(|said| said.log.pod.as_str()), 3);
    let is_one = refused.len() == 1;
    let mut message = format!(
        "CoreDNS refuses its changed configuration: {}. {names} {} so{} and {} on with the configuration before.",
        what(newest),
        if is_one { "says" } else { "say" },
        newest.when.map(|when| format!(" (last at {})", minute(when))).unwrap_or_default(),
        if is_one { "goes" } else { "go" },
    );
    if !taken.is_empty() {
        message.push_str(&format!(" {} took over a change.", listing(taken.iter().copied(), 3)));
    }
    message.push_str(
        "\nA CoreDNS pod that starts now reads what was refused and ends at once. AKS starts such pods by itself: on \
         upgrades, when nodes go, when it changes their number or size.",
    );
    if !ended.is_empty() {
        message.push_str(&format!(
            "\n{} {} ended on what is refused.",
            listing(ended.iter().copied(), 3),
            if ended.len() == 1 { "has" } else { "have" }
        ));
    }
    // It hurts now where a replica has ended on it. What users wrote is at fault, or what AKS did: both are named.
    let severity = if ended.is_empty() { Severity::Warning } else { Severity::Error };
    let aks = Subject::namespaced("v1", "ConfigMap", "kube-system", "coredns");
    let mut finding = Finding::new(severity, custom(), message).concerning(aks);
    finding.evidence.extend(refused.iter().take(3).map(Said::evidence));
    let mut remedy = Remedy::guided(
        "Put the faulty part of coredns-custom right, or take it out; the ConfigMap coredns is AKS's own, and changes there \
         are undone. Then wait until every replica's log says \"Reloading complete\", or complains no longer. Until then do not \
         delete or restart \
         CoreDNS pods: that is what makes an outage of it.",
    )
    .documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml");
    for said in refused.iter().take(3) {
        remedy = remedy.documented(format!("kubectl --namespace kube-system logs {} --tail=50", said.log.pod));
    }
    finding.mended_by(remedy)
}
