//! The servers that `forward` names: addresses, or a file such as /etc/resolv.conf.

use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::files::{self, Found};
use crate::corefile::golang;
use crate::corefile::key::transport;
use crate::corefile::name;
use crate::corefile::objection::{Check, unknown};

/// Reads the servers; a file whose lines are not known stands for itself.
pub(super) fn servers(words: &Dispenser<'_>, texts: &[&str], given: &Given<'_>) -> Check<Vec<String>> {
    let mut servers: Vec<String> = Vec::new();
    for text in texts {
        let (transport, port, host) = transport(text, given.release);
        let found = match one(words, host, port, given)? {
            Server::Address(address) if transport == "dns" => vec![address],
            Server::Address(address) => vec![format!("{transport}://{address}")],
            Server::File(lines) => lines,
        };
        match transport {
            "dns" => {}
            "tls" if !host.contains('%') => {}
            "tls" | "https" => return unknown(format!("forward to {text} is not modelled")),
            _ => {
                let why = format!("'{transport}' is not supported as a destination protocol in forward: {text}");
                return Err(words.bare(why));
            }
        }
        servers.extend(found);
    }
    if servers.is_empty() {
        let is_new = given.release.has(14, 4);
        return Err(words.bare(if is_new { "no valid upstream addresses found" } else { "no nameservers found" }));
    }
    if let Some(own) = servers.iter().find(|server| leads_back(server, given)) {
        return unknown(format!("forward to {own} may lead back to CoreDNS itself"));
    }
    Ok(servers)
}

enum Server {
    Address(String),
    File(Vec<String>),
}

fn one(words: &Dispenser<'_>, host: &str, port: i64, given: &Given<'_>) -> Check<Server> {
    let is_address = |text: &str| golang::address(text.rsplit_once('%').map_or(text, |(front, _)| front)).is_some();
    if let Ok((address, _)) = golang::host_and_port(host) {
        if is_address(address) {
            return Ok(Server::Address(host.to_owned()));
        }
    } else {
        // Brackets without a port are understood from 1.14 on.
        let bare = if given.release.has(14, 0) { host.trim_matches(['[', ']']) } else { host };
        if is_address(bare) {
            let joined = if bare.contains(':') { format!("[{bare}]:{port}") } else { format!("{bare}:{port}") };
            return Ok(Server::Address(joined));
        }
    }
    match given.files.find(&files::join(&given.files.working, host)) {
        Found::Good => Ok(Server::File(vec![host.to_owned()])),
        Found::Text(text, _) => Ok(Server::File(name_servers(text))),
        // A folder can be opened and has no lines.
        Found::Folder => Ok(Server::File(Vec::new())),
        Found::Unknown => unknown(format!("whether the file {host} names servers is not known")),
        Found::Absent if given.release.has(14, 4) && name::is_domain_name(host) != Some(false) => {
            unknown(format!("whether {host} can be resolved as CoreDNS starts is not known"))
        }
        Found::Absent => Err(words.bare(format!("not an IP address or file: {host:?}"))),
    }
}

/// Reads the servers of a resolv.conf.
fn name_servers(text: &str) -> Vec<String> {
    let server = |line: &str| -> Option<String> {
        let mut fields = line.split_whitespace();
        (fields.next() == Some("nameserver"))
            .then(|| fields.next())?
            .map(|address| if address.contains(':') { format!("[{address}]:53") } else { format!("{address}:53") })
    };
    text.lines().filter_map(server).collect()
}

/// Returns whether a server is this CoreDNS itself, as far as one can tell.
fn leads_back(server: &str, given: &Given<'_>) -> bool {
    let Ok((host, port)) = golang::host_and_port(server) else { return false };
    let is_own = golang::address(host).is_some_and(|address| address.is_loopback() || address.is_unspecified());
    is_own && golang::whole(port).is_some_and(|port| given.ports.contains(&port))
}
