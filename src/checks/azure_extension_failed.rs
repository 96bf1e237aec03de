//! Azure says of the extension that its last change failed, or that it has not come to an end.
//!
//! Knowledge: diagnosis.md sections 2, 3 and 5 (4); the shape of an extension in arm-and-az.md section 1. The error is
//! wrapped several times, and the advice in the wrapping is printed whatever happened: the innermost error counts. Of an
//! update or a removal no time is told: the reports of the agent may be those of the installation, months ago.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_extension::{reinstall, show};
use super::reading::extension_parts::running_into;
use super::reading::install_words::{self, Words};
use super::reading::reinstall::CAUTION;
use super::reading::said::shortened;
use crate::catalogue::{Match, Weight, classify, innermost};
use crate::facts::arm::{ArmExtension, StatusLine};
use crate::facts::objects::ExtensionConfig;
use crate::facts::{Facts, Need, Stop, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB131",
    name: "azure-extension-failed",
    hop: Hop::Extension,
    title: "Azure says that the extension is installed",
    needs: &[
        required(Need::ArmExtensions),
        helpful(Need::ExtensionConfigs),
        helpful(Need::Deployments),
        helpful(Need::StorageLocations),
    ],
    explains: &[
        "UserErrorKubernetesBackupExtensionHasErrors",
        "UserErrorKubernetesBackupExtensionUnhealthy",
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "INSTALL_GENEVA_SERVICE_NOT_READY",
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "EXT_RESOURCE_ALREADY_EXISTS",
        "EXT_AGENT_DISCONNECTED_48H",
        "EXT_ARM_POLICY_DISALLOWED",
        "EXT_SCOPE_LOCKED",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  What Azure itself says of the backup extension: the state of its last change (Failed, Canceled, Creating,
  Updating, Deleting), the error of that change, and what the agent in the cluster reported last.

Why it matters
  The vault looks at this state before every operation. An extension whose installation failed is taken back by
  helm: nothing is backed up.

How it is found
  The fields provisioningState, errorInfo and statuses of the extension. The innermost error is read and quoted;
  the advice around it is printed whatever happened and is no evidence. An installation counts as stuck where
  the agent's newest report is between half an hour and a day old; of an update or a removal no such time is told. With an
  extension of the same type that works, a failed one is left to azure-extension-twins.

What to do
  Mend what the innermost error names. Where the cluster can be read, the cause stands beside this. Where helm
  has taken everything back, install again and watch the events and pods meanwhile.

Sources
  Azure Backup's troubleshooting page for AKS; Microsoft's page on cluster extension deployment errors
  (07/2026); Azure's model of an extension; public reports.
";

/// An installation that takes longer is stuck: helm itself gives up before.
const LONG: SignedDuration = SignedDuration::from_mins(30);

/// Reports that are older may be those of an installation before: Azure itself gives up on one long before.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// The longest excerpt of an error.
const EXCERPT: usize = 700;

fn run(facts: &Facts) -> Judgement {
    facts.backup_extension()?;
    let works = facts.backup_extensions().any(ArmExtension::has_succeeded);
    let judged: Vec<&ArmExtension> =
        facts.backup_extensions().filter(|extension| extension.has_succeeded() || !works).collect();
    let findings: Vec<Finding> = judged.iter().filter_map(|extension| say(facts, extension)).collect();
    let untold = judged.iter().find(|extension| extension.properties.provisioning_state.is_none());
    match untold.filter(|_| findings.is_empty()) {
        Some(extension) => {
            Err(Stop::inconclusive(format!("Azure does not tell the state of the extension {}", extension.name)))
        }
        None => Ok(findings),
    }
}

fn say(facts: &Facts, extension: &ArmExtension) -> Option<Finding> {
    let state = extension.properties.provisioning_state.as_deref().unwrap_or_default();
    let is = |one: &str| state.eq_ignore_ascii_case(one);
    if is("Failed") || is("Canceled") {
        return Some(failed(facts, extension, state));
    }
    if extension.has_succeeded() || state.is_empty() {
        return lingering(facts, extension, state);
    }
    Some(under_way(facts, extension, state))
}

/// The last change failed.
fn failed(facts: &Facts, extension: &ArmExtension, state: &str) -> Finding {
    let name = &extension.name;
    let trouble = trouble(extension);
    let words = trouble.as_ref().map(|trouble| install_words::read(&trouble.text));
    let running = running_into(facts);
    let mut message =
        format!("Azure says {state} of the extension {name}: its last change did not come to a good end.");
    message.push('\n');
    match &words {
        Some(words) => message.push_str(&words.meaning),
        None => message.push_str("Azure gives no reason beside it."),
    }
    let record = record(facts, extension);
    // Where the cluster's own record is there, the check of that record says the rest.
    if words.as_ref().is_some_and(|words| words.is_open) && record.is_none() {
        message.push_str(install_words::SEVEN);
    }
    if let Some(location) = running {
        message.push_str(&format!(
            "\nWhat was there before runs on: its Deployments are ready, and the storage location {} is Available.",
            location.metadata.name
        ));
    }
    let severity = if running.is_some() { Severity::Warning } else { Severity::Error };
    let mut finding = begin(extension, severity, message, state);
    finding.evidence.extend(trouble.as_ref().map(Trouble::evidence));
    finding.concerns.extend(record.map(ExtensionConfig::subject));
    finding.concerns.extend(install_words::waited_for(facts, trouble.as_ref().map(|trouble| trouble.text.as_str())));
    let unread = facts.unread(Need::Deployments).or_else(|| facts.unread(Need::StorageLocations));
    let finding =
        finding.without(unread.map(|unread| format!("whether what was there before runs on: {}", unread.why)));
    finding.mended_by(remedy(facts, extension, words.as_ref(), running.is_some()))
}

fn remedy(facts: &Facts, extension: &ArmExtension, words: Option<&Words>, runs: bool) -> Remedy {
    const STATE: &str = "{state:provisioningState, error:errorInfo, statuses:statuses}";
    if let Some(words) = words.filter(|words| words.is_to_wait) {
        return Remedy::guided(words.advice.clone()).documented(show(extension, STATE));
    }
    if runs {
        return Remedy::guided(
            "Where a finding beside this names the cause, mend that; then make the change again. Do not remove the extension \
             for it while its pods are ready.",
        )
        .documented(show(extension, STATE));
    }
    let advice = words.map_or(
        "Where a finding beside this names the cause, mend that first. Then install again, and watch the events and the \
         pods meanwhile: while the attempt lasts they say why it fails.",
        |words| words.advice.as_str(),
    );
    let namespace = &facts.extension.namespace;
    let mut remedy = Remedy::guided(format!("{advice} {CAUTION}"));
    if words.is_none_or(|words| words.is_open || words.is_rolled_back) {
        remedy = remedy
            .documented(format!("kubectl --namespace {namespace} get events --watch"))
            .documented(format!("kubectl --namespace {namespace} get pods --watch"));
    }
    reinstall(remedy, extension, namespace)
}

/// A change has not come to an end.
fn under_way(facts: &Facts, extension: &ArmExtension, state: &str) -> Finding {
    let name = &extension.name;
    let is_removal = state.eq_ignore_ascii_case("Deleting");
    // Before an installation there were no reports: the oldest that it can have begun is told by the newest one.
    let reported = extension.properties.statuses.iter().filter_map(|status| status.time).max();
    let is_stuck = |then: &Timestamp| {
        let age = facts.observed_at.duration_since(*then);
        state.eq_ignore_ascii_case("Creating") && age >= LONG && age < OLD
    };
    let stuck = reported.filter(is_stuck);
    let mut message = match stuck {
        Some(since) => format!(
            "Azure says {state} of the extension {name}, and the agent's newest report is of {}: the installation does not come to an end.",
            minute(since)
        ),
        None if is_removal => format!("Azure says {state} of the extension {name}: it is being removed."),
        None => format!(
            "Azure says {state} of the extension {name}: a change of it is under way. Since when, Azure does not tell."
        ),
    };
    let trouble = trouble(extension);
    let words = trouble.as_ref().map(|trouble| install_words::read(&trouble.text)).filter(Words::is_known);
    if let Some(words) = &words {
        message.push('\n');
        message.push_str(&words.meaning);
    }
    let severity = match (stuck.is_some(), is_removal) {
        (true, _) => Severity::Error,
        (_, true) => Severity::Warning,
        _ => Severity::Info,
    };
    let mut finding = begin(extension, severity, message, state);
    finding.evidence.extend(trouble.as_ref().map(Trouble::evidence));
    finding.concerns.extend(record(facts, extension).map(ExtensionConfig::subject));
    if stuck.is_some() {
        finding.concerns.extend(install_words::waited_for(facts, None));
    }
    let namespace = &facts.extension.namespace;
    let remedy = if is_removal {
        "Wait until it is gone from the cluster, too, before you install it again: its namespace goes last. A removal \
         that takes longer than half an hour has met something; the events of the namespace say what."
    } else {
        "An installation or an update takes minutes. Look again; if it says the same after half an hour, see whether the \
         extension's pods come up, and whether the extension agent in kube-system gets its orders."
    };
    let mut remedy = Remedy::guided(remedy)
        .documented(show(extension, "{state:provisioningState, statuses:statuses}"))
        .documented(format!("kubectl --namespace {namespace} get events --watch"))
        .documented(format!("kubectl --namespace {namespace} get pods"));
    if !is_removal {
        remedy = remedy
            .documented("kubectl --namespace kube-system get pods --selector app.kubernetes.io/name=extension-manager");
    }
    finding.mended_by(remedy)
}

/// The last change succeeded, and an error stands beside it all the same.
fn lingering(facts: &Facts, extension: &ArmExtension, state: &str) -> Option<Finding> {
    let name = &extension.name;
    let report = newest_report(extension).filter(|status| is_error(status));
    let (severity, trouble, message) = match report.and_then(|status| Trouble::of_status(extension, status)) {
        Some(trouble) => (
            Severity::Warning,
            trouble,
            format!("Azure says {} of the extension {name}, but the agent's newest report is an error.", told(state)),
        ),
        None => (
            Severity::Info,
            of_error(extension).into_iter().next()?,
            format!(
                "Azure says {} of the extension {name} and keeps an error beside it; it may be of an earlier change.",
                told(state)
            ),
        ),
    };
    let words = install_words::read(&trouble.text);
    let mut finding = begin(extension, severity, format!("{message}\n{}", words.meaning), told(state));
    finding.evidence.push(trouble.evidence());
    finding.concerns.extend(record(facts, extension).map(ExtensionConfig::subject));
    let remedy = Remedy::guided(
        "See what runs in the cluster: where the extension's pods are ready and its storage location is Available, there is \
         nothing to mend. Otherwise mend what the error names.",
    )
    .documented(show(extension, "{state:provisioningState, error:errorInfo, statuses:statuses}"))
    .documented(format!("kubectl --namespace {} get pods", facts.extension.namespace));
    Some(finding.mended_by(remedy))
}

fn told(state: &str) -> &str {
    if state.is_empty() { "nothing of the state" } else { state }
}

fn begin(extension: &ArmExtension, severity: Severity, message: String, state: &str) -> Finding {
    Finding::new(severity, azure_subject(&extension.id), message)
        .seen(Evidence::quoted(format!("{} properties.provisioningState", extension.id), state))
}

/// The cluster's own record of the same extension.
fn record<'f>(facts: &'f Facts, extension: &ArmExtension) -> Option<&'f ExtensionConfig> {
    let all = facts.extension_configs.known_rows().iter();
    all.filter(|config| config.is_backup()).find(|config| config.metadata.name == extension.name)
}

