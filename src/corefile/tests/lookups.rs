//! What becomes of questions.

use crate::corefile::configuration::Configuration;
use crate::corefile::lookup::{Outcome, RecordType};
use crate::corefile::version::Version;

fn ask(corefile: &str, name: &str, kind: RecordType) -> Outcome {
    Configuration::new(corefile, [], Version::of_image("1.14.7")).read().lookup(name, kind)
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answer { addresses, owner, by } => {
            format!("{addresses:?} for {owner} by {} line {}", by.plugin, by.place.line)
        }
        Outcome::Names { names, .. } => format!("{names:?}"),
        Outcome::NoData { by } => format!("no data by {}", by.plugin),
        Outcome::NoSuchName { by } => format!("no such name by {}", by.plugin),
        Outcome::Failure { code, .. } => code.clone(),
        Outcome::Upstream { to, name, by } => format!("{} asked for {name} in {}", to.join(" "), by.zone),
        Outcome::Cluster { .. } => "the cluster".to_owned(),
        Outcome::ZoneFile { .. } => "a zone file".to_owned(),
        Outcome::NotServing { why } => format!("not serving: {why}"),
        Outcome::Unknown { why } => format!("unknown: {why}"),
    }
}

fn in_block(lines: &str, name: &str, kind: RecordType) -> String {
    said(&ask(&format!(".:53 {{\n{lines}\n}}\n"), name, kind))
}

#[test]
fn the_longest_zone_takes_the_question() {
    let text =
        ".:53 {\nforward . 1.1.1.1\n}\nazure.com {\nforward . 2.2.2.2\n}\ncom:54 {\nwhoami\n}\nempty.org {\ndebug\n}\n";
    let to = |name| said(&ask(text, name, RecordType::A));
    assert_eq!(to("a.AZURE.com"), "2.2.2.2:53 asked for a.azure.com. in azure.com.");
    assert_eq!(to("a.com."), "1.1.1.1:53 asked for a.com. in .");
    assert_eq!(to("a.empty.org."), "REFUSED");
    assert_eq!(said(&ask("a.org {\nwhoami\n}\n", "b.org", RecordType::A)), "REFUSED");
    assert!(said(&ask(".:54 {\nwhoami\n}\n", "b.org", RecordType::A)).starts_with("not serving"));
}

#[test]
fn hosts_answers_passes_on_or_fails() {
    let lines = "hosts {\n10.0.0.1 a.org\nfallthrough\n}\nforward . 1.1.1.1";
    assert_eq!(in_block(lines, "a.org", RecordType::A), "[10.0.0.1] for a.org. by hosts line 3");
    assert_eq!(in_block(lines, "a.org", RecordType::Aaaa), "no data by hosts");
    assert_eq!(in_block(lines, "b.org", RecordType::A), "1.1.1.1:53 asked for b.org. in .");
    assert!(in_block(lines, "b", RecordType::A).starts_with("unknown: what /etc/hosts lists"));
    assert_eq!(in_block("hosts {\n10.0.0.1 a\n}\nforward . 1.1.1.1", "b.org", RecordType::A), "SERVFAIL");
    let lines = "hosts /dev/null {\n10.0.0.1 a b\n}";
    assert_eq!(in_block(lines, "1.0.0.10.in-addr.arpa", RecordType::Ptr), "[\"a.\", \"b.\"]");
}

#[test]
fn rewrites_come_before_what_answers() {
    let lines = "hosts {\n10.0.0.1 b.org\nfallthrough\n}\nrewrite name a.org b.org";
    assert_eq!(in_block(lines, "a.org", RecordType::A), "[10.0.0.1] for a.org. by hosts line 3");
    let lines = "hosts {\n10.0.0.1 a.net\nfallthrough\n}\nrewrite name suffix org net";
    assert_eq!(
        in_block(lines, "a.org", RecordType::A),
        "[10.0.0.1] for a.net. by hosts line 3",
        "clients pass this over"
    );
    let lines = "forward . 1.1.1.1\nrewrite continue name regex (.*)\\.org {1}.net\nrewrite name suffix net com";
    assert_eq!(in_block(lines, "a.org", RecordType::A), "1.1.1.1:53 asked for a.com. in .");
    assert!(in_block("whoami\nrewrite name regex (.*)\\.org {1}..net", "a.org", RecordType::A).starts_with("SERVFAIL"));
}

