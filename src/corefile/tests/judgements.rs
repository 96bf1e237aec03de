//! Acceptance, versions, order, imports.

use crate::corefile::acceptance::Acceptance;
use crate::corefile::configuration::Configuration;
use crate::corefile::reading::Reading;
use crate::corefile::version::Version;

fn read(corefile: &str, custom: &[(&str, &str)], version: &str) -> Reading {
    let custom = custom.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
    Configuration::new(corefile, custom, Version::of_image(version)).read()
}

fn refusal(corefile: &str, custom: &[(&str, &str)], version: &str) -> String {
    match read(corefile, custom, version).acceptance() {
        Acceptance::Refused(refusal) => refusal.why,
        other => panic!("{other:?}"),
    }
}

const BASE: &str = "\
.:53 {
forward . /etc/resolv.conf
import custom/*.override
template ANY ANY reddog.microsoft.com {
  rcode NXDOMAIN
}
}
import custom/*.server
";

/// The words of coredns-on-aks.md 2.1.
#[test]
fn refusals_are_in_the_words_of_coredns() {
    let hosts = "hosts {\n fallthrough\n}\n";
    let twice = refusal(BASE, &[("a.override", hosts), ("b.override", hosts)], "1.14.3");
    assert_eq!(twice, "plugin/hosts: this plugin can only be used once per Server Block");
    let late = refusal(BASE, &[("a.override", "hosts {\n fallthrough\n 20.40.200.153 a\n}\n")], "1.14.3");
    let place = "/etc/coredns/custom/a.override:3 - Error during parsing: ";
    assert_eq!(late, format!("plugin/hosts: {place}unknown property '20.40.200.153'"));
    let block = "a.example {\n whoami\n}\n";
    let same = refusal(BASE, &[("a.server", block), ("b.server", block)], "1.9.4");
    assert_eq!(same, "cannot serve dns://a.example.:53 - it is already defined");
    let overlap = refusal(BASE, &[("a.server", block), ("b.server", "a.example {\n bind 127.0.0.1\n}\n")], "1.9.4");
    assert_eq!(
        overlap,
        "cannot serve dns://a.example.:53 on 127.0.0.1 - zone overlap listener capacity with dns://a.example.:53"
    );
    let missing = refusal(BASE, &[("a.override", "hosts {\n fallthrough\n")], "1.14.7");
    assert_eq!(missing, "plugin/hosts: /etc/coredns/Corefile:4 - Error during parsing: unknown property 'template'");
}

#[test]
fn evidence_names_the_key_and_the_line() {
    let read = read(BASE, &[("a.override", "\nfoo\n")], "1.13.1");
    let Acceptance::Refused(refusal) = read.acceptance() else { panic!() };
    let place = refusal.place.unwrap().to_string();
    assert_eq!(place, "configmap/kube-system/coredns-custom .data[\"a.override\"] line 2");
}

#[test]
fn a_zone_that_is_served_twice_is_told_with_the_second_key() {
    let block = "\na.example {\n whoami\n}\n";
    let Acceptance::Refused(refusal) = read(BASE, &[("a.server", block), ("b.server", block)], "1.14.7").acceptance()
    else {
        panic!()
    };
    let place = refusal.place.unwrap().to_string();
    assert_eq!(place, "configmap/kube-system/coredns-custom .data[\"b.server\"] line 2");
}

#[test]
fn what_is_not_modelled_is_unknown() {
    for lines in [
        "view x {\n expr port() > 5\n}\n",
        "etcd\n",
        "acl {\n allow type RESINFO\n}\n",
        "hosts {\n {$IP} a\n fallthrough\n}\n",
        "bind eth0\n",
    ] {
        let acceptance = read(BASE, &[("a.override", lines)], "1.14.7").acceptance();
        assert_eq!(acceptance.is_accepted(), None, "{lines}: {acceptance:?}");
    }
    let given = Configuration::new(BASE, [("a.override".to_owned(), "{$P}\n".to_owned())], Version::of_image("1.14.7"));
    assert_eq!(given.with_variable("P", "log").read().acceptance(), Acceptance::Accepted);
}

/// Up to 1.13 a block with a view must stand before the one without.
#[test]
fn a_block_with_a_view_may_share_its_zone() {
    let block = |view: &str| format!("a.org {{\n{view}whoami\n}}\n");
    let seen = block("view v {\n expr incidr(client_ip(), '10.0.0.0/8')\n}\n");
    let plain = block("");
    for version in ["1.11.3", "1.12.1", "1.13.1", "1.14.3", "1.14.7", "1.15.0"] {
        for text in [format!("{seen}{plain}"), format!("{seen}{seen}{plain}"), seen.clone()] {
            assert_eq!(read(&text, &[], version).acceptance(), Acceptance::Accepted, "{text} on {version}");
        }
        let is_newer = matches!(version, "1.14.3" | "1.14.7" | "1.15.0");
        let turned = read(&format!("{plain}{seen}"), &[], version).acceptance();
        assert_eq!(turned.is_accepted(), Some(is_newer), "{version}: {turned:?}");
        assert!(refusal(&format!("{seen}{plain}{plain}"), &[], version).ends_with("already defined"));
    }
    let overlap = refusal(&format!("{plain}{}", seen.replace("whoami", "bind 127.0.0.1\nwhoami")), &[], "1.14.7");
    assert!(overlap.contains("zone overlap listener capacity"), "{overlap}");
}

/// What a release that nobody here knows may have brought is no reason to refuse; what no release ever took is.
#[test]
fn versions_beyond_the_known_ones() {
    for (custom, is_accepted) in [
        ("novelty\n", None),
        ("forward . 1.1.1.1 {\n novelty\n}\n", None),
        ("cache {\n success\n}\n", None),
        ("loop\nloop\n", Some(false)),
        ("hosts {\n fallthrough\n}\nhosts {\n fallthrough\n}\n", Some(false)),
        // What the open brace swallows may be a property one day.
        ("log {\n", None),
        ("log\n", Some(true)),
    ] {
        let acceptance = read(BASE, &[("a.override", custom)], "v1.15.0-1").acceptance();
        assert_eq!(acceptance.is_accepted(), is_accepted, "{custom}: {acceptance:?}");
        let older = read(BASE, &[("a.override", custom)], "v1.8.7").acceptance();
        assert_eq!(older.is_accepted(), is_accepted.filter(|is_accepted| !is_accepted), "{custom}: {older:?}");
    }
    let twice = "a.org {\n whoami\n}\n";
    assert!(refusal(BASE, &[("a.server", twice), ("b.server", twice)], "v1.15.0").ends_with("already defined"));
    assert!(refusal(BASE, &[("a.server", "a.org {\n log {\n")], "v1.15.0").ends_with("Unexpected EOF"));
    let judged = read(BASE, &[], "v1.15.0").judged_by_another().unwrap();
    assert_eq!((judged.0.to_string().as_str(), judged.1.to_string().as_str()), ("1.15.0", "1.14.7"));
    assert_eq!(read(BASE, &[], "v1.12.0").judged_by_another(), None);
}

#[test]
fn versions_differ_and_an_unknown_one_is_not_judged_then() {
    let custom = [("a.override", "cache {\n keepttl\n}\n")];
    assert_eq!(read(BASE, &custom, "1.9.4").acceptance().is_accepted(), Some(false));
    assert_eq!(read(BASE, &custom, "1.11.3").acceptance(), Acceptance::Accepted);
    assert_eq!(read(BASE, &custom, "latest").acceptance().is_accepted(), None);
    assert_eq!(read(BASE, &custom, "1.12.5").acceptance(), Acceptance::Accepted, "both neighbours agree");
}

#[test]
fn plugins_come_in_the_order_of_coredns() {
    let text = "a {\nforward . 1.1.1.1\nhosts\ncache\nrewrite name b c\n}\n";
    assert_eq!(read(text, &[], "1.14.3").order(0).collect::<Vec<_>>(), ["cache", "rewrite", "hosts", "forward"]);
    assert_eq!(read(text, &[], "1.14.7").order(0).collect::<Vec<_>>(), ["rewrite", "cache", "hosts", "forward"]);
}

#[test]
fn imports_are_told_with_their_chain() {
    let reading = read(BASE, &[("a.override", "import b.txt\n"), ("b.txt", "log\n")], "1.14.7");
    let told: Vec<_> = reading.imports().iter().map(|import| (import.what.as_str(), import.within)).collect();
    assert_eq!(told, [("/etc/coredns/custom/a.override", None), ("/etc/coredns/custom/b.txt", Some(0))]);
}

#[test]
fn a_pattern_that_finds_the_kubelets_own_folders_is_refused() {
    assert!(refusal(".:53 {\nimport custom/*\n}\n", &[], "1.14.7").ends_with("is a directory"));
}
