//! What each plugin takes and refuses, by release.

use crate::corefile::acceptance::Acceptance;
use crate::corefile::configuration::Configuration;
use crate::corefile::version::Version;

fn judged(lines: &str, version: &str) -> Acceptance {
    Configuration::new(format!(".:53 {{\n{lines}\n}}\n"), [], Version::of_image(version)).read().acceptance()
}

fn holds(version: &str, taken: &[&str], refused: &[&str]) {
    for lines in taken {
        assert_eq!(judged(lines, version), Acceptance::Accepted, "{lines} on {version}");
    }
    for lines in refused {
        let found = judged(lines, version);
        assert!(matches!(found, Acceptance::Refused(_)), "{lines} on {version}: {found:?}");
    }
}

#[test]
fn what_every_release_takes_and_refuses() {
    for version in ["1.9.4", "1.11.3", "1.12.1", "1.13.1", "1.14.3", "1.14.7"] {
        holds(
            version,
            &[
                "errors\nready\nhealth {\nlameduck 5s\n}\nprometheus :9153\nloop\nreload\nloadbalance\ncache 30\nforward . /etc/resolv.conf",
                "kubernetes cluster.local in-addr.arpa ip6.arpa {\npods insecure\nfallthrough in-addr.arpa ip6.arpa\nttl 30\n}",
                "forward . 1.1.1.1 8.8.8.8:53 {\nmax_concurrent 1000\nexcept a.org\npolicy sequential\n}",
                "forward . tls://1.1.1.1 {\ntls_servername x\n}",
                "cache 30 {\nsuccess 10 5 1\ndenial 10 5\nprefetch 1 1m 10%\nserve_stale\n}",
                "log . \"{common}\" {\nclass denial error\n}",
                "errors {\nconsolidate 5m \"^x\" warning\n}",
                "rewrite stop {\nname regex (.*)\\.a\\.org {1}.b.org\nanswer name (.*)\\.b\\.org {1}.a.org\n}",
                "hosts {\n10.0.0.1 a\nttl 60\nno_reverse\nreload 0\nfallthrough\n}",
                "acl {\nallow net 10.0.0.0/8 192.168.0.1\nblock type * net *\n}",
                "header {\nresponse set ra aa\nquery clear rd\n}",
                "autopath @kubernetes",
                "autopath a.org /etc/resolv.conf",
                "dns64 {\nprefix 64:ff9b::/96\ntranslate_all\n}",
                "rewrite ttl a.org 5-10",
                "rewrite continue {\nttl regex (.*) 30\n}",
                "rewrite edns0 subnet set 24 56",
            ],
            &[
                "cache 0",
                "cache\ncache",
                "cache {\nprefetch 1 1m 5%\n}",
                "cache {\nservfail 6m\n}",
                "health x",
                "health {\nlameduck\n}",
                "ready :1 :2",
                "prometheus\nprometheus",
                "loop x",
                "reload 1s",
                "loadbalance best",
                "log {\nclass none\n}",
                "errors x",
                "kubernetes cluster.local {\npods maybe\n}",
                "kubernetes cluster.local {\nttl 3601\n}",
                "kubernetes 10.in-addr.arpa",
                "forward",
                "forward .",
                "forward a..b 1.1.1.1",
                "forward . grpc://1.1.1.1",
                "forward . 1.1.1.1 {\nexcept\n}",
                "forward . 1.1.1.1 {\nexpire 10\n}",
                "template",
                "template IN",
                "template IN A {\nmatch (\n}",
                "template IN A {\nrcode nxdomain\n}",
                "rewrite name a",
                "rewrite name regex (a) {1}{2}",
                "rewrite answer name a b",
                "rewrite foo a b",
                "hosts {\nttl 0\n}",
                "hosts {\nreload -1s\n}",
                "bind",
                "acl {\nrefuse\n}",
                "acl {\nallow net x\n}",
                "header",
                "header {\nresponse set\n}",
                "header {\nresponse set tc\n}",
                "autopath",
                "autopath nothing.conf",
                "dns64 10.0.0.0/8",
                "rewrite ttl a.org 10-5",
                "rewrite edns0 cookie set 1",
                "debug x",
                "root",
            ],
        );
    }
}

#[test]
fn what_came_later() {
    for (lines, since) in [
        ("forward . 1.1.1.1 {\nnext NXDOMAIN\n}", "1.12.1"),
        ("forward . 1.1.1.1 {\nfailover SERVFAIL\n}", "1.13.1"),
        ("forward . 1.1.1.1 {\nmax_idle_conns 5\n}", "1.14.3"),
        ("forward . 1.1.1.1 {\nnext_on_nodata\n}", "1.14.4"),
        ("forward . 1.1.1.1 {\nread_timeout 1s\n}", "1.14.5"),
        ("cache {\nkeepttl\n}", "1.11.3"),
        ("cache {\nserve_stale\nserve_stale_policy prefer_positive\n}", "1.14.7"),
        ("ready {\nmonitor continuously\n}", "1.13.1"),
        ("kubernetes cluster.local {\nstartup_timeout 5s\n}", "1.13.1"),
        ("kubernetes cluster.local {\nzonal\n}", "1.14.7"),
        ("acl {\ndrop\n}", "1.11.3"),
        ("reload 10s 0s", "1.14.3"),
        ("loadbalance {\nprefer 10.0.0.0/8\n}", "1.13.1"),
        ("template IN A {\nederror 21\n}", "1.11.3"),
        ("view v {\nexpr true\n}\nwhoami", "1.11.3"),
        ("timeouts {\nread 5s\n}", "1.11.3"),
        ("timeouts {\nmaxtcpqueries 5\n}", "1.14.7"),
        ("multisocket 2", "1.12.1"),
        ("rewrite edns0 nsid set revert", "1.12.1"),
        ("rewrite edns0 nsid unset", "1.13.1"),
        ("rewrite rcode a.org NXDOMAIN NOERROR", "1.11.3"),
    ] {
        let first = Version::of_image(since).release();
        for release in crate::corefile::RELEASES {
            // Before it knew a block here, a plugin passed it over or took it for another directive; that is no rule of its own.
            if lines.starts_with("loadbalance") && Some(*release) < first {
                continue;
            }
            let is_taken = judged(lines, &release.to_string()) == Acceptance::Accepted;
            assert_eq!(is_taken, Some(*release) >= first, "{lines} on {release}");
        }
    }
}

#[test]
fn a_server_that_is_a_name_is_resolved_by_later_releases_only() {
    holds("1.14.3", &[], &["forward . dns.example.org"]);
    assert_eq!(judged("forward . dns.example.org", "1.14.7").is_accepted(), None);
}

/// Found by chance, and shown by the real CoreDNS.
#[test]
fn a_folder_in_the_place_of_a_server_is_a_file_without_lines() {
    for version in ["1.12.1", "1.14.7"] {
        holds(version, &["forward . . 1.1.1.1"], &["forward . ."]);
    }
}

#[test]
fn what_may_lead_back_is_not_judged() {
    assert_eq!(judged("loop\nforward . 127.0.0.1", "1.14.7").is_accepted(), None);
    assert_eq!(judged("forward . 127.0.0.1:54", "1.14.7"), Acceptance::Accepted);
}
