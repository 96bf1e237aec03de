//! Names, connections, certificates, and what answers at the other end.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

/// Words of the cluster extensions' configuration service and its agent.
const CONFIGURATION: &[&str] = &["configurations", "configuration", "configagent", "dp.kubernetesconfiguration"];

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::DnsNoSuchHost,
        name: "dns-no-such-host",
        weight: Weight::Cause,
        meaning: "DNS answers that the name does not exist (NXDOMAIN), or has no address",
        not: "a firewall; and for a storage account's name perhaps the account is gone",
        codes: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
        tells: &[says(&[
            "no such host",
            "nxdomain",
            "name or service not known",
            "could not resolve host",
            "nodename nor servname provided",
        ])
        .read(capture::lookup)],
    },
    About {
        sign: Sign::DnsServerFailure,
        name: "dns-server-failure",
        weight: Weight::Cause,
        meaning: "the DNS server fails or refuses (SERVFAIL, REFUSED)",
        not: "that the name does not exist",
        codes: &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
        tells: &[
            says(&["server misbehaving", "servfail", "temporary failure in name resolution"]).read(capture::lookup)
        ],
    },
    About {
        sign: Sign::DnsTimeout,
        name: "dns-timeout",
        weight: Weight::Cause,
        meaning: "the resolver cannot be reached: egress to DNS is blocked, or CoreDNS does not run",
        not: "that the name does not exist, or that the endpoint is blocked",
        codes: &["SCENARIO_4_UPGRADE_CRDS_JOB_FAILED", "SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"],
        tells: &[
            says(&[
                "i/o timeout",
                "connection refused",
                "context deadline exceeded",
                "operation was canceled",
                "no route to host",
                "network is unreachable",
            ])
            .with(&["lookup"])
            .read(capture::lookup_only),
            says(&["connection timed out; no servers could be reached"]).read(capture::lookup),
        ],
    },
    About {
        sign: Sign::ConnectTimeout,
        name: "connect-timeout",
        weight: Weight::Cause,
        meaning: "nothing answers at the address: network policy, NSG, firewall or route",
        not: "DNS; nor that the other end is down",
        codes: &["SCENARIO_4_UPGRADE_CRDS_JOB_FAILED"],
        tells: &[
            says(&[
                "i/o timeout",
                "connection timed out",
                "connect timed out",
                "client.timeout exceeded while awaiting headers",
                "tls handshake timeout",
                "request canceled while waiting for connection",
                "max retries exceeded with url",
            ])
            .without(&["no servers could be reached"])
            .read(capture::connection),
            says(&["context deadline exceeded"])
                .with(&["get \"https://", "post \"https://", "put \"https://", "head \"https://"])
                .without(&["uninstalled due to atomic", "not ready. status"])
                .read(capture::connection),
        ],
    },
    About {
        sign: Sign::ConnectRefused,
        name: "connect-refused",
        weight: Weight::Cause,
        meaning: "the other end refuses the connection: it is not up (yet); for the API server, retry",
        not: "a firewall that drops, or DNS",
        codes: &["SCENARIO_4_UPGRADE_CRDS_JOB_FAILED"],
        tells: &[says(&["connection refused", "actively refused it"]).read(capture::connection)],
    },
    About {
        sign: Sign::ConnectReset,
        name: "connect-reset",
        weight: Weight::Cause,
        meaning: "the connection is cut off on the way, as firewalls and inspecting proxies do",
        not: "DNS",
        codes: &[],
        tells: &[says(&["connection reset by peer"]).read(capture::connection)],
    },
    About {
        sign: Sign::NoRoute,
        name: "no-route",
        weight: Weight::Cause,
        meaning: "there is no way to the address: a route table, a missing peering",
        not: "DNS",
        codes: &["SCENARIO_4_UPGRADE_CRDS_JOB_FAILED"],
        tells: &[says(&["no route to host", "network is unreachable"]).read(capture::connection)],
    },
    About {
        sign: Sign::TlsUntrusted,
        name: "tls-untrusted",
        weight: Weight::Cause,
        meaning: "the certificate is not trusted: a proxy inspects TLS, or something else answers",
        not: "a missing role",
        codes: &["EXT_HELM_CHART_DOWNLOAD_FAILED", "UserErrorBackupStorageLocationNotReady"],
        tells: &[says(&[
            "x509:",
            "certificate verify failed",
            "certificate_verify_failed",
            "certificate signed by unknown authority",
            "self signed certificate in certificate chain",
            "self-signed certificate in certificate chain",
            "unable to get local issuer certificate",
        ])
        .without(&["certificate has expired"])
        .read(capture::endpoint)],
    },
    About {
        sign: Sign::TlsExpired,
        name: "tls-expired",
        weight: Weight::Cause,
        meaning: "the certificate has expired, or the clock is wrong",
        not: "TLS inspection",
        codes: &[],
        tells: &[says(&["certificate has expired"]).read(capture::endpoint)],
    },
    About {
        sign: Sign::ProxyAuthRequired,
        name: "proxy-auth-required",
        weight: Weight::Cause,
        meaning: "an outbound proxy wants a sign-in (407) that the extension cannot give",
        not: "a missing Azure role",
        codes: &["INSTALL_GENEVA_SERVICE_NOT_READY"],
        tells: &[says(&[
            "proxy authentication required",
            "proxyauthenticationrequired",
            "statuscode=407",
            "status code 407",
            "response 407",
        ])
        .read(capture::endpoint)],
    },
    About {
        sign: Sign::ProxyUnreachable,
        name: "proxy-unreachable",
        weight: Weight::Cause,
        meaning: "the outbound proxy itself cannot be reached",
        not: "that the endpoint behind it is blocked",
        codes: &["INSTALL_GENEVA_SERVICE_NOT_READY"],
        tells: &[says(&["proxyconnect tcp:", "cannot connect to proxy", "unable to connect to proxy"])
            .read(capture::endpoint)],
    },
    About {
        sign: Sign::PrivateLinkForbidden,
        name: "private-link-forbidden",
        weight: Weight::Cause,
        meaning: "the name resolves to a private endpoint of Azure Arc, which refuses this cluster",
        not: "a missing role, or a missing DNS record",
        codes: &["SCENARIO_5_DP_ENDPOINT_403_PRIVATE_ENDPOINT"],
        tells: &[says(&["this traffic is not authorized"]).read(capture::endpoint)],
    },
    About {
        sign: Sign::AgentForbidden,
        name: "agent-forbidden",
        weight: Weight::Cause,
        meaning: "the configuration service answers the extension agent with 403; look whether its name resolves to a private address",
        not: "DNS failure, or a role at the storage account",
        codes: &["SCENARIO_5_DP_ENDPOINT_403_PRIVATE_ENDPOINT"],
        tells: &[says(&["response code {403}", "response code 403", "error code: 403", "error code {403}"])
            .with(CONFIGURATION)
            .read(capture::endpoint)],
    },
    About {
        sign: Sign::AgentUnauthorized,
        name: "agent-unauthorized",
        weight: Weight::Cause,
        meaning: "the configuration service rejects the extension agent's own token (401); DNS and network are fine",
        not: "scenario 3 or 5, or a role at the storage account",
        codes: &["EXT_AGENT_DISCONNECTED_48H"],
        tells: &[says(&["response code {401}", "response code 401", "error code: 401", "error code {401}"])
            .with(CONFIGURATION)
            .read(capture::endpoint)],
    },
    About {
        sign: Sign::AgentAnswered,
        name: "agent-answered",
        weight: Weight::Harmless,
        meaning: "the configuration service has answered the extension agent: names, network and token were fine then",
        not: "that the extension is installed",
        codes: &[],
        tells: &[
            says(&["response code {200}", "response code 200"]).with(CONFIGURATION),
            says(&["successfully fetched the pending configurations"]),
        ],
    },
    About {
        sign: Sign::KubeletUnreachable,
        name: "kubelet-unreachable",
        weight: Weight::Cause,
        meaning: "the API server cannot reach the kubelet (on AKS: the konnectivity tunnel), so exec and hooks fail",
        not: "a wrong hook",
        codes: &["UserErrorHookExecutionFailed"],
        tells: &[
            says(&["error dialing backend", "no agent available"]).read(capture::connection),
            says(&["error dialing backend"]).read(capture::lookup_only),
        ],
    },
];
