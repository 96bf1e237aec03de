//! Every check over its cases: `tests/checks/<check>/<case>/facts.yaml` is a patch of the healthy cluster,
//! `want.txt` beside it is what the check must say. The first word of a case's name is its outcome.
//!
//! `UPDATE_GOLDENS=1 cargo test --test checks` writes the goldens anew; look at every line that changes.

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

use aksbackup::checks::{CHECKS, Check, Diagnosis, Outcome, run};
use aksbackup::facts::{Facts, Need};
use aksbackup::finding::Severity;
use support::{Case, cases, facts_of};

fn check_of(case: &Case) -> &'static Check {
    CHECKS
        .iter()
        .find(|check| check.name == case.check)
        .unwrap_or_else(|| panic!("tests/checks/{} is no check's name", case.check))
}

fn outcome_of(check: &'static Check, facts: &Facts) -> Outcome {
    run(&[check], facts).remove(0).outcome
}

#[test]
fn every_case_says_what_its_golden_says() {
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let told = tell(&outcome_of(check_of(&case), &facts_of(&case)));
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
fn the_first_word_of_a_case_is_its_outcome() {
    for case in cases() {
        let outcome = outcome_of(check_of(&case), &facts_of(&case));
        let word = case.name.split('-').next().unwrap();
        let fits = match word {
            "firing" => matches!(outcome, Outcome::Found(_)),
            "quiet" => matches!(outcome, Outcome::Passed | Outcome::NotApplicable(_)),
            "inconclusive" => matches!(outcome, Outcome::Inconclusive(_)),
            _ => panic!("{}/{}: a case is firing-…, quiet-… or inconclusive-…", case.check, case.name),
        };
        assert!(fits, "{}/{} ended as {outcome:?}", case.check, case.name);
    }
}

#[test]
fn every_check_has_a_firing_a_quiet_and_an_inconclusive_case() {
    let cases = cases();
    for check in CHECKS {
        for word in ["firing", "quiet", "inconclusive"] {
            let has = cases.iter().any(|case| case.check == check.name && case.name.split('-').next() == Some(word));
            assert!(has, "{} lacks a case {word}-…", check.name);
        }
    }
}

#[test]
fn every_check_passes_or_does_not_apply_on_the_healthy_cluster() {
    let facts: Facts = serde_json::from_value(support::healthy()).unwrap();
    for check in CHECKS {
        let outcome = outcome_of(check, &facts);
        assert!(matches!(outcome, Outcome::Passed | Outcome::NotApplicable(_)), "{}: {outcome:?}", check.name);
    }
}

/// A cluster that works and has a past must not look broken: not in rest, and not while it is upgraded by itself.
#[test]
fn every_check_is_content_with_a_weathered_cluster() {
    let mut weathered = support::healthy();
    support::merge(&mut weathered, support::read_yaml(&support::cases_folder().join("weathered.yaml")));
    for status in ["Installed", "Pending", "Upgrading"] {
        let mut whole = weathered.clone();
        *whole.pointer_mut("/extensionConfigs/got/0/status/status").unwrap() = status.into();
        let facts: Facts = serde_json::from_value(whole).unwrap();
        for check in CHECKS {
            let outcome = outcome_of(check, &facts);
            let is_content = match &outcome {
                Outcome::Passed | Outcome::NotApplicable(_) => true,
                Outcome::Found(findings) => findings.iter().all(|finding| finding.severity == Severity::Info),
                _ => false,
            };
            assert!(is_content, "{} while the record says {status}:\n{}", check.name, tell(&outcome));
        }
    }
}

const GENEVA_UNREADY: &str = r#"
deployments: {got: [{metadata: {name: dataprotection-microsoft-geneva-service}, status: {readyReplicas: 0}}]}
pods:
  got:
    - metadata: {name: dataprotection-microsoft-geneva-service-5c9f8d7b66-9qwzt}
      status:
        phase: Pending
        conditions: [{type: Ready, status: "False"}]
        containerStatuses: [{name: mdsd, ready: false, state: {waiting: {reason: ImagePullBackOff}}}]
"#;

const AGENT_KILLED: &str = r#"
pods:
  got:
    - metadata: {name: dataprotection-microsoft-kubernetes-agent-7d4c9bdf8f-x2k4q}
      status: {containerStatuses: [{name: velero, restartCount: 1, lastState: {terminated: {reason: OOMKilled, exitCode: 137, finishedAt: "2026-11-24T02:05:40Z"}}}]}
"#;

const BACKUP_FAILED: &str = r#"
backups:
  got:
    - metadata: {name: clusterbackup-dataprotection-microsoft-backup-0002}
      status: {phase: Failed, failureReason: "found a backup with status \"InProgress\" during the server starting, mark it as \"Failed\""}
"#;

const BACKUP_OF_A_VOLUME_FAILED: &str = r#"
backups:
  got:
    - metadata: {name: clusterbackup-dataprotection-microsoft-backup-0002}
      status: {phase: Failed, failureReason: "namespaces \"shop\" not found"}
"#;

fn record_says(text: &str) -> String {
    format!(
        "extensionConfigs: {{got: [{{metadata: {{name: azbkup}}, status: {{status: Failed, message: '{text}'}}}}]}}"
    )
}

/// Tells the codes' names of what explains an effect on a cluster that these patches make.
fn causes_of(effect: &str, patches: &[&str]) -> Vec<&'static str> {
    let mut whole = support::healthy();
    for patch in patches {
        support::merge(&mut whole, serde_yaml::from_str(patch).unwrap());
    }
    let facts: Facts = serde_json::from_value(whole).unwrap();
    let diagnosis = Diagnosis::of(run(CHECKS, &facts));
    let placed = diagnosis.findings.iter().find(|placed| placed.check.name == effect);
    let placed = placed.unwrap_or_else(|| panic!("{effect} is not found"));
    let mut names: Vec<&str> = diagnosis
        .findings
        .iter()
        .filter(|cause| placed.caused_by.contains(&cause.id))
        .map(|cause| cause.check.name)
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn only_what_has_to_do_with_it_explains_a_failed_backup() {
    let none: [&str; 0] = [];
    assert_eq!(
        causes_of("backups-failing", &[BACKUP_FAILED, AGENT_KILLED]),
        ["backup-interrupted", "container-oom-killed"]
    );
    assert_eq!(causes_of("backups-failing", &[BACKUP_OF_A_VOLUME_FAILED, AGENT_KILLED]), none);
    assert_eq!(causes_of("backups-failing", &[BACKUP_FAILED, GENEVA_UNREADY]), ["backup-interrupted"]);
    assert_eq!(causes_of("backup-interrupted", &[BACKUP_FAILED, AGENT_KILLED]), ["container-oom-killed"]);
    assert_eq!(causes_of("backup-interrupted", &[BACKUP_FAILED, GENEVA_UNREADY]), none);
}

#[test]
fn what_keeps_every_claim_out_explains_it() {
    let none: [&str; 0] = [];
    let nothing = include_str!("checks/volumes-skipped/firing-nothing-protects/facts.yaml");
    assert_eq!(causes_of("volumes-skipped", &[nothing]), ["cluster-unprotected"]);
    let suspended = include_str!("checks/volumes-skipped/firing-backups-suspended/facts.yaml");
    assert_eq!(causes_of("volumes-skipped", &[suspended]), ["protection-stopped"]);
    let driver = include_str!("checks/volumes-skipped/firing-unsupported-driver/facts.yaml");
    assert_eq!(causes_of("volumes-skipped", &[driver]), none);
}

#[test]
fn what_explains_runs_restores_and_hooks() {
    let none: [&str; 0] = [];
    let hook = include_str!("checks/hook-failed/firing-container-missing/facts.yaml");
    let targets = include_str!("checks/hook-container-missing/firing-none-has-it/facts.yaml");
    assert_eq!(causes_of("hook-failed", &[targets, hook]), ["hook-container-missing"]);
    assert_eq!(causes_of("backups-failing", &[targets, hook]), ["hook-failed"]);
    let ignored = include_str!("checks/operations-not-picked-up/firing-controller-not-ready/facts.yaml");
    assert_eq!(causes_of("operations-not-picked-up", &[ignored]), ["image-not-pulled"]);
    let version = include_str!("checks/restored-from-another-version/firing-flow-schemas/facts.yaml");
    assert_eq!(causes_of("restore-failed", &[version]), ["restored-from-another-version"]);
    let webhook = include_str!("checks/restore-failed/firing-partly/facts.yaml");
    assert_eq!(causes_of("restore-failed", &[webhook, AGENT_KILLED]), none);
    let operation = include_str!("checks/operation-failed/firing-backup/facts.yaml");
    assert_eq!(
        causes_of("operation-failed", &[operation, BACKUP_FAILED, AGENT_KILLED]),
        ["backup-interrupted", "backups-failing"]
    );
}

const SNAPSHOT_LATE: &str = r#"
backups: {got: [{metadata: {name: clusterbackup-dataprotection-microsoft-backup-0002}, status: {phase: PartiallyFailed, errors: 1}}]}
snapshots: {got: [{metadata: {name: velero-data, namespace: shop, labels: {velero.io/backup-name: clusterbackup-dataprotection-microsoft-backup-0002}}}]}
snapshotContents:
  got:
    - metadata: {name: snapcontent-1, creationTimestamp: "2026-11-24T02:03:00Z"}
      spec: {driver: disk.csi.azure.com, volumeSnapshotRef: {namespace: shop, name: velero-data}}
"#;

const THROTTLED: &str =
    r#"snapshotContents: {got: [{metadata: {name: snapcontent-1}, status: {error: {message: "client throttled"}}}]}"#;

#[test]
fn a_snapshot_that_is_late_explains_the_backup_that_asked_for_it() {
    assert_eq!(causes_of("backups-failing", &[SNAPSHOT_LATE]), ["snapshots-not-ready"]);
    assert_eq!(causes_of("backups-failing", &[SNAPSHOT_LATE, THROTTLED]), ["snapshots-throttled"]);
}

/// Nothing in the cluster shows a backup since the binding was taken away.
const NOTHING_BEGUN: &str = r#"
backups: {got: [{metadata: {name: clusterbackup-dataprotection-microsoft-backup-0002, creationTimestamp: "2026-11-20T02:00:00Z"}, status: {startTimestamp: "2026-11-20T02:00:05Z", completionTimestamp: "2026-11-20T02:10:00Z"}}, {metadata: {name: clusterbackup-dataprotection-microsoft-backup-0001}, $delete: true}]}
operations: {$replace: {got: []}}
"#;

#[test]
fn what_azure_has_explains_what_does_not_come_about_in_the_cluster() {
    let none: [&str; 0] = [];
    let barred = "trustedAccess: {$replace: {got: []}}";
    let failed = |code: &str| {
        format!(
            "backupJobs: {{got: [{{name: job-0002, properties: {{status: Failed, errorDetails: [{{code: {code}}}]}}}}]}}"
        )
    };
    let forbidden = failed("UserErrorTrustedAccessGatewayReturnedForbidden");
    assert_eq!(causes_of("backup-job-failed", &[barred, &forbidden]), ["trusted-access-missing"]);
    assert_eq!(causes_of("no-recent-backup", &[barred, NOTHING_BEGUN]), ["trusted-access-missing"]);
    // Another code is another cause, whatever else is found.
    let stopped = failed("UserErrorKubernetesBackupClusterIsStopped");
    assert_eq!(causes_of("backup-job-failed", &[barred, &stopped]), none);
    // A job that says nothing leaves everything open.
    assert_eq!(causes_of("backup-job-failed", &[barred, &failed("null")]), ["trusted-access-missing"]);
    assert_eq!(causes_of("backup-job-failed", &[BACKUP_FAILED, &failed("null")]), ["backups-failing"]);
}

const DNS_DOWN: &str = r#"
dnsPods:
  got:
    - metadata: {name: coredns-6f9c8d7b5-aaaaa}
      status: {conditions: [{type: Ready, status: "False", lastTransitionTime: "2026-11-24T08:00:00Z"}]}
    - metadata: {name: coredns-6f9c8d7b5-bbbbb}
      status: {conditions: [{type: Ready, status: "False", lastTransitionTime: "2026-11-24T08:00:00Z"}]}
"#;

fn location_says(text: &str) -> String {
    format!(
        "storageLocations: {{got: [{{metadata: {{name: default}}, status: {{phase: Unavailable, message: '{text}'}}}}]}}"
    )
}

#[test]
fn a_dns_that_is_down_explains_what_could_not_be_looked_up_and_nothing_else() {
    let lookup = location_says(
        "dial tcp: lookup contosobackup.blob.core.windows.net on 10.0.0.10:53: read udp 10.244.1.7:41234->10.0.0.10:53: \
         i/o timeout",
    );
    assert_eq!(causes_of("storage-unreachable", &[DNS_DOWN, &lookup]), ["coredns-crashing"]);
    let none: [&str; 0] = [];
    let connection =
        location_says("Get \"https://contosobackup.blob.core.windows.net/\": dial tcp 20.60.248.33:443: i/o timeout");
    assert_eq!(causes_of("storage-unreachable", &[DNS_DOWN, &connection]), none);
}

#[test]
fn only_what_helm_waited_for_explains_a_failed_installation() {
    let none: [&str; 0] = [];
    let waits = |name: &str| {
        record_says(&format!(
            "Helm installation failed : Timed out waiting for the resource to come to a ready/completed state. Last \
             resource not ready was dataprotection-microsoft/{name}"
        ))
    };
    let both = ["image-not-pulled", "pods-not-ready"];
    let geneva = waits("dataprotection-microsoft-geneva-service");
    assert_eq!(causes_of("extension-install-failed", &[&geneva, GENEVA_UNREADY]), both);
    let controller = waits("dataprotection-microsoft-controller");
    assert_eq!(causes_of("extension-install-failed", &[&controller, GENEVA_UNREADY]), none);
    let render = record_says("Helm chart rendering failed: values do not meet the schema");
    assert_eq!(causes_of("extension-install-failed", &[&render, GENEVA_UNREADY]), none);
}

#[test]
fn what_azure_says_explains_what_the_cluster_shows() {
    let account = include_str!("checks/storage-account-missing/firing-not-in-this-group/facts.yaml");
    let gone = "storageAccount: absent";
    assert_eq!(causes_of("storage-account-missing", &[account, gone]), ["storage-account-gone"]);
    let denied = include_str!("checks/storage-network-denied/firing-firewall/facts.yaml");
    let closed = "storageAccount: {got: {properties: {publicNetworkAccess: Disabled}}}";
    assert_eq!(causes_of("storage-network-denied", &[denied, closed]), ["storage-account-closed"]);
    let elsewhere = include_str!("checks/storage-private-dns-missing/firing-linked-elsewhere/facts.yaml");
    assert_eq!(causes_of("storage-network-denied", &[denied, elsewhere]), ["storage-private-dns-missing"]);
    let keys = include_str!("checks/storage-keys-disabled/firing-key-mode/facts.yaml");
    let settings = "armExtensions: {got: [{name: azbkup, properties: {configurationSettings: {configuration.backupStorageLocation.config.useAAD: null}}}]}";
    assert_eq!(causes_of("storage-keys-disabled", &[keys, settings]), ["storage-account-keys-refused"]);
    let token = include_str!("checks/imds-identity-not-found/firing-not-on-the-pool/facts.yaml");
    let nodes = include_str!("checks/extension-identity-not-on-nodes/firing-the-agent-runs-there/facts.yaml");
    assert_eq!(causes_of("imds-identity-not-found", &[token, nodes]), ["extension-identity-not-on-nodes"]);
    let record = record_says("Helm chart rendering failed: values do not meet the schema");
    let failed = "armExtensions: {got: [{name: azbkup, properties: {provisioningState: Failed}}]}";
    assert_eq!(causes_of("azure-extension-failed", &[&record, failed]), ["extension-install-failed"]);
    let nowhere = include_str!("checks/azure-extension-missing/firing-nowhere/facts.yaml");
    assert_eq!(causes_of("extension-missing", &[nowhere]), ["azure-extension-missing"]);
}

#[test]
fn a_check_reads_nothing_that_it_does_not_declare() {
    for case in cases() {
        let check = check_of(&case);
        let facts = facts_of(&case);
        let mut declared = facts.clone();
        for need in Need::ALL {
            if !check.needs.iter().any(|requirement| requirement.need == *need) {
                declared.forget(*need);
            }
        }
        // Whether the extension is on the cluster is the runner's question, not the check's.
        if facts.presence() == declared.presence() {
            assert_eq!(
                tell(&outcome_of(check, &facts)),
                tell(&outcome_of(check, &declared)),
                "{}/{} changes when only declared needs are read",
                case.check,
                case.name
            );
        }
    }
}

#[test]
fn a_check_that_may_read_nothing_never_says_fine() {
    let healthy: Facts = serde_json::from_value(support::healthy()).unwrap();
    for check in CHECKS {
        let mut facts = healthy.clone();
        for need in Need::ALL {
            facts.forget(*need);
        }
        let outcome = outcome_of(check, &facts);
        assert!(matches!(outcome, Outcome::Inconclusive(_)), "{} says {outcome:?} about nothing", check.name);
        for requirement in check.needs.iter().filter(|requirement| requirement.required) {
            let mut facts = healthy.clone();
            facts.forget(requirement.need);
            let outcome = outcome_of(check, &facts);
            assert!(
                !matches!(outcome, Outcome::Passed),
                "{} passes although {} was not read",
                check.name,
                requirement.need.name()
            );
        }
    }
}

#[test]
fn codes_and_names_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    let mut last = "";
    for check in CHECKS {
        assert!(check.code.len() == 7 && check.code.starts_with("AKSB"), "{}", check.code);
        assert!(check.code > last, "{} stands out of order", check.code);
        last = check.code;
        assert!(seen.insert(check.name), "{} twice", check.name);
        assert!(check.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", check.name);
        assert!(check.needs.iter().any(|requirement| requirement.required), "{} requires nothing", check.name);
        for heading in ["What it checks", "Why it matters", "How it is found", "What to do", "Sources"] {
            assert!(check.explain.contains(heading), "{} explains without {heading:?}", check.name);
        }
    }
}

/// Tells an outcome field by field, for a golden.
fn tell(outcome: &Outcome) -> String {
    let mut out = String::new();
    match outcome {
        Outcome::Passed => out.push_str("passed\n"),
        Outcome::NotApplicable(why) => writeln!(out, "not applicable: {why}").unwrap(),
        Outcome::Crashed(why) => writeln!(out, "crashed: {why}").unwrap(),
        Outcome::Inconclusive(unread) => {
            writeln!(out, "inconclusive: {}", unread.why).unwrap();
            for right in &unread.missing {
                writeln!(out, "  missing: {}", right.words()).unwrap();
            }
        }
        Outcome::Found(findings) => {
            for finding in findings {
                writeln!(out, "found: {} about {}", finding.severity.name(), finding.subject.path()).unwrap();
                for line in finding.message.lines() {
                    writeln!(out, "  {line}").unwrap();
                }
                for evidence in &finding.evidence {
                    writeln!(out, "  seen at: {}", evidence.at).unwrap();
                    if let Some(quote) = &evidence.quote {
                        writeln!(out, "    {quote:?}").unwrap();
                    }
                }
                for concern in &finding.concerns {
                    writeln!(out, "  concerns: {}", concern.path()).unwrap();
                }
                if let (Some(group), decide) = (&finding.alternatives, &finding.decide) {
                    writeln!(out, "  one of: {group}; decide: {}", decide.as_deref().unwrap_or("?")).unwrap();
                }
                for not_read in &finding.not_read {
                    writeln!(out, "  not read: {not_read}").unwrap();
                }
                if let Some(remedy) = &finding.remedy {
                    writeln!(out, "  remedy: {}", remedy.text).unwrap();
                    if let Some(command) = &remedy.command {
                        writeln!(out, "    command: {command}").unwrap();
                    }
                    for command in &remedy.documented {
                        writeln!(out, "    documented: {command}").unwrap();
                    }
                }
            }
        }
    }
    out
}
