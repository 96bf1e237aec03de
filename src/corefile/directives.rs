//! The words that may begin a line of a server block, in the order in which CoreDNS sets them up and asks them.
//!
//! Knowledge: core/dnsserver/zdirectives.go of each release. The order is compiled in; that of the file does not matter. It moved: the cache stands
//! before rewrite up to 1.14.6, behind it from 1.14.7; acl stands before the cache up to 1.13.1.

use super::version::Release;

const V1_9: &str = "metadata geoip cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus errors log dnstap local dns64 acl any \
    chaos loadbalance tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto \
    secondary etcd loop forward grpc erratic whoami on sign";
const V1_11: &str = "root metadata geoip cancel tls timeouts reload nsid bufsize bind debug trace ready health pprof prometheus errors log dnstap local \
    dns64 acl any chaos loadbalance tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external kubernetes \
    file auto secondary etcd loop forward grpc erratic whoami on sign view";
const V1_12: &str = "root metadata geoip cancel tls timeouts multisocket reload nsid bufsize bind debug trace ready health pprof prometheus errors log dnstap \
    local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external \
    kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view";
const V1_13: &str = "root metadata geoip cancel tls quic timeouts multisocket reload nsid bufsize bind debug trace ready health pprof prometheus errors log \
    dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns \
    k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad";
const V1_14: &str = "root metadata geoip cancel tls proxyproto quic grpc_server https https3 timeouts multisocket reload nsid bufsize bind debug trace ready \
    health pprof prometheus errors log dnstap local dns64 any chaos loadbalance tsig cache rewrite acl header dnssec autopath minimal template transfer hosts \
    route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad";
const V1_14_7: &str = "root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts multisocket reload nsid bufsize bind debug trace ready \
    health pprof shed prometheus errors log dnstap local dns64 any chaos loadbalance tsig rewrite autopath acl cache header dnssec tls minimal template \
    transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad";

/// Returns the directives of a release in its own order.
pub fn directives(release: Release) -> impl Iterator<Item = &'static str> {
    let table = if release.has(14, 7) {
        V1_14_7
    } else if release.has(14, 0) {
        V1_14
    } else if release.has(13, 0) {
        V1_13
    } else if release.has(12, 0) {
        V1_12
    } else if release.has(10, 0) {
        V1_11
    } else {
        V1_9
    };
    table.split_ascii_whitespace()
}

/// Directives that configure the server and answer nothing: a block of these alone refuses every question.
const SILENT: &[&str] = &[
    "root",
    "tls",
    "proxyproto",
    "quic",
    "grpc_server",
    "https",
    "https3",
    "timeouts",
    "multisocket",
    "reload",
    "bind",
    "debug",
    "ready",
    "health",
    "pprof",
    "on",
    "sign",
];

/// Returns whether a directive puts itself into the chain that a question walks.
pub(super) fn joins_the_chain(name: &str) -> bool {
    !SILENT.contains(&name)
}
