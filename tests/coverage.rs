//! Every rule and every remark of the coverage room over its cases.
//!
//! `tests/coverage/<rule or remark>/<case>/facts.yaml` is a patch of `tests/coverage/healthy.yaml`, `want.txt` beside it is
//! what must be said of its claims. A case is `speaks-…` or `silent-…`: the latter is the look-alike, in which the rule or
//! remark has nothing to say. `precedence` holds what comes before what.
//!
//! `UPDATE_GOLDENS=1 cargo test --test coverage` writes the goldens anew; look at every line that changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aksbackup::catalogue::CODES;
use aksbackup::checks::CHECKS;
use aksbackup::coverage::{ClaimVerdict, Index, REMARKS, RULES, Sight, Verdict, judge};
use aksbackup::facts::{Facts, Need};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use support::Case;
use support::mutation::{absurd, places};

/// What comes before what.
const PRECEDENCE: &str = "precedence";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/coverage")
}

fn healthy() -> Value {
    support::read_yaml(&folder().join("healthy.yaml"))
}

fn cases() -> Vec<Case> {
    support::cases_in(&folder())
}

fn facts_of(case: &Case) -> Facts {
    let mut whole = healthy();
    support::merge(&mut whole, support::read_yaml(&case.folder.join("facts.yaml")));
    serde_json::from_value(whole).unwrap_or_else(|error| panic!("{}: {error}", case.folder.display()))
}

/// Judges every claim, sorted by namespace and name.
fn verdicts<'f>(index: &Index<'f>) -> Vec<ClaimVerdict<'f>> {
    let mut all: Vec<ClaimVerdict<'f>> =
        index.facts.all_claims.known_rows().iter().map(|claim| judge(index, claim)).collect();
    all.sort_by_key(|one| (&one.claim.namespace, &one.claim.name));
    all
}

/// Returns the name of the rule that decides about a claim.
fn decided_by(index: &Index<'_>, one: &ClaimVerdict<'_>) -> Option<&'static str> {
    let sight = Sight::of(index, one.claim);
    RULES.iter().find(|rule| (rule.judge)(&sight).is_some()).map(|rule| rule.name)
}

/// Tells what is said of the claims, for a golden; of many that are alike only the first.
fn tell(index: &Index<'_>) -> String {
    let mut out = String::new();
    for one in verdicts(index) {
        if one.claim.name.starts_with("many-") && !one.claim.name.ends_with("-000") {
            continue;
        }
        write!(out, "{}/{}: {}", one.claim.namespace, one.claim.name, one.said.verdict.name()).unwrap();
        if one.said.intended {
            out.push_str(", intended");
        }
        for code in one.code.iter().chain(one.explains) {
            write!(out, " {code}").unwrap();
        }
        writeln!(out, " — {}", one.said.reason).unwrap();
        for evidence in &one.said.evidence {
            writeln!(out, "  seen at: {}: {}", evidence.at, evidence.quote.as_deref().unwrap_or("-")).unwrap();
        }
        for right in &one.said.missing {
            writeln!(out, "  missing: {}", right.words()).unwrap();
        }
        for warning in &one.warnings {
            writeln!(out, "  warned: {} {}", warning.code, warning.message).unwrap();
        }
    }
    out
}

#[test]
fn every_case_says_what_its_golden_says() {
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let facts = facts_of(&case);
        let told = tell(&Index::of(&facts, false));
        let golden = case.folder.join("want.txt");
        if update {
            fs::write(&golden, &told).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != told {
            wrong.push(format!("--- {}/{}\n{told}", case.check, case.name));
        }
    }
    assert!(wrong.is_empty(), "{} goldens differ; what was said now:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn everything_is_held_in_the_healthy_cluster_and_nothing_deserves_a_word() {
    let facts: Facts = serde_json::from_value(healthy()).unwrap();
    let index = Index::of(&facts, false);
    let told = verdicts(&index);
    assert_eq!(told.len(), 3);
    let is_held = |one: &ClaimVerdict<'_>| one.said.verdict == Verdict::BackedUp && one.warnings.is_empty();
    assert!(told.iter().all(is_held), "{}", tell(&index));
}

#[test]
fn every_rule_and_remark_has_a_case_in_which_it_speaks_and_a_look_alike() {
    let cases = cases();
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).chain(REMARKS.iter().map(|remark| remark.name)).collect();
    for case in &cases {
        let is_known = case.check == PRECEDENCE || names.contains(&case.check.as_str());
        assert!(is_known, "tests/coverage/{} is no rule's and no remark's name", case.check);
    }
    for name in &names {
        for word in ["speaks", "silent"] {
            let has = cases.iter().any(|case| case.check == *name && case.name.split('-').next() == Some(word));
            assert!(has, "{name} lacks a case {word}-…");
        }
    }
}

