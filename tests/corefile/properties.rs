//! What holds for every text: the same bytes come out, nothing panics, and no text takes long.

use std::time::{Duration, Instant};

use aksbackup::corefile::{Acceptance, Configuration, Document, RecordType, Version};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::generate;

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![
        Just("1.9.4"),
        Just("1.11.3"),
        Just("1.12.1"),
        Just("1.13.1"),
        Just("1.14.3"),
        Just("1.14.7"),
        Just("?")
    ]
    .prop_map(Version::of_image)
}

/// Texts of the letters that mean something, and of any others.
fn text() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        Just("{"),
        Just("}"),
        Just("\n"),
        Just(" "),
        Just("\""),
        Just("#"),
        Just("\\"),
        Just("\r\n"),
        Just("hosts"),
        Just("template IN A"),
        Just("import"),
        Just("(a)"),
        Just("a"),
        Just("."),
        Just("rewrite name"),
        Just("forward ."),
        Just("{$A}"),
        Just("cache"),
        Just("10.0.0.0/9"),
        Just("fallthrough"),
        Just("bind"),
        Just("1.1.1.1"),
        Just("file"),
        Just("answer"),
        Just("match"),
        Just("{{ .Name }}"),
        Just("\u{a0}"),
    ];
    prop_oneof![any::<String>(), proptest::collection::vec(words, 0..40).prop_map(|words| words.concat())]
}

fn judge(corefile: &str, custom: Vec<(String, String)>, version: Version) {
    let reading = Configuration::new(corefile, custom, version).read();
    let acceptance = reading.acceptance();
    for (name, kind) in
        [("a.example.", RecordType::A), ("1.0.0.10.in-addr.arpa.", RecordType::Ptr), ("", RecordType::Txt)]
    {
        drop(reading.lookup(name, kind));
    }
    drop((acceptance, reading.hazards().len(), reading.cluster_dns(&["example.org."])));
}

/// The same texts every time; `PROPTEST_CASES` asks for more of them.
fn config() -> Config {
    Config { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn parse_and_print_give_the_same_bytes(text in text()) {
        prop_assert_eq!(Document::parse(&text).print(), text);
    }

    #[test]
    fn any_bytes_that_are_made_text_print_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(Document::parse(&text).print(), text);
    }

    #[test]
    fn nothing_panics(corefile in text(), override_ in text(), server in text(), version in version()) {
        let custom = vec![("a.override".to_owned(), override_), ("a.server".to_owned(), server)];
        judge(&corefile, custom.clone(), version);
        judge(generate::BASE, custom, version);
    }

    #[test]
    fn configurations_as_people_write_them_keep_their_bytes_and_do_not_panic(number in 0..100_000_u64, version in version()) {
        let texts = generate::configuration(number);
        for text in texts.custom.values().chain([&texts.corefile]) {
            prop_assert_eq!(&Document::parse(text).print(), text);
        }
        judge(&texts.corefile, texts.custom.into_iter().collect(), version);
    }
}

/// Ten times the text may take some ten times as long; the bound is wide, for a slow machine without optimisation.
#[test]
fn large_and_tangled_texts_are_judged_in_good_time() {
    let begin = Instant::now();
    let entries = "10.0.0.1 some.name.example another.name.example\n".repeat(5_000);
    let large = format!(".:53 {{\nhosts {{\n{entries}fallthrough\n}}\nforward . 1.1.1.1\n}}\n");
    judge(&large, Vec::new(), Version::of_image("1.14.7"));
    let blocks: String = (0..3_000).map(|number| format!("zone{number}.example {{\n whoami\n}}\n")).collect();
    judge(&blocks, Vec::new(), Version::of_image("1.14.7"));
    judge(&"{ ".repeat(50_000), Vec::new(), Version::of_image("1.14.7"));
    judge(&format!(". {{\nlog {}", "{ ".repeat(50_000)), Vec::new(), Version::of_image("1.14.7"));
    // Each file imports the next one twice: a thousand million lines, were they all followed.
    let laughing = |number: usize| (format!("{number}.txt"), format!("import {0}.txt\nimport {0}.txt\n", number + 1));
    let custom: Vec<_> = (0..30).map(laughing).chain([("30.txt".to_owned(), "log\n".to_owned())]).collect();
    let reading = Configuration::new(".:53 {\nimport custom/0.txt\n}\n", custom, Version::UNKNOWN).read();
    assert!(matches!(reading.acceptance(), Acceptance::Unknown { .. }));
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn an_import_that_leads_back_to_itself_is_refused() {
    for version in ["1.12.1", "1.14.7"] {
        let custom = [("a.override".to_owned(), "log\nimport a.override\n".to_owned())];
        let reading = Configuration::new(generate::BASE, custom, Version::of_image(version)).read();
        assert!(matches!(reading.acceptance(), Acceptance::Refused(_)), "{version}: {:?}", reading.acceptance());
    }
}
