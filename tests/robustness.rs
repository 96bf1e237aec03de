//! Objects with missing, absurd or enormous fields: nothing from outside may crash a check or the renderer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

mod support;

use aksbackup::checks::{CHECKS, Diagnosis, Outcome, run};
use aksbackup::facts::Facts;
use aksbackup::render::report::DoctorReport;
use aksbackup::render::{Detail, Look, doctor, json, yaml};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use support::mutation::{absurd, places};

fn survive(value: Value) -> Result<bool, TestCaseError> {
    let Ok(facts) = serde_json::from_value::<Facts>(value) else { return Ok(false) };
    let checks: Vec<_> = CHECKS.to_vec();
    let ran = run(&checks, &facts);
    for one in &ran {
        if let Outcome::Crashed(why) = &one.outcome {
            return Err(TestCaseError::fail(format!("{} crashed: {why}", one.check.name)));
        }
    }
    let diagnosis = Diagnosis::of(ran);
    for (width, detail) in [(60, Detail::Human), (100, Detail::Wide)] {
        let text = doctor(&diagnosis, &[], &[], &facts, Look { width, detail });
        // Our own colours begin with ESC [ and end with m; anything else that a terminal would obey came from outside.
        let stray = text.chars().any(|c| c.is_control() && c != '\n' && c != '\u{1b}');
        prop_assert!(!stray, "a control character reached the terminal");
        prop_assert!(!text.contains("\u{1b}[2J"), "an escape of the cluster's reached the terminal");
    }
    let report = DoctorReport::new(&diagnosis, &[], &facts);
    prop_assert!(json(&report).is_ok() && yaml(&report).is_ok());
    Ok(true)
}

#[test]
fn mutated_facts_crash_nothing() {
    let seeds: Vec<Value> = std::iter::once(support::healthy())
        .chain(support::cases().iter().map(|case| serde_json::to_value(support::facts_of(case)).unwrap()))
        .collect();
    let lists: Vec<Vec<String>> = seeds
        .iter()
        .map(|seed| {
            let mut found = Vec::new();
            places(seed, &mut String::new(), &mut found);
            found
        })
        .collect();
    // `PROPTEST_CASES` asks for more, as `make soak` does.
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let readable = std::cell::Cell::new(0_u32);
    let strategy = (0..seeds.len(), prop::collection::vec((any::<prop::sample::Index>(), absurd()), 1..4));
    runner
        .run(&strategy, |(seed, changes)| {
            let mut value = seeds[seed].clone();
            for (place, absurd) in changes {
                let at = place.get(&lists[seed]);
                if let Some(slot) = value.pointer_mut(at) {
                    *slot = absurd;
                }
            }
            if survive(value)? {
                readable.set(readable.get() + 1);
            }
            Ok(())
        })
        .unwrap();
    assert!(readable.get() > 0, "no mutated facts could be read at all: the test tests nothing");
}

#[test]
fn facts_with_any_field_taken_away_crash_nothing() {
    let healthy = support::healthy();
    let mut found = Vec::new();
    places(&healthy, &mut String::new(), &mut found);
    for place in found.iter().filter(|place| !place.is_empty()) {
        let mut value = healthy.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        match value.pointer_mut(parent) {
            Some(Value::Object(map)) => {
                map.remove(&key.replace("~1", "/").replace("~0", "~"));
            }
            Some(Value::Array(items)) => {
                items.remove(key.parse().unwrap());
            }
            _ => {}
        }
        survive(value).unwrap_or_else(|error| panic!("without {place}: {error}"));
    }
}

/// A bundle is somebody else's file, and settings are free text: neither may put a command into what people copy.
/// Returns a command without what a shell takes as it is: what stands between single quotes, unless those stand between
/// double ones. A command in a command, `"$(…)"`, has quotes of its own.
fn without_quoted(command: &str) -> String {
    let mut bare = String::new();
    // Of each command in a command, whether it stands in single or in double quotes now.
    let mut open = vec![(false, false)];
    let mut letters = command.chars().peekable();
    while let Some(c) = letters.next() {
        let depth = open.len();
        let Some((is_single, is_double)) = open.last_mut() else { break };
        match c {
            '\'' if !*is_double => *is_single = !*is_single,
            '"' if !*is_single => *is_double = !*is_double,
            _ if *is_single => {}
            '$' if letters.peek() == Some(&'(') => {
                bare.push_str("$(");
                letters.next();
                open.push((false, false));
            }
            ')' if !*is_double && depth > 1 => {
                bare.push(')');
                open.pop();
            }
            c => bare.push(c),
        }
    }
    bare
}

#[test]
fn no_command_carries_what_a_shell_would_run() {
    const HOSTILE: &str = "x`id`$(reboot);|&>y";
    let names =
        ["azbkup", "contosobackup", "rg-backup", "aks-prod-backup", "system", "00000000-1111-2222-3333-444444444444"];
    let ids = [
        "/subscriptions/00000000-1111-2222-3333-444444444444",
        "/resourceGroups/rg-vault",
        "/resourceGroups/rg-snapshots",
        "/resourceGroups/rg-backup",
        "/resourcegroups/rg",
        "/backupVaults/vault-prod",
        "/backupInstances/aks-prod-7f3e",
        "/backupPolicies/daily",
        "/managedClusters/aks-prod",
        "/extensions/azbkup",
        "/storageAccounts/contosobackup",
        "/containers/aks-prod-backup",
        "/disks/pvc-0aa1",
        "/locks/",
        "/policyAssignments/",
        "/userAssignedIdentities/ext-azbkup",
        "/virtualMachineScaleSets/aks-user-22222222-vmss",
        "/resourceGroups/rg-hub",
        "/virtualNetworks/vnet-aks",
        "/virtualNetworkLinks/aks",
        "/virtualNetworkLinks/hub",
        "/privateDnsZones/privatelink.",
    ];
    let mut commands = 0;
    let mut wrong = Vec::new();
    for case in support::cases().into_iter().filter(|case| case.name.starts_with("firing")) {
        let text = serde_json::to_string(&support::facts_of(&case)).unwrap();
        let check: Vec<_> = CHECKS.iter().copied().filter(|check| check.name == case.check).collect();
        let whole = names.map(|name| (format!("\"{name}"), name));
        // Ids of Azure hold names in their middle, and a lock may have nearly any.
        let inside = ids.map(|id| (id.to_owned(), id));
        for (needle, name) in whole.iter().chain(&inside) {
            let hostile = text.replace(needle.as_str(), &format!("{needle}{HOSTILE}"));
            let Ok(facts) = serde_json::from_str::<Facts>(&hostile) else { continue };
            for one in run(&check, &facts) {
                let Outcome::Found(findings) = one.outcome else { continue };
                for remedy in findings.into_iter().filter_map(|finding| finding.remedy) {
                    for command in remedy.documented.iter().chain(&remedy.command) {
                        commands += 1;
                        for harm in ["`id`", "$(reboot)", ";|&"] {
                            if without_quoted(command).contains(harm) {
                                wrong.push(format!("{}/{} with {name}: {command}", case.check, case.name));
                            }
                        }
                    }
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{} commands carry it:\n{}", wrong.len(), wrong.join("\n"));
    assert!(commands > 100, "no commands were seen: the test tests nothing");
}
