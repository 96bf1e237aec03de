//! `kubernetes`: the cluster's own names.
//!
//! That CoreDNS reaches the API server is taken for granted here: it is no matter of the configuration.

use std::collections::BTreeSet;

use super::fallthrough::{Fallthrough, zones, zones_or};
use super::plugin::{Kubernetes, Plugin};
use super::setup::Given;
use crate::corefile::dispenser::Dispenser;
use crate::corefile::golang;
use crate::corefile::objection::{Check, unknown};

pub(super) fn setup(words: &mut Dispenser<'_>, given: &Given<'_>) -> Check<Plugin> {
    let mut cluster = Kubernetes { zones: Vec::new(), fallthrough: Fallthrough::default(), is_whole: true };
    while words.next_only_once()? {
        stanza(words, given, &mut cluster)?;
    }
    Ok(Plugin::Kubernetes(cluster))
}

fn stanza(words: &mut Dispenser<'_>, given: &Given<'_>, cluster: &mut Kubernetes) -> Check<()> {
    cluster.zones = zones_or(&words.arguments(), given.zones, given.release)?;
    let is_reverse = |zone: &&String| zone.ends_with(".in-addr.arpa.") || zone.ends_with(".ip6.arpa.");
    if cluster.zones.iter().filter(|zone| !is_reverse(zone)).count() == 0 {
        return Err(words.bare("non-reverse zone name must be used"));
    }
    let mut seen = BTreeSet::new();
    while words.next_in_block()? {
        property(words, given, cluster, &mut seen)?;
    }
    if seen.contains("namespaces") && seen.contains("namespace_labels") {
        return Err(words.complaint("namespaces and namespace_labels cannot both be set"));
    }
    if seen.contains("zonal") && seen.contains("noendpoints") {
        return Err(words.complaint("zonal requires the endpoint cache; remove noendpoints"));
    }
    Ok(())
}

fn property<'c>(
    words: &mut Dispenser<'c>,
    given: &Given<'_>,
    cluster: &mut Kubernetes,
    seen: &mut BTreeSet<&'c str>,
) -> Check<()> {
    let release = given.release;
    let property = words.text();
    seen.insert(property);
    let is_known = match property {
        "multicluster" | "startup_timeout" => release.has(13, 0),
        "apiserver_qps" | "apiserver_burst" | "apiserver_max_inflight" => release.has(14, 0),
        "zonal" => release.has(14, 7),
        _ => true,
    };
    if !is_known {
        return Err(words.unknown_property());
    }
    let arguments = words.arguments();
    match (property, arguments.as_slice()) {
        ("endpoint_pod_names" | "noendpoints" | "zonal", []) => {}
        ("pods", ["disabled" | "insecure" | "verified"]) => {}
        ("pods", [mode]) => {
            let why = format!("wrong value for pods: {mode},  must be one of: disabled, verified, insecure");
            return Err(words.bare(why));
        }
        ("namespaces", [_, ..]) => cluster.is_whole = false,
        ("endpoint", [_, ..]) | ("tls", [_, _, _]) | ("kubeconfig", [_] | [_, _]) => {
            return unknown(format!("kubernetes with {property} is not modelled"));
        }
        ("labels" | "namespace_labels", [_, ..]) => return unknown("label selectors of kubernetes are not modelled"),
        ("fallthrough", zones) => cluster.fallthrough = Fallthrough::of(zones, release)?,
        ("ttl", [seconds, ..]) => match golang::whole(seconds) {
            None => return Err(words.bare(format!("strconv.Atoi: parsing {seconds:?}: invalid syntax"))),
            Some(seconds) if !(0..=3600).contains(&seconds) => {
                return Err(words.complaint(&format!("ttl must be in range [0, 3600]: {seconds}")));
            }
            Some(_) => {}
        },
        ("ignore", []) | ("ignore", ["empty_service", ..]) => cluster.is_whole &= arguments.is_empty(),
        ("ignore", [other, ..]) => return Err(words.bare(format!("unable to parse ignore value: '{other}'"))),
        ("multicluster", names) => {
            if let Some(foreign) = zones(names, release)?.iter().find(|zone| !cluster.zones.contains(zone)) {
                return Err(words.complaint(&format!("is not authoritative for the multicluster zone {foreign}")));
            }
        }
        ("startup_timeout", [text, ..]) if golang::duration(text).is_some() => {}
        ("startup_timeout", [text, ..]) => return Err(words.bare(format!("failed to parse startup_timeout: {text}"))),
        ("apiserver_burst" | "apiserver_max_inflight", [number]) if golang::whole(number).is_some_and(|n| n >= 0) => {}
        ("apiserver_burst" | "apiserver_max_inflight", [number]) => {
            return Err(words.complaint(&format!("invalid {property} {number:?}")));
        }
        ("apiserver_qps", [_]) => return unknown("apiserver_qps is not modelled"),
        (
            "endpoint_pod_names"
            | "noendpoints"
            | "zonal"
            | "pods"
            | "namespaces"
            | "endpoint"
            | "tls"
            | "kubeconfig"
            | "labels"
            | "namespace_labels"
            | "ttl"
            | "startup_timeout"
            | "apiserver_burst"
            | "apiserver_max_inflight"
            | "apiserver_qps",
            _,
        ) => return Err(words.wrong_count()),
        _ => return Err(words.complaint(&format!("unknown property '{property}'"))),
    }
    Ok(())
}
