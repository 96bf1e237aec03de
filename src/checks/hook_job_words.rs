//! What is left of a hook Job and says why it failed: a denial among the events, its log, the state of its pods.

use super::agent::is_network_trouble;
use super::said::{last_words, newest_first, shortened};
use crate::catalogue::{Captured, Sign, Weight, classify};
use crate::facts::Facts;
use crate::facts::objects::{Event, Log, Pod};
use crate::finding::Evidence;

/// Returns the newest event that says that the Job's pod, or the Job, was refused.
pub fn denial(facts: &Facts, job: &str, pods: &[&Pod]) -> Option<(String, Evidence)> {
    let is_about = |event: &&Event| {
        let about = &event.involved_object;
        (about.kind == "Job" && about.name == job)
            || (about.kind == "Pod" && pods.iter().any(|pod| pod.metadata.name == about.name))
    };
    let mut events: Vec<&Event> = facts.events.known_rows().iter().filter(is_about).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.when()));
    events.into_iter().find_map(|event| {
        let text = event.message.as_ref()?;
        let found = classify(text).into_iter().find(|found| is_refusal(found.sign))?;
        let quote = text.get(found.quote.clone()).unwrap_or(text);
        let by = match &found.captured {
            Captured::Denial { by: Some(by), .. } => format!(" ({by})"),
            Captured::Quota { quota: Some(quota), .. } => format!(" ({quota})"),
            _ => String::new(),
        };
        Some((
            format!("Its pod was not let in{by}: {}.", found.sign.about().meaning),
            Evidence::quoted(event.at(), quote),
        ))
    })
}

const fn is_refusal(sign: Sign) -> bool {
    matches!(
        sign,
        Sign::DeniedByAzurePolicy
            | Sign::DeniedByConstraint
            | Sign::DeniedByAdmissionPolicy
            | Sign::DeniedByPodSecurity
            | Sign::DeniedByWebhook
            | Sign::WebhookUnreachable
            | Sign::QuotaExceeded
            | Sign::QuotaWantsLimits
            | Sign::LimitRange
            | Sign::RequestAboveLimit
    )
}

/// Returns what the newest log of the Job's pods says.
pub fn log_words(facts: &Facts, pods: &[&Pod]) -> Option<(String, Evidence, Option<Sign>)> {
    let is_of = |log: &&Log| !log.lines.is_empty() && pods.iter().any(|pod| pod.metadata.name == log.pod);
    let logs: Vec<&Log> = facts.logs.known_rows().iter().filter(is_of).collect();
    let newest = logs
        .iter()
        .filter_map(|log| newest_first(log).find(|said| said.found.sign.about().weight == Weight::Cause))
        .max_by_key(|said| said.when);
    if let Some(said) = newest {
        let words = if is_network_trouble(said.found.sign) {
            network(said.found.sign)
        } else {
            said.found.sign.about().meaning
        };
        let to = said.found.captured.host().map_or(String::new(), |host| format!(" ({host})"));
        return Some((format!("By its log{to}: {words}."), said.evidence(), Some(said.found.sign)));
    }
    let log = logs.into_iter().max_by_key(|log| super::said::end(log))?;
    let words = last_words(log, 3).join("\n");
    Some(("Its last words are in no wording that this tool knows.".to_owned(), Evidence::quoted(log.at(), words), None))
}

/// Says what a failed connection means for a Job whose only business is with the API server.
const fn network(sign: Sign) -> &'static str {
    match sign {
        Sign::ConnectTimeout | Sign::NoRoute | Sign::ConnectReset => {
            "the API server does not answer it; a network policy, a security group, a firewall or a route is in the way"
        }
        Sign::ConnectRefused => "the API server refused the connection: it was not up at that moment",
        Sign::DnsTimeout => "DNS does not answer it, so it does not even find the API server",
        Sign::DnsNoSuchHost | Sign::DnsServerFailure => "DNS does not know the API server's name",
        Sign::TlsUntrusted | Sign::TlsExpired => {
            "it does not trust the certificate that it is shown: something inspects TLS"
        }
        _ => "a proxy is in its way to the API server",
    }
}

/// Says what the Job's pods are at, where neither log nor event tells.
pub fn state_of_pods(pods: &[&Pod]) -> Option<(String, Evidence)> {
    pods.iter().find_map(|pod| {
        if let Some(words) = pod.status.message.as_ref().filter(|words| !words.is_empty()) {
            let reason = pod.status.reason.as_deref().unwrap_or("Failed");
            return Some((
                format!("Its pod ended as {reason}."),
                Evidence::quoted(format!("{} .status.message", pod.at()), words.as_str()),
            ));
        }
        pod.container_statuses().find_map(|status| {
            if let Some(ended) = status.state.terminated.as_ref().filter(|ended| ended.exit_code != 0) {
                let reason = ended.reason.as_deref().unwrap_or("Error");
                let words = ended.message.as_ref().map_or("", |message| message.as_str());
                let quote = format!(
                    "{reason}, exit code {}{}",
                    ended.exit_code,
                    if words.is_empty() { String::new() } else { format!(": {}", shortened(words, 300)) }
                );
                let said = if reason == "OOMKilled" {
                    format!("Its container {} was killed for its use of memory.", status.name)
                } else {
                    format!(
                        "Its container {} ended with exit code {}, and its log could not be read any more.",
                        status.name, ended.exit_code
                    )
                };
                return Some((
                    said,
                    Evidence::quoted(
                        format!("{} .status.containerStatuses[{}].state.terminated", pod.at(), status.name),
                        quote,
                    ),
                ));
            }
            let waiting = status.state.waiting.as_ref()?;
            let reason = waiting
                .reason
                .as_deref()
                .filter(|reason| !matches!(*reason, "ContainerCreating" | "PodInitializing"))?;
            let words = waiting.message.as_ref().map_or(reason, |message| message.as_str());
            Some((
                format!("Its container {} waits: {reason}.", status.name),
                Evidence::quoted(
                    format!("{} .status.containerStatuses[{}].state.waiting", pod.at(), status.name),
                    words,
                ),
            ))
        })
    })
}
