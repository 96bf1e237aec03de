//! The cases of coredns_cases.json: what five releases did with them, and the newest.

use std::collections::BTreeMap;

use aksbackup::corefile::{Acceptance, ClusterDns, Configuration, File, Outcome, RecordType, Release, Version};
use serde::Deserialize;

/// The name that is pinned in the cases, its address, and a name of the world outside.
pub const PINNED: &str = "centralus.dp.kubernetesconfiguration.azure.com.";
pub const OUTSIDE: &str = "example.org.";
pub const INSIDE: &str = "kubernetes.default.svc.cluster.local.";

/// The release that has verdicts of its own where it differs.
const NEWEST: Release = Release::new(1, 14, 7);

#[derive(Debug, Deserialize)]
pub struct Cases {
    pub base_corefile: String,
    pub cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
pub struct Case {
    pub case: String,
    pub coredns_custom: BTreeMap<String, String>,
    verdict: String,
    #[serde(rename = "verdict_1.14.7")]
    verdict_newest: Option<String>,
    same_on: Vec<String>,
}

impl Cases {
    pub fn read() -> Self {
        serde_json::from_str(include_str!("cases.json")).unwrap()
    }
}

impl Case {
    fn verdict_on(&self, release: Release) -> &str {
        match &self.verdict_newest {
            Some(verdict) if release == NEWEST => verdict,
            _ => &self.verdict,
        }
    }
}

/// Judges a configuration in the words of the cases.
pub fn verdict(configuration: &Configuration) -> String {
    let reading = configuration.read();
    match reading.acceptance() {
        Acceptance::Refused(_) => return "refused_at_start".to_owned(),
        Acceptance::Unknown { why } => return format!("unknown: {why}"),
        Acceptance::Accepted => {}
    }
    match reading.cluster_dns(&[OUTSIDE]) {
        ClusterDns::Whole => {}
        ClusterDns::Broken { .. } => return "cluster_dns_broken".to_owned(),
        other => return format!("unknown: {other:?}"),
    }
    let (four, six) = (reading.lookup(PINNED, RecordType::A), reading.lookup(PINNED, RecordType::Aaaa));
    match (&four, &six) {
        (Outcome::Unknown { why }, _) | (_, Outcome::Unknown { why }) => format!("unknown: {why}"),
        (Outcome::Answer { .. }, Outcome::NoData { .. }) if !four.addresses_of(PINNED).is_empty() => {
            "pinned".to_owned()
        }
        _ => "pin_not_effective".to_owned(),
    }
}

/// Makes the configuration of a case as the laboratory of the cases had it.
pub fn configuration(corefile: &str, custom: &BTreeMap<String, String>, version: Version) -> Configuration {
    Configuration::new(corefile, custom.clone(), version)
        .on_port(5353)
        .with_file("cluster.local.zone", File::Good)
        .with_variable("NOPE", "")
}

#[test]
fn every_case_has_its_verdict_on_every_release() {
    let cases = Cases::read();
    assert_eq!(cases.cases.len(), 50);
    let mut wrong = Vec::new();
    for case in &cases.cases {
        let releases = case.same_on.iter().map(String::as_str).chain(["1.14.7"]);
        for release in releases {
            let version = Version::of_image(release);
            assert!(version.is_modelled(), "{release}");
            let found = verdict(&configuration(&cases.base_corefile, &case.coredns_custom, version));
            let wanted = case.verdict_on(version.release().unwrap());
            if found != wanted {
                wrong.push(format!("{} on {release}: {found}, not {wanted}", case.case));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_unknown_version_is_judged_only_where_all_agree() {
    let cases = Cases::read();
    for case in &cases.cases {
        let found = verdict(&configuration(&cases.base_corefile, &case.coredns_custom, Version::UNKNOWN));
        match &case.verdict_newest {
            None => assert_eq!(found, case.verdict, "{}", case.case),
            Some(_) => assert!(found.starts_with("unknown: "), "{}: {found}", case.case),
        }
    }
}
