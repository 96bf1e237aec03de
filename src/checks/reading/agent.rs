//! The extension agent, which fetches from Azure what is to be installed, and what its log says of that.
//!
//! Knowledge: founding page, scenarios 3 and 5; coredns-on-aks.md sections 1.9, 1.10 and 6: on many
//! clusters AKS runs the agent in its control plane, where nothing in the cluster concerns it. The agent
//! asks every few minutes, so its newest word counts; DNS, 403 and 401 have one log shape and three remedies.

use jiff::{SignedDuration, Timestamp};

use super::said::{Said, end, newest_first, was_passing};
use super::waiting::workload_of;
use crate::catalogue::{Captured, Sign, classify};
use crate::facts::objects::{ExtensionConfig, Log, Pod};
use crate::facts::{Facts, Need, Stop};
use crate::finding::{Finding, Severity, Subject, counted, minute};

/// What the agent cannot do now.
pub struct Trouble<'f> {
    /// Its newest words about it.
    pub said: Said<'f>,
    /// When it said so first, since it last succeeded, as far as the log goes back.
    pub since: Option<Timestamp>,
    /// How often it has said so since.
    pub times: usize,
}

/// An agent that has not repeated its complaint for so long is over it, or says nothing about now.
const SILENCE: SignedDuration = SignedDuration::from_hours(1);

/// Stops a check that is about the agent where AKS runs it elsewhere.
///
/// # Errors
/// Inconclusive where the pods could not be read, not applicable where none of them is the agent's.
pub fn present(facts: &Facts) -> Result<(), Stop> {
    facts.agent_pods.rows(Need::AgentPods.what())?;
    if facts.has_agent() == Some(false) && facts.unread(Need::AgentPods).is_none() {
        return Err(Stop::not_applicable(
            "no extension agent runs in this cluster; on many clusters AKS runs it in its control plane, which does \
             not use the cluster's DNS and network",
        ));
    }
    Ok(())
}

/// Returns what the agent cannot do now, by the newest outcome in its log.
///
/// # Errors
/// As [`present`], and inconclusive where the log could not be read.
pub fn trouble(facts: &Facts) -> Result<Option<Trouble<'_>>, Stop> {
    present(facts)?;
    let logs = facts.agent_logs.rows(Need::AgentLogs.what())?;
    let newest =
        logs.iter().filter(|log| !log.previous).filter_map(|log| outcome(facts, log)).max_by_key(Outcome::when);
    Ok(match newest {
        Some(Outcome::Failed(trouble)) => Some(trouble),
        _ => None,
    })
}

enum Outcome<'f> {
    Answered(Option<Timestamp>),
    Failed(Trouble<'f>),
}

impl Outcome<'_> {
    fn when(&self) -> Option<Timestamp> {
        match self {
            Self::Answered(when) => *when,
            Self::Failed(trouble) => trouble.said.when,
        }
    }
}

/// Reads the newest outcome out of one container's log; `None` where it says nothing about it.
fn outcome<'f>(facts: &Facts, log: &'f Log) -> Option<Outcome<'f>> {
    let mut all = newest_first(log).filter(|said| concerns_orders(said));
    let newest = all.next()?;
    if newest.found.sign == Sign::AgentAnswered {
        return Some(Outcome::Answered(newest.when));
    }
    let end = end(log).map(|end| end.max(facts.observed_at));
    if let (Some(when), Some(end)) = (newest.when, end)
        && end.duration_since(when) > SILENCE
    {
        return None;
    }
    if was_passing(&newest, |found| is_network_trouble(found.sign) || is_token_trouble(found.sign)) {
        return None;
    }
    let mut trouble = Trouble { since: newest.when, times: 1, said: newest };
    for older in all.take_while(|said| said.found.sign != Sign::AgentAnswered) {
        if older.found.sign == trouble.said.found.sign && older.line != trouble.said.line {
            trouble.since = older.when.or(trouble.since);
            trouble.times += 1;
        }
    }
    Some(Outcome::Failed(trouble))
}

/// Tells whether a line is about the agent's orders: the endpoint that it takes them from, or its own token.
fn concerns_orders(said: &Said<'_>) -> bool {
    match said.found.sign {
        Sign::AgentAnswered | Sign::PrivateLinkForbidden | Sign::AgentForbidden | Sign::AgentUnauthorized => true,
        sign if is_token_trouble(sign) => true,
        sign if is_network_trouble(sign) => said.found.captured.host().is_some_and(is_data_plane),
        _ => false,
    }
}

/// Returns whether a sign says that a token could not be had.
pub const fn is_token_trouble(sign: Sign) -> bool {
    matches!(
        sign,
        Sign::NmiRefused
            | Sign::ImdsIdentityNotFound
            | Sign::ImdsUnreachable
            | Sign::SeveralIdentities
            | Sign::AppNotInTenant
            | Sign::ConditionalAccess
            | Sign::ServicePrincipalExpired
            | Sign::ClientSecretWrong
            | Sign::TokenFailed
    )
}