#[test]
fn templates_forwards_and_the_cluster() {
    let lines = "template IN A a.org {\nanswer \"{{ .Name }} 60 IN A 10.0.0.1\"\n}\ntemplate ANY ANY a.org {\nrcode NXDOMAIN\n}\n\
        forward b.org 1.1.1.1\nforward . 2.2.2.2 {\nexcept c.org\n}\nkubernetes cluster.local in-addr.arpa {\nfallthrough in-addr.arpa\n}";
    assert_eq!(in_block(lines, "a.org", RecordType::A), "[10.0.0.1] for a.org. by template line 2");
    assert_eq!(in_block(lines, "a.org", RecordType::Txt), "no such name by template");
    assert_eq!(in_block(lines, "x.b.org", RecordType::A), "1.1.1.1:53 asked for x.b.org. in .");
    assert_eq!(in_block(lines, "x.d.org", RecordType::A), "2.2.2.2:53 asked for x.d.org. in .");
    assert_eq!(in_block(lines, "x.c.org", RecordType::A), "SERVFAIL");
    assert_eq!(in_block(lines, "x.svc.cluster.local", RecordType::A), "the cluster");
    assert!(in_block(lines, "1.0.0.10.in-addr.arpa", RecordType::Ptr).starts_with("unknown"));
    let only = "template ANY ANY org {\nmatch ^a\\.\n}\nwhoami";
    assert_eq!(in_block(only, "b.org", RecordType::A), "SERVFAIL", "no pattern fits and nothing falls through");
    assert_eq!(in_block(only, "b.net", RecordType::A), "no data by whoami");
}

#[test]
fn a_view_leaves_a_question_to_the_next_block() {
    let ask_with = |expression: &str, name| {
        let text = format!(
            ".:53 {{\nforward . 1.1.1.1\n}}\na.org {{\nview v {{\nexpr {expression}\n}}\nforward . 2.2.2.2\n}}\n"
        );
        said(&ask(&text, name, RecordType::A))
    };
    assert_eq!(ask_with("true", "x.a.org"), "2.2.2.2:53 asked for x.a.org. in a.org.");
    assert_eq!(ask_with("false", "x.a.org"), "1.1.1.1:53 asked for x.a.org. in .");
    assert!(ask_with("proto() == 'udp'", "x.a.org").starts_with("unknown: a view decides"));
    assert_eq!(ask_with("proto() == 'udp'", "x.b.org"), "1.1.1.1:53 asked for x.b.org. in .");
}

/// A plugin that is not modelled, or only in part, leaves what it cannot touch as it is.
#[test]
fn what_a_plugin_cannot_touch_stays_known() {
    let to = |lines: &str, name, kind| in_block(&format!("{lines}\nforward . 1.1.1.1"), name, kind);
    let upstream = "1.1.1.1:53 asked for a.org. in .";
    for lines in [
        "rewrite ttl a.org 30",
        "rewrite edns0 local set 0xffee 0x61",
        "rewrite rcode b.org NXDOMAIN NOERROR",
        "header {\nresponse set ra\n}",
        "multisocket 2",
        "timeouts {\nread 5s\n}",
        "autopath @kubernetes",
        "autopath /etc/resolv.conf",
        "dns64",
        "k8s_external b.org {\nnovelty\n}",
        "secondary b.org {\ntransfer from 1.1.1.1\n}",
    ] {
        assert_eq!(to(lines, "a.org", RecordType::A), upstream, "{lines}");
    }
    for (lines, name, kind) in [
        ("rewrite rcode a.org NXDOMAIN NOERROR", "a.org", RecordType::A),
        ("rewrite cname a.org b.org", "a.org", RecordType::A),
        ("rewrite edns0 local replace 1 2\nrewrite name a.org b.org", "a.org", RecordType::A),
        ("header {\nquery clear rd\n}", "a.org", RecordType::A),
        ("dns64", "a.org", RecordType::Aaaa),
        ("k8s_external b.org", "x.b.org", RecordType::A),
        ("k8s_external", "a.org", RecordType::A),
        (
            "template IN A svc.cluster.local {\nrcode NXDOMAIN\n}\nautopath @kubernetes",
            "a.b.svc.cluster.local",
            RecordType::A,
        ),
    ] {
        assert!(to(lines, name, kind).starts_with("unknown"), "{lines}: {}", to(lines, name, kind));
    }
    // Found by chance: 1.12.1 answers SERVFAIL where a server's answer has no options.
    let text = ".:53 {\nrewrite edns0 nsid set revert\nforward . 1.1.1.1\n}\n";
    for (version, is_known) in [("1.12.1", false), ("1.14.4", false), ("1.14.5", true), ("1.14.7", true)] {
        let reading = Configuration::new(text, [], Version::of_image(version)).read();
        let found = said(&reading.lookup("a.org", RecordType::A));
        assert_eq!(found == upstream, is_known, "{version}: {found}");
    }
    let stops = "rewrite ttl a.org 30\nrewrite name a.org b.org";
    assert_eq!(to(stops, "a.org", RecordType::A), upstream, "the first rule that applies is the last");
    let goes_on = "rewrite continue ttl a.org 30\nrewrite name a.org b.org";
    assert_eq!(to(goes_on, "a.org", RecordType::A), "1.1.1.1:53 asked for b.org. in .");
}
