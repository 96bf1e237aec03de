//! Directives by chance: mostly as they should be, sometimes with what a plugin refuses.

use crate::chance::Chance;

const NAMES: &[&str] = &[
    "centralus.dp.kubernetesconfiguration.azure.com",
    "centralus.dp.kubernetesconfiguration.azure.com",
    "CENTRALUS.dp.kubernetesconfiguration.azure.com.",
    "foo.local",
    "example.org",
    "www.azure.com",
    "*.azure.com",
    "*.example.net",
    "a.example.net",
    "\"a.example.net\"",
    "*.dp.kubernetesconfiguration.azure.com",
];
pub const ZONES: &[&str] = &[
    ".",
    "azure.com",
    "example.org",
    "example.net",
    "Example.NET",
    "cluster.local",
    "in-addr.arpa",
    "10.0.0.0/8",
    "10.0.0.0/12",
    "centralus.dp.kubernetesconfiguration.azure.com",
    "local",
    "a..b",
];
const ADDRESSES: &[&str] = &[
    "20.40.200.153",
    "20.40.200.153",
    "10.0.0.1",
    "10.0.0.2",
    "2001:db8::5",
    "999.40.200.153",
    "fe80::1%eth0",
    "::ffff:10.0.0.9",
    "10.0.0.01",
    "{$NOPE}",
];
const UPSTREAMS: &[&str] = &["@UP1@", "@UP2@", "@UP3@"];

fn hosts(chance: &mut Chance) -> String {
    let front = match chance.below(8) {
        0 => format!("hosts /dev/null {}", chance.some(ZONES, 2)),
        1 => format!("hosts example.hosts {}", chance.some(ZONES, 2)),
        2 => "hosts @DIR@/custom/pins.hosts".to_owned(),
        3 => "hosts custom/pins.hosts azure.com".to_owned(),
        _ => "hosts".to_owned(),
    };
    let mut lines: Vec<String> =
        (0..chance.below(4)).map(|_| format!("{} {}", chance.of(ADDRESSES), chance.some(NAMES, 2))).collect();
    for _ in 0..chance.below(3) {
        let number = chance.of(&["60", "0", "3600", "x", "", "70000"]);
        let option = match chance.below(6) {
            0 => format!("ttl {number}"),
            1 => "no_reverse".to_owned(),
            2 => format!("reload {}", chance.mostly(&["10s", "0"], &["-1s", "x"])),
            3 => "fallthrough_unsupported".to_owned(),
            4 if chance.once_in(2) => format!("fallthrough {}", chance.of(ZONES)),
            _ => "# a comment".to_owned(),
        };
        let at = chance.below(lines.len() + 1);
        lines.insert(at, option);
    }
    if !chance.once_in(5) {
        lines.push("fallthrough".to_owned());
    }
    let close = if chance.once_in(12) { " }" } else { "\n }" };
    let open = if chance.once_in(15) { " " } else { "\n  " };
    format!("{front} {{{open}{}{close}\n", lines.join("\n  "))
}

fn template(chance: &mut Chance) -> String {
    let mut text = format!(
        "template {} {} {} {{\n",
        chance.mostly(&["IN", "ANY"], &["CH", "XX"]),
        chance.mostly(&["A", "A", "ANY", "AAAA"], &["TXT", "a"]),
        chance.some(ZONES, 2)
    );
    for _ in 0..chance.below(4) {
        let line = match chance.below(6) {
            0 => format!(
                "match {}",
                chance.mostly(
                    &[
                        "^centralus\\.dp\\.kubernetesconfiguration\\.azure\\.com\\.$",
                        "\"^(?P<first>[a-z]+)\\.(.*)$\"",
                        "\\.org\\.$ \\.net\\.$",
                        ".*",
                    ],
                    &["(", "", "[[:alpha:]]"]
                )
            ),
            1 | 2 => format!(
                "answer {}",
                chance.of(&[
                    "\"{{ .Name }} 60 IN A 20.40.200.153\"",
                    "\"{{ .Name }} 60 IN AAAA 2001:db8::7\"",
                    "\"{{ .Name }} IN {{ .Type }} 10.0.0.3\"",
                    "\"{{ .Name }} 60 IN A 10.0.0.999\"",
                    "\"{{ .Zone }} 60 IN A 10.0.0.4\"",
                    "\"{{ .Name }} 60 IN A 10.0.0.5\" \"{{ .Name }} 60 IN A 10.0.0.6\"",
                ])
            ),
            3 => format!("rcode {}", chance.mostly(&["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"], &["nxdomain"])),
            4 => format!("fallthrough {}", chance.some(ZONES, 1)),
            _ => chance.mostly(&["upstream", "ederror 21 \"Blocked\"", "ederror 21"], &["ttl 60"]).to_owned(),
        };
        text += &format!("  {line}\n");
    }
    text + "}\n"
}

const TTLS: &[&str] = &[
    "azure.com 30",
    "exact foo.local 0-60",
    "suffix .azure.com 5-",
    "prefix centralus. -60",
    "substring example 30",
    "regex (.*) 30-90",
];
const WRONG_TTLS: &[&str] =
    &["azure.com", "azure.com x", "exact azure.com -", "suffix a 60-30", "best a 5", "a b c 5", "regex ( 5"];
