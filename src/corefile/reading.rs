//! A configuration that was read: whether CoreDNS takes it, what it answers, and what is dangerous in it.

use super::acceptance::Acceptance;
use super::block::ServerBlock;
use super::configuration::Configuration;
use super::hazard::{self, Hazard};
use super::lookup::{Outcome, RecordType};
use super::model::Model;
use super::parser::Import;
use super::version::Release;

/// A configuration as each release that it is judged by takes it.
#[derive(Debug)]
pub struct Reading {
    models: Vec<Model>,
    port: u16,
    hazards: Vec<Hazard>,
}

impl Reading {
    pub(super) fn new(configuration: &Configuration) -> Self {
        let models: Vec<Model> =
            configuration.version.judged_as().into_iter().map(|release| Model::new(configuration, release)).collect();
        let hazards = models.last().map(|model| hazard::hazards(model, configuration)).unwrap_or_default();
        Self { models, port: configuration.port, hazards }
    }

    /// Returns the releases that it was judged by, oldest first.
    pub fn releases(&self) -> impl Iterator<Item = Release> {
        self.models.iter().map(|model| model.release)
    }

    /// Says whether CoreDNS would start with this configuration. Where the releases differ, nobody knows.
    #[must_use]
    pub fn acceptance(&self) -> Acceptance {
        let judged = self.models.iter().map(|model| (model.release, Acceptance::of(model))).collect();
        Acceptance::of_all(judged)
    }

    /// Says what a question gets for an answer. Where the releases differ, nobody knows.
    #[must_use]
    pub fn lookup(&self, name: &str, kind: RecordType) -> Outcome {
        let mut found: Vec<(Release, Outcome)> =
            self.models.iter().map(|model| (model.release, model.ask(name, kind, self.port))).collect();
        let Some((newest, outcome)) = found.pop() else {
            return Outcome::Unknown { why: "no release was judged".to_owned() };
        };
        match found.into_iter().find(|(_, other)| !is_same(other, &outcome)) {
            None => outcome,
            Some((_, Outcome::Unknown { why })) => Outcome::Unknown { why },
            Some((older, _)) => {
                Outcome::Unknown { why: format!("CoreDNS {older} and {newest} differ, and the version is not known") }
            }
        }
    }

    /// Returns the server blocks, in the order of the files, as the newest release that it was judged by has them.
    pub fn blocks(&self) -> impl Iterator<Item = &ServerBlock> {
        self.models.last().into_iter().flat_map(|model| model.served.iter().map(|served| &served.block))
    }

    /// Returns the plugins of a server block (by its number) in the order in which CoreDNS asks them.
    pub fn order(&self, block: usize) -> impl Iterator<Item = &str> {
        let served = self.models.last().and_then(|model| model.served.get(block));
        served.into_iter().flat_map(|served| served.plugins.iter().map(|placed| placed.name))
    }

    /// Returns the imports that were followed.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        self.models.last().map_or(&[], |model| model.imports.as_slice())
    }

    /// Returns what is dangerous, or does nothing, though CoreDNS may take it.
    #[must_use]
    pub fn hazards(&self) -> &[Hazard] {
        &self.hazards
    }
}

/// Refusals differ in their words from release to release; that is no difference in what is served.
fn is_same(one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Outcome::NotServing { .. }, Outcome::NotServing { .. }) => true,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(
            missing,
            "plugin/hosts: /etc/coredns/Corefile:4 - Error during parsing: unknown property 'template'"
        );
    }

    #[test]
    fn evidence_names_the_key_and_the_line() {
        let read = read(BASE, &[("a.override", "\nfoo\n")], "1.13.1");
        let Acceptance::Refused(refusal) = read.acceptance() else { panic!() };
        let place = refusal.place.unwrap().to_string();
        assert_eq!(place, "configmap/kube-system/coredns-custom .data[\"a.override\"] line 2");
    }

    #[test]
    fn what_is_not_modelled_is_unknown() {
        for lines in [
            "view x {\n expr true\n}\n",
            "etcd\n",
            "acl {\n allow type RESINFO\n}\n",
            "hosts {\n {$IP} a\n fallthrough\n}\n",
            "bind eth0\n",
        ] {
            let acceptance = read(BASE, &[("a.override", lines)], "1.14.7").acceptance();
            assert_eq!(acceptance.is_accepted(), None, "{lines}: {acceptance:?}");
        }
        let given =
            Configuration::new(BASE, [("a.override".to_owned(), "{$P}\n".to_owned())], Version::of_image("1.14.7"));
        assert_eq!(given.with_variable("P", "log").read().acceptance(), Acceptance::Accepted);
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
}