/// Returns whether a sign says that a name was not resolved, or a connection not made.
pub const fn is_network_trouble(sign: Sign) -> bool {
    matches!(
        sign,
        Sign::DnsNoSuchHost
            | Sign::DnsServerFailure
            | Sign::DnsTimeout
            | Sign::ConnectTimeout
            | Sign::ConnectRefused
            | Sign::ConnectReset
            | Sign::NoRoute
            | Sign::TlsUntrusted
            | Sign::TlsExpired
            | Sign::ProxyAuthRequired
            | Sign::ProxyUnreachable
    )
}

/// Returns whether a name is an endpoint that extension agents take their orders from.
fn is_data_plane(host: &str) -> bool {
    host.to_ascii_lowercase().contains(".dp.kubernetesconfiguration.azure.")
}

impl Trouble<'_> {
    /// Returns the endpoint's name: as the message has it, else as the region has it.
    pub fn host(&self, facts: &Facts) -> String {
        let said = self.said.found.captured.host().filter(|host| is_data_plane(host));
        said.map(str::to_owned)
            .or_else(|| facts.data_plane_endpoint())
            .unwrap_or_else(|| "REGION.dp.kubernetesconfiguration.azure.com".to_owned())
    }

    /// Returns the resolver that was asked, as `ip:port`, where the message has it.
    pub fn resolver(&self) -> Option<&str> {
        match &self.said.found.captured {
            Captured::Lookup { resolver, .. } => resolver.as_deref(),
            _ => None,
        }
    }

    /// Says how often and how long: `3 times since 2026-11-24 09:48 UTC`.
    pub fn how_long(&self) -> String {
        let since = self.since.map_or(String::new(), |since| format!(" since {}", minute(since)));
        format!("{}{since}", counted(self.times, "time", "times"))
    }

    /// Begins the finding: about the agent's Deployment, with the words of its log.
    pub fn finding(&self, facts: &Facts, message: &str) -> Finding {
        let message =
            format!("{message}\nThe log has it {}, and no success after it. {}", self.how_long(), consequence(facts));
        let pod = facts.agent_pods.known_rows().iter().find(|pod| pod.metadata.name == self.said.log.pod);
        let subject = pod
            .and_then(workload_of)
            .unwrap_or_else(|| Subject::namespaced("v1", "Pod", &self.said.log.namespace, &self.said.log.pod));
        let mut finding = Finding::new(severity(facts), subject, message).seen(self.said.evidence());
        finding.concerns.extend(pod.map(Pod::subject));
        finding.concerns.extend(waiting_for_orders(facts).map(ExtensionConfig::subject));
        finding.without(
            facts.unread(Need::ExtensionConfigs).map(|unread| {
                format!("whether the extension is installed, so that backups go on for now: {}", unread.why)
            }),
        )
    }
}

/// The name of a host as something that two findings can have in common.
pub fn host_subject(host: &str) -> Subject {
    Subject { name: Some(host.to_ascii_lowercase()), ..Subject::default() }
}

/// Returns how much it hurts that the agent gets no orders: an extension that is installed goes on working.
pub fn severity(facts: &Facts) -> Severity {
    if is_installed(facts) { Severity::Warning } else { Severity::Error }
}

/// Returns whether the cluster's own record says that the backup extension is installed.
pub fn is_installed(facts: &Facts) -> bool {
    facts.extension_configs.known_rows().iter().any(|config| config.is_backup() && says(config, "Installed"))
}

/// Returns whether an ExtensionConfig has this status.
pub fn says(config: &ExtensionConfig, status: &str) -> bool {
    config.status.status.as_deref().is_some_and(|is| is.eq_ignore_ascii_case(status))
}

/// Says what follows from an agent without orders.
pub fn consequence(facts: &Facts) -> &'static str {
    if is_installed(facts) {
        "The agent fetches what is to be installed, changed or removed. The backup extension is installed, so backups \
         go on; but updates, new settings and a removal do not arrive, and after 48 hours without contact Azure calls \
         the extension Failed."
    } else {
        "The agent fetches what is to be installed, changed or removed. Until it succeeds, the backup extension can be \
         neither installed nor removed, and in Azure it stays Creating or Deleting."
    }
}

/// Returns the backup extension's records that an agent without orders explains: those that wait, or name no cause.
fn waiting_for_orders(facts: &Facts) -> impl Iterator<Item = &ExtensionConfig> {
    let is_waiting = |config: &&ExtensionConfig| {
        let text = config.failure();
        let names_no_cause = text.is_none_or(|text| {
            let found = classify(text);
            let symptoms = [Sign::AgentNoAnswer, Sign::ExtensionStatusEmpty];
            found.iter().any(|found| symptoms.contains(&found.sign))
        });
        !says(config, "Installed") && names_no_cause
    };
    facts.extension_configs.known_rows().iter().filter(|config| config.is_backup()).filter(is_waiting)
}
