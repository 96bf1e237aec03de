//! Scenario 3 of the page and its look-alikes: the extension agent does not reach its data plane endpoint.
//!
//! The agent's log says what happened, CoreDNS and the VNet behind it answer accordingly.

use serde_json::json;

use super::healthy::public_dns;
use super::{Scenario, agent_line};
use crate::aks::{CLUSTER, DP_ENDPOINT, RESOURCE_GROUP, SUBSCRIPTION};
use crate::dns::Answer;
use crate::extension::{NAME, NAMESPACE};
use crate::pod_status;
use crate::world::{World, minutes_ago};

pub(super) static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "s3_no_such_host",
        about: "A private zone for Azure Arc hides the endpoint: NXDOMAIN from kube-dns.",
        world: no_such_host,
    },
    Scenario {
        name: "s3_no_such_host_first_install",
        about: "The same, before the extension was ever delivered: its namespace is empty.",
        world: first_install,
    },
    Scenario {
        name: "s3_no_such_host_localdns",
        about: "The same, asked through LocalDNS on the node.",
        world: no_such_host_localdns,
    },
    Scenario {
        name: "s3_no_such_host_vnet",
        about: "The same, asked of the VNet directly, past CoreDNS.",
        world: no_such_host_vnet,
    },
    Scenario {
        name: "s3_private_endpoint",
        about: "The name leads to a private endpoint of Azure Arc, which refuses the agent (403).",
        world: private_endpoint,
    },
    Scenario {
        name: "s3_agent_unauthorized",
        about: "The endpoint rejects the agent's token (401); DNS and network are fine.",
        world: agent_unauthorized,
    },
    Scenario {
        name: "s3_egress_timeout",
        about: "The name resolves, but packets to the endpoint vanish.",
        world: egress_timeout,
    },
    Scenario {
        name: "s3_egress_refused",
        about: "The name resolves, but the connection is refused.",
        world: egress_refused,
    },
    Scenario {
        name: "s3_agent_in_control_plane",
        about: "AKS runs the extension agent in its control plane: no pod of it, and nothing is wrong.",
        world: agent_in_control_plane,
    },
    Scenario {
        name: "s3_recovered",
        about: "The agent could not resolve the endpoint an hour ago, and has succeeded since.",
        world: recovered,
    },
    Scenario {
        name: "s3_coredns_crashing",
        about: "Both CoreDNS replicas end at once on a configuration with a second hosts block.",
        world: coredns_crashing,
    },
    Scenario {
        name: "s3_coredns_replicas_differ",
        about: "One CoreDNS replica has the pinned name, the other's node has never heard of the change.",
        world: coredns_replicas_differ,
    },
    Scenario {
        name: "s3_coredns_custom_breaks_dns",
        about: "coredns-custom has a hosts block without fallthrough: CoreDNS takes it, and resolves nothing else.",
        world: coredns_custom_breaks_dns,
    },
    Scenario {
        name: "s3_coredns_custom_without_effect",
        about: "The pin stands in a key of another suffix, which CoreDNS never reads.",
        world: coredns_custom_without_effect,
    },
];

/// The private zone that hides the endpoint's public name.
const PRIVATE: &str = "centralus.privatelink.dp.kubernetesconfiguration.azure.com";

fn url() -> String {
    format!(
        "https://{DP_ENDPOINT}/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/provider/managedclusters/clusters/{CLUSTER}/configurations/getPendingConfigs?api-version=2021-11-01"
    )
}

/// Returns the agent's complaint that it cannot fetch its configuration.
fn complaint(error: &str, minutes: i64) -> String {
    agent_line(
        "Error",
        &format!("Error in the getting the Configurations: error {{Post \"{}\": {error}}}", url()),
        minutes,
    )
}

/// Returns the log of an agent that fails every five minutes with this error.
fn failing(world: World, error: &str) -> World {
    world.log("kube-system", "config-agent", [11, 6, 1].map(|minutes| complaint(error, minutes)))
}

/// The extension was installed while the endpoint could still be reached; since then nothing is synchronised.
fn cut_off(world: World) -> World {
    world.edit("ExtensionConfig", NAME, |config| {
        config["status"]["syncStatus"] = json!({"isSyncedWithAzure": false, "lastSyncTime": minutes_ago(180)});
        config["status"]["lastSuccessfulReconciledTime"] = json!(minutes_ago(180));
    })
}

fn hidden_by_private_zone(world: World) -> World {
    world.with_dns(public_dns().name(DP_ENDPOINT, Answer::Alias(PRIVATE.to_owned())))
}