const OPTIONS: &[&str] = &[
    "local set 0xffee 0x61626364",
    "local append 65518 hello",
    "local set 0xffee {client_ip}",
    "local replace 0xffee {some/label}",
    "nsid set",
    "nsid replace",
    "subnet set 24 56",
    "subnet append 24 56",
];
const WRONG_OPTIONS: &[&str] = &[
    "local set 0xffee",
    "local unset 0xffee",
    "nsid unset",
    "subnet unset",
    "nsid set revert",
    "subnet set 33 56",
    "subnet set 24 129",
    "local set x y",
    "local set 65536 y",
    "local set 1 0x616",
    "local set 1 {nope}",
    "local drop 1 2",
    "cookie set 1",
];
const ALIASES_AND_CODES: &[&str] = &[
    "cname a.example.org b.example.org",
    "cname regex (.*)\\.example\\.org {1}.example.net",
    "rcode foo.local NOERROR NXDOMAIN",
    "rcode suffix azure.com 3 0",
    "rcode regex (.*)\\.nowhere SERVFAIL NXDOMAIN",
];
const WRONG_ALIASES_AND_CODES: &[&str] =
    &["cname a", "cname best a b", "cname regex ( b", "rcode a NOERROR", "rcode a NOERROR NONE", "rcode best a 1 2"];

fn rewrite(chance: &mut Chance) -> String {
    let mode = chance.of(&["", "", "continue ", "stop "]);
    let from = chance.of(NAMES);
    let to = chance.of(NAMES);
    match chance.below(12) {
        9 => format!("rewrite {mode}ttl {}\n", chance.mostly(TTLS, WRONG_TTLS)),
        10 => format!("rewrite {mode}edns0 {}\n", chance.mostly(OPTIONS, WRONG_OPTIONS)),
        11 => format!("rewrite {mode}{}\n", chance.mostly(ALIASES_AND_CODES, WRONG_ALIASES_AND_CODES)),
        0 => format!("rewrite {mode}name {from} {to}\n"),
        1 => format!("rewrite {mode}name exact {from} {to}\n"),
        2 => format!("rewrite {mode}name suffix .azure.com .example.net{}\n", chance.of(&["", " answer auto"])),
        3 => format!("rewrite {mode}name suffix example.org azure.com\n"),
        4 => format!("rewrite {mode}name prefix centralus. www.\n"),
        5 => format!("rewrite {mode}name substring azure example\n"),
        6 => format!("rewrite {mode}name regex (.*)\\.azure\\.com {{1}}.example.net\n"),
        7 => format!("rewrite {mode}type {}\n", chance.of(&["AAAA A", "TXT A", "A", "X Y"])),
        _ => chance
            .of(&[
                "rewrite name\n",
                "rewrite stop {\n  name regex (.*)\\.azure\\.com {1}.example.net\n  answer name (.*)\\.example\\.net {1}.azure.com\n}\n",
                "rewrite class CH IN\n",
                "rewrite name prefix a b c\n",
                "rewrite name regex (a) {1}{2}\n",
                "rewrite foo bar baz\n",
            ])
            .to_owned(),
    }
}

fn forward(chance: &mut Chance) -> String {
    let from = if chance.once_in(2) { "." } else { chance.of(ZONES) };
    let up = chance.of(UPSTREAMS);
    let to = match chance.below(16) {
        0 => "@DIR@/custom/resolv.conf".to_owned(),
        1 => "nothing.conf".to_owned(),
        2 => format!("dns://{up}"),
        3 => format!("{up} {up} {}", chance.of(UPSTREAMS)),
        4 => chance.of(&["", "tls://1.1.1.1", "grpc://1.1.1.1", "1.1.1"]).to_owned(),
        _ => up.to_owned(),
    };
    let mut text = format!("forward {from} {to}");
    if chance.once_in(2) {
        text += " {\n";
        for _ in 0..=chance.below(2) {
            text += "  ";
            text += chance.mostly(
                &[
                    "max_concurrent 1000",
                    "except cluster.local example.org",
                    "except azure.com",
                    "policy sequential",
                    "expire 10s",
                    "prefer_udp",
                    "health_check 5s no_rec domain example.org",
                    "max_fails 0",
                    "next NXDOMAIN",
                    "failfast_all_unhealthy_upstreams",
                    "max_idle_conns 5",
                ],
                &[
                    "max_concurrent x",
                    "except",
                    "policy best",
                    "expire 10",
                    "force_tcp no",
                    "health_check 5s foo",
                    "max_fails -1",
                    "failover SERVFAIL",
                    "max_age 5s",
                    "max_age 50s",
                    "read_timeout 1s",
                    "next_on_nodata",
                    "foo",
                ],
            );
            text += "\n";
        }
        text += "}";
    }
    text + "\n"
}

pub fn other(chance: &mut Chance) -> String {
    let line = if chance.once_in(3) { chance.of(ODD) } else { chance.of(PLAIN) };
    format!("{line}\n")
}

