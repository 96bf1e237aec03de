//! The certificate that answers in the storage account's or Azure's name is not trusted.
//!
//! Knowledge: Velero issues 1961 and 6588: a proxy that inspects TLS answers with a certificate of its
//! own, and the Azure plugin does not heed the location's caCert. Go's x509 says what is wrong.

use super::check::{Check, Judgement};
use super::reading::extension_parts::agent_subject;
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB415",
    name: "storage-tls-untrusted",
    hop: Hop::Storage,
    title: "the certificates of the account and of Azure are trusted",
    needs: NEEDS,
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension refuses the certificate of whoever answers for the storage account, Azure
  Resource Manager or the sign-in service.

Why it matters
  The location stays Unavailable. Microsoft's certificates are trusted everywhere: another one means
  that something stands in between.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log (x509).

What to do
  Exempt the address from TLS inspection. A certificate authority of your own in the location's caCert
  has not been heeded for Azure. For an expired certificate look at the clock of the nodes as well.

Sources
  Velero issues 1961 and 6588; Azure Backup's documentation for clusters behind a firewall.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::TlsUntrusted, Sign::TlsExpired], |said| Some(say(said).concerning(agent_subject(facts))))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let host = said.captured.host().unwrap_or("the address that was asked");
    let message = if said.sign == Sign::TlsExpired {
        format!(
            "Whoever answers for {host} shows a certificate that has expired, or the clock of the node is wrong. No role is missing."
        )
    } else {
        format!(
            "Whoever answers for {host} shows a certificate that the extension does not trust: something stands in between and replaces it, as proxies that inspect TLS do. No role is missing."
        )
    };
    let remedy = Remedy::guided(
        "See who issued the certificate, from a machine in the nodes' network; then exempt the addresses of Azure from TLS inspection.",
    )
    .documented(format!(
        "openssl s_client -connect {}:443 -servername {} </dev/null | openssl x509 -noout -issuer -dates",
        plain(host, said),
        plain(host, said)
    ))
    .documented(said.account.watch());
    Verdict::error(message, remedy)
}

/// Returns a host for a command: the one of the message where it is one, else the account's.
fn plain(host: &str, said: &Said<'_, '_>) -> String {
    let is_host = host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if is_host {
        return host.to_owned();
    }
    said.account.blob_endpoint().trim_start_matches("https://").trim_end_matches('/').to_owned()
}
