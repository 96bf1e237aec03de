//! A pod like the install hook's would not be let into the extension's namespace now.
//!
//! Knowledge: diagnosis.md section 5, row 8, and section 2, entry 7 (for a Job or a ReplicaSet a denial is in events only,
//! and these are gone after an hour, or with helm's roll-back): a dry run shows it at any time. It is asked as the person
//! who runs the tool, with a pod that is like the extension's and not the same, so what depends on either is told as such.

use super::check::{Check, Judgement};
use super::reading::agent::{is_installed, says};
use super::reading::denier;
use super::reading::extension_parts::run_on;
use super::reading::install_words::waited_for;
use crate::catalogue::{Captured, Match, Sign, Weight, classify};
use crate::facts::objects::ExtensionConfig;
use crate::facts::{Facts, Need, Stop, Text, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB129",
    name: "admission-denies-a-trial-pod",
    hop: Hop::Extension,
    title: "admission would let a pod of the extension in",
    needs: &[
        required(Need::AdmissionTrial),
        helpful(Need::ExtensionConfigs),
        helpful(Need::Pods),
        helpful(Need::Deployments),
        helpful(Need::LimitRanges),
    ],
    explains: &[
        "POLICY_IMAGE_NOT_ALLOWED_GATEKEEPER",
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        "UserErrorKubernetesBackupExtensionHasErrors",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the API server would let a pod like the one of the extension's install hook into its namespace,
  by a dry run that leaves nothing behind.

Why it matters
  What is denied is never made. While an installation fails, that is why; while the extension runs, the next
  pod that is made anew, after an upgrade or a drain, is the one that fails.

How it is found
  The API server's answer. Who denies is read from its words: Azure Policy, a constraint of one's own, a
  ValidatingAdmissionPolicy, a webhook, a pod security level, a quota, limits. The pod is like the
  extension's: labels, images, resources, probes and how its containers may run are those of the live
  Deployment, or what is documented where there is none; the question is asked as you. So only a denial about
  the image or the namespace, and a webhook that cannot be called, surely befall the extension too: an error
  while it does not run, a warning while it does. Any other denial is a warning, or a remark.

What to do
  What the finding about the same denial says, where there is one; else have the owner of what denies leave
  the extension's namespace out.

Sources
  The Kubernetes documentation of dry runs and of admission; public reports of denied install hooks.
";

fn run(facts: &Facts) -> Judgement {
    let trial = facts.admission_trial.required(Need::AdmissionTrial.what())?;
    if trial.allowed {
        return Ok(Vec::new());
    }
    let said = trial.message.clone().unwrap_or_default();
    let found = classify(&said);
    if found.iter().any(|told| told.sign == Sign::NamespaceTerminating) {
        return Err(Stop::not_applicable("the namespace is being deleted, so nothing at all can be made in it"));
    }
    let told = found.iter().find(|told| told.sign.about().weight == Weight::Cause);
    Ok(vec![denied(facts, &said, told)])
}

fn denied(facts: &Facts, said: &Text, told: Option<&Match>) -> Finding {
    let namespace = &facts.extension.namespace;
    let stands = is_installed(facts) || run_on(facts);
    let unsure = unsure(told);
    let mut message = format!(
        "A pod like the one of the extension's install hook would not be let into namespace {namespace} now: {}.",
        told.map_or_else(|| "the API server refuses it, in words that this tool does not know".to_owned(), who)
    );
    message.push_str(" It was asked by a dry run, which leaves nothing.");
    if let Some(why) = unsure {
        message.push_str(&format!("\n{why}"));
    }
    message.push_str(match (stands, unsure.is_some()) {
        (true, true) => "\nWhat runs goes on.",
        (true, false) => {
            "\nWhat runs goes on. A pod that is made anew, after an upgrade, a drain or a crash of its node, meets the same."
        }
        (false, true) => "\nAn installation may meet the same.",
        (false, false) => "\nAn installation meets the same, so it cannot come to its end.",
    });
    let severity = match (stands, unsure.is_some()) {
        (true, true) => Severity::Info,
        (false, false) => Severity::Error,
        _ => Severity::Warning,
    };
    let subject = told.and_then(|told| denier::of(told, facts)).unwrap_or_else(|| denier::namespace(facts));
    let mut finding = Finding::new(severity, subject, message)
        .seen(Evidence::quoted(format!("dry run of a pod in namespace {namespace}"), said.as_str()));
    if told.is_some_and(|told| told.sign == Sign::LimitRange) {
        let ranges = facts.limit_ranges.known_rows().iter();
        finding.concerns.extend(ranges.map(|range| range.metadata.subject("v1", "LimitRange")));
    }
    // What may not befall the extension's own pods explains nothing of theirs.
    for config in left_open(facts).filter(|_| unsure.is_none()) {
        finding.concerns.push(config.subject());
        // What the installation waited for may have met the same; of these, the pod on trial is like the hook's.
        let waited = waited_for(facts, config.failure().map(Text::as_str)).into_iter();
        finding.concerns.extend(waited.filter(|subject| subject.kind.as_deref() == Some("Job")));
    }
    let finding = finding.without(
        facts
            .unread(Need::Pods)
            .or_else(|| facts.unread(Need::ExtensionConfigs))
            .filter(|_| !stands)
            .map(|unread| format!("whether the extension runs all the same: {}", unread.why)),
    );
    finding.mended_by(remedy(facts, told))
}

/// Says who denies, and what it says.
fn who(told: &Match) -> String {
    let said = |said: &Option<String>| {
        let said = said.as_deref().map(|said| said.trim_end_matches('.')).filter(|said| !said.is_empty());
        said.map_or(String::new(), |said| format!(", which says: {said}"))
    };
    let name = |by: &Option<String>| by.clone().map_or(String::new(), |by| format!(" {by}"));
    match (told.sign, &told.captured) {
        (Sign::DeniedByAzurePolicy, Captured::Denial { by, said: words, .. }) => {
            format!("Azure Policy denies it by the constraint{}{}", name(by), said(words))
        }
        (Sign::DeniedByConstraint, Captured::Denial { by, said: words, .. }) => {
            format!("Gatekeeper denies it by the constraint{}, one of this cluster's own{}", name(by), said(words))
        }
        (Sign::DeniedByAdmissionPolicy, Captured::Denial { by, said: words, .. }) => {
            format!("the ValidatingAdmissionPolicy{} denies it{}", name(by), said(words))
        }
        (Sign::DeniedByPodSecurity, Captured::Denial { by, .. }) => {
            format!("the namespace enforces the pod security level{}, which forbids it", name(by))
        }
        (Sign::DeniedByWebhook, Captured::Denial { by, said: words, .. }) => {
            format!("the admission webhook{} denies it{}", name(by), said(words))
        }
        (Sign::WebhookUnreachable, Captured::Denial { by, .. }) => {
            format!("the admission webhook{} must be asked and cannot be called", name(by))
        }
        (Sign::QuotaExceeded, Captured::Quota { quota, .. }) => {
            format!("the ResourceQuota{} is used up", name(quota))
        }
        (Sign::QuotaWantsLimits, Captured::Quota { quota, .. }) => {
            format!("the ResourceQuota{} demands of every container what this one does not state", name(quota))
        }
        (Sign::LimitRange, Captured::Denial { said: words, .. }) => {
            format!("a LimitRange of the namespace forbids it{}", said(words))
        }
        (sign, _) => sign.about().meaning.to_owned(),
    }
}

/// Says why the extension's own pods may fare better than the one on trial; nothing where they cannot.
///
/// The image and the namespace are the extension's own, and a webhook that cannot be called is silent to everybody. All
/// else that admission judges may be otherwise in the extension's pods, or for whoever makes them.
fn unsure(told: Option<&Match>) -> Option<&'static str> {
    match told.map(|told| (told.sign, &told.captured)) {
        Some((Sign::WebhookUnreachable, _)) => None,
        Some((Sign::DeniedByAdmissionPolicy, Captured::Denial { by: Some(name), .. }))
            if name.starts_with("aks-managed") =>
        {
            Some(
                "The policy is AKS' own, and such policies judge by who asks: the question was asked as you, while the extension's pods are made by the cluster's controllers, which may be let through.",
            )
        }
        Some((_, Captured::Denial { said: Some(words), .. })) if is_about_image_or_namespace(words) => None,
        Some((Sign::DeniedByPodSecurity, _)) => Some(
            "The level judges how a container may run; the extension's own pods may state more about that than the one on trial, and be let in.",
        ),
        Some((Sign::QuotaExceeded | Sign::QuotaWantsLimits | Sign::LimitRange | Sign::RequestAboveLimit, _)) => Some(
            "The pod on trial asks for what the extension's Deployment asks for, or, without one, for what is documented; a pod of the extension that asks for less may be let in.",
        ),
        _ => Some(
            "The denial is not surely about the image or the namespace, which are the extension's own: how the extension's pods run, their probes, labels and account, and who makes them may be otherwise than on trial, so they may be let in.",
        ),
    }
}

/// Details of a pod, of an image's name, or of who asks, in which the extension's pods may differ.
const DETAILS: &[&str] = &[
    "annotation",
    "capabilit",
    "cpu",
    "digest",
    "host",
    "label",
    "limit",
    "memory",
    "non-root",
    "nonroot",
    "privileg",
    "probe",
    "pull",
    "request",
    "root",
    "runas",
    "seccomp",
    "security",
    "serviceaccount",
    "service account",
    "sign",
    "tag",
    "user",
    "verif",
    "volume",
];

/// Tells whether a denial's words are about the image or the namespace, and about nothing else.
fn is_about_image_or_namespace(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    let is_about = ["image", "registr", "namespace"].iter().any(|thing| words.contains(thing));
    is_about && !DETAILS.iter().any(|detail| words.contains(detail))
}

/// Returns the records of an installation that does not come to its end by words that leave the cause open.
fn left_open(facts: &Facts) -> impl Iterator<Item = &ExtensionConfig> {
    let backup = facts.extension_configs.known_rows().iter().filter(|config| config.is_backup());
    backup
        .filter(|config| !says(config, "Installed"))
        .filter(|config| !waited_for(facts, config.failure().map(Text::as_str)).is_empty())
}

fn remedy(facts: &Facts, told: Option<&Match>) -> Remedy {
    let namespace = &facts.extension.namespace;
    let sign = told.map(|told| told.sign);
    let text = match sign {
        Some(Sign::DeniedByAzurePolicy) => format!(
            "Have the owner of the policy's assignment leave namespace {namespace} out, or let in what it denies; a change of the constraint in the cluster would be undone."
        ),
        Some(Sign::QuotaExceeded | Sign::QuotaWantsLimits | Sign::LimitRange) => {
            format!("Have the owner of namespace {namespace}'s limits make room for the extension's pods.")
        }
        Some(Sign::DeniedByPodSecurity) => format!(
            "See whether the extension's own pods are refused, in the events of namespace {namespace}. Only if they are, enforce a lower level there."
        ),
        Some(Sign::WebhookUnreachable) => {
            "Bring back what serves the webhook; if that is gone for good, its owner removes its configuration."
                .to_owned()
        }
        _ => format!("Have the owner of what denies leave namespace {namespace} out."),
    };
    let commands: &[&str] = match sign {
        Some(Sign::DeniedByAzurePolicy | Sign::DeniedByConstraint) => &[
            "kubectl get constraints --output custom-columns=KIND:.kind,NAME:.metadata.name,ASSIGNMENT:.metadata.annotations.azure-policy-assignment-id",
        ],
        Some(Sign::DeniedByAdmissionPolicy) => {
            &["kubectl get validatingadmissionpolicies,validatingadmissionpolicybindings"]
        }
        Some(Sign::DeniedByWebhook | Sign::WebhookUnreachable) => {
            &["kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"]
        }
        _ => &[],
    };
    let mut remedy = commands.iter().fold(Remedy::guided(text), |remedy, command| remedy.documented(*command));
    if matches!(sign, Some(Sign::QuotaExceeded | Sign::QuotaWantsLimits | Sign::LimitRange)) {
        remedy = remedy.documented(format!("kubectl --namespace {namespace} describe resourcequotas,limitranges"));
    }
    remedy.documented(format!("kubectl --namespace {namespace} get events --sort-by .lastTimestamp"))
}
