//! A certificate is not trusted, or a proxy wants a sign-in: something stands between the cluster and Azure.
//!
//! Knowledge: public reports of TLS inspection (velero#6588, AKS-Edge#170) and of a proxy's 407 that holds
//! up the geneva service. No role mends it. For what nodes pull, image-not-pulled speaks.

use super::agent;
use super::check::{Check, Judgement};
use super::connections::{self, NEEDS, Speaker, connections, destinations};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB307",
    name: "tls-untrusted",
    hop: Hop::Dns,
    title: "nothing breaks into connections to Azure",
    needs: NEEDS,
    explains: &[
        "EXT_HELM_CHART_DOWNLOAD_FAILED",
        "INSTALL_GENEVA_SERVICE_NOT_READY",
        "UserErrorBackupStorageLocationNotReady",
        "EXT_AGENT_DISCONNECTED_48H",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension, its hook Jobs or the extension agent meet a certificate that they do not trust or
  that has expired, or a proxy that wants a sign-in (407).

Why it matters
  They give up the connection: charts are not fetched, orders not received, backups not stored.

How it is found
  In the logs of the agent, the extension and its Jobs, and in the ExtensionConfig's error; the newest word
  counts.

What to do
  Take Azure's endpoints out of the TLS inspection, or make the inspecting proxy's certificate trusted by
  the cluster (AKS's HTTP proxy settings take one). A proxy must let the cluster through without a sign-in.

Sources
  Public reports (velero#6588, AKS-Edge#170); AKS's page on HTTP proxies.
";

fn run(facts: &Facts) -> Judgement {
    let mut findings = Vec::new();
    for group in connections(facts, &[Sign::TlsUntrusted, Sign::TlsExpired, Sign::ProxyAuthRequired])? {
        let Some(first) = group.first() else { continue };
        let to = destinations(&group);
        let (words, text) = match first.sign {
            Sign::ProxyAuthRequired => (
                format!(
                    "is asked by an outbound proxy to sign in (407) on the way to {to}. It cannot; this is no role of Azure."
                ),
                "Let the proxy pass the cluster's connections to Azure without a sign-in, or take these destinations out of \
                 the proxy.",
            ),
            Sign::TlsExpired => (
                format!(
                    "is shown a certificate by {to} that is not valid at this time: it has expired, or a clock is wrong."
                ),
                "See which certificate is shown there and who shows it; where it is valid, set the node's clock right.",
            ),
            _ => (
                format!(
                    "does not trust the certificate that it is shown by {to}: something on the way inspects TLS, or \
                     something else answers for that name. This is no role of Azure."
                ),
                "Take Azure's endpoints out of the TLS inspection, or make the inspecting proxy's certificate trusted by the \
                 cluster. See first who issued the certificate that is shown.",
            ),
        };
        let mut message = format!("{} {words}", first.who);
        if first.speaker == Speaker::Agent {
            message.push('\n');
            message.push_str(agent::consequence(facts));
        }
        let remedy = Remedy::guided(text)
            .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query httpProxyConfig")
            .documented("az aks egress-endpoints list --resource-group RESOURCE_GROUP --name CLUSTER");
        findings.extend(connections::finding(&group, message).map(|finding| finding.mended_by(remedy)));
    }
    Ok(findings)
}
