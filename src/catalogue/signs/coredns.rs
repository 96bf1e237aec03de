//! The DNS server's own words about its configuration.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

const SCENARIO_3: &[&str] = &["SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST"];

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::CorefilePluginTwice,
        name: "corefile-plugin-twice",
        weight: Weight::Cause,
        meaning: "a plugin stands twice in one server block: an override repeats what the block has already, so it is not loaded",
        not: "that restarting the pods helps; they would start on the broken file",
        codes: SCENARIO_3,
        tells: &[says(&["this plugin can only be used once per server block"]).read(capture::plugin)],
    },
    About {
        sign: Sign::CorefileUnknownProperty,
        name: "corefile-unknown-property",
        weight: Weight::Cause,
        meaning: "a plugin does not know a property: an entry after fallthrough, an unclosed brace, or an option that was removed",
        not: "that the named line is always the wrong one",
        codes: SCENARIO_3,
        tells: &[says(&["unknown property"])
            .with(&["error during parsing", "plugin/", "corefile"])
            .read(capture::name_behind)],
    },
    About {
        sign: Sign::CorefileUnknownDirective,
        name: "corefile-unknown-directive",
        weight: Weight::Cause,
        meaning: "CoreDNS does not know a word at the place of a plugin",
        not: "that the plugin is missing; a missing space gives the same",
        codes: SCENARIO_3,
        tells: &[says(&["unknown directive"]).read(capture::name_behind)],
    },
    About {
        sign: Sign::CorefileZoneTwice,
        name: "corefile-zone-twice",
        weight: Weight::Cause,
        meaning: "two server blocks serve the same zone and port",
        not: "that a service occupies the port",
        codes: SCENARIO_3,
        tells: &[says(&["cannot serve"]).with(&["it is already defined", "zone overlap"]).read(capture::name_behind)],
    },
    About {
        sign: Sign::CorefileImportMissing,
        name: "corefile-import-missing",
        weight: Weight::Cause,
        meaning: "the Corefile imports a file that is not there",
        not: "the harmless warning about a pattern that matches nothing",
        codes: SCENARIO_3,
        tells: &[says(&["file to import not found"]).read(capture::name_behind)],
    },
    About {
        sign: Sign::CorefileUnreadable,
        name: "corefile-unreadable",
        weight: Weight::Cause,
        meaning: "the Corefile cannot be parsed; the old one is served on until a restart",
        not: "that all is well because names still resolve",
        codes: SCENARIO_3,
        tells: &[says(&["corefile parse failed"])],
    },
    About {
        sign: Sign::CorefileMalformed,
        name: "corefile-malformed",
        weight: Weight::Cause,
        meaning: "CoreDNS cannot parse its configuration where it starts or reloads",
        not: "that the named line is always the wrong one: an unclosed brace is seen at the end",
        codes: SCENARIO_3,
        tells: &[says(&["error during parsing"]).with(&["/etc/coredns/", "corefile:", "custom/"]).without(&[
            "unknown property",
            "unknown directive",
            "file to import not found",
            "corefile parse failed",
        ])],
    },
    About {
        sign: Sign::CorefileReloadFailed,
        name: "corefile-reload-failed",
        weight: Weight::Symptom,
        meaning: "a changed Corefile was refused; the running pods serve the old one, new pods would fail",
        not: "that restarting the pods helps",
        codes: SCENARIO_3,
        tells: &[says(&["corefile changed but reload failed", "restart failed:"])],
    },
    About {
        sign: Sign::CorefileReloaded,
        name: "corefile-reloaded",
        weight: Weight::Harmless,
        meaning: "CoreDNS has taken over a changed configuration",
        not: "that the configuration answers what it should",
        codes: &[],
        tells: &[says(&["reloading complete"]).with(&["[info]"])],
    },
];