#[test]
fn the_first_word_of_a_case_says_whether_its_rule_or_remark_speaks() {
    for case in cases().iter().filter(|case| case.check != PRECEDENCE) {
        let facts = facts_of(case);
        let index = Index::of(&facts, false);
        let code_of_remark = REMARKS.iter().find(|remark| remark.name == case.check).map(|remark| remark.code);
        let speaks = verdicts(&index).iter().any(|one| match code_of_remark {
            Some(code) => one.warnings.iter().any(|warning| warning.code == code),
            None => decided_by(&index, one) == Some(case.check.as_str()),
        });
        let wanted = match case.name.split('-').next() {
            Some("speaks") => true,
            Some("silent") => false,
            _ => panic!("{}/{}: a case is speaks-… or silent-…", case.check, case.name),
        };
        assert_eq!(speaks, wanted, "{}/{}:\n{}", case.check, case.name, tell(&index));
    }
}

#[test]
fn codes_and_names_are_unique_well_formed_and_no_checks() {
    let of_rules = RULES.iter().map(|rule| (rule.code, rule.name, rule.title));
    let of_remarks = REMARKS.iter().map(|remark| (remark.code, remark.name, remark.title));
    let of_checks = CHECKS.iter().map(|check| (check.code, check.name, check.title));
    let (mut codes, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (code, name, title) in of_rules.chain(of_remarks) {
        let number = code.strip_prefix("AKSB5").unwrap_or_else(|| panic!("{code} is not AKSB5nn"));
        assert!(number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()), "{code}");
        assert!(codes.insert(code), "{code} twice");
        assert!(names.insert(name), "{name} twice");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        assert!(!title.is_empty() && !title.ends_with('.'), "{name}: {title}");
    }
    for (code, name, _) in of_checks {
        assert!(!codes.contains(code) && !names.contains(name), "{code} {name} is a check's");
    }
    let last = REMARKS.iter().map(|remark| remark.code).collect::<Vec<_>>();
    assert!(last.is_sorted(), "the remarks stand out of order");
}

#[test]
fn each_code_of_the_page_is_explained_by_exactly_one_rule() {
    const OF_THE_PAGE: [&str; 4] = [
        "UserErrorPVNotFound",
        "UserErrorPVCNotBoundToVolume",
        "UserErrorPVCHasNoVolume",
        "UserErrorStorageClassMissingForPVC",
    ];
    let position = |code: &str| RULES.iter().position(|rule| rule.explains.contains(&code));
    for code in OF_THE_PAGE {
        assert_eq!(RULES.iter().filter(|rule| rule.explains.contains(&code)).count(), 1, "{code}");
    }
    assert!(OF_THE_PAGE.map(position).is_sorted(), "the contract has another order");
    for code in RULES.iter().flat_map(|rule| rule.explains) {
        assert!(CODES.iter().any(|known| known.code == *code), "{code} is no code of the catalogue");
    }
}

/// Reasons are what claims are grouped by: none may hold what only one claim has.
#[test]
fn no_reason_names_its_own_claim() {
    for case in cases() {
        let mut facts = facts_of(&case);
        let Some(claims) = facts.all_claims.known_mut() else { continue };
        // Two of each, under names that no sentence has by chance.
        let twins: Vec<_> = claims
            .iter()
            .map(|claim| aksbackup::facts::objects::ClaimRow { name: format!("{}-zz9", claim.name), ..claim.clone() })
            .collect();
        claims.extend(twins);
        let index = Index::of(&facts, false);
        for one in verdicts(&index) {
            let volume = one.claim.volume.as_deref().filter(|name| !name.is_empty()).unwrap_or("-zz9");
            let reason = &one.said.reason;
            assert!(!reason.contains(&one.claim.name) && !reason.contains(volume), "{}: {reason}", case.name);
            assert!(!reason.ends_with('.'), "{}: {reason}", case.name);
        }
    }
}