/// An error that Azure tells.
struct Trouble {
    text: Text,
    at: String,
}

impl Trouble {
    fn of_status(extension: &ArmExtension, status: &StatusLine) -> Option<Self> {
        let text = status.message.as_ref().or(status.code.as_ref()).filter(|text| !text.trim().is_empty())?;
        Some(Self { text: text.clone(), at: format!("{} properties.statuses", extension.id) })
    }

    fn evidence(&self) -> Evidence {
        // What comes out of an envelope is redacted anew: a secret may have been hidden by how it was written there.
        let inner = Text::new(&unwrapped(&self.text));
        let is_telling = classify(&inner).iter().any(|found| found.sign.about().weight != Weight::Harmless);
        // The innermost words may be no more than "context deadline exceeded", and the telling ones around them.
        let telling = self.telling().filter(|_| !is_telling).and_then(|found| self.text.get(found.quote));
        let telling =
            telling.and_then(|text| text.split(": Recommendation").next()).map(|text| text.trim_matches(['[', ' ']));
        Evidence::quoted(&self.at, shortened(telling.unwrap_or(&inner), EXCERPT))
    }

    fn telling(&self) -> Option<Match> {
        classify(&self.text).into_iter().find(|found| found.sign.about().weight != Weight::Harmless)
    }
}

