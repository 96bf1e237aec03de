//! The cluster's own record says that the extension is not installed: failed, or waiting for too long.
//!
//! Knowledge: founding page, scenarios 1 and 4, in the wordings of 2023 and 2026; diagnosis.md sections 2
//! and 6: one sentence of helm's has seven causes, and the advice in the envelope is printed whatever
//! happened. It is the umbrella: where the cause can still be seen, another check sees it.

use jiff::SignedDuration;

use super::check::{Check, Judgement};
use super::reading::agent::says;
use super::reading::extension_parts::{is_ready, run_on, running_into};
use super::reading::install_words::{self, Words};
use super::reading::reinstall;
use super::reading::said::shortened;
use crate::catalogue::innermost;
use crate::facts::objects::{ExtensionConfig, Workload};
use crate::facts::{Facts, Need, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB102",
    name: "extension-install-failed",
    hop: Hop::Extension,
    title: "the extension is installed",
    needs: &[
        required(Need::ExtensionConfigs),
        helpful(Need::Pods),
        helpful(Need::Deployments),
        helpful(Need::StorageLocations),
    ],
    explains: &[
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "INSTALL_GENEVA_SERVICE_NOT_READY",
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "UserErrorKubernetesBackupExtensionUnhealthy",
        "EXT_HELM_CHART_DOWNLOAD_FAILED",
        "EXT_HELM_RENDER_FAILED",
        "EXT_RESOURCE_ALREADY_EXISTS",
        "EXT_HELM_OPERATION_IN_PROGRESS",
        "EXT_AGENT_DISCONNECTED_48H",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  What the cluster's own record of the backup extension, its ExtensionConfig, says: Failed, or a helm
  release that failed; a removal that takes longer than half an hour; or Pending, or nothing, in a record
  older than half an hour of which nothing has ever been deployed.

Why it matters
  An extension whose installation failed is taken back by helm: nothing is backed up. The vault reports
  that the extension has errors. Where an upgrade failed and what was there before runs on, it is a
  warning.

How it is found
  The record's status and error. The innermost error is quoted; the advice around it (\"please check that
  there are no policies …\") is printed whatever happened and is no evidence. \"Timed out\" alone has seven
  causes, of which missing room is one.

What to do
  Look at the cause that is told beside this. Where helm has taken everything back, the cause has gone with
  it: install again and watch the events and pods meanwhile.

Sources
  Azure Backup's troubleshooting page for AKS, scenarios 1 and 4; Microsoft's page on cluster extension
  deployment errors (07/2026); public reports.
";

/// An installation or a removal that takes longer is stuck: helm itself gives up before.
const LONG: SignedDuration = SignedDuration::from_mins(30);

/// The longest excerpt of the innermost error.
const EXCERPT: usize = 700;

fn run(facts: &Facts) -> Judgement {
    let configs = facts.extension_configs.rows(Need::ExtensionConfigs.what())?;
    let mut findings: Vec<Finding> = Vec::new();
    for config in configs.iter().filter(|config| config.is_backup()) {
        // Two groups can hold one extension; the record that is installed counts.
        let has_twin = configs
            .iter()
            .any(|other| other.is_backup() && other.metadata.name == config.metadata.name && says(other, "Installed"));
        if has_twin && !says(config, "Installed") {
            continue;
        }
        findings.extend(of_config(facts, config, configs));
    }
    Ok(findings)
}

fn of_config(facts: &Facts, config: &ExtensionConfig, all: &[ExtensionConfig]) -> Option<Finding> {
    let name = &config.metadata.name;
    let release = config.status.helm_release_status.as_ref().and_then(|status| status.last_release_status.as_deref());
    let release_failed = release.is_some_and(|release| release.eq_ignore_ascii_case("failed"));
    let status = config.status.status.as_deref().filter(|status| !status.is_empty());
    if says(config, "Failed") || (says(config, "Installed") && release_failed) {
        return Some(failed(facts, config, all, release_failed));
    }
    if says(config, "Installed") {
        return None;
    }
    let is_removal = says(config, "Deleting");
    // The record's own age is no measure of a state: an upgrade of today is Pending in a record of June. Only where
    // nothing has ever been deployed is the state as old as the record.
    if !is_removal && was_deployed(facts, config) {
        return None;
    }
    let since = if is_removal { config.metadata.deletion_timestamp } else { config.metadata.creation_timestamp }?;
    if facts.observed_at.duration_since(since) < LONG {
        return None;
    }
    let since = minute(since);
    let mut message = match status {
        Some(status) if is_removal => {
            format!(
                "The removal of the extension {name} began at {since} and does not come to an end: its record says {status}."
            )
        }
        Some(status) => format!(
            "The record of the extension {name} was made at {since} and says {status}; nothing of it has been deployed yet. Its installation does not come to an end."
        ),
        None => format!(
            "The record of the extension {name} was made at {since} and still has no status: the extension manager in kube-system has not worked on it, or not to the end."
        ),
    };
    let words = config.failure().map(|text| install_words::read(text));
    if let Some(words) = words.as_ref().filter(|words| words.is_known()) {
        message.push('\n');
        message.push_str(&words.meaning);
    }
    let mut finding = Finding::new(Severity::Warning, config.subject(), message);
    finding = finding.seen(Evidence::quoted(format!("{} .status.status", config.at()), status.unwrap_or("nothing")));
    finding.evidence.extend(quoted(config));
    if !is_removal {
        finding.concerns = install_words::waited_for(facts, config.failure().map(Text::as_str));
    }
    let remedy = Remedy::guided(
        "See what the extension manager does: its pods in kube-system, where there are any, and their logs; then the \
         events of the extension's namespace.",
    )
    .documented("kubectl --namespace kube-system get pods --selector app.kubernetes.io/name=extension-manager")
    .documented(format!("kubectl --namespace {} get events --watch", facts.extension.namespace))
    .documented(show(name));
    let unread = facts.unread(Need::Deployments).or_else(|| facts.unread(Need::Pods)).filter(|_| !is_removal);
    let finding =
        finding.without(unread.map(|unread| format!("whether the extension runs all the same: {}", unread.why)));
    Some(finding.mended_by(remedy))
}

/// Returns whether the extension was ever there: helm has spoken of a release, or a Deployment of it is ready.
fn was_deployed(facts: &Facts, config: &ExtensionConfig) -> bool {
    let has_words = |word: &Option<String>| word.as_deref().is_some_and(|word| !word.is_empty());
    let has_release = config
        .status
        .helm_release_status
        .as_ref()
        .is_some_and(|helm| has_words(&helm.last_release_status) || has_words(&helm.installed_chart_version));
    let is_ready = |known: &Workload| facts.is_own(&known.metadata) && known.status.ready_replicas > 0;
    has_release || facts.deployments.known_rows().iter().any(is_ready) || run_on(facts)
}

fn failed(facts: &Facts, config: &ExtensionConfig, all: &[ExtensionConfig], release_failed: bool) -> Finding {
    let name = &config.metadata.name;
    let words = config.failure().map_or_else(Words::none, |text| install_words::read(text));
    let other = all.iter().find(|other| other.is_backup() && other.metadata.name != *name && says(other, "Installed"));
    let gone = is_gone(facts);
    let running = running_into(facts);
    let mut message = match other {
        Some(other) => format!(
            "A second record of the backup extension, {name}, is Failed; {} is installed. A failed twin keeps a new \
             installation from being created.",
            other.metadata.name
        ),
        None if says(config, "Failed") && running.is_some() => {
            format!("The last change of the extension {name} failed: its record says Failed.")
        }
        None if says(config, "Failed") => {
            format!("The extension {name} could not be installed, changed or removed: its record says Failed.")
        }
        None => format!("The extension {name} is there, but helm says that its last change failed."),
    };
    message.push('\n');
    message.push_str(&words.meaning);
    if let Some(location) = running.filter(|_| other.is_none()) {
        message.push_str(&format!(
            "\nWhat was there before runs on: its Deployments are ready, and the storage location {} is Available.",
            location.metadata.name
        ));
    }
    if other.is_none() && gone == Some(true) {
        message.push_str(if words.is_rolled_back {
            "\nHelm has taken everything back: no Deployment and no pod of the extension is left, and with them went what \
             would say why."
        } else {
            "\nNo Deployment and no pod of the extension is on the cluster."
        });
        if words.is_open {
            message.push_str(install_words::SEVEN);
        }
    }
    let severity = if other.is_some() || running.is_some() { Severity::Warning } else { Severity::Error };
    let mut finding = Finding::new(severity, config.subject(), message);
    let seen = if release_failed && !says(config, "Failed") {
        ".status.helmReleaseStatus.lastReleaseStatus"
    } else {
        ".status.status"
    };
    finding = finding.seen(Evidence::quoted(
        format!("{} {seen}", config.at()),
        if seen.ends_with("lastReleaseStatus") {
            "failed"
        } else {
            config.status.status.as_deref().unwrap_or("Failed")
        },
    ));
    finding.evidence.extend(quoted(config));
    if gone.is_none() {
        let unread = facts.unread(Need::Deployments).or_else(|| facts.unread(Need::Pods));
        finding =
            finding.without(unread.map(|unread| format!("whether helm has taken everything back: {}", unread.why)));
    }
    if other.is_none() {
        finding.concerns = install_words::waited_for(facts, config.failure().map(Text::as_str));
    }
    let state = State { has_twin: other.is_some(), is_gone: gone == Some(true), runs: is_ready(facts) };
    finding.mended_by(remedy(facts, config, &words, &state))
}

/// How the extension is beside its record.
struct State {
    has_twin: bool,
    is_gone: bool,
    runs: bool,
}

/// What to do about a failure; the one that is installed is never to be deleted for its failed twin.
fn remedy(facts: &Facts, config: &ExtensionConfig, words: &Words, state: &State) -> Remedy {
    let name = config.metadata.name.as_str();
    if state.has_twin {
        return Remedy::guided(format!(
            "See whether Azure still lists {name} as Failed. If it does, delete that one record by its name, and leave the \
             installed one as it is."
        ))
        .documented("az k8s-extension list --cluster-type managedClusters --resource-group RESOURCE_GROUP --cluster-name CLUSTER --output table")
        .documented(show(name));
    }
    if words.is_to_wait {
        return Remedy::guided(words.advice.clone()).documented(show(name));
    }
    if state.runs || !says(config, "Failed") {
        return Remedy::guided(
            "Where a finding beside this names the cause, mend that; then see whether the change is repeated by itself, or \
             make it again. Do not remove the extension for it while its pods are ready.",
        )
        .documented(format!("kubectl --namespace {} get pods", facts.extension.namespace))
        .documented(show(name));
    }
    let namespace = &facts.extension.namespace;
    let mut remedy = Remedy::guided(format!("{} {}", words.advice, reinstall::CAUTION));
    if words.is_open || words.is_rolled_back || state.is_gone {
        remedy = remedy
            .documented(format!("kubectl --namespace {namespace} get events --watch"))
            .documented(format!("kubectl --namespace {namespace} get pods --watch"));
    }
    reinstall::commands(remedy, facts, name)
}

/// Returns whether nothing of the extension runs any more; `None` where that could not be read.
fn is_gone(facts: &Facts) -> Option<bool> {
    let deployments = facts.deployments.known_rows().iter().any(|deployment| facts.is_own(&deployment.metadata));
    if deployments || facts.own_pods().next().is_some() {
        return Some(false);
    }
    let unread = facts.unread(Need::Deployments).or_else(|| facts.unread(Need::Pods));
    unread.is_none().then_some(true)
}

/// The innermost error, as evidence.
fn quoted(config: &ExtensionConfig) -> Option<Evidence> {
    let text = config.failure()?;
    let from_error = config.status.reconciliation_error.as_ref() == Some(text);
    let field = if from_error { "reconciliationError" } else { "message" };
    Some(Evidence::quoted(format!("{} .status.{field}", config.at()), shortened(innermost(text), EXCERPT)))
}

fn show(name: &str) -> String {
    format!(
        "az k8s-extension show --name {name} --cluster-type managedClusters --resource-group RESOURCE_GROUP --cluster-name CLUSTER"
    )
}
