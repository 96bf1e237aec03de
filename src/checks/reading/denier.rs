//! Who denies a pod, as the subject of a finding: checks that tell of one denial name one and the same object.

use crate::catalogue::{Captured, Match, Sign};
use crate::facts::Facts;
use crate::finding::Subject;

/// Returns a Gatekeeper constraint, Azure Policy's or one's own: its name is told, its kind is not.
pub fn constraint(name: &str) -> Subject {
    Subject {
        api_version: Some("constraints.gatekeeper.sh/v1beta1".to_owned()),
        name: Some(name.to_owned()),
        ..Subject::default()
    }
}

/// Returns a ValidatingAdmissionPolicy.
pub fn admission_policy(name: &str) -> Subject {
    Subject::cluster_wide("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", name)
}

/// Returns a webhook: which configuration it stands in, and whether that validates or mutates, is not told.
pub fn webhook(name: &str) -> Subject {
    Subject {
        api_version: Some("admissionregistration.k8s.io/v1".to_owned()),
        name: Some(name.to_owned()),
        ..Subject::default()
    }
}

/// Returns the namespace whose level, limits or end deny.
pub fn namespace(facts: &Facts) -> Subject {
    Subject::cluster_wide("v1", "Namespace", &facts.extension.namespace)
}

/// Returns who denies, by the words of a denial; `None` where they name nobody.
pub fn of(told: &Match, facts: &Facts) -> Option<Subject> {
    match (told.sign, &told.captured) {
        (Sign::DeniedByPodSecurity | Sign::LimitRange | Sign::NamespaceTerminating, _) => Some(namespace(facts)),
        (Sign::DeniedByAzurePolicy | Sign::DeniedByConstraint, Captured::Denial { by: Some(name), .. }) => {
            Some(constraint(name))
        }
        (Sign::DeniedByAdmissionPolicy, Captured::Denial { by: Some(name), .. }) => Some(admission_policy(name)),
        (Sign::DeniedByWebhook | Sign::WebhookUnreachable, Captured::Denial { by: Some(name), .. }) => {
            Some(webhook(name))
        }
        (Sign::QuotaExceeded | Sign::QuotaWantsLimits, Captured::Quota { quota: Some(name), .. }) => {
            Some(Subject::namespaced("v1", "ResourceQuota", &facts.extension.namespace, name))
        }
        _ => None,
    }
}