/// Returns the error that tells most: the innermost whose words are known, else the innermost.
fn trouble(extension: &ArmExtension) -> Option<Trouble> {
    let statuses = extension.properties.statuses.iter().rev().filter(|status| is_error(status));
    let mut all = of_error(extension);
    all.extend(statuses.filter_map(|status| Trouble::of_status(extension, status)));
    let telling = all.iter().position(|trouble| trouble.telling().is_some()).unwrap_or(0);
    (!all.is_empty()).then(|| all.swap_remove(telling))
}

/// The errors of the last change, the innermost first.
fn of_error(extension: &ArmExtension) -> Vec<Trouble> {
    let errors = extension.properties.error_info.iter().flat_map(|error| error.all());
    let mut troubles: Vec<Trouble> = errors
        .filter_map(|error| {
            let text = error.message.as_ref().or(error.code.as_ref()).filter(|text| !text.trim().is_empty())?;
            Some(Trouble { text: text.clone(), at: format!("{} properties.errorInfo", extension.id) })
        })
        .collect();
    troubles.reverse();
    troubles
}

fn is_error(status: &StatusLine) -> bool {
    status.level.as_deref().is_some_and(|level| level.eq_ignore_ascii_case("Error"))
}

/// The report that was made last; of reports without a time, the last of the list.
fn newest_report(extension: &ArmExtension) -> Option<&StatusLine> {
    extension.properties.statuses.iter().max_by_key(|status| status.time)
}

/// Takes the envelopes off a text, those of JSON among them.
fn unwrapped(text: &str) -> String {
    /// More nesting has never been seen.
    const DEEPEST: usize = 8;
    const MESSAGES: [&str; 6] =
        ["/error/message", "/innererror/message", "/innerError/message", "/error/Message", "/message", "/Message"];
    let mut inner = text.trim().to_owned();
    for _ in 0..DEEPEST {
        let json = serde_json::from_str::<Value>(&inner).ok();
        let message = json.as_ref().and_then(|json| MESSAGES.iter().find_map(|at| json.pointer(at)?.as_str()));
        let next = message.unwrap_or_else(|| innermost(&inner)).to_owned();
        if next == inner {
            break;
        }
        inner = next;
    }
    inner
}
