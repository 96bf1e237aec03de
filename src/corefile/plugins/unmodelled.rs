//! What a plugin may do to a question when its configuration is not modelled.

use super::fallthrough::zones;
use super::plugin::Plugin;
use crate::corefile::block::ServerBlock;
use crate::corefile::version::Release;

/// Plugins that change nothing in an answer that matters here, whatever their configuration says.
const HARMLESS: &[&str] = &[
    "geoip",
    "tls",
    "proxyproto",
    "quic",
    "grpc_server",
    "https",
    "https3",
    "timeouts",
    "multisocket",
    "trace",
    "pprof",
    "dnstap",
    "dnssec",
    "transfer",
    "prometheus",
    "health",
    "ready",
    "on",
    "sign",
];

/// Plugins that touch only the zones on their first line, or those of the server block where it names none.
const BY_ZONE: &[&str] = &["k8s_external", "secondary", "auto", "etcd", "nomad"];

/// Returns what a plugin does whose configuration is not modelled.
pub(in crate::corefile) fn plugin(name: &str, block: &ServerBlock, release: Release) -> Plugin {
    if HARMLESS.contains(&name) {
        return Plugin::Passes;
    }
    let everything = || vec![".".to_owned()];
    let zones = if BY_ZONE.contains(&name) { own_zones(name, block, release) } else { None };
    Plugin::Obscure { zones: zones.unwrap_or_else(everything), why: format!("what {name} does is not modelled") }
}

/// Returns the zones that the directives of a plugin name; `None` where one names none, or what it names is not modelled.
fn own_zones(name: &str, block: &ServerBlock, release: Release) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for directive in block.named(name) {
        let arguments: Vec<&str> = directive.first_line().skip(1).take_while(|word| *word != "{").collect();
        if arguments.is_empty() {
            return None;
        }
        found.extend(zones(&arguments, release).ok()?);
    }
    Some(found)
}
