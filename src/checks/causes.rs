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
    // What keeps the pods from running makes helm give up, and is all that there is to say of a pod that waits. Which
    // pods helm waited for, the finding says in its concerns; where the error names a cause of its own, there are none.
    row("extension-install-failed", "pods-no-room", Same::Subject),
    row("extension-install-failed", "pods-untolerated-taints", Same::Subject),
    row("extension-install-failed", "pods-wrong-platform", Same::Subject),
    row("extension-install-failed", "pods-volume-elsewhere", Same::Subject),
    row("extension-install-failed", "pods-affinity-unmet", Same::Subject),
    row("extension-install-failed", "pods-over-quota", Same::Subject),
    row("extension-install-failed", "pods-outside-limits", Same::Subject),
    row("extension-install-failed", "pods-denied-by-azure-policy", Same::Subject),
    row("extension-install-failed", "pods-denied-by-constraint", Same::Subject),
    row("extension-install-failed", "pods-denied-by-admission-policy", Same::Subject),
    row("extension-install-failed", "pods-denied-by-pod-security", Same::Subject),
    row("extension-install-failed", "pods-denied-by-webhook", Same::Subject),
    row("extension-install-failed", "namespace-terminating", Same::Subject),
    // What is said of the nodes while no pod is there; it knows what helm may have waited for.
    row("extension-install-failed", "extension-fits-no-node", Same::Subject),
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
    // An agent without orders: nothing arrives, or the record waits. Which record, the finding says.
    row("extension-install-failed", "dp-endpoint-unresolved", Same::Subject),
    row("extension-install-failed", "dp-endpoint-private", Same::Subject),
    row("extension-install-failed", "agent-unauthorized", Same::Subject),
    row("extension-install-failed", "egress-timed-out", Same::Subject),
    row("extension-install-failed", "egress-refused", Same::Subject),
    row("extension-install-failed", "tls-untrusted", Same::Subject),
    row("extension-missing", "dp-endpoint-unresolved", Same::Anything),
    row("extension-missing", "dp-endpoint-private", Same::Anything),
    row("extension-missing", "agent-unauthorized", Same::Anything),
    row("extension-missing", "egress-timed-out", Same::Anything),
    row("extension-missing", "egress-refused", Same::Anything),
    row("extension-missing", "tls-untrusted", Same::Anything),
    row("extension-missing", "agent-not-ready", Same::Anything),
    row("extension-install-failed", "agent-not-ready", Same::Subject),
    row("agent-not-ready", "image-not-pulled", Same::Subject),
    row("agent-not-ready", "container-oom-killed", Same::Subject),
    row("agent-not-ready", "container-crashing", Same::Subject),
    row("agent-not-ready", "egress-timed-out", Same::Subject),
    row("agent-not-ready", "egress-refused", Same::Subject),
    row("agent-not-ready", "tls-untrusted", Same::Subject),
    row("dp-endpoint-unresolved", "coredns-endpoint-unresolved", Same::Subject),
    // What keeps a workload from running, and through it the installation.
    row("pods-not-ready", "image-not-pulled", Same::Subject),
    row("pods-not-ready", "container-oom-killed", Same::Subject),
    row("pods-not-ready", "container-crashing", Same::Subject),
    row("pods-not-ready", "hook-job-failed", Same::Subject),
    row("pods-not-ready", "egress-timed-out", Same::Subject),
    row("pods-not-ready", "egress-refused", Same::Subject),
    row("pods-not-ready", "tls-untrusted", Same::Subject),
    row("extension-install-failed", "pods-not-ready", Same::Subject),
    row("extension-install-failed", "image-not-pulled", Same::Subject),
    row("extension-install-failed", "container-oom-killed", Same::Subject),
    row("extension-install-failed", "container-crashing", Same::Subject),
    row("extension-install-failed", "hook-job-failed", Same::Subject),
    row("container-crashing", "egress-timed-out", Same::Subject),
    row("container-crashing", "egress-refused", Same::Subject),
    row("container-crashing", "tls-untrusted", Same::Subject),
    // A hook Job: its own container, its own connections.
    row("hook-job-failed", "egress-timed-out", Same::Subject),
    row("hook-job-failed", "egress-refused", Same::Subject),
    row("hook-job-failed", "tls-untrusted", Same::Subject),
    row("hook-job-failed", "image-not-pulled", Same::Subject),
    row("hook-job-failed", "container-oom-killed", Same::Subject),
    // Velero runs in the agent: only what befalls that, and only where the backup's own words leave it open or point at it.
    row("backups-failing", "container-oom-killed", Same::Subject),
    row("backups-failing", "plugin-killed", Same::Subject),
    row("backups-failing", "container-crashing", Same::Subject),
    row("backups-failing", "pods-not-ready", Same::Subject),
    // A Job that may not make its pods runs out of time.
    row("hook-job-failed", "pods-denied-by-azure-policy", Same::Subject),
    row("hook-job-failed", "pods-denied-by-constraint", Same::Subject),
    row("hook-job-failed", "pods-denied-by-admission-policy", Same::Subject),
    row("hook-job-failed", "pods-denied-by-pod-security", Same::Subject),
    row("hook-job-failed", "pods-denied-by-webhook", Same::Subject),
    row("hook-job-failed", "pods-over-quota", Same::Subject),
    row("hook-job-failed", "pods-outside-limits", Same::Subject),
    // Which backup a snapshot belongs to, its label says. What is left over uses up the limit for the others.
    row("backups-failing", "snapshots-not-ready", Same::Subject),
    row("backups-failing", "snapshots-throttled", Same::Subject),
    row("snapshots-throttled", "snapshots-orphaned", Same::Subject),
    // A replica that refused a change, or does not come up: which names and locations that hits, the finding says.
    row("dp-endpoint-unresolved", "coredns-crashing", Same::Subject),
    row("storage-unreachable", "coredns-crashing", Same::Subject),
    row("coredns-replicas-differ", "coredns-reload-failed", Same::Anything),
    row("coredns-reload-failed", "coredns-configuration-refused", Same::Subject),
    row("coredns-crashing", "coredns-configuration-refused", Same::Subject),
    // What is refused while CoreDNS runs ends the replica that starts on it; which refusal it was, both findings say.
    row("coredns-crashing", "coredns-reload-failed", Same::Subject),
    // A configuration that is taken and answers nothing: whom that hits, the finding says.
    row("dp-endpoint-unresolved", "coredns-custom-breaks-dns", Same::Subject),
    row("coredns-endpoint-unresolved", "coredns-custom-breaks-dns", Same::Subject),
    row("storage-unreachable", "coredns-custom-breaks-dns", Same::Subject),
    // Who answers a token request: an exception that is missing, or does not fit, explains NMI's refusal.
    row("pod-identity-refused", "pod-identity-exception-missing", Same::Anything),
    row("pod-identity-refused", "pod-identity-exception-mismatch", Same::Anything),
    // Names without an address: which locations that hits, the finding says.
    row("storage-unreachable", "coredns-azure-names-unresolved", Same::Subject),
    row("bsl-unavailable", "coredns-azure-names-unresolved", Same::Subject),
    // What stands against a location explains that it is unavailable.
    row("bsl-unavailable", "pod-identity-refused", Same::Subject),
    row("bsl-unavailable", "pod-identity-exception-missing", Same::Subject),
    row("bsl-unavailable", "pod-identity-exception-mismatch", Same::Subject),
    row("bsl-unavailable", "imds-identity-not-found", Same::Subject),
    row("bsl-unavailable", "several-identities", Same::Subject),
    row("bsl-unavailable", "workload-identity-not-injected", Same::Subject),
    row("bsl-unavailable", "federated-credential-mismatch", Same::Subject),
    row("bsl-unavailable", "oidc-issuer-off", Same::Subject),
    row("bsl-unavailable", "login-refused", Same::Subject),
    row("bsl-unavailable", "imds-unreachable", Same::Subject),
    row("bsl-unavailable", "storage-role-missing", Same::Subject),
    row("bsl-unavailable", "storage-listkeys-denied", Same::Subject),
    row("bsl-unavailable", "storage-network-denied", Same::Subject),
    row("bsl-unavailable", "storage-keys-disabled", Same::Subject),
    row("bsl-unavailable", "storage-throttled", Same::Subject),
    row("bsl-unavailable", "storage-container-missing", Same::Subject),
    row("bsl-unavailable", "storage-account-missing", Same::Subject),
    row("bsl-unavailable", "storage-unreachable", Same::Subject),
    row("bsl-unavailable", "storage-tls-untrusted", Same::Subject),
    row("bsl-unavailable", "bsl-settings-wrong", Same::Subject),
    row("bsl-unavailable", "storage-key-wrong", Same::Subject),
    // A location that cannot be used, written to or found stops the backups.
    row("backups-failing", "bsl-unavailable", Same::Subject),
    row("backups-failing", "bsl-read-only", Same::Subject),
    row("backups-failing", "bsl-missing", Same::Subject),
    row("backups-failing", "bsl-no-default", Same::Subject),
    // What helm's own words name, and whose it is.
    row("extension-install-failed", "left-over-blocks-install", Same::Subject),
    row("left-over-blocks-install", "second-velero", Same::Subject),
    row("snapshot-class-interferes", "second-velero", Same::Subject),
    // The list of kinds has a hole.
    row("namespace-terminating", "api-service-unavailable", Same::Subject),
    row("extension-install-failed", "api-service-unavailable", Same::Subject),
    // A webhook without a service refuses by being silent.
    row("pods-denied-by-webhook", "webhook-unanswered", Same::Subject),
    // A dry run meets what pods met before it; where their traces are gone, it alone tells why.
    row("admission-denies-a-trial-pod", "pods-denied-by-azure-policy", Same::Subject),
    row("admission-denies-a-trial-pod", "pods-denied-by-constraint", Same::Subject),
    row("admission-denies-a-trial-pod", "pods-denied-by-admission-policy", Same::Subject),
    row("admission-denies-a-trial-pod", "pods-denied-by-pod-security", Same::Subject),
    row("admission-denies-a-trial-pod", "pods-denied-by-webhook", Same::Subject),
    row("admission-denies-a-trial-pod", "pods-over-quota", Same::Subject),
    row("admission-denies-a-trial-pod", "pods-outside-limits", Same::Subject),
    row("admission-denies-a-trial-pod", "webhook-unanswered", Same::Subject),
    row("extension-install-failed", "admission-denies-a-trial-pod", Same::Subject),
    row("hook-job-failed", "admission-denies-a-trial-pod", Same::Subject),
    // Without their kinds there are no objects, and who looks for them ends.
    row("bsl-missing", "crds-missing", Same::Subject),
    row("container-crashing", "crds-missing", Same::Subject),
    row("pods-not-ready", "crds-missing", Same::Subject),
    // Whoever looks after the locations does not run.
    row("bsl-stale", "pods-not-ready", Same::Subject),
    row("bsl-stale", "container-oom-killed", Same::Subject),
    row("bsl-stale", "container-crashing", Same::Subject),
    row("bsl-stale", "image-not-pulled", Same::Subject),
    row("bsl-never-validated", "pods-not-ready", Same::Subject),
    row("bsl-never-validated", "container-oom-killed", Same::Subject),
    row("bsl-never-validated", "container-crashing", Same::Subject),
    row("bsl-never-validated", "image-not-pulled", Same::Subject),
    // A backup that was cut off, by what befell the agent; one that is stuck, likewise.
    row("backups-failing", "backup-interrupted", Same::Subject),
    row("backup-interrupted", "container-oom-killed", Same::Subject),
    row("backup-interrupted", "container-crashing", Same::Subject),
    row("backup-interrupted", "pods-not-ready", Same::Subject),
    row("backup-stuck", "container-oom-killed", Same::Subject),
    row("backup-stuck", "container-crashing", Same::Subject),
    row("backup-stuck", "image-not-pulled", Same::Subject),
    row("backup-stuck", "pods-not-ready", Same::Subject),
    row("restore-stuck", "container-oom-killed", Same::Subject),
    row("restore-stuck", "container-crashing", Same::Subject),
    row("restore-stuck", "image-not-pulled", Same::Subject),
    row("restore-stuck", "pods-not-ready", Same::Subject),
    // A restore needs the agent and the location, and only their trouble that its own words point at or leave open.
    row("restore-failed", "container-oom-killed", Same::Subject),
    row("restore-failed", "container-crashing", Same::Subject),
    row("restore-failed", "plugin-killed", Same::Subject),
    row("restore-failed", "bsl-unavailable", Same::Subject),
    row("restore-failed", "bsl-missing", Same::Subject),
    row("restore-failed", "item-sync-late", Same::Subject),
    row("restore-failed", "bsl-stale", Same::Subject),
    row("restore-failed", "restored-from-another-version", Same::Subject),
    // A deletion, too.
    row("delete-backup-failed", "bsl-unavailable", Same::Subject),
    row("delete-backup-failed", "bsl-read-only", Same::Subject),
    row("delete-backup-failed", "bsl-missing", Same::Subject),
    row("delete-backup-failed", "pods-not-ready", Same::Subject),
    row("delete-backup-failed", "container-crashing", Same::Subject),
    row("delete-backup-failed", "container-oom-killed", Same::Subject),
    // The controller takes up what Azure asks.
    row("operations-not-picked-up", "pods-not-ready", Same::Subject),
    row("operations-not-picked-up", "container-crashing", Same::Subject),
    row("operations-not-picked-up", "container-oom-killed", Same::Subject),
    row("operations-not-picked-up", "image-not-pulled", Same::Subject),
    // Azure's operation says what became of Velero's run.
    row("operation-failed", "backups-failing", Same::Subject),
    row("operation-failed", "backup-interrupted", Same::Subject),
    row("operation-failed", "restore-failed", Same::Subject),
    row("operation-failed", "bsl-unavailable", Same::Subject),
    // Hooks: how they are written explains how they went, and that may be all that is wrong with a backup.
    row("hook-failed", "hook-shape-wrong", Same::Subject),
    row("hook-failed", "hook-container-missing", Same::Subject),
    row("backups-failing", "hook-failed", Same::Subject),
    row("operation-failed", "hook-failed", Same::Subject),
    // A namespace that is gone makes a backup incomplete, never fail: the finding is a warning, and explains no error.
    row("backups-failing", "namespace-gone", Same::Subject),
    row("operation-failed", "namespace-gone", Same::Subject),
    row("restore-failed", "hook-failed", Same::Subject),
    // Whoever reads the location does not run.
    row("item-sync-late", "pods-not-ready", Same::Subject),
    row("item-sync-late", "container-oom-killed", Same::Subject),
    row("item-sync-late", "container-crashing", Same::Subject),
    // Zones in which the target has no node at all: which volumes that hits.
    row("target-lacks-volume-zones", "target-lacks-zones", Same::Anything),
    // Where nothing can be written or nobody takes a backup up, none is begun.
    row("no-recent-backup", "bsl-unavailable", Same::Subject),
    row("no-recent-backup", "bsl-read-only", Same::Subject),
    row("no-recent-backup", "bsl-missing", Same::Subject),
    row("no-recent-backup", "pods-not-ready", Same::Subject),
    row("no-recent-backup", "container-crashing", Same::Subject),
    row("no-recent-backup", "operations-not-picked-up", Same::Subject),
    row("no-recent-backup", "operation-failed", Same::Subject),
    row("no-recent-backup", "backup-stuck", Same::Subject),
    // Azure repeats what the agent reported from the cluster: the cluster's own record, and what keeps the pods from
    // running, explain it. An extension that Azure does not have, or could not install, explains an empty cluster.
    row("azure-extension-failed", "extension-install-failed", Same::Subject),
    row("azure-extension-failed", "pods-no-room", Same::Subject),
    row("azure-extension-failed", "pods-untolerated-taints", Same::Subject),
    row("azure-extension-failed", "pods-wrong-platform", Same::Subject),
    row("azure-extension-failed", "pods-volume-elsewhere", Same::Subject),
    row("azure-extension-failed", "pods-affinity-unmet", Same::Subject),
    row("azure-extension-failed", "pods-over-quota", Same::Subject),
    row("azure-extension-failed", "pods-outside-limits", Same::Subject),
    row("azure-extension-failed", "pods-denied-by-azure-policy", Same::Subject),
    row("azure-extension-failed", "pods-denied-by-constraint", Same::Subject),
    row("azure-extension-failed", "pods-denied-by-admission-policy", Same::Subject),
    row("azure-extension-failed", "pods-denied-by-pod-security", Same::Subject),
    row("azure-extension-failed", "pods-denied-by-webhook", Same::Subject),
    row("azure-extension-failed", "namespace-terminating", Same::Subject),
    row("azure-extension-failed", "extension-fits-no-node", Same::Subject),
    row("azure-extension-failed", "dp-endpoint-unresolved", Same::Subject),
    row("azure-extension-failed", "dp-endpoint-private", Same::Subject),
    row("azure-extension-failed", "agent-unauthorized", Same::Subject),
    row("azure-extension-failed", "agent-not-ready", Same::Subject),
    row("azure-extension-failed", "egress-timed-out", Same::Subject),
    row("azure-extension-failed", "egress-refused", Same::Subject),
    row("azure-extension-failed", "tls-untrusted", Same::Subject),
    row("azure-extension-failed", "pods-not-ready", Same::Subject),
    row("azure-extension-failed", "image-not-pulled", Same::Subject),
    row("azure-extension-failed", "container-oom-killed", Same::Subject),
    row("azure-extension-failed", "container-crashing", Same::Subject),
    row("azure-extension-failed", "hook-job-failed", Same::Subject),
    row("azure-extension-failed", "admission-denies-a-trial-pod", Same::Subject),
    row("azure-extension-failed", "resource-provider-unregistered", Same::Anything),
    row("azure-extension-missing", "resource-provider-unregistered", Same::Anything),
    row("extension-missing", "azure-extension-missing", Same::Anything),
    row("extension-missing", "azure-extension-failed", Same::Anything),
    // Who answers on a node knows the identities of its scale set.
    row("imds-identity-not-found", "extension-identity-missing", Same::Subject),
    row("imds-identity-not-found", "extension-identity-not-on-nodes", Same::Subject),
    row("bsl-unavailable", "extension-identity-missing", Same::Subject),
    // What Azure says of the account explains what the cluster is told about it. Which locations, the finding says.
    row("storage-account-missing", "storage-account-gone", Same::Subject),
    row("bsl-unavailable", "storage-account-gone", Same::Subject),
    row("storage-container-missing", "storage-container-gone", Same::Subject),
    row("bsl-unavailable", "storage-container-gone", Same::Subject),
    row("storage-keys-disabled", "storage-account-keys-refused", Same::Subject),
    row("bsl-unavailable", "storage-account-keys-refused", Same::Subject),
    row("storage-network-denied", "storage-account-closed", Same::Subject),
    row("storage-listkeys-denied", "storage-account-locked", Same::Subject),
    row("bsl-unavailable", "storage-account-locked", Same::Subject),
    row("storage-account-missing", "extension-settings-differ", Same::Subject),
    row("storage-container-missing", "extension-settings-differ", Same::Subject),
    row("delete-backup-failed", "storage-account-immutable", Same::Subject),
];
