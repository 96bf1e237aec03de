//! What explains what: the one place that knows more than one check.
//!
//! A row says that where both findings are there, the effect is no news of its own. The table has
//! no cycle; a test holds that, and that every name in it is a check's.

/// Whether cause and effect must be about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// They must share a subject.
    Subject,
    /// They need not.
    Anything,
}

/// One row: this cause explains that effect.
#[derive(Debug)]
pub struct Explains {
    /// The name of the check that finds the effect.
    pub effect: &'static str,
    /// The name of the check that finds the cause.
    pub cause: &'static str,
    /// Whether they must be about the same thing.
    pub same: Same,
}

const fn row(effect: &'static str, cause: &'static str, same: Same) -> Explains {
    Explains { effect, cause, same }
}

/// The table.
pub const CAUSES: &[Explains] = &[
    row("bsl-unavailable", "bsl-missing", Same::Anything),
    // What keeps the pods from running makes helm give up, and is all that there is to say of a pod that waits.
    row("extension-install-failed", "pods-no-room", Same::Anything),
    row("extension-install-failed", "pods-untolerated-taints", Same::Anything),
    row("extension-install-failed", "pods-wrong-platform", Same::Anything),
    row("extension-install-failed", "pods-volume-elsewhere", Same::Anything),
    row("extension-install-failed", "pods-affinity-unmet", Same::Anything),
    row("extension-install-failed", "pods-over-quota", Same::Anything),
    row("extension-install-failed", "pods-outside-limits", Same::Anything),
    row("extension-install-failed", "pods-denied-by-azure-policy", Same::Anything),
    row("extension-install-failed", "pods-denied-by-constraint", Same::Anything),
    row("extension-install-failed", "pods-denied-by-admission-policy", Same::Anything),
    row("extension-install-failed", "pods-denied-by-pod-security", Same::Anything),
    row("extension-install-failed", "pods-denied-by-webhook", Same::Anything),
    row("extension-install-failed", "namespace-terminating", Same::Anything),
    row("pods-not-ready", "pods-no-room", Same::Subject),
    row("pods-not-ready", "pods-untolerated-taints", Same::Subject),
    row("pods-not-ready", "pods-wrong-platform", Same::Subject),
    row("pods-not-ready", "pods-volume-elsewhere", Same::Subject),
    row("pods-not-ready", "pods-affinity-unmet", Same::Subject),
    row("pods-not-ready", "pods-over-quota", Same::Subject),
    row("pods-not-ready", "pods-outside-limits", Same::Subject),
    row("pods-not-ready", "pods-denied-by-azure-policy", Same::Subject),
    row("pods-not-ready", "pods-denied-by-constraint", Same::Subject),
    row("pods-not-ready", "pods-denied-by-admission-policy", Same::Subject),
    row("pods-not-ready", "pods-denied-by-pod-security", Same::Subject),
    row("pods-not-ready", "pods-denied-by-webhook", Same::Subject),
    row("pods-not-ready", "namespace-terminating", Same::Anything),
    row("bsl-missing", "namespace-terminating", Same::Anything),
    // Where no node can reach a pod's volume, room on the others is of no use.
    row("pods-no-room", "pods-volume-elsewhere", Same::Subject),
    // An image for another processor ends again and again.
    row("container-crashing", "pods-wrong-platform", Same::Subject),
    row("image-not-pulled", "pods-wrong-platform", Same::Subject),
    // A Job that may not make its pods runs out of time.
    row("hook-job-failed", "pods-denied-by-azure-policy", Same::Subject),
    row("hook-job-failed", "pods-denied-by-constraint", Same::Subject),
    row("hook-job-failed", "pods-denied-by-admission-policy", Same::Subject),
    row("hook-job-failed", "pods-denied-by-pod-security", Same::Subject),
    row("hook-job-failed", "pods-denied-by-webhook", Same::Subject),
    row("hook-job-failed", "pods-over-quota", Same::Subject),
    row("hook-job-failed", "pods-outside-limits", Same::Subject),
];