/// A fact that nobody could read never makes a claim look held that is not, and never gives it a code that it has not.
#[test]
fn what_is_not_read_makes_nothing_held_and_nothing_fail() {
    const LISTS: [Need; 6] = [
        Need::AllVolumes,
        Need::StorageClasses,
        Need::ClaimUsers,
        Need::BackupInstances,
        Need::ClaimEvents,
        Need::SnapshotContents,
    ];
    for case in cases() {
        let whole = facts_of(&case);
        let index = Index::of(&whole, false);
        let known = verdicts(&index);
        for need in LISTS {
            let mut part = whole.clone();
            part.forget(need);
            let fewer = Index::of(&part, false);
            for (one, now) in known.iter().zip(verdicts(&fewer)) {
                let at = format!(
                    "{}/{}: {}/{} without {}",
                    case.check,
                    case.name,
                    one.claim.namespace,
                    one.claim.name,
                    need.name()
                );
                // Azure's half is a source of its own: without it, the newest backup counts.
                let may_differ =
                    need == Need::BackupInstances || (need == Need::SnapshotContents && one.code == Some("AKSB519"));
                if now.said.verdict == Verdict::BackedUp && !may_differ {
                    assert_eq!(one.said.verdict, Verdict::BackedUp, "{at} counts as held");
                }
                if now.said.verdict == Verdict::WillFail && need != Need::BackupInstances {
                    assert_ne!(one.said.verdict, Verdict::BackedUp, "{at} counts as failing");
                }
            }
        }
    }
}

/// Holds of any facts what the contract says of a verdict.
fn holds(value: Value) -> Result<bool, TestCaseError> {
    let Ok(facts) = serde_json::from_value::<Facts>(value) else { return Ok(false) };
    let index = Index::of(&facts, false);
    let told = verdicts(&index);
    prop_assert_eq!(told.len(), facts.all_claims.known_rows().len());
    for one in &told {
        let said = &one.said;
        let has_none = matches!(said.verdict, Verdict::BackedUp | Verdict::Unknown);
        prop_assert_eq!(one.code.is_none(), has_none, "{:?} with {:?}", said.verdict, one.code);
        prop_assert!(!said.intended || said.verdict == Verdict::Skipped, "intended, and {:?}", said.verdict);
        prop_assert!(one.explains.is_empty() || said.verdict == Verdict::WillFail, "{:?} explains", said.verdict);
        prop_assert!(!one.explains.is_empty() || said.verdict != Verdict::WillFail, "will fail without a code");
        prop_assert!(said.missing.is_empty() || said.verdict == Verdict::Unknown);
        prop_assert!(!said.reason.is_empty());
        let places = said.evidence.iter().flat_map(|one| [Some(&one.at), one.quote.as_ref()]).flatten();
        let warnings = one.warnings.iter().map(|warning| &warning.message);
        let owners = one.used_by();
        for text in places.chain(warnings).chain(&owners).chain([&said.reason]) {
            let stray = text.chars().find(|c| c.is_control() || *c == '\u{202e}');
            prop_assert!(stray.is_none(), "{stray:?} in {text:?}");
            prop_assert!(text.len() < 8192, "{} bytes", text.len());
        }
        let _ = (one.size(), one.bytes_at_risk(), one.sku);
    }
    Ok(true)
}

#[test]
fn any_mutated_inventory_gets_one_sound_verdict_for_each_claim() {
    let seeds: Vec<Value> = std::iter::once(serde_json::from_value::<Facts>(healthy()).unwrap())
        .chain(cases().iter().map(facts_of))
        .map(|facts| serde_json::to_value(facts).unwrap())
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
    let change = prop_oneof![
        // Something absurd, or what stands at another place of the same facts.
        (any::<prop::sample::Index>(), absurd()).prop_map(|(at, value)| (at, Ok(value))),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(at, other)| (at, Err(other))),
    ];
    let strategy = (0..seeds.len(), prop::collection::vec(change, 1..5));
    runner
        .run(&strategy, |(seed, changes)| {
            let mut value = seeds[seed].clone();
            for (place, change) in changes {
                let at = |place: prop::sample::Index| place.get(&lists[seed]).as_str();
                let new = match change {
                    Ok(absurd) => absurd,
                    Err(other) => value.pointer(at(other)).cloned().unwrap_or_default(),
                };
                if let Some(slot) = value.pointer_mut(at(place)) {
                    *slot = new;
                }
            }
            if holds(value)? {
                readable.set(readable.get() + 1);
            }
            Ok(())
        })
        .unwrap();
    assert!(readable.get() > 0, "no mutated facts could be read at all: the test tests nothing");
}

#[test]
fn an_inventory_with_any_field_taken_away_gets_one_sound_verdict_for_each_claim() {
    let healthy = healthy();
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
        holds(value).unwrap_or_else(|error| panic!("without {place}: {error}"));
    }
}