fn no_such_host_from(server: &str) -> String {
    format!("dial tcp: lookup {DP_ENDPOINT} on {server}:53: no such host")
}

fn unresolved(server: &str) -> World {
    failing(hidden_by_private_zone(cut_off(World::healthy())), &no_such_host_from(server))
}

/// The agent never got its orders, so the extension was never installed, though its namespace is there.
fn first_install() -> World {
    let world = World::healthy().without(|object| object["metadata"]["namespace"] == NAMESPACE);
    failing(hidden_by_private_zone(world), &no_such_host_from("10.0.0.10"))
}

fn no_such_host() -> World {
    unresolved("10.0.0.10")
}

fn no_such_host_localdns() -> World {
    unresolved("169.254.10.11").edit_all("Node", |node| {
        node["metadata"]["labels"]["kubernetes.azure.com/localdns-state"] = json!("enabled");
    })
}

fn no_such_host_vnet() -> World {
    unresolved("168.63.129.16").edit("Deployment", "extension-agent", |agent| {
        agent["spec"]["template"]["spec"]["dnsPolicy"] = json!("Default");
    })
}

fn private_endpoint() -> World {
    let answer = Answer::AliasTo(PRIVATE.to_owned(), "10.224.1.9".to_owned());
    cut_off(World::healthy()).with_dns(public_dns().name(DP_ENDPOINT, answer)).log(
        "kube-system",
        "config-agent",
        [11, 6, 1].map(|minutes| {
            agent_line(
                "Error",
                "Error in the getting the Configurations: error {Error code: 403. Message: This traffic is not authorized.}",
                minutes,
            )
        }),
    )
}

fn agent_unauthorized() -> World {
    cut_off(World::healthy()).log(
        "kube-system",
        "config-agent",
        [11, 6, 1].map(|minutes| agent_line("Error", "GET configurations returned response code {401}", minutes)),
    )
}

fn egress_timeout() -> World {
    failing(cut_off(World::healthy()), "dial tcp 20.40.200.153:443: i/o timeout")
}

fn egress_refused() -> World {
    failing(cut_off(World::healthy()), "dial tcp 20.40.200.153:443: connect: connection refused")
}

fn agent_in_control_plane() -> World {
    World::healthy().without(|object| {
        ["extension-agent", "extension-operator"].iter().any(|name| object["metadata"]["name"] == *name)
    })
}

fn recovered() -> World {
    let error = format!("dial tcp: lookup {DP_ENDPOINT} on 10.0.0.10:53: no such host");
    World::healthy().log(
        "kube-system",
        "config-agent",
        [
            complaint(&error, 70),
            complaint(&error, 65),
            complaint(&error, 60),
            agent_line("Information", "GET configurations returned response code {200}", 55),
            agent_line("Information", "GET configurations returned response code {200}", 5),
        ],
    )
}

/// Played, unlike everything else about CoreDNS here: a replica that does not start would have no log to show.
fn coredns_crashing() -> World {
    let refused = "plugin/hosts: this plugin can only be used once per Server Block";
    let mut world = World::healthy()
        .break_container("Deployment", "coredns", "coredns", "Running", &pod_status::crash_loop(6))
        .log("kube-system", "coredns", [refused]);
    world.dns = None;
    for log in &mut world.logs {
        if log.container == "coredns" {
            log.previous.clone_from(&log.lines);
        }
    }
    world.see_pod("kube-system", "coredns", "CrashLoopBackOff")
}

fn custom(world: World, keys: serde_json::Value) -> World {
    world.edit("ConfigMap", "coredns-custom", |map| map["data"] = keys)
}

/// The server block that the page's authors would write today.
fn pin() -> String {
    format!(
        "{DP_ENDPOINT}:53 {{\n    errors\n    hosts {{\n        20.40.200.153 {DP_ENDPOINT}\n        fallthrough\n    }}\n    forward . /etc/resolv.conf\n}}\n"
    )
}

fn coredns_replicas_differ() -> World {
    let answer = Answer::AliasTo("centralus.dp.example.trafficmanager.net".to_owned(), "20.40.200.10".to_owned());
    let world = World::healthy().with_dns(public_dns().name(DP_ENDPOINT, answer));
    custom(world, json!({"aksdp.server": pin()})).stuck_replica(json!({}))
}

fn coredns_custom_breaks_dns() -> World {
    custom(World::healthy(), json!({"pins.override": "hosts {\n    10.1.2.3 one.example.com\n}\n"}))
}

fn coredns_custom_without_effect() -> World {
    custom(World::healthy(), json!({"aksdp.conf": pin()}))
}
