//! A Job that helm runs before it installs the extension failed.
//!
//! Knowledge: Azure Backup's troubleshooting page of 2025, scenario 4, whose cause (the API server is not
//! reached) is one of several; diagnosis.md section 2, no. 7: a denial is on no page. Helm takes the Job
//! away with the rest, so often nothing is left that would say which it was: then both are told.

use super::check::{Check, Judgement};
use super::reading::agent::says;
use super::reading::connections::policies;
use super::reading::extension_parts::{is_past_hook, run_on};
use super::reading::hook_job_words::{denial, log_words, state_of_pods};
use super::reading::install_words::HOOK_JOB;
use crate::catalogue::{Captured, Sign, Weight, classify};
use crate::facts::objects::{Condition, ExtensionConfig, Pod, Workload};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, counted};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB119",
    name: "hook-job-failed",
    hop: Hop::Extension,
    title: "the extension's hook Jobs come through",
    needs: &[
        required(Need::Jobs),
        required(Need::ExtensionConfigs),
        helpful(Need::Pods),
        helpful(Need::Logs),
        helpful(Need::Events),
        helpful(Need::NetworkPolicies),
    ],
    explains: &["SCENARIO_4_UPGRADE_CRDS_JOB_FAILED", "UserErrorKubernetesBackupExtensionHasErrors"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a Job of the extension failed: above all dataprotection-microsoft-kubernetes-agent-upgrade-crds,
  which helm runs before an installation or upgrade.

Why it matters
  Helm gives up and takes the installation back.

How it is found
  The Job's condition Failed, or helm's words in the ExtensionConfig after the Job is gone. The Job's pod,
  log and events say why. Where all of them are gone, the two causes that are known are both told.
  A Job that failed and was left behind is history while the agent and the controller are ready, unless
  the record says Failed and the Job is less than a day old: then an upgrade failed.

What to do
  What the log or the event says. Where nothing is left, install again and watch the events and the Job's log.

Sources
  Azure Backup's troubleshooting page for AKS, scenario 4 (06/2025); public reports (azure-docs#121332).
";

/// The group of the two causes that fit when nothing is left.
const GROUP: &str = "hook-job-failed";

fn run(facts: &Facts) -> Judgement {
    let jobs = facts.jobs.rows(Need::Jobs.what())?;
    let mut findings = Vec::new();
    let is_now = |job: &&Workload| facts.is_own(&job.metadata) && !is_past_hook(facts, &job.metadata.name);
    for job in jobs.iter().filter(is_now) {
        let failed = job.condition("Failed").filter(|condition| condition.status == "True");
        if failed.is_some() {
            findings.extend(of_job(facts, job, failed));
        } else if job.status.failed > 0 && job.status.succeeded == 0 {
            findings.extend(of_job(facts, job, None));
        }
    }
    if findings.is_empty() {
        findings.extend(of_record(facts, jobs));
    }
    Ok(findings)
}

/// Tells of a Job that is there: from its pods, their log, its events; else of what fits.
fn of_job(facts: &Facts, job: &Workload, failed: Option<&Condition>) -> Vec<Finding> {
    let subject = subject_of(facts, &job.metadata.name);
    let at = format!("job/{}/{}", job.metadata.namespace(), job.metadata.name);
    let seen = match failed {
        Some(condition) => {
            let reason = condition.reason.as_deref().unwrap_or("Failed");
            let words = condition.message.as_ref().map_or(String::new(), |message| format!(": {}", message.as_str()));
            Evidence::quoted(format!("{at} .status.conditions[Failed]"), format!("{reason}{words}"))
        }
        None => Evidence::quoted(format!("{at} .status.failed"), job.status.failed.to_string()),
    };
    let pods: Vec<&Pod> = facts
        .pods
        .known_rows()
        .iter()
        .filter(|pod| pod.metadata.owner("Job").is_some_and(|owner| owner.name == job.metadata.name))
        .collect();
    let what = match failed {
        Some(_) => format!("The Job {}, which helm runs before it installs the extension, failed.", job.metadata.name),
        None => format!(
            "The Job {}, which helm runs before it installs the extension, has failed {} and is tried again.",
            job.metadata.name,
            counted(usize::try_from(job.status.failed).unwrap_or(usize::MAX), "time", "times")
        ),
    };
    // Where the extension's pods are ready, the installation before this one runs on.
    let severity = if failed.is_some() && !run_on(facts) { Severity::Error } else { Severity::Warning };
    let begin = |message: String| {
        let mut finding = Finding::new(severity, subject.clone(), message).seen(seen.clone());
        finding.concerns.extend(pods.iter().map(|pod| pod.subject()));
        finding
    };
    // A pod that was let in and wrote why it failed tells more than a denial before it.
    let log = log_words(facts, &pods);
    let log_is_silent = log.as_ref().is_none_or(|(_, _, sign)| sign.is_none());
    if let Some((words, evidence)) = denial(facts, &job.metadata.name, &pods).filter(|_| log_is_silent) {
        let remedy = watch(facts, &job.metadata.name, "Lift that denial, then install the extension again.");
        return vec![begin(format!("{what} {words}")).seen(evidence).mended_by(remedy)];
    }
    if let Some((words, evidence, sign)) = log {
        let mut message = format!("{what} {words}");
        if matches!(sign, Some(Sign::ConnectTimeout | Sign::ConnectReset | Sign::NoRoute | Sign::DnsTimeout)) {
            message.push_str(&policies(facts).map_or(String::new(), |policies| format!(" {policies}")));
        }
        let remedy = watch(facts, &job.metadata.name, "Mend what the log says, then install the extension again.");
        return vec![begin(message).seen(evidence).mended_by(remedy)];
    }
    if let Some((words, evidence)) = state_of_pods(&pods) {
        let remedy = watch(facts, &job.metadata.name, "Mend what keeps its pod, then install the extension again.");
        return vec![begin(format!("{what} {words}")).seen(evidence).mended_by(remedy)];
    }
    alternatives(facts, &job.metadata.name, &what, &seen, severity, None)
}

/// Tells of a Job that helm has taken away: only the record of the extension remembers it.
fn of_record(facts: &Facts, jobs: &[Workload]) -> Vec<Finding> {
    let failed = facts.extension_configs.known_rows().iter().filter(|c| c.is_backup() && says(c, "Failed"));
    for config in failed {
        let Some(text) = config.failure() else { continue };
        let found = classify(text);
        // A text that names the cause itself leaves nothing to choose from.
        if found.iter().any(|found| found.sign.about().weight == Weight::Cause) {
            continue;
        }
        let Some(hook) = found.into_iter().find(|found| found.sign == Sign::HelmHookFailed) else { continue };
        let name = match &hook.captured {
            Captured::Hook { job: Some(job), .. } => job.as_str(),
            _ => HOOK_JOB,
        };
        let has_come_through = jobs.iter().any(|job| job.metadata.name == name && job.status.succeeded > 0);
        if has_come_through {
            continue;
        }
        let quote = text.get(hook.quote.clone()).unwrap_or(text);
        let seen = Evidence::quoted(format!("{} .status", config.at()), quote);
        let what = format!("Helm's hook Job {name} failed.");
        let severity = if run_on(facts) { Severity::Warning } else { Severity::Error };
        return alternatives(facts, name, &what, &seen, severity, Some(config));
    }
    Vec::new()
}

/// The two causes that fit where nothing is left that would say which it was.
fn alternatives(
    facts: &Facts,
    job: &str,
    what: &str,
    seen: &Evidence,
    severity: Severity,
    config: Option<&ExtensionConfig>,
) -> Vec<Finding> {
    let namespace = &facts.extension.namespace;
    let decide = format!(
        "Install again and watch: kubectl --namespace {namespace} get events --watch, and in a second window kubectl \
         --namespace {namespace} logs --follow --all-containers --selector job-name={job}. An event FailedCreate, or a \
         denied request, speaks for the denial; a connection that times out speaks for the API server."
    );
    let unread = [Need::Pods, Need::Logs, Need::Events].into_iter().find_map(|need| facts.unread(need));
    let state = if unread.is_none() {
        "Its pod, log and events are gone."
    } else {
        "Its pod, log and events were not all read."
    };
    let make = |subject: Subject, fits: &str| {
        let mut finding = Finding::new(severity, subject, format!("{what} {fits}\n{state}"))
            .seen(seen.clone())
            .concerning(subject_of(facts, job))
            .one_of(GROUP, decide.clone());
        finding.concerns.extend(config.map(ExtensionConfig::subject));
        finding.without(unread.clone().map(|unread| format!("which of the two it was: {}", unread.why)))
    };
    let denied = make(
        subject_of(facts, job),
        "An admission policy or webhook denied its pod, or the custom resource definitions that it applies.",
    )
    .mended_by(watch(
        facts,
        job,
        "See which policies deny in this namespace, while you install again; exempt the namespace from the one that the event \
         names.",
    ));
    let unreachable = make(
        Subject::namespaced("v1", "Service", "default", "kubernetes"),
        &format!(
            "It could not reach the API server. {}",
            policies(facts).unwrap_or_else(|| "Whether a NetworkPolicy forbids it was not read.".to_owned())
        ),
    )
    .mended_by(watch(
        facts,
        job,
        &format!("Allow the pods of namespace {namespace} TCP 443 to the API server, and DNS; then install again."),
    ));
    vec![denied, unreachable]
}

fn subject_of(facts: &Facts, job: &str) -> Subject {
    Subject::namespaced("batch/v1", "Job", &facts.extension.namespace, job)
}

fn watch(facts: &Facts, job: &str, text: &str) -> Remedy {
    let namespace = &facts.extension.namespace;
    Remedy::guided(text).documented(format!("kubectl --namespace {namespace} get events --watch")).documented(format!(
        "kubectl --namespace {namespace} logs --follow --all-containers --timestamps --selector job-name={job}"
    ))
}
