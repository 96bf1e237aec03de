//! What an error of an installation says, and what it leaves open.
//!
//! Knowledge: the catalogue's families of messages. A text that names its cause is told as such, with the
//! check that looks into it; helm's "timed out" names none.

use crate::catalogue::{Captured, Match, Sign, Weight, classify};
use crate::facts::Facts;
use crate::finding::Subject;

/// An error of an installation, read.
pub struct Words {
    /// What it says, in a sentence or more.
    pub meaning: String,
    /// What to do about it, in a sentence or more.
    pub advice: String,
    /// Whether it leaves the cause open.
    pub is_open: bool,
    /// Whether helm says, by these words, that it has taken the installation back.
    pub is_rolled_back: bool,
    /// Whether waiting is what it asks for.
    pub is_to_wait: bool,
    known: bool,
}

/// The causes that helm's time-out can have, and what tells them apart.
pub const SEVEN: &str = " The message does not say which of these it was: no room on the nodes, a taint, a node of another \
     platform or zone, a denial by policy or quota, an image that is not pulled, a container that ends or needs more \
     memory, an address that is not reached. The events and pods of the next attempt do, as long as it lasts.";

impl Words {
    /// Where the record has no words.
    pub fn none() -> Self {
        Self {
            meaning: "The record gives no reason.".to_owned(),
            advice: WATCH.to_owned(),
            is_open: false,
            is_rolled_back: false,
            is_to_wait: false,
            known: false,
        }
    }

    /// Returns whether the words are in a wording that this tool knows.
    pub const fn is_known(&self) -> bool {
        self.known
    }
}

/// Reads an error.
pub fn read(text: &str) -> Words {
    let found = classify(text);
    let Some(best) = found.iter().find(|found| found.sign.about().weight != Weight::Harmless) else {
        return Words {
            meaning: "Its words are not a wording that this tool knows.".to_owned(),
            advice: "Read the innermost error; what it names is the place to look.".to_owned(),
            is_open: false,
            is_rolled_back: false,
            is_to_wait: false,
            known: false,
        };
    };
    let is_cause = best.sign.about().weight == Weight::Cause;
    let (meaning, advice) = match best.sign {
        Sign::HelmWaitTimeout => (wait(best), WATCH.to_owned()),
        Sign::HelmHookFailed => (hook(best), WATCH.to_owned()),
        Sign::ResourceExists => (
            format!(
                "{} exists already and does not belong to this installation: a left-over, or another Velero's. AKSB126 left-over-blocks-install looks into it.",
                object(best)
            ),
            "Find out whose it is before you delete it: its labels and annotations name the release. A left-over of an \
             earlier installation may go; do not run two Veleros."
                .to_owned(),
        ),
        Sign::HelmInProgress => (
            "Another helm operation on this release has not ended, or was cut off.".to_owned(),
            "Wait ten minutes and look again before you do anything else.".to_owned(),
        ),
        Sign::ChartDownloadFailed => (
            "The chart could not be fetched, and the message does not say why.".to_owned(),
            "Look at the extension-operator's log in kube-system for the inner error: network, trust or the registry.".to_owned(),
        ),
        Sign::AgentNoAnswer => (
            "Azure got no answer from the extension agent in time. The agent's own log says why: DNS, network, identity, or \
             a pod that does not run."
                .to_owned(),
            "Look at the extension agent's pods and log in kube-system.".to_owned(),
        ),
        Sign::ExtensionStatusEmpty => (
            "The extension manager did not fill in the record in time: its operator does not run, or the extension's pods do \
             not come up."
                .to_owned(),
            "Look at the extension-operator's pods and log in kube-system, and at the extension's own pods.".to_owned(),
        ),
        sign if is_cause => {
            let check = check_of(sign).map_or(String::new(), |check| format!(" {check} looks into it."));
            let named = named(best).map_or(String::new(), |name| format!(" ({name})"));
            (
                format!("The text itself names the cause{named}: {}.{check} It does not mean {}.", sign.about().meaning, sign.about().not),
                "Mend what the text names; installing again does not.".to_owned(),
            )
        }
        sign => (format!("That says: {}.", sign.about().meaning), WATCH.to_owned()),
    };
    Words {
        meaning,
        advice,
        is_open: best.sign == Sign::HelmWaitTimeout,
        is_rolled_back: matches!(best.sign, Sign::HelmWaitTimeout | Sign::HelmHookFailed),
        is_to_wait: best.sign == Sign::HelmInProgress,
        known: true,
    }
}

/// The extension's workloads, by documentation: none of them may be there when the question is asked.
const WORKLOADS: [&str; 3] = [
    "dataprotection-microsoft-controller",
    "dataprotection-microsoft-kubernetes-agent",
    "dataprotection-microsoft-geneva-service",
];

/// The one hook Job that is known.
pub const HOOK_JOB: &str = "dataprotection-microsoft-kubernetes-agent-upgrade-crds";