/// Directives that are taken where they stand for the first time.
const PLAIN: &[&str] = &[
    "log",
    "log . \"{common}\" {\n  class denial error\n}",
    "log example.org azure.com",
    "debug",
    "any",
    "minimal",
    "nsid foo",
    "bufsize 1232",
    "metadata",
    "root /tmp",
    "chaos a b",
    "cancel",
    "acl azure.com {\n  allow net 127.0.0.0/8\n}",
    "acl example.org {\n  block type A net 10.0.0.0/8\n}",
    "debug\n{\n}",
    "minimal\n{\n}",
    "minimal {\n  x y\n}",
    "import list.txt",
    "import @DIR@/custom/list.txt",
    "import *.txt",
    "import nope*.txt",
    "file other.zone other.example",
    "file cluster.local.zone local",
    "header {\n  response set ra aa\n}",
    "header {\n  query clear RD\n  response clear aa\n}",
    "timeouts {\n  read 5s\n  write 10\n  idle 1h\n}",
    "multisocket 2",
    "multisocket",
    "autopath @DIR@/custom/resolv.conf",
    "autopath example.org @DIR@/custom/resolv.conf",
    "autopath @kubernetes",
    "autopath azure.com @kubernetes",
    "dns64",
    "dns64 64:ff9b::/96",
    "dns64 {\n  prefix 2001:db8::/64\n  translate_all\n}",
];

/// Directives that are refused, or that stand there already.
const ODD: &[&str] = &[
    "whoami",
    "errors",
    "log {\n  class foo\n}",
    "log {\n  foo\n}",
    "errors {\n  consolidate 5m \".* i/o timeout$\" warning\n}",
    "errors {\n  consolidate 5m\n}",
    "errors foo",
    "cache",
    "cache 60",
    "loadbalance round_robin",
    "loadbalance foo",
    "loadbalance {\n  prefer 10.0.0.0/8\n}",
    "reload 10s",
    "reload 1s",
    "reload 10s 0s",
    "loop",
    "debug x",
    "any x",
    "bufsize 1",
    "local",
    "cancel x",
    "acl {\n  block type FOO\n}",
    "acl {\n  refuse\n}",
    "dns64 10.0.0.0/8",
    "dns64 {\n  prefix 64:ff9b::/33\n}",
    "dns64 {\n  foo\n}",
    "header {\n  set ra\n}",
    "header",
    "header {\n  response\n}",
    "header {\n  response set\n}",
    "header {\n  response flip aa\n}",
    "header {\n  query set tc\n}",
    "multisocket 0",
    "multisocket x",
    "multisocket 2 3",
    "multisocket 2\nmultisocket 2",
    "timeouts",
    "timeouts 5s",
    "timeouts {\n  read\n}",
    "timeouts {\n  read 0\n}",
    "timeouts {\n  reads 5s\n}",
    "timeouts {\n  maxtcpqueries -1\n}",
    "autopath",
    "autopath nothing.conf",
    "view v",
    "view v {\n  expr true\n}",
    "view",
    "view v {\n  foo\n}",
    "foobar",
    "import nope.txt",
    "import *",
    "import round.txt",
    "file",
    "kubernetes cluster.local {\n  foo\n}",
    "kubernetes cluster.local {\n  pods maybe\n}",
    "kubernetes cluster.local {\n  ttl 9999\n}",
    "kubernetes 10.in-addr.arpa",
    "bind 127.0.0.1",
    "nomad",
    "shed",
];

/// Which questions a server block takes.
pub fn view(chance: &mut Chance) -> String {
    let mut text = "view v {\n".to_owned();
    for _ in 0..=chance.below(2) {
        text += "  expr ";
        text += chance.mostly(
            &[
                "true",
                "true",
                "false",
                "incidr(client_ip(), '127.0.0.0/8')",
                "!incidr(client_ip(), '10.0.0.0/8') && proto() == 'udp'",
                "name() endsWith '.azure.com.' || type() in ['A', 'AAAA']",
                "server_ip() != '10.0.0.1'",
            ],
            &["name() ==", "nope()", "port() > 5"],
        );
        text += "\n";
    }
    text + "}\n"
}

/// What a cache of a block of one's own may say.
pub fn cache(chance: &mut Chance) -> String {
    let line = chance.mostly(
        &[
            "cache 60",
            "cache 30 azure.com {\n  success 100 30 5\n  denial 100 5\n  prefetch 5 1m 20%\n}",
            "cache {\n  serve_stale 1h immediate\n  servfail 5s\n  disable denial example.org\n}",
            "cache {\n  keepttl\n}",
        ],
        &[
            "cache 0",
            "cache {\n  prefetch 5 1m 95%\n}",
            "cache {\n  success\n}",
            "cache {\n  serve_stale 1h verify 2s\n}",
            "cache {\n  servfail 10m\n}",
        ],
    );
    format!("{line}\n")
}

pub fn directive(chance: &mut Chance) -> String {
    match chance.below(10) {
        0..=2 => hosts(chance),
        3 | 4 => template(chance),
        5 | 6 => rewrite(chance),
        7 => forward(chance),
        _ => other(chance),
    }
}