/// Returns what an installation waited for by its error, or may have waited for where there is no error: whatever
/// befalls one of these can have caused it.
///
/// An error that names a cause of its own, or that is in no known wording, waited for nothing: only a finding that
/// stands on the same record explains it.
pub fn waited_for(facts: &Facts, text: Option<&str>) -> Vec<Subject> {
    let namespace = facts.extension.namespace.as_str();
    let deployment = |name: &str| Subject::namespaced("apps/v1", "Deployment", namespace, name);
    let job = |name: &str| Subject::namespaced("batch/v1", "Job", namespace, name);
    let manager = |name: &str| Subject::namespaced("apps/v1", "Deployment", crate::facts::SYSTEM_NAMESPACE, name);
    let place = Subject::cluster_wide("v1", "Namespace", namespace);
    let all = || {
        let own = facts.deployments.known_rows().iter().filter(|known| facts.is_own(&known.metadata));
        let mut names: Vec<&str> = own.map(|known| known.metadata.name.as_str()).chain(WORKLOADS).collect();
        names.sort_unstable();
        names.dedup();
        let mut subjects: Vec<Subject> = names.into_iter().map(deployment).collect();
        subjects.extend([job(HOOK_JOB), place.clone()]);
        subjects
    };
    let Some(text) = text else {
        return all().into_iter().chain(["extension-agent", "extension-operator"].map(manager)).collect();
    };
    let found = classify(text);
    let Some(best) = found.iter().find(|found| found.sign.about().weight != Weight::Harmless) else {
        return Vec::new();
    };
    match (best.sign, &best.captured) {
        (Sign::HelmWaitTimeout, Captured::Release { resource: Some(name), namespace: of, .. }) => {
            // Helm names the resource without its kind, and the namespace in most wordings.
            let of = of.as_deref().unwrap_or(namespace);
            vec![
                Subject::namespaced("apps/v1", "Deployment", of, name),
                Subject::namespaced("batch/v1", "Job", of, name),
                place,
            ]
        }
        (Sign::HelmWaitTimeout, _) => all(),
        (Sign::HelmHookFailed, Captured::Hook { job: Some(name), .. }) => vec![job(name), place],
        (Sign::HelmHookFailed, _) => vec![job(HOOK_JOB), place],
        (Sign::NamespaceTerminating, _) => vec![place],
        (Sign::AgentNoAnswer, _) => vec![manager("extension-agent")],
        (Sign::ExtensionStatusEmpty, _) => all().into_iter().chain([manager("extension-operator")]).collect(),
        _ => Vec::new(),
    }
}

const WATCH: &str = "Where a finding beside this names the cause, mend that first. Then install again, and watch the events and \
     the pods meanwhile: while the attempt lasts they say why it fails.";

fn wait(found: &Match) -> String {
    match &found.captured {
        Captured::Release { resource: Some(resource), namespace, .. } => {
            let place = namespace.as_ref().map_or(String::new(), |namespace| format!(" in {namespace}"));
            let geneva = if resource.ends_with("geneva-service") {
                " Of this Deployment, which sends telemetry, public reports also know blocked ways to Azure's monitoring \
                 endpoints and a proxy."
            } else {
                ""
            };
            format!("Helm waited in vain for {resource}{place} to become ready.{geneva}")
        }
        _ => "Helm waited in vain for the extension's pods to become ready.".to_owned(),
    }
}

fn hook(found: &Match) -> String {
    match &found.captured {
        Captured::Hook { job: Some(job), phase, reason, .. } => {
            let phase = phase.as_ref().map_or(String::new(), |phase| format!(" {phase}"));
            let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("Helm's{phase} hook, the Job {job}, failed{reason}.")
        }
        Captured::Hook { phase: Some(phase), reason: Some(reason), .. } => {
            format!("Helm's {phase} hook failed: {reason}.")
        }
        _ => "A hook of helm's failed.".to_owned(),
    }
}

fn object(found: &Match) -> String {
    match &found.captured {
        Captured::Existing { kind: Some(kind), namespace, name: Some(name), .. } => {
            let place = namespace.as_ref().map_or(String::new(), |namespace| format!(" in {namespace}"));
            format!("{kind} {name}{place}")
        }
        _ => "An object of the chart".to_owned(),
    }
}

/// The name that a message's own trouble has.
fn named(found: &Match) -> Option<&str> {
    match &found.captured {
        Captured::Denial { by: Some(name), .. }
        | Captured::Quota { quota: Some(name), .. }
        | Captured::Disallowed { assignment: Some(name), .. }
        | Captured::Lock { scope: Some(name), .. }
        | Captured::Image { image: Some(name) } => Some(name),
        other => other.host(),
    }
}

/// The check that looks into a cause that an installation's error can name.
const fn check_of(sign: Sign) -> Option<&'static str> {
    Some(match sign {
        Sign::InsufficientRoom => "AKSB103 pods-no-room",
        Sign::TaintNotTolerated => "AKSB104 pods-untolerated-taints",
        Sign::QuotaExceeded | Sign::QuotaWantsLimits => "AKSB108 pods-over-quota",
        Sign::LimitRange => "AKSB109 pods-outside-limits",
        Sign::DeniedByAzurePolicy => "AKSB110 pods-denied-by-azure-policy",
        Sign::DeniedByConstraint => "AKSB111 pods-denied-by-constraint",
        Sign::DeniedByAdmissionPolicy => "AKSB112 pods-denied-by-admission-policy",
        Sign::DeniedByPodSecurity => "AKSB113 pods-denied-by-pod-security",
        Sign::DeniedByWebhook | Sign::WebhookUnreachable => "AKSB114 pods-denied-by-webhook",
        Sign::ImageNotFound | Sign::ImageUnauthorized | Sign::ImageNoRoute => "AKSB115 image-not-pulled",
        Sign::NamespaceTerminating => "AKSB120 namespace-terminating",
        Sign::StaleApiService => "AKSB702 api-service-unavailable",
        Sign::ConnectTimeout | Sign::ConnectReset | Sign::NoRoute | Sign::ProxyUnreachable | Sign::DnsTimeout => {
            "AKSB304 egress-timed-out"
        }
        Sign::ConnectRefused => "AKSB305 egress-refused",
        Sign::TlsUntrusted | Sign::TlsExpired | Sign::ProxyAuthRequired => "AKSB307 tls-untrusted",
        _ => return None,
    })
}
